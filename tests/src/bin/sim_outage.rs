//! `sim_outage`: a store is cut off for a month at a thousand orders a day, and comes back; says what that took.

use anyhow::Result;
use clap::Parser;
use tests::outage::{Options, run};

/// Nothing dropped, the disk bounded, catch-up in priority order, both sides the same in the end.
#[derive(Debug, Parser)]
struct Args {
    /// Days without a line.
    #[arg(long, default_value_t = Options::FULL.days)]
    days: i64,
    /// Counter orders of a day.
    #[arg(long, default_value_t = Options::FULL.orders_a_day)]
    orders: i64,
}

#[expect(clippy::print_stdout, reason = "this program's output is its lines")]
fn main() -> Result<()> {
    let Args { days, orders } = Args::parse();
    let report = run(Options { days, orders_a_day: orders, ..Options::FULL })?;
    println!("{days} days at {orders} orders: {report:#?}");
    Ok(())
}
