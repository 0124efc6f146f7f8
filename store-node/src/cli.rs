//! The command line of `store-node`: words and their help. What they do stands in main.rs.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use store_node::backup::program::Place;

/// Runs one dark store: stock, orders, picking, devices, and the link to the hub. Works without the internet.
///
/// Start with `store-node serve --config store.toml`. What a store is made of stands in store.toml; `firmware-config`
/// knows its every line. The console is at the printed address.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    /// What to do.
    pub command: What,
}

/// What the node can be asked on the command line.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Runs the node until Ctrl-C or SIGTERM.
    Serve(Config),
    /// Brings a file in; the node must not be running.
    #[command(subcommand)]
    Import(Import),
    /// Proves the books: the file itself, the hash chains, replay against balances and rights. Exit code 1 when something is
    /// wrong, each fault named.
    SelfCheck {
        #[command(flatten)]
        config: Config,
        /// Mends drifted balances by a counted movement each. A broken chain is never mended, and nothing while rows cannot be
        /// read.
        #[arg(long)]
        repair: bool,
    },
    /// What is replicated with the hub.
    #[command(subcommand)]
    Sync(Sync),
    /// Backs the store up while it sells, lists backups, or finds out whether one can be read back.
    ///
    /// Begin with `store-node backup enrol`: it shows the recovery key, once. Write it down and keep it outside the store:
    /// without it nobody can read a backup, also you. From then on the running node backs itself up to the hub every 30 s
    /// while the link is up; what is older than the last backup survives the machine, what is newer may be lost.
    ///
    /// What protects what: backups are encrypted with a data key (AES-256-GCM-SIV) that lies in backup.key in the data
    /// folder and, wrapped by the recovery key, in every backup. Hub and USB stick see sizes and times only. Limits: one
    /// object at most 1 MiB; the hub keeps 8 GiB per store, the newest 20 backups, one an hour for a day, one a day for 14.
    #[command(subcommand)]
    Backup(Backup),
    /// Makes this machine the store, out of a backup: readable at once, selling SKU by SKU as they are counted.
    ///
    /// First comes what is needed to sell (catalogue, floor, people, stock, open orders, today's ledger); the older history
    /// follows while the store works. The store is *fenced*: it sells a SKU once it was counted and the hub has said what
    /// it sold. Count the 200 best sellers first, at the console under Counting. The old machine, should it start again, is
    /// shut out as soon as it meets the hub. With the hub out of reach, restore from a file and let a manager open in
    /// emergency mode.
    Replace(Replace),
    /// Prints the OpenAPI document.
    Openapi,
}

/// The store's file where no other is named.
pub const STORE_FILE: &str = "store.toml";

/// Which store.
#[derive(Debug, Args)]
pub struct Config {
    /// The store's file.
    #[arg(long, default_value = STORE_FILE, env = "LARDER_STORE_CONFIG")]
    pub config: PathBuf,
}

/// Which kind of file.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Products, and the stock that the file claims of those that were never here. Bad rows are listed by line (exit code
    /// 2), good rows are entered; the same file again changes nothing. What the hub's catalogue names is the hub's: a file
    /// that says otherwise is refused.
    Catalogue {
        /// The file.
        file: PathBuf,
        /// How it is written.
        #[arg(long, value_enum, default_value_t = FileFormat::Csv)]
        format: FileFormat,
        #[command(flatten)]
        how: How,
    },
    /// Names of barcodes, for receiving.
    Gtins {
        /// A file with the columns gtin, name, image_url.
        file: PathBuf,
        #[command(flatten)]
        how: How,
    },
}

/// How a file is brought in.
#[derive(Debug, Args)]
pub struct How {
    /// The store's file; without this option store.toml in this folder. A dry run can do without.
    #[arg(long, env = "LARDER_STORE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Judge only, and say what the store would do with the file; change nothing. Without a store.toml the file alone is
    /// judged.
    #[arg(long)]
    pub dry_run: bool,
    /// Enter nothing when one row is bad.
    #[arg(long)]
    pub strict: bool,
}

