//! The hub's one TOML file: where it listens, its stores, its people, its numbers. Every bad line is named at once.

use crate::calendar::{Calendar, INDIA};
use crate::command::Seed;
use crate::db::stores::StoreSeed;
use crate::rules::{HOLD_MS, Rules};
use crate::tls::{ClientFiles, SyncTls};
use hub_core::proof::HubKey;
use hub_core::rider_score::{Scorer, Weights};
use hub_core::stop_selling::STOP_AFTER_MS;
use hub_core::{geo, otp};
use model::api::hub::Point;
use model::{Role, StoreId};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Signs of a store's token, at least.
const TOKEN_SIGNS: usize = 16;

/// In earnest, or to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Inbox for one-time passwords and a payment simulator; only on loopback (decision 12).
    Demo,
    /// Neither; messages and payments need their ports.
    Production,
}

/// A store that may connect.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// Id, for example `s1`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Degrees.
    pub lat: f64,
    /// Degrees.
    pub lon: f64,
    /// Service radius in metres by air.
    #[serde(default = "radius")]
    pub radius_m: u32,
    /// Open orders it can work on at once.
    #[serde(default = "capacity")]
    pub capacity: u32,
    /// What the store proves itself with; at least 16 signs.
    pub token: String,
}

/// A person known by phone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonConfig {
    /// First name.
    pub name: String,
    /// E.164.
    pub phone: String,
}

/// Somebody who may see the operations page.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaffConfig {
    /// First name.
    pub name: String,
    /// E.164.
    pub phone: String,
    /// `city_ops` or `admin`.
    #[serde(default = "city_ops")]
    pub role: Role,
}

/// `[global]`: the service with users, payment methods and the master catalogue of all cities.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalLink {
    /// `https://host:port`; `http://` only to the same machine.
    pub url: String,
    /// What this city proves itself with; at least 16 signs.
    pub token: String,
    /// With https: the service's authority, and the city's own certificate.
    #[serde(default)]
    pub tls: Option<ClientFiles>,
}

impl GlobalLink {
    /// What cannot stand, or nothing.
    fn wrong(&self) -> Option<String> {
        let host = |scheme| self.url.strip_prefix(scheme).and_then(|rest| rest.parse::<SocketAddr>().ok());
        let here = host("http://").is_some_and(|address| address.ip().is_loopback());
        let line = match &self.tls {
            Some(_) => self.url.starts_with("https://"),
            None => here,
        };
        if self.token.len() < TOKEN_SIGNS {
            return Some(format!("global: token needs {TOKEN_SIGNS} signs"));
        }
        let want = "global: url is https://host:port, and [global.tls] names ca, cert and key; http:// is for 127.0.0.1 alone";
        (!line).then(|| want.to_owned())
    }
}

/// `[backup]`: the hub backs itself up. `central-hub backup enrol` makes the recovery key first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupConfig {
    /// A folder on another disk than `data_dir`; it is not made, so that a disk which is not mounted is noticed.
    pub folder: PathBuf,
    /// Minutes between two backups, 1 to 1440.
    #[serde(default = "backup_every")]
    pub every_min: u16,
}

/// Minutes between two backups, at most: a day.
const BACKUP_EVERY_MAX: u16 = 1_440;

fn backup_every() -> u16 {
    15
}

