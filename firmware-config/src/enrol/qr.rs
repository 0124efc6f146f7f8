//! What a device scans to enrol, on a terminal and on the paper of any receipt printer. Makes signs and bytes; sends nothing.

use std::fmt::Write as _;

use qrcode::render::unicode;
use qrcode::{Color, EcLevel, QrCode};

use super::EnrolError;

/// Dots of one module on paper: 0.5 mm.
const DOTS: usize = 4;

fn code(text: &str) -> Result<QrCode, EnrolError> {
    QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| EnrolError::Qr)
}

/// The code in half blocks, dark on light whatever the terminal's colours are.
///
/// # Errors
/// [`EnrolError::Qr`].
pub fn terminal(text: &str) -> Result<String, EnrolError> {
    let picture = code(text)?
        .render::<unicode::Dense1x2>()
        .dark_color(unicode::Dense1x2::Light)
        .light_color(unicode::Dense1x2::Dark)
        .build();
    let mut shown = String::new();
    for line in picture.lines() {
        let _ = writeln!(shown, "{line}");
    }
    Ok(shown)
}

/// The same as one job for an ESC/POS printer of 48 mm or wider: words above the code, then the cut. Every printer of
/// that kind takes the picture as dots in rows.
///
/// # Errors
/// [`EnrolError::Qr`].
pub fn paper(words: &[&str], text: &str) -> Result<Vec<u8>, EnrolError> {
    let code = code(text)?;
    let side = code.width();
    let dark: Vec<bool> = code.into_colors().into_iter().map(|colour| colour == Color::Dark).collect();
    let mut job = b"\x1b@\x1ba\x01".to_vec();
    for line in words {
        job.extend(line.bytes().filter(|byte| matches!(byte, b' '..=b'~')).take(32));
        job.push(b'\n');
    }
    let bytes = (side * DOTS).div_ceil(8);
    for row in dark.chunks(side) {
        let mut line = vec![0_u8; bytes];
        for dot in (0..side * DOTS).filter(|dot| row.get(dot / DOTS).copied().unwrap_or(false)) {
            if let Some(byte) = line.get_mut(dot / 8) {
                *byte |= 0x80 >> (dot % 8);
            }
        }
        let [low, high] = u16::try_from(bytes).map_err(|_| EnrolError::Qr)?.to_le_bytes();
        job.extend([0x1d, b'v', b'0', 0, low, high, u8::try_from(DOTS).unwrap_or(1), 0]);
        for _ in 0..DOTS {
            job.extend(&line);
        }
    }
    job.extend(b"\n\x1bd\x03\x1dVB\0");
    Ok(job)
}
