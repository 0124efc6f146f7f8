//! Named benchmarks, one per claim; each prints figures beside those of its peer or control from the same run, and none
//! asserts a time. `cargo run --release -p tests --bin scorecard -- NAME`.

pub mod agent_load;
pub mod broker;
pub mod checker;
pub mod fixed_scanner;
pub mod footprint;
pub mod grant_policy;
pub mod light_store;
pub mod order_commit;
pub mod peers;
pub mod pick_route;
pub mod replace;
pub mod scan_ack;
pub mod served;
pub mod slow_wire;
pub mod stage;
pub mod sync_bytes;
pub mod sync_catalogue;
pub mod sync_catchup;
pub mod sync_fleet;
pub mod sync_lag;
