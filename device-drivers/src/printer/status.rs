//! What printers say about themselves: DLE EOT and GS r of ESC/POS, `~HS` of ZPL. Unknown is never "ready".

/// Asks an ESC/POS printer in real time: printer, cause of offline, error, paper. Four bytes come back.
pub const ESCPOS_ASK: [u8; 12] = [0x10, 4, 1, 0x10, 4, 2, 0x10, 4, 3, 0x10, 4, 4];

/// Asks an ESC/POS printer, behind the job's own bytes, for its paper: the answer comes when those were worked off.
pub const ESCPOS_CONFIRM: [u8; 3] = [0x1d, b'r', 1];

/// Asks a ZPL printer.
pub const ZPL_ASK: &[u8] = b"~HS";

/// How a printer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrinterStatus {
    /// Prints what it is sent.
    Ready,
    /// Prints, but the roll ends soon.
    PaperLow,
    /// The roll has ended.
    PaperOut,
    /// The cover or head is open.
    CoverOpen,
    /// Somebody pressed pause.
    Paused,
    /// Cutter, head or temperature.
    Error,
    /// Offline for a cause it does not name.
    Offline,
}

impl PrinterStatus {
    /// Whether a job may be sent.
    #[must_use]
    pub const fn prints(self) -> bool {
        match self {
            PrinterStatus::Ready | PrinterStatus::PaperLow => true,
            PrinterStatus::PaperOut
            | PrinterStatus::CoverOpen
            | PrinterStatus::Paused
            | PrinterStatus::Error
            | PrinterStatus::Offline => false,
        }
    }

    /// What is wrong and what to do, for the person beside it; both empty when nothing is.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            PrinterStatus::Ready => ("", ""),
            PrinterStatus::PaperLow => ("paper is low", "have a roll at hand"),
            PrinterStatus::PaperOut => ("paper is out", "put in a roll; what waits is printed once"),
            PrinterStatus::CoverOpen => ("the cover is open", "close it"),
            PrinterStatus::Paused => ("paused", "press the feed or pause button"),
            PrinterStatus::Error => {
                ("cutter or head error", "open, clear the paper, close, switch off and on")
            }
            PrinterStatus::Offline => ("offline", "look at the printer's own light"),
        }
    }
}

/// An answer that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// A byte that no DLE EOT answer can be.
    #[error("status byte {0:#04x} is not a valid answer")]
    Byte(u8),
    /// A `~HS` answer that cannot be read.
    #[error("host status cannot be read: {0:?}")]
    HostStatus(String),
}

/// Whether `byte` has the fixed bits of a DLE EOT answer (bit 7 and 0 clear, 4 and 1 set).
#[must_use]
pub const fn is_escpos_answer(byte: u8) -> bool {
    byte & 0x93 == 0x12
}

/// Whether `byte` has the fixed bits of the answer to [`ESCPOS_CONFIRM`] (bit 7 and 4 clear).
#[must_use]
pub const fn is_escpos_confirmation(byte: u8) -> bool {
    byte & 0x90 == 0x00
}

/// Reads the four answers to [`ESCPOS_ASK`]. The worst cause wins, the one a person can mend first.
///
/// # Errors
/// [`StatusError::Byte`] when one has not the fixed bits: the line is disturbed, the status unknown.
pub fn escpos_status(answers: [u8; 4]) -> Result<PrinterStatus, StatusError> {
    if let Some(byte) = answers.into_iter().find(|byte| !is_escpos_answer(*byte)) {
        return Err(StatusError::Byte(byte));
    }
    let [printer, cause, _, paper] = answers;
    Ok(if cause & 0x97 == 0x16 {
        PrinterStatus::CoverOpen
    } else if cause & 0xb3 == 0x32 || paper & 0x60 == 0x60 {
        PrinterStatus::PaperOut
    } else if cause & 0xd3 == 0x52 {
        PrinterStatus::Error
    } else if printer & 0x08 != 0 {
        PrinterStatus::Offline
    } else if paper & 0x0c == 0x0c {
        PrinterStatus::PaperLow
    } else {
        PrinterStatus::Ready
    })
}

