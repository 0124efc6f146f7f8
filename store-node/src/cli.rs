//! The command line of `store-node`: words and their help. What they do stands in main.rs.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

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
    /// Proves the books: hash chain, replay against balances. Exit code 1 when something is wrong, each fault named.
    SelfCheck {
        #[command(flatten)]
        config: Config,
        /// Mends drifted balances by a counted movement each. A broken chain is never mended.
        #[arg(long)]
        repair: bool,
    },
    /// What is replicated with the hub.
    #[command(subcommand)]
    Sync(Sync),
    /// Prints the OpenAPI document.
    Openapi,
}

/// Which store.
#[derive(Debug, Args)]
pub struct Config {
    /// The store's file.
    #[arg(long, default_value = "store.toml", env = "LARDER_STORE_CONFIG")]
    pub config: PathBuf,
}

/// Which kind of file.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Products, and the stock the file claims. Bad rows are listed by line (exit code 2), good rows are entered.
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
    /// Which store.
    #[command(flatten)]
    pub config: Config,
    /// Judge only; change nothing.
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
