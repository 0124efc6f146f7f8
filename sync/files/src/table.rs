//! A CSV file as named columns: byte-order mark, header, limits and line numbers. Knows nothing of what columns mean.

use super::{BadRow, FIELD_CHARS_MAX, FILE_BYTES_MAX, ROWS_MAX, Reason};
use csv::{ByteRecord, ReaderBuilder};

/// A header that has every wanted column, and the rows below it.
pub struct Table<'a> {
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    width: usize,
    wanted: &'static [&'static str],
    places: Vec<Option<usize>>,
    /// Columns of the file that nobody asked for.
    pub ignored: Vec<String>,
}

/// One row: its line and its fields in the order of the wanted columns.
pub struct Row {
    /// 1-based line where it begins.
    pub line: u64,
    fields: Vec<Vec<u8>>,
    wanted: &'static [&'static str],
}

impl<'a> Table<'a> {
    /// Checks size and header. `optional` columns may be missing and read as empty.
    pub fn open(
        bytes: &'a [u8],
        wanted: &'static [&'static str],
        optional: &[&'static str],
    ) -> Result<Self, BadRow> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(BadRow::new(1, Reason::FileTooLarge(bytes.len())));
        }
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
        let mut header = ByteRecord::new();
        match reader.read_byte_record(&mut header) {
            Ok(true) => {}
            Ok(false) => return Err(BadRow::new(1, Reason::NoRows)),
            Err(e) => return Err(BadRow::new(1, Reason::Csv(e.to_string()))),
        }
        let names: Vec<String> =
            header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        let mut places = Vec::new();
        for &column in wanted {
            let mut found = names.iter().enumerate().filter(|(_, name)| *name == column).map(|(at, _)| at);
            let place = found.next();
            if place.is_none() && !optional.contains(&column) {
                return Err(BadRow::new(1, Reason::ColumnMissing(column)));
            }
            if found.next().is_some() {
                return Err(BadRow::new(1, Reason::ColumnTwice(column)));
            }
            places.push(place);
        }
        let ignored = names.iter().filter(|name| !wanted.contains(&name.as_str())).take(20);
        let ignored = ignored.map(|name| name.chars().take(40).collect()).collect();
        Ok(Self { bytes, reader, width: header.len(), wanted, places, ignored })
    }

    /// Every row, or what is wrong with it; the first error of the outer kind refuses the whole file.
    pub fn rows(mut self) -> Result<Vec<Result<Row, BadRow>>, BadRow> {
        let mut rows = Vec::new();
        let mut record = ByteRecord::new();
        loop {
            let line = self.next_line();
            match self.reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(e) => return Err(BadRow::new(line, Reason::Csv(e.to_string()))),
            }
            if rows.len() == ROWS_MAX {
                return Err(BadRow::new(line, Reason::TooManyRows));
            }
            rows.push(self.row(line, &record));
        }
        if rows.is_empty() {
            return Err(BadRow::new(1, Reason::NoRows));
        }
        Ok(rows)
    }

    /// The reader skips blank lines without counting them into a record's position: count them here.
    fn next_line(&self) -> u64 {
        let position = self.reader.position();
        let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let blank = self.bytes.get(from..).unwrap_or_default().iter();
        let blank = blank.take_while(|b| matches!(b, b'\n' | b'\r')).filter(|b| **b == b'\n').count();
        position.line() + u64::try_from(blank).unwrap_or(0)
    }

    fn row(&self, line: u64, record: &ByteRecord) -> Result<Row, BadRow> {
        if record.len() != self.width {
            let reason = Reason::FieldCount { found: record.len(), wanted: self.width };
            return Err(BadRow::new(line, reason));
        }
        let field = |place: &Option<usize>| place.and_then(|at| record.get(at)).unwrap_or_default().to_vec();
        Ok(Row { line, fields: self.places.iter().map(field).collect(), wanted: self.wanted })
    }
}

impl Row {
    /// The text of a wanted column: one line of UTF-8, blanks of every kind folded to one and cut at both ends, no
    /// control signs.
    pub fn text(&self, column: &'static str) -> Result<String, Reason> {
        let place = self.wanted.iter().position(|name| *name == column);
        let bytes = place.and_then(|at| self.fields.get(at)).map(Vec::as_slice).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|_| Reason::NotUtf8(column))?;
        if text.contains(['\n', '\r']) {
            return Err(Reason::LineBreak(column));
        }
        let text = fold_blanks(text);
        if let Some(sign) = text.chars().find(|c| model::sign::is_control(*c)) {
            return Err(Reason::ControlSign(column, u32::from(sign)));
        }
        let length = text.chars().count();
        if length > FIELD_CHARS_MAX {
            return Err(Reason::TooLong(column, length));
        }
        Ok(text)
    }

    /// Like [`Row::text`], and not empty.
    pub fn filled(&self, column: &'static str) -> Result<String, Reason> {
        let text = self.text(column)?;
        if text.is_empty() { Err(Reason::Empty(column)) } else { Ok(text) }
    }

    /// Whether any text column was changed by folding blanks (for a note).
    pub fn was_folded(&self, column: &'static str, folded: &str) -> bool {
        let place = self.wanted.iter().position(|name| *name == column);
        place.and_then(|at| self.fields.get(at)).is_some_and(|raw| raw.as_slice() != folded.as_bytes())
    }
}

/// Every run of blanks (U+00A0 and line ends among them) becomes one; marks without width go, joiners of Devanagari stay.
fn fold_blanks(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !matches!(c, '\u{feff}' | '\u{200b}')).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}