/// One thing that an ESC/POS printer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The answer to one question of [`ESCPOS_ASK`].
    RealTime(u8),
    /// Its own word after a change (automatic status back): some are set to it at the factory and never asked.
    Changed(PrinterStatus),
    /// The answer to [`ESCPOS_CONFIRM`]: everything before it is worked off.
    Confirmed,
}

/// Takes one answer from the start of `received`; `None` while it is incomplete, else the answer and its bytes.
///
/// # Errors
/// [`StatusError::Byte`] for one that begins no answer: the line is disturbed, the status unknown.
pub fn escpos_answer(received: &[u8]) -> Result<Option<(Answer, usize)>, StatusError> {
    Ok(match received {
        [] => None,
        [byte, ..] if is_escpos_answer(*byte) => Some((Answer::RealTime(*byte), 1)),
        [byte, ..] if is_escpos_confirmation(*byte) => Some((Answer::Confirmed, 1)),
        // The first of four has its own fixed bits, the other three those of a confirmation.
        [first, second, third, fourth, ..] if first & 0x93 == 0x10 => {
            match [second, third, fourth].into_iter().find(|byte| !is_escpos_confirmation(**byte)) {
                Some(stranger) => return Err(StatusError::Byte(*stranger)),
                None => Some((Answer::Changed(escpos_change(*first, *second, *third)), 4)),
            }
        }
        [first, ..] if first & 0x93 == 0x10 => None,
        [stranger, ..] => return Err(StatusError::Byte(*stranger)),
    })
}

/// The first three of four bytes of an automatic status; the fourth is reserved.
const fn escpos_change(first: u8, second: u8, third: u8) -> PrinterStatus {
    if first & 0x20 != 0 {
        PrinterStatus::CoverOpen
    } else if third & 0x0c == 0x0c {
        PrinterStatus::PaperOut
    } else if second & 0x2c != 0 {
        PrinterStatus::Error
    } else if first & 0x08 != 0 {
        PrinterStatus::Offline
    } else if third & 0x03 == 0x03 {
        PrinterStatus::PaperLow
    } else {
        PrinterStatus::Ready
    }
}

/// What `~HS` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostStatus {
    /// How the printer is.
    pub status: PrinterStatus,
    /// Labels received or begun and not yet printed; 0 = everything sent is on paper.
    pub unfinished: u32,
}

