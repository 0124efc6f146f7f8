//! The words everybody in Larder shares: ids, money, quantities, time, the table of order states, facts that travel,
//! MQTT topics and payloads, and the shapes that cross HTTP. No decisions, no IO, no clock, no randomness; this package
//! imports nobody in the house, and everybody imports it.

pub mod actor;
pub mod alarms;
pub mod api;
pub mod catalogue;
pub mod catalogue_doc;
pub mod code;
pub mod fact;
pub mod id;
pub mod life;
pub mod money;
pub mod mqtt;
pub mod order;
pub mod order_doc;
pub mod particulars;
pub mod problem;
pub mod qty;
pub mod quota;
pub mod sign;
pub mod stock;
pub mod time;

pub use actor::{Actor, Role};
pub use id::{
    AddressId, BagId, BinId, CommandId, CustomerId, DeviceId, InstrumentId, LotId, OrderId, PersonId,
    PrintJobId, RiderId, SkuId, StoreId, ZoneId,
};
pub use money::Paise;
pub use order::{Moment, OrderState};
pub use particulars::particulars;
pub use problem::Problem;
pub use qty::{Grams, Qty};
pub use time::{Date, Timestamp};
