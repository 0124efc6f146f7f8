//! What a node counts about itself, and the text in which Prometheus reads it. Measures nothing and reads no clock: whoever
//! does something tells how much it was. Names no product, order or person: labels are stores, reasons and other words of
//! which there are few.

mod histogram;
mod text;

pub use histogram::{Histogram, Writing};
pub use text::Text;