/// The whole file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubConfig {
    /// `demo` or `production`.
    pub profile: Profile,
    /// Address and port, for example `127.0.0.1:8600`.
    pub listen: SocketAddr,
    /// Folder of the database and the hub's key; made if it is not there.
    pub data_dir: PathBuf,
    /// A catalogue (Larder's own CSV) put in at every start; products that are not in it stay.
    #[serde(default)]
    pub catalogue: Option<PathBuf>,
    /// How long the hub sells to a store it does not hear, ms.
    #[serde(default = "stop_after")]
    pub stop_after_ms: i64,
    /// How long units are held for a placed order while the customer pays, ms.
    #[serde(default = "hold")]
    pub hold_ms: i64,
    /// The city's IANA time zone, such as `Asia/Kolkata`: when its days begin.
    #[serde(default = "time_zone")]
    pub time_zone: String,
    /// Minutes of picking and packing within the promise.
    #[serde(default = "prepare")]
    pub prepare_min: f64,
    /// Demo only: people walk, ride and wait so many times faster.
    #[serde(default = "one")]
    pub speed_factor: f64,
    /// By which formula riders are scored: `value` (the usual one), `nearest` or `simple` (REQ-75).
    #[serde(default)]
    pub rider_scorer: Scorer,
    /// What a rider's score is made of, and below which sum nobody is sent yet (REQ-75). `simple` looks at `threshold` alone,
    /// `nearest` at none of it.
    #[serde(default)]
    pub rider_weights: Weights,
    /// The encrypted address of the stores. Profile production needs it: there a token alone opens nothing.
    #[serde(default)]
    pub sync: Option<SyncTls>,
    /// Where what is the same in every city comes from; a city without it stands by itself.
    #[serde(default)]
    pub global: Option<GlobalLink>,
    /// Where the hub's own backups go; without it none is made by itself.
    #[serde(default)]
    pub backup: Option<BackupConfig>,
    /// Who may connect.
    #[serde(default)]
    pub stores: Vec<StoreConfig>,
    /// Who rides.
    #[serde(default)]
    pub riders: Vec<PersonConfig>,
    /// Who sees operations.
    #[serde(default)]
    pub staff: Vec<StaffConfig>,
}

/// Why a file makes no hub.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not the TOML that is wanted.
    #[error("{path} is not a hub configuration:\n{what}")]
    Form {
        /// Which.
        path: PathBuf,
        /// Line, column and what is wrong.
        what: String,
    },
    /// Its values cannot stand.
    #[error("{path} cannot stand:\n  {}", wrong.join("\n  "))]
    Values {
        /// Which.
        path: PathBuf,
        /// Each with its place.
        wrong: Vec<String>,
    },
}