/// Takes one whole `~HS` answer (three lines, each STX ... ETX) from the start of `received`.
///
/// `None` while it is incomplete; else the answer and the bytes it took, noise before it included.
///
/// # Errors
/// [`StatusError::HostStatus`] for three lines that are no host status.
pub fn zpl_status(received: &[u8]) -> Result<Option<(HostStatus, usize)>, StatusError> {
    let mut lines: Vec<String> = Vec::new();
    let mut at = 0;
    while lines.len() < 3 {
        let rest = received.get(at..).unwrap_or_default();
        let Some(start) = rest.iter().position(|b| *b == 2) else { return Ok(None) };
        let Some(length) = rest.get(start..).unwrap_or_default().iter().position(|b| *b == 3) else {
            return Ok(None);
        };
        let body = rest.get(start + 1..start + length).unwrap_or_default();
        lines.push(String::from_utf8_lossy(body).into_owned());
        at += start + length + 1;
    }
    let [first, second, _] = lines.as_slice() else { return Ok(None) };
    let bad = || StatusError::HostStatus(lines.join("|"));
    let one: Vec<&str> = first.split(',').collect();
    let two: Vec<&str> = second.split(',').collect();
    // aaa,b paper out,c pause,dddd,eee formats waiting,f buffer full,... / mmm,n,o head up,p ribbon out,...,u left
    let flag =
        |fields: &[&str], index: usize| fields.get(index).map(|text| text.trim() == "1").ok_or_else(bad);
    let number = |fields: &[&str], index: usize| {
        fields.get(index).and_then(|text| text.trim().parse::<u32>().ok()).ok_or_else(bad)
    };
    if one.len() < 12 || two.len() < 11 {
        return Err(bad());
    }
    let status = if flag(&two, 2)? {
        PrinterStatus::CoverOpen
    } else if flag(&one, 1)? {
        PrinterStatus::PaperOut
    } else if flag(&two, 3)? {
        PrinterStatus::Error
    } else if flag(&one, 2)? {
        PrinterStatus::Paused
    } else {
        PrinterStatus::Ready
    };
    let unfinished = number(&one, 4)?.saturating_add(number(&two, 8)?);
    Ok(Some((HostStatus { status, unfinished }, at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_read_and_noise_is_unknown() {
        let ok = 0x12;
        let cases = [
            ([ok, ok, ok, ok], PrinterStatus::Ready),
            ([ok | 8, ok | 0x04, ok, ok], PrinterStatus::CoverOpen),
            ([ok | 8, ok | 0x20, ok, ok | 0x60], PrinterStatus::PaperOut),
            ([ok, ok, ok, ok | 0x60], PrinterStatus::PaperOut),
            ([ok | 8, ok | 0x40, ok, ok], PrinterStatus::Error),
            ([ok | 8, ok, ok, ok], PrinterStatus::Offline),
            ([ok, ok, ok, ok | 0x0c], PrinterStatus::PaperLow),
            ([ok | 8, ok | 0x24, ok, ok | 0x60], PrinterStatus::CoverOpen),
        ];
        for (answers, want) in cases {
            assert_eq!(escpos_status(answers), Ok(want), "{answers:x?}");
        }
        for noise in [0x00, 0xff, 0x10, 0x13, 0x92] {
            assert_eq!(escpos_status([ok, noise, ok, ok]), Err(StatusError::Byte(noise)));
        }
    }

    #[test]
    fn answers_and_confirmations_never_look_alike() {
        for byte in 0..=255_u8 {
            assert!(!(is_escpos_answer(byte) && is_escpos_confirmation(byte)), "{byte:#x}");
        }
    }

    #[test]
    fn what_a_printer_says_unasked_is_told_from_answers() {
        let block = [0x10, 0x00, 0x00, 0x0f];
        for length in 0..4 {
            assert_eq!(escpos_answer(&block[..length]), Ok(None));
        }
        let cases = [
            (block, PrinterStatus::Ready),
            ([0x38, 0, 0, 0], PrinterStatus::CoverOpen),
            ([0x18, 0, 0x0c, 0], PrinterStatus::PaperOut),
            ([0x18, 0x08, 0, 0], PrinterStatus::Error),
            ([0x18, 0, 0, 0], PrinterStatus::Offline),
            ([0x10, 0, 0x03, 0], PrinterStatus::PaperLow),
        ];
        for (bytes, want) in cases {
            assert_eq!(escpos_answer(&bytes), Ok(Some((Answer::Changed(want), 4))), "{bytes:x?}");
        }
        assert_eq!(escpos_answer(&[0x12, 0x10]), Ok(Some((Answer::RealTime(0x12), 1))));
        assert_eq!(escpos_answer(&[0x00]), Ok(Some((Answer::Confirmed, 1))));
        assert_eq!(escpos_answer(&[0xff]), Err(StatusError::Byte(0xff)));
        assert_eq!(escpos_answer(&[0x10, 0x00, 0x12, 0x00]), Err(StatusError::Byte(0x12)));
    }

    const READY: &str = "\x02030,0,0,0400,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n";

    #[test]
    fn host_status_in_pieces_and_in_trouble() {
        for length in 0..READY.len() - 2 {
            assert_eq!(zpl_status(&READY.as_bytes()[..length]), Ok(None), "{length}");
        }
        let (got, used) = zpl_status(READY.as_bytes()).unwrap().unwrap();
        assert_eq!(got, HostStatus { status: PrinterStatus::Ready, unfinished: 0 });
        assert_eq!(&READY[used..], "\r\n");
        let out = READY.replace("030,0,0,0400,000", "030,1,1,0400,002").replace(",00000000,", ",00000003,");
        let (got, _) = zpl_status(out.as_bytes()).unwrap().unwrap();
        assert_eq!(got, HostStatus { status: PrinterStatus::PaperOut, unfinished: 5 });
        let open = READY.replace("\x02000,0,0,0", "\x02000,0,1,0");
        assert_eq!(zpl_status(open.as_bytes()).unwrap().unwrap().0.status, PrinterStatus::CoverOpen);
        assert!(zpl_status(b"\x02a\x03\x02b\x03\x02c\x03").is_err());
    }
}