/// How a catalogue is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FileFormat {
    /// The quick-commerce listing as scraped.
    Zepto,
    /// Larder's own columns.
    Csv,
}

/// What can be asked about replication.
#[derive(Debug, Subcommand)]
pub enum Sync {
    /// Prints documents, log, quotas and quarantine; compares them with another database. The node may be running.
    Inspect(Inspect),
}

/// What to print.
#[derive(Debug, Args)]
pub struct Inspect {
    #[command(flatten)]
    pub config: Config,
    /// A database by itself, for example out of a backup, instead of the store's own.
    #[arg(long)]
    pub db: Option<PathBuf>,
    /// Prints the entries of documents whose name contains this: `orders`, `quota/s1/1/1`.
    #[arg(long)]
    pub document: Option<String>,
    /// Prints every product's rights.
    #[arg(long)]
    pub rights: bool,
    /// How many waiting records of the log to print.
    #[arg(long, default_value_t = 20)]
    pub log: u32,
    /// Compares with another store database, or with what the hub's `sync inspect --json` printed. Exit code 1 when they
    /// differ.
    #[arg(long, value_name = "FILE")]
    pub against: Option<PathBuf>,
    /// As JSON, for `--against` of the other side and for programs.
    #[arg(long)]
    pub json: bool,
}

/// What can be done with backups.
#[derive(Debug, Subcommand)]
pub enum Backup {
    /// Makes a recovery key and shows it, once. Again: makes another; older backups still open with the older one.
    Enrol(Config),
    /// Backs up now, and reads everything back. To a file it adds what changed: a stick can be pulled at any moment.
    To {
        /// `hub`, or a file.
        place: Place,
        #[command(flatten)]
        config: Config,
    },
    /// Lists the backups that are kept.
    List {
        /// `hub`, or a file.
        place: Place,
        #[command(flatten)]
        config: Config,
    },
    /// Reads a backup back, makes a database of it, compares and throws it away. Exit code 1 when that would not work.
    Verify {
        /// `hub`, or a file.
        place: Place,
        /// An earlier backup; see `list`.
        #[arg(long)]
        number: Option<u64>,
        /// A file with the recovery key; without it the store's own backup.key is used.
        #[arg(long)]
        recovery_key_file: Option<PathBuf>,
        #[command(flatten)]
        config: Config,
    },
}

/// From what, and with which key.
#[derive(Debug, Args)]
pub struct Replace {
    /// `hub`, or a file.
    #[arg(long)]
    pub from: Place,
    /// A file with the recovery key. Without it the key is asked for.
    #[arg(long)]
    pub recovery_key_file: Option<PathBuf>,
    /// An earlier backup; see `store-node backup list`.
    #[arg(long)]
    pub number: Option<u64>,
    /// The epoch of a machine that took the store over after this backup and is gone, too; it is shut out.
    #[arg(long, value_name = "EPOCH")]
    pub instead_of: Option<u32>,
    /// The hub's address, where there is no store.toml yet: it is then written from the backup.
    #[arg(long, requires = "token")]
    pub hub: Option<String>,
    /// The store's token at the hub, where there is no store.toml yet.
    #[arg(long, env = "LARDER_STORE_TOKEN")]
    pub token: Option<String>,
    /// PEM file of the hub's authority, where the hub is https and there is no store.toml yet.
    #[arg(long, requires_all = ["hub", "hub_cert", "hub_key"], value_name = "FILE")]
    pub hub_ca: Option<PathBuf>,
    /// PEM file of this machine's certificate, enrolled under the store's id.
    #[arg(long, requires = "hub_ca", value_name = "FILE")]
    pub hub_cert: Option<PathBuf>,
    /// PEM file of its private key.
    #[arg(long, requires = "hub_ca", value_name = "FILE")]
    pub hub_key: Option<PathBuf>,
    #[command(flatten)]
    pub config: Config,
}