impl HubConfig {
    /// Reads and checks a file; relative paths in it count from its folder.
    ///
    /// # Errors
    /// [`ConfigError`], naming every wrong value at once.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let mut config: Self = toml::from_str(&text)
            .map_err(|e| ConfigError::Form { path: path.to_owned(), what: e.to_string() })?;
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        config.data_dir = folder.join(&config.data_dir);
        config.catalogue = config.catalogue.map(|c| folder.join(c));
        config.sync = config.sync.map(|sync| sync.within(folder));
        if let Some(global) = &mut config.global {
            global.tls = global.tls.take().map(|files| files.within(folder));
        }
        if let Some(backup) = &mut config.backup {
            backup.folder = folder.join(&backup.folder);
        }
        let wrong = config.wrong();
        if wrong.is_empty() { Ok(config) } else { Err(ConfigError::Values { path: path.to_owned(), wrong }) }
    }

    /// Everything that cannot stand, each with its place.
    pub fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut say = |bad: bool, what: String| {
            if bad {
                wrong.push(what);
            }
        };
        let demo = self.profile == Profile::Demo;
        say(
            demo && !self.listen.ip().is_loopback(),
            format!(
                "listen: profile demo shows passwords and may only listen on 127.0.0.1, not {}",
                self.listen
            ),
        );
        say(
            !demo && self.sync.is_none() && !self.stores.is_empty(),
            "sync: profile production lets stores in by their certificates alone; add [sync] with listen, ca, cert and key"
                .to_owned(),
        );
        let every = self.backup.as_ref().map_or(1, |backup| backup.every_min);
        say(
            !(1..=BACKUP_EVERY_MAX).contains(&every),
            format!("backup: every_min is 1 to {BACKUP_EVERY_MAX} minutes, not {every}"),
        );
        say(!demo && self.speed_factor != 1.0, "speed_factor: only profile demo may hurry".to_owned());
        say(!(0.1..=100.0).contains(&self.speed_factor), "speed_factor: 0.1 to 100".to_owned());
        say(self.stop_after_ms < 1_000, "stop_after_ms: at least 1000".to_owned());
        say(self.hold_ms < 1_000, "hold_ms: at least 1000".to_owned());
        say(
            Calendar::new(&self.time_zone).is_none(),
            format!("time_zone: no IANA time zone {:?}; one is \"{INDIA}\"", self.time_zone),
        );
        say(!(0.0..=240.0).contains(&self.prepare_min), "prepare_min: 0 to 240".to_owned());
        for name in self.rider_weights.wrong() {
            say(true, format!("rider_weights: {name} is 0 to 1000"));
        }
        for name in self.rider_weights.unused(self.rider_scorer) {
            let by = self.rider_scorer.word();
            say(
                true,
                format!("rider_weights: {name} counts nothing with rider_scorer = \"{by}\"; take it out"),
            );
        }
        if let Some(what) = self.global.as_ref().and_then(GlobalLink::wrong) {
            say(true, what);
        }
        let mut ids = BTreeSet::new();
        for (at, store) in self.stores.iter().enumerate() {
            let place = format!("stores[{at}] {}", store.id);
            if let Err(error) = StoreId::new(&store.id) {
                say(true, format!("{place}: {error}"));
            }
            say(!ids.insert(&store.id), format!("{place}: this id stands twice"));
            say(!geo::is_on_earth(point(store)), format!("{place}: lat and lon are no place on earth"));
            say(store.token.len() < TOKEN_SIGNS, format!("{place}: token needs {TOKEN_SIGNS} signs"));
        }
        let mut phones = BTreeSet::new();
        for seed in self.seeds() {
            let known = !phones.insert(seed.phone.clone());
            say(known, format!("{}: {} stands twice", seed.name, seed.phone));
            let bad = !otp::is_phone(&seed.phone);
            say(bad, format!("{}: {} is no phone (wanted: +919800000001)", seed.name, seed.phone));
        }
        for person in &self.staff {
            let bad = !matches!(person.role, Role::CityOps | Role::Admin);
            say(bad, format!("{}: role is city_ops or admin", person.name));
        }
        wrong
    }

    /// Riders and staff.
    pub fn seeds(&self) -> Vec<Seed> {
        let rider =
            |p: &PersonConfig| Seed { phone: p.phone.clone(), name: p.name.clone(), role: Role::Rider };
        let staff = |p: &StaffConfig| Seed { phone: p.phone.clone(), name: p.name.clone(), role: p.role };
        self.riders.iter().map(rider).chain(self.staff.iter().map(staff)).collect()
    }

    /// The stores; ids that are none were refused by [`HubConfig::wrong`].
    pub fn store_seeds(&self) -> Vec<StoreSeed> {
        let seed = |s: &StoreConfig| {
            Some(StoreSeed {
                id: StoreId::new(&s.id).ok()?,
                name: s.name.clone(),
                at: point(s),
                radius_m: s.radius_m,
                capacity: s.capacity,
            })
        };
        self.stores.iter().filter_map(seed).collect()
    }

    /// What flows decide by.
    pub fn rules(&self, key: HubKey) -> Rules {
        let demo = self.profile == Profile::Demo;
        Rules {
            demo,
            gateway: demo,
            hold_ms: self.hold_ms,
            stop_after_ms: self.stop_after_ms,
            prepare_min: self.prepare_min,
            speed: self.speed_factor,
            global: self.global.is_some(),
            calendar: Calendar::new(&self.time_zone).unwrap_or_default(),
            scorer: self.rider_scorer,
            weights: self.rider_weights,
            ..Rules::new(key)
        }
    }
}

