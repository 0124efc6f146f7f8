//! A picture of dots: one bit a dot, as a thermal head burns it. Knows neither letters nor printers.

use crate::printer::layout::{RenderError, qr_modules};

/// Dots in rows from top to bottom, one bit each, most significant first, rows padded to whole bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ink {
    width: u32,
    height: u32,
    rows: Vec<u8>,
}

impl Ink {
    /// White paper of `width` x `height` dots.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        let bytes = width.div_ceil(8) as usize * height as usize;
        Self { width, height, rows: vec![0; bytes] }
    }

    /// Dots across.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Dots down.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Bytes of one row.
    #[must_use]
    pub const fn row_bytes(&self) -> usize {
        self.width.div_ceil(8) as usize
    }

    /// Row after row, each of [`Ink::row_bytes`].
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.rows
    }

    fn place(&self, x: u32, y: u32) -> Option<(usize, u8)> {
        let inside = x < self.width && y < self.height;
        inside.then(|| (y as usize * self.row_bytes() + x as usize / 8, 0x80 >> (x % 8)))
    }

    /// Whether the dot is black; outside it is white.
    #[must_use]
    pub fn black(&self, x: u32, y: u32) -> bool {
        self.place(x, y).and_then(|(at, bit)| Some(self.rows.get(at)? & bit != 0)).unwrap_or(false)
    }

    /// Blackens a dot; outside nothing happens.
    pub fn burn(&mut self, x: u32, y: u32) {
        if let Some((at, bit)) = self.place(x, y)
            && let Some(byte) = self.rows.get_mut(at)
        {
            *byte |= bit;
        }
    }

    /// Lays `other` over this with its corner at `x`, `y`; what stands over the edge is lost.
    pub fn lay(&mut self, other: &Self, x: u32, y: u32) {
        for row in 0..other.height {
            for column in 0..other.width {
                if other.black(column, row) {
                    self.burn(x + column, y + row);
                }
            }
        }
    }

    /// The GS1 DataMatrix of `elements` with the quiet zone of one module, as large as fits `room` dots a side.
    ///
    /// # Errors
    /// [`RenderError::NoMatrix`] where none holds the elements or its modules would be under `least` dots.
    pub fn gs1_matrix(elements: &str, room: u32, least: u32) -> Result<Self, RenderError> {
        let none = || RenderError::NoMatrix(elements.to_owned());
        let squares = datamatrix::SymbolList::default().enforce_square();
        let code = datamatrix::DataMatrix::encode_gs1(elements.as_bytes(), squares).map_err(|_| none())?;
        let modules = code.bitmap();
        let side = u32::try_from(modules.width()).unwrap_or(u32::MAX).saturating_add(2);
        let dots = room / side;
        if dots < least.max(1) {
            return Err(none());
        }
        let mut ink = Self::new(side * dots, side * dots);
        for (x, y) in modules.pixels() {
            let (Ok(x), Ok(y)) = (u32::try_from(x + 1), u32::try_from(y + 1)) else { continue };
            ink.block(x * dots, y * dots, dots);
        }
        Ok(ink)
    }

    /// Blackens a square.
    fn block(&mut self, left: u32, top: u32, side: u32) {
        for y in top..top + side {
            (left..left + side).for_each(|x| self.burn(x, y));
        }
    }

    /// The QR code of `text` at `dots` a module, with the quiet zone of four modules that readers need.
    ///
    /// # Errors
    /// [`RenderError::QrTooLong`] where no QR code holds the text.
    pub fn qr(text: &str, dots: u32) -> Result<Self, RenderError> {
        let (modules, side) = qr_modules(text)?;
        let mut ink = Self::new((side + 8) * dots, (side + 8) * dots);
        for (at, _) in modules.iter().enumerate().filter(|(_, dark)| **dark) {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            ink.block((at % side + 4) * dots, (at / side + 4) * dots, dots);
        }
        Ok(ink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_land_where_they_belong_and_nowhere_else() {
        let mut ink = Ink::new(10, 2);
        for (x, y) in [(0, 0), (9, 1), (10, 0), (0, 2)] {
            ink.burn(x, y);
        }
        assert_eq!(ink.bytes(), [0x80, 0, 0, 0x40]);
        assert!(ink.black(9, 1) && !ink.black(10, 0));
        let mut page = Ink::new(16, 4);
        page.lay(&ink, 4, 1);
        assert_eq!(page.bytes(), [0, 0, 0x08, 0, 0, 0x04, 0, 0]);
    }

    #[test]
    fn a_qr_has_its_quiet_zone_and_square_modules() {
        let ink = Ink::qr("LB:4K7-1-9F3A", 3).unwrap();
        assert_eq!((ink.width(), ink.height()), ((21 + 8) * 3, (21 + 8) * 3));
        let dark = |module_x: u32, module_y: u32| ink.black(module_x * 3 + 1, module_y * 3 + 1);
        assert!(dark(4, 4) && dark(10, 4) && !dark(11, 4) && !dark(3, 4), "the finder at the corner");
    }
}
