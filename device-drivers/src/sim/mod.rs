//! Every device as a speaker of real bytes: pseudo-terminals, TCP, a sysfs folder (REQ-47).
//! Tests and the demo run on them; the agent cannot tell them from hardware. Nothing here is used in a real store.

mod ds18b20;
mod escpos;
mod gpio;
mod modbus;
mod printer;
mod pty;
mod scale;
mod scanner;
mod ssi;
mod wedge;
mod zpl;

pub use ds18b20::SimDs18b20;
pub use gpio::SimGpio;
pub use modbus::SimModbus;
pub use printer::{Moment, PrinterTrouble, SimPrinter, Switches};
pub use scale::SimScale;
pub use scanner::SimScanner;
pub use ssi::{SimSsi, Trouble};
pub use wedge::SimWedge;
