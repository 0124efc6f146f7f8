//! Writes the TypeScript of every shape that crosses a wire to `sync/web/src/types`, and fails when what is committed
//! there is stale (ARCHITECTURE, decision 10). `LARDER_WRITE_TYPES=1 cargo test -p model --features schema --test types`
//! writes. What the shapes mean never stands here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use ts_rs::{Config, TS, TypeVisitor};

/// One declared type: its text, and the (file, name) of each declared type it mentions.
struct Entry {
    text: String,
    uses: BTreeSet<(&'static str, String)>,
}

#[derive(Default)]
struct Types {
    files: BTreeMap<&'static str, BTreeMap<String, Entry>>,
}

/// The file of a type, by the module it lives in.
fn file_of<T: ?Sized>() -> &'static str {
    let path = std::any::type_name::<T>();
    if path.starts_with("model::api::hub") {
        "hub"
    } else if path.starts_with("model::api::store") {
        "store"
    } else if path.starts_with("model::mqtt") {
        "mqtt"
    } else {
        "words"
    }
}

/// The declaration with its comments on one line each, without Rust's link brackets and without blanks at line ends.
fn tidy(text: &str) -> String {
    let text =
        text.replace("/**\n * ", "/** ").replace("\n */\n", " */\n").replace("[`", "`").replace("`]", "`");
    text.lines().fold(String::new(), |all, line| all + line.trim_end() + "\n")
}

struct Uses<'a>(&'a Config, BTreeSet<(&'static str, String)>);

impl TypeVisitor for Uses<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if T::output_path().is_some() {
            self.1.insert((file_of::<T>(), T::ident(self.0)));
        } else {
            T::visit_generics(self);
        }
    }
}

struct Collect<'a>(&'a Config, &'a mut Types);

impl TypeVisitor for Collect<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if T::output_path().is_some() {
            self.1.add::<T>(self.0);
        } else {
            T::visit_generics(self);
        }
    }
}

impl Types {
    fn add<T: TS + 'static + ?Sized>(&mut self, config: &Config) {
        let name = T::ident(config);
        let file = self.files.entry(file_of::<T>()).or_default();
        if file.contains_key(&name) {
            return;
        }
        let mut uses = Uses(config, BTreeSet::new());
        T::visit_dependencies(&mut uses);
        let text = tidy(&format!("{}export {}\n", T::docs().unwrap_or_default(), T::decl(config)));
        file.insert(name, Entry { text, uses: uses.1 });
        T::visit_dependencies(&mut Collect(config, self));
    }

    /// The files by name, with imports, in the order of their names.
    fn render(&self) -> BTreeMap<String, String> {
        let mut out = BTreeMap::new();
        for (file, entries) in &self.files {
            let mut imports: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
            for (other, name) in entries.values().flat_map(|e| &e.uses).filter(|(f, _)| f != file) {
                imports.entry(*other).or_default().insert(name);
            }
            let mut text = format!(
                "// Written from Rust ({}): do not edit; see sync/model/tests/types.rs.\n",
                source(file)
            );
            for (other, names) in imports {
                let names: Vec<&str> = names.into_iter().collect();
                let _ = writeln!(text, "import type {{ {} }} from './{other}';", names.join(", "));
            }
            for entry in entries.values() {
                text.push('\n');
                text.push_str(&entry.text);
            }
            out.insert(format!("{file}.ts"), text);
        }
        out
    }
}

fn source(file: &str) -> &'static str {
    match file {
        "hub" => "sync/model/src/api/hub.rs",
        "store" => "sync/model/src/api/store.rs",
        "mqtt" => "sync/model/src/mqtt",
        _ => "sync/model/src",
    }
}

macro_rules! roots {
    ($types:ident, $config:ident, $($path:path),+ $(,)?) => {{
        use model::{api::{fence, hub, store}, *};
        $($types.add::<$path>(&$config);)+
    }};
}

#[rustfmt::skip]
fn all() -> Types {
    let mut types = Types::default();
    let config = Config::new().with_large_int("number");
    roots!(types, config,
        store::LoginRequest, store::LoginAnswer, store::Board, store::OrderDetail, store::StockPage, store::StockDetail,
        store::ReceiveRequest, store::ReceiveAnswer, store::CounterOrderRequest, store::CounterOrderAnswer,
        store::HandoverRequest, store::HandoverAnswer, store::ColdChain, store::DeviceRow, store::PrintResolve, store::PaperRequest,
        store::Link, store::Quarantine, store::EnrolRequest, store::EnrolAnswer, store::HandheldConfig,
        store::backup::BackupState,
        store::counting::Counting, store::counting::CountTask, store::counting::CountRequest, store::counting::CountAnswer,
        fence::FenceView, fence::UnknownDecision,
        hub::OtpRequest, hub::VerifyRequest, hub::Session, hub::RefreshRequest, hub::InboxMessage, hub::Me, hub::MeIn,
        hub::AddressIn, hub::InstrumentIn, hub::Serviceable, hub::Category, hub::SearchPage, hub::Cart, hub::CartLineIn,
        hub::CheckoutRequest, hub::SplitRequest, hub::SplitOffer, hub::Order, hub::Tracking, hub::SubstituteReply, hub::ShiftRequest, hub::RiderNow,
        hub::PositionsIn, hub::DeliverRequest, hub::OpsNow, hub::OpsOrder, hub::OpsSync, hub::ClosingVoices,
        hub::RecoverRequest, hub::RecoverAnswer,
        hub::OpsShelf, hub::OpsShelfRow,
        mqtt::Birth, mqtt::Capability, mqtt::DeviceState, mqtt::Event, mqtt::Command, mqtt::Reply, mqtt::HandheldEvent, mqtt::Ack, mqtt::HandheldView,
        order_doc::OrderHead, order_doc::Picks, order_doc::RiderCard, order_doc::SubstituteAsk,
        order_doc::SubstituteAnswer, order::Moment, actor::Actor, catalogue::Product, problem::Problem,
    );
    types
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/src/types")
}

#[test]
fn committed_types_are_those_of_the_rust_shapes() {
    let write = std::env::var("LARDER_WRITE_TYPES").is_ok_and(|v| v == "1");
    for (file, text) in all().render() {
        let path = folder().join(&file);
        if write {
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{file} is stale: LARDER_WRITE_TYPES=1 cargo test -p model --features schema --test types"
        );
    }
}

/// Every shape with a TypeScript derive in the wire modules is written: a new one cannot be forgotten in the list above.
#[test]
fn no_shape_is_forgotten() {
    let types = all();
    let written: BTreeSet<&str> = types.files.values().flat_map(|f| f.keys()).map(String::as_str).collect();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut missing = Vec::new();
    for file in [
        "api/store.rs",
        "api/store/backup.rs",
        "api/store/counting.rs",
        "api/hub.rs",
        "api/hub/backup.rs",
        "api/hub/instrument.rs",
        "api/hub/rider.rs",
        "api/hub/split.rs",
        "mqtt/capability.rs",
        "mqtt/device.rs",
        "mqtt/handheld.rs",
        "mqtt/label.rs",
        "order.rs",
        "order_doc.rs",
        "problem.rs",
    ] {
        let text = std::fs::read_to_string(src.join(file)).unwrap();
        let mut derived = false;
        for line in text.lines() {
            derived |= line.contains("ts_rs::TS");
            let name = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "));
            let Some(name) = name else { continue };
            let name: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
            if std::mem::take(&mut derived) && !written.contains(name.as_str()) {
                missing.push(format!("{file}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "not in the list of this test: {missing:?}");
}
