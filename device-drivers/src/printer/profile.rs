//! What one model of receipt printer can do (REQ-42): its width, its letters, its pictures, its knife. The rows stand
//! in `profiles.rs`, made from the printer database. Sends nothing.

use crate::printer::layout::Media;
use crate::printer::profiles::PROFILES;

/// How a printer takes pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// Rows of dots (`GS v 0`).
    Raster,
    /// Columns of 24 dots at the head's full density (`ESC * 33`).
    Columns24,
    /// Columns of 8 dots at half the density (`ESC * 0`): needle printers.
    Columns8,
    /// Not at all: customer displays.
    None,
}

/// How it cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// A person tears.
    None,
    /// A bridge is left.
    Part,
    /// Through.
    Full,
}

/// One model of receipt printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Its name in the printer database, as `store.toml` would say it.
    pub name: &'static str,
    /// Who makes it.
    pub maker: &'static str,
    /// Printable width in dots.
    pub dots: u32,
    /// Signs of font A on a line.
    pub columns: u32,
    /// Signs of font B on a line, where it has one.
    pub small_columns: Option<u32>,
    /// Number of the code page PC437, whose lower half is ASCII; `None` = none that we know, and none is chosen.
    pub page: Option<u8>,
    /// How it takes pictures.
    pub picture: Picture,
    /// Draws QR codes by itself (`GS ( k`); we draw them as pictures, which is the same on all.
    pub qr: bool,
    /// Draws bar codes by itself (`GS k`, both forms).
    pub bars: bool,
    /// Cuts.
    pub cut: Cut,
    /// Opens a cash drawer (`ESC p`).
    pub drawer: bool,
}

impl Profile {
    /// Every model that is known, by name.
    pub const ALL: &'static [Profile] = PROFILES;

    /// The model of this name, as the printer database spells it.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Profile> {
        Self::ALL.iter().find(|profile| profile.name == name)
    }

    /// A printer of which only the paper is known: 8 dots/mm, font A of 12 dots, raster pictures, a knife.
    #[must_use]
    pub const fn standard(media: Media) -> Profile {
        let dots = media.width_dots();
        Profile {
            name: "",
            maker: "",
            dots,
            columns: dots / 12,
            small_columns: Some(dots / 9),
            page: Some(0),
            picture: Picture::Raster,
            qr: false,
            bars: false,
            cut: Cut::Part,
            drawer: false,
        }
    }

    /// The same model with narrower paper in it, printable millimetres at 8 dots each; it never grows.
    #[must_use]
    pub const fn narrowed(self, width_mm: Option<u16>) -> Self {
        let Some(width_mm) = width_mm else { return self };
        let dots = width_mm as u32 * 8;
        if dots >= self.dots || dots == 0 {
            return self;
        }
        let small_columns = match self.small_columns {
            Some(columns) => Some(columns * dots / self.dots),
            None => None,
        };
        Self { dots, columns: self.columns * dots / self.dots, small_columns, ..self }
    }

    /// Width of a picture in dots, and how many of them make a millimetre, roughly.
    #[must_use]
    pub const fn canvas(&self) -> (u32, u32) {
        match self.picture {
            Picture::Raster | Picture::Columns24 => (self.dots, 8),
            Picture::Columns8 => (self.dots / 2, 3),
            Picture::None => (0, 8),
        }
    }

    /// Lines on which a text is drawn that one line does not hold. Eight needles need letters as high as a head of 8 dots/mm
    /// does, on less than half the dots across: what would be cut off goes on.
    #[must_use]
    pub const fn drawn_lines(&self) -> usize {
        match self.picture {
            Picture::Columns8 => 2,
            Picture::Raster | Picture::Columns24 | Picture::None => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_plausible() {
        assert_eq!(Profile::ALL.len(), 50);
        assert!(Profile::ALL.is_sorted_by_key(|profile| profile.name));
        for profile in Profile::ALL {
            assert!((16..=64).contains(&profile.columns), "{}", profile.name);
            let cell = profile.dots / profile.columns;
            assert!(profile.picture == Picture::None || (9..=20).contains(&cell), "{} {cell}", profile.name);
        }
        let without: Vec<&str> =
            Profile::ALL.iter().filter(|p| p.picture != Picture::Raster).map(|p| p.name).collect();
        assert_eq!(without, ["AF-240", "OCD-100", "OCD-300", "TH230", "TH230Plus", "TM-U220", "TM-U220B"]);
        assert_eq!(Profile::named("TM-T88V").map(|p| (p.dots, p.cut, p.bars)), Some((512, Cut::Part, true)));
        assert_eq!(Profile::named("tm-t88v"), None);
    }
}
