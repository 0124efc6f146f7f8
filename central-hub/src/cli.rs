//! The command line of `central-hub`: words and their help. What they do stands in main.rs.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// The central hub of Larder: shop, riders, operations, and one session per store.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "A first configuration (hub.toml):\n\n  \
    profile = \"demo\"\n  listen = \"127.0.0.1:8600\"\n  data_dir = \"hub-data\"\n  \
    catalogue = \"catalogue.csv\"\n  riders = [{ name = \"Ravi\", phone = \"+919700000001\" }]\n  \
    staff = [{ name = \"Meera\", phone = \"+919600000001\" }]\n  \
    [[stores]]\n  id = \"s1\"\n  name = \"Indiranagar\"\n  lat = 12.9716\n  lon = 77.6412\n  radius_m = 2500\n  \
    token = \"at-least-16-signs\"\n\n\
    Then: central-hub serve --config hub.toml   and open http://127.0.0.1:8600\n\
    Logs: RUST_LOG=debug shows more."
)]
pub struct Cli {
    #[command(subcommand)]
    /// What to do.
    pub command: Command,
}

/// What the hub can be asked on the command line.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the hub until Ctrl-C.
    Serve {
        /// The configuration.
        #[arg(long, default_value = "hub.toml")]
        config: PathBuf,
    },
    /// Check a configuration and say everything that is wrong with it.
    Check {
        /// The configuration.
        #[arg(long, default_value = "hub.toml")]
        config: PathBuf,
    },
    /// Back the hub up to a file while it sells. Begin with `backup enrol`: it shows the recovery key, once.
    #[command(subcommand)]
    Backup(Backup),
    /// Make a hub out of a backup: a new generation. It sells only what the stores grant it anew; rights of older
    /// generations stay blocked until two people have closed them, and orders that the backup does not know are learnt again
    /// from the stores' documents.
    Restore {
        /// The backup.
        file: PathBuf,
        /// A file with the recovery key.
        #[arg(long)]
        recovery_key_file: PathBuf,
        /// The configuration; its data folder must be empty.
        #[arg(long, default_value = "hub.toml")]
        config: PathBuf,
    },
    /// Put something into a hub that is not running.
    #[command(subcommand)]
    Import(Import),
    /// Run the service with what is the same in every city: users, payment methods, the master catalogue, counts.
    Global {
        /// Its configuration: listen, data_dir, catalogue, gateway, [[cities]] with id and token.
        #[arg(long, default_value = "global.toml")]
        config: PathBuf,
    },
    /// Look at what is replicated with the stores.
    #[command(subcommand)]
    Sync(Sync),
}

/// What can be done with backups of the hub.
#[derive(Debug, Subcommand)]
pub enum Backup {
    /// Make a recovery key and show it, once. Without it nobody can read a backup: keep it outside the machine.
    Enrol {
        /// The configuration.
        #[arg(long, default_value = "hub.toml")]
        config: PathBuf,
    },
    /// Write a backup (encrypted, AES-256-GCM-SIV) and read it back. A file that is there is replaced by the whole new one.
    To {
        /// The file.
        file: PathBuf,
        /// The configuration.
        #[arg(long, default_value = "hub.toml")]
        config: PathBuf,
    },
}

/// What can be asked about replication.
#[derive(Debug, Subcommand)]
pub enum Sync {
    /// Print documents, log, quotas and quarantine; compare them with another database. The hub may be running.
    Inspect(Inspect),
}

/// What to print.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The store; without one every store.
    #[arg(long)]
    pub store: Option<model::StoreId>,
    /// The configuration.
    #[arg(long, default_value = "hub.toml")]
    pub config: PathBuf,
    /// A database by itself, for example out of a backup, instead of the hub's own.
    #[arg(long)]
    pub db: Option<PathBuf>,
    /// Print the entries of documents whose name contains this: `orders`, `quota/s1/1/1`.
    #[arg(long)]
    pub document: Option<String>,
    /// Print every product's rights.
    #[arg(long)]
    pub rights: bool,
    /// How many waiting records of the log to print.
    #[arg(long, default_value_t = 20)]
    pub log: u32,
    /// Compare with another hub database, or with what the store's `sync inspect --json` printed; needs --store. Exit
    /// code 1 when they differ.
    #[arg(long, value_name = "FILE", requires = "store")]
    pub against: Option<PathBuf>,
    /// As JSON, for `--against` of the other side and for programs.
    #[arg(long)]
    pub json: bool,
}

/// What can be put in.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// A catalogue in Larder's own CSV. Bad rows are named, and then nothing is put in (exit code 2). What changed reaches the
    /// stores by itself; `active` = no withdraws a product.
    Catalogue {
        /// The file.
        file: PathBuf,
        /// The configuration.
        #[arg(long, default_value = "hub.toml")]
        config: PathBuf,
    },
}
