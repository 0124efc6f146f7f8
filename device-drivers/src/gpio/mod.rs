//! GPIO lines: door contacts, relays, buzzers and pick-to-light lamps (REQ-43, REQ-95). What levels mean stands in
//! [`contact`] and [`play`], without a clock; who owns the lines in [`line`](mod@line), behind embedded-hal's traits.

pub mod contact;
pub mod line;
pub mod play;

pub use contact::{Change, Contact};
pub use line::{GpioError, InputLine, OutputLine, open_input, open_output};
pub use play::Play;
