//! `sim_quota`: runs seeds of the escrow's own world, on both cores, and says what they did.

use anyhow::{Result, bail};
use clap::Parser;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tests::escrow::{Careless, Options, Tally, run};

/// Cuts of three days, restores of either side from old backups, rollbacks, shrinkage: I1 to I5 after every step.
#[derive(Debug, Parser)]
struct Args {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds, counted up from the first.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// Stores of full size: 300 goods, 600 orders.
    #[arg(long)]
    full: bool,
    /// Hub and store are lost together.
    #[arg(long, conflicts_with = "full")]
    both_lost: bool,
    /// In which seeds hours are closed meanwhile, too: in a third, and in none of stores of full size.
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "every")]
    hours: Option<Hours>,
    /// Breaks a rule on purpose: which seeds notice?
    #[arg(long = "break", value_enum)]
    broken: Option<Rule>,
    /// Tells what happened before a promise broke.
    #[arg(long)]
    trace: bool,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

/// The share of the seeds in which hours are closed.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Hours {
    Every,
    Third,
    Never,
}

impl Hours {
    fn of(self, options: Options) -> Options {
        let hours = match self {
            Hours::Every => true,
            Hours::Third => Options::of_campaign(options.seed).hours,
            Hours::Never => false,
        };
        Options { hours, ..options }
    }
}

/// The rules that can be broken.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Rule {
    NoFence,
    PickUnknown,
    FreeOldRights,
    NoWord,
    ShortWhileUnknown,
    WordAtOnce,
    HoldsOutliveTerms,
    KeepRights,
    KeepWanted,
    GrantFromDying,
    NeverWantBack,
    SubstituteFromRights,
    RepeatCommands,
    ReleaseByClock,
    FlashBeyondRights,
    FlashBeyondPool,
    ReserveAsOrdered,
    MintUnweighed,
}

impl Rule {
    const fn broken(self, options: Options) -> Options {
        use central_hub::mutation::Mutation as Hub;
        use store_node::engine::Mutation as Store;
        let store = match self {
            Rule::NoFence => Store::NoFence,
            Rule::PickUnknown => Store::PickUnknown,
            Rule::FreeOldRights => Store::FreeOldRights,
            Rule::NoWord => Store::NoWord,
            Rule::ShortWhileUnknown => Store::ShortWhileUnknown,
            Rule::GrantFromDying => Store::GrantFromDying,
            Rule::NeverWantBack => Store::NeverWantBack,
            Rule::SubstituteFromRights => Store::SubstituteFromRights,
            Rule::RepeatCommands => Store::SkipIdempotency,
            Rule::ReleaseByClock => Store::ReleaseOnlineByClock,
            Rule::FlashBeyondRights => return careless(options, Careless::FlashBeyondRights),
            Rule::FlashBeyondPool => return careless(options, Careless::FlashBeyondPool),
            Rule::ReserveAsOrdered => return careless(options, Careless::ReserveAsOrdered),
            Rule::MintUnweighed => return careless(options, Careless::MintUnweighed),
            Rule::KeepWanted => return Options { hub_mutation: Hub::KeepWanted, ..options },
            Rule::WordAtOnce => return Options { hub_mutation: Hub::WordAtOnce, ..options },
            Rule::HoldsOutliveTerms => return Options { hub_mutation: Hub::HoldsOutliveTerms, ..options },
            Rule::KeepRights => return Options { hub_mutation: Hub::KeepRights, ..options },
        };
        Options { store_mutation: Some(store), ..options }
    }
}

const fn careless(options: Options, rule: Careless) -> Options {
    Options { careless: Some(rule), ..options }
}

#[expect(clippy::print_stdout, reason = "this program's output is its lines")]
fn main() -> Result<()> {
    let args = Args::parse();
    let (next, failed, sum) = (AtomicU64::new(args.seed), Mutex::new(0_u64), Mutex::new(Tally::default()));
    let end = args.seed.saturating_add(args.seeds);
    std::thread::scope(|scope| {
        for _ in 0..args.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let options = match (args.full, args.both_lost) {
                        (true, _) => Options::full(seed),
                        (false, true) => Options::both_lost(seed),
                        (false, false) => Options::usual(seed),
                    };
                    let usual = if args.full { Hours::Never } else { Hours::Third };
                    let hours = args.hours.unwrap_or(usual);
                    let options = hours.of(Options { trace: args.trace, ..options });
                    let options = args.broken.map_or(options.clone(), |rule| rule.broken(options));
                    match run(&options) {
                        Ok(tally) => {
                            if let Ok(mut sum) = sum.lock() {
                                sum.add(&tally);
                            }
                        }
                        Err(broken) => {
                            println!("{broken}");
                            if let Ok(mut failed) = failed.lock() {
                                *failed += 1;
                            }
                        }
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or(u64::MAX);
    println!("{} seeds: {:?}", args.seeds, sum.into_inner().unwrap_or_default());
    if failed > 0 {
        bail!("{failed} of {} seeds broke a promise", args.seeds);
    }
    Ok(())
}