fn point(store: &StoreConfig) -> Point {
    Point { lat: store.lat, lon: store.lon }
}
const fn radius() -> u32 {
    2_000
}
const fn capacity() -> u32 {
    40
}
const fn city_ops() -> Role {
    Role::CityOps
}
const fn stop_after() -> i64 {
    STOP_AFTER_MS
}
const fn hold() -> i64 {
    HOLD_MS
}
fn time_zone() -> String {
    INDIA.to_owned()
}
const fn prepare() -> f64 {
    5.0
}
const fn one() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        profile = "demo"
        listen = "127.0.0.1:0"
        data_dir = "data"
        riders = [{ name = "Ravi", phone = "+919700000001" }]
        [[stores]]
        id = "s1"
        name = "Indiranagar"
        lat = 12.97
        lon = 77.64
        token = "0123456789abcdef"
    "#;

    fn load(text: &str) -> Result<HubConfig, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hub.toml");
        std::fs::write(&path, text).unwrap();
        HubConfig::load(&path)
    }

    #[test]
    fn a_short_file_is_enough() {
        let config = load(GOOD).unwrap();
        assert_eq!(
            (config.stop_after_ms, config.hold_ms, config.stores[0].radius_m),
            (150_000, 900_000, 2_000)
        );
        assert!(config.data_dir.is_absolute());
    }

    #[test]
    fn the_global_service_is_reached_by_certificate_or_on_this_machine() {
        let with = |url: &str, tls: &str| {
            load(&format!("{GOOD}\n[global]\nurl = \"{url}\"\ntoken = \"0123456789abcdef\"\n{tls}"))
        };
        let tls = "[global.tls]\nca = \"ca.crt\"\ncert = \"blr.crt\"\nkey = \"blr.key\"\n";
        assert!(with("http://127.0.0.1:8700", "").is_ok());
        let files = with("https://global.example:8743", tls).unwrap().global.unwrap().tls.unwrap();
        assert!(files.ca.is_absolute() && files.key.is_absolute());
        for (url, tls) in
            [("http://10.0.0.1:8700", ""), ("http://127.0.0.1:8700", tls), ("https://global:1", "")]
        {
            let Err(ConfigError::Values { wrong, .. }) = with(url, tls) else { panic!("{url} {tls}") };
            assert!(wrong[0].starts_with("global:"), "{wrong:?}");
        }
    }

    #[test]
    fn a_city_weighs_its_riders_as_it_likes() {
        let with = |table: &str| load(&format!("{GOOD}\n[rider_weights]\n{table}\n"));
        let weights = with("load = 1.5\nthreshold = 12").unwrap().rider_weights;
        assert_eq!(weights, Weights { load: 1.5, threshold: 12.0, ..Weights::default() });
        let Err(ConfigError::Values { wrong, .. }) = with("travel = -1\nrating = nan") else { panic!() };
        assert_eq!(wrong, ["rider_weights: travel is 0 to 1000", "rider_weights: rating is 0 to 1000"]);
        assert!(with("speed = 1").unwrap_err().to_string().contains("speed"));
    }

    #[test]
    fn a_city_scores_its_riders_by_the_formula_it_names() {
        let with = |by: &str, table: &str| {
            load(&format!("rider_scorer = \"{by}\"\n{GOOD}\n[rider_weights]\n{table}\n"))
        };
        assert_eq!(load(GOOD).unwrap().rider_scorer, Scorer::Value);
        let simple = with("simple", "threshold = 60").unwrap();
        let rules = simple.rules(HubKey([1; 32]));
        assert_eq!((rules.scorer, rules.scorer.threshold(&rules.weights)), (Scorer::Simple, 60.0));
        assert_eq!(with("nearest", "").unwrap().rider_scorer, Scorer::Nearest);
        let Err(ConfigError::Values { wrong, .. }) = with("nearest", "load = 3") else { panic!() };
        assert_eq!(
            wrong,
            ["rider_weights: load counts nothing with rider_scorer = \"nearest\"; take it out"]
        );
        let said = with("fastest", "").unwrap_err().to_string();
        assert!(said.contains("fastest") && said.contains("`nearest`"), "{said}");
    }

    #[test]
    fn every_wrong_value_is_named_at_once() {
        let bad = GOOD
            .replace("127.0.0.1", "0.0.0.0")
            .replace("s1", "s/1")
            .replace("12.97", "112.97")
            .replace("+919700000001", "97")
            .replace("data_dir", "time_zone = \"Asia/Kolkatta\"\ndata_dir");
        let Err(ConfigError::Values { wrong, .. }) = load(&bad) else { panic!() };
        assert_eq!(wrong.len(), 5, "{wrong:?}");
        let typo = GOOD.replace("token", "tokem");
        let said = load(&typo).unwrap_err().to_string();
        assert!(said.contains("tokem"), "{said}");
    }
}
