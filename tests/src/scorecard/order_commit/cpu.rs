//! Processor time of this process and of its threads by name, from the kernel's own books: what an order costs does not
//! depend on what else runs on the machine. Where the server is another process, only the clients' share is seen.

use std::collections::BTreeMap;
use std::fs;

/// Microseconds so far: `all` of the process, the others by the name of a thread that still runs.
#[derive(Debug, Default, Clone)]
pub struct Spent(BTreeMap<String, u64>);

/// The kernel counts a process's time in hundredths of a second.
const TICK_US: u64 = 10_000;

impl Spent {
    /// Up to now; nothing where the kernel does not say.
    pub fn so_far() -> Self {
        let mut by_name: BTreeMap<String, u64> = BTreeMap::new();
        for task in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
            let read = |file: &str| fs::read_to_string(task.path().join(file)).unwrap_or_default();
            let micros =
                read("schedstat").split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0)
                    / 1_000;
            *by_name.entry(read("comm").trim().to_owned()).or_default() += micros;
        }
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        by_name.insert("all".to_owned(), ticks * TICK_US);
        Self(by_name)
    }

    /// Microseconds for each of `orders` since `before`, of those that took at least a tenth of one.
    pub fn per_order(&self, before: &Self, orders: u64) -> BTreeMap<String, f64> {
        let spent = |name: &str, now: u64| now.saturating_sub(before.0.get(name).copied().unwrap_or(0));
        let share = |micros: u64| (micros as f64 / orders.max(1) as f64 * 10.0).round() / 10.0;
        let each = self.0.iter().map(|(name, now)| (name.clone(), share(spent(name, *now))));
        each.filter(|(_, micros)| *micros >= 0.1).collect()
    }
}
