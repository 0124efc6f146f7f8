//! The same over mutual TLS: backups, new hardware and its epoch go by certificate, and who comes without one, or with
//! another store's, gets nothing and is told why.

use super::world::{LIMIT, World, count, enrol, sell, until};
use device_drivers::agent::ClientTls;
use firmware_config::enrol::Authority;
use model::DeviceId;
use model::api::store::Link;
use model::api::store::backup::BackupState;
use model::api::store::counting::Counting;
use model::quota::FIRST_EPOCH;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use store_node::backup::program::{self, Place};
use store_node::line::HubLine;
use store_node::{claim, clock};
use sync::vault::RecoveryKey;
use tests::scorecard::served::House;
use tests::scorecard::stage::free_ports;

/// A hub that lets stores in by certificate alone, with the authority that has certified it.
pub fn certified(dir: &Path) -> (World, House, Authority) {
    let (mut world, house) = World::build(dir);
    let authority =
        Authority::create(&dir.join("ca"), "hub", &["127.0.0.1".to_owned()], clock::now()).unwrap();
    let [port] = free_ports().unwrap();
    let sync = SocketAddr::from(([127, 0, 0, 1], port));
    world.sync = Some(sync);
    world.write_hub("hub");
    let neighbour = "[[stores]]\nid = \"s2\"\nname = \"Domlur\"\nlat = 12.96\nlon = 77.64\ntoken = \"the-token-of-the-neighbour\"\n";
    let text = std::fs::read_to_string(world.hub_config()).unwrap();
    std::fs::write(world.hub_config(), format!("{text}{neighbour}")).unwrap();
    let plain = format!("url = \"http://{}\"", world.hub_address);
    let text = std::fs::read_to_string(&house.config).unwrap();
    assert!(text.contains(&plain));
    let token = format!("token = \"{}\"\n", world.token);
    let text = text.replace(&plain, &format!("url = \"https://{sync}\""));
    let text = text.replace(&token, &format!("{token}{}", section(&dir.join("papers"))));
    std::fs::write(&house.config, text).unwrap();
    (world, house, authority)
}

fn section(papers: &Path) -> String {
    let of = |name: &str| papers.join(name).display().to_string();
    let [ca, cert, key] = ["ca.crt", "store.crt", "store.key"].map(of);
    format!("[hub.tls]\nca = \"{ca}\"\ncert = \"{cert}\"\nkey = \"{key}\"\n")
}

/// A certificate of this name, with the authority of `hub` beside it.
pub fn papers(authority: &Authority, name: &str, folder: &Path) -> PathBuf {
    let device = DeviceId::new(name).unwrap();
    let mut random = std::fs::File::open("/dev/urandom").unwrap();
    let code = authority.invite(&device, clock::now(), &mut random).unwrap();
    let papers = authority.redeem(&device, &code, clock::now()).unwrap();
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("ca.crt"), papers.authority).unwrap();
    std::fs::write(folder.join("store.crt"), papers.certificate).unwrap();
    std::fs::write(folder.join("store.key"), papers.key).unwrap();
    folder.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_certificates_a_store_is_backed_up_and_new_hardware_becomes_it() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, old, authority) = certified(dir.path());
    papers(&authority, "s1", &dir.path().join("papers"));
    let recovery = enrol(&old);
    world.start_hub().await;
    let (proc, _) = old.start().await.unwrap();
    let console = old.manager().await.unwrap();
    sell(&console, 1, 5).await.unwrap();
    let sold_at = clock::now();
    let told = |now: &BackupState| now.hub_at.is_some_and(|at| at > sold_at);
    until::<BackupState>(&console, "/api/v1/backup", told).await;
    proc.kill().await.unwrap();

    // The new machine has papers of its own; the old ones are taken back.
    papers(&authority, "s1", &dir.path().join("papers"));
    let (new, made) = world.replace(&old, "new", (Place::Hub, None), &recovery).await.unwrap();
    assert_eq!(made.epoch, Some(2), "{made}");
    let (proc, _) = new.start().await.unwrap();
    let console = new.manager().await.unwrap();
    until::<Counting>(&console, "/api/v1/counting", |now| now.needed && now.word).await;
    assert!(count(&console, 2, 7, 100).await.open);
    sell(&console, 3, 7).await.unwrap();
    let sold_at = clock::now();
    let told = |now: &BackupState| now.hub_at.is_some_and(|at| at > sold_at);
    until::<BackupState>(&console, "/api/v1/backup", told).await;
    assert!(proc.stop(LIMIT).await);
    world.stop_hub().await;
}

/// What `replace --from hub` says with these papers.
async fn refusal(world: &World, house: &House, name: &str, papers: &Path, key: &RecoveryKey) -> String {
    let text = std::fs::read_to_string(&house.config).unwrap();
    let mine = world.dir.join("papers").display().to_string();
    let config = world.dir.join(format!("{name}.toml"));
    std::fs::write(&config, text.replace(&mine, &papers.display().to_string())).unwrap();
    let house = House { config, ..house.clone() };
    world.replace(&house, name, (Place::Hub, None), key).await.map(|(_, made)| made).unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_papers_or_with_anothers_nothing_is_given_and_the_reason_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, house, authority) = certified(dir.path());
    let mine = papers(&authority, "s1", &dir.path().join("papers"));
    let neighbour = papers(&authority, "s2", &dir.path().join("neighbour"));
    let recovery = enrol(&house);
    world.start_hub().await;
    let (proc, _) = house.start().await.unwrap();
    let console = house.manager().await.unwrap();
    until::<Link>(&console, "/api/v1/link", |now| now.online).await;
    until::<BackupState>(&console, "/api/v1/backup", |now| now.hub_at.is_some()).await;

    // The neighbour's papers: neither is its epoch moved, nor does its shelf at the hub get anything.
    let told = refusal(&world, &house, "other", &neighbour, &recovery).await;
    assert!(told.contains("certificate is of another store") && told.contains("s2"), "{told}");
    let manifest = firmware_config::load(&house.config).unwrap();
    let line = HubLine::of(&manifest).unwrap();
    let [ca, cert, key] = ["ca.crt", "store.crt", "store.key"].map(|name| neighbour.join(name));
    let tls = Some(ClientTls::read(&ca, &cert, &key).unwrap());
    let theirs = HubLine { store: None, tls: tls.clone(), ..line.clone() };
    assert_eq!(claim::current(&theirs).await.unwrap().epoch, FIRST_EPOCH);
    let mut setup = program::setup(&manifest).unwrap();
    setup.hub = theirs;
    let handle = tokio::runtime::Handle::current();
    let backed = tokio::task::spawn_blocking(move || program::back_up(&setup, &Place::Hub, handle)).await;
    let told = backed.unwrap().unwrap_err().to_string();
    assert!(told.contains("backup is of another store"), "{told}");

    // Of another authority, taken back, or none at all.
    let stranger = Authority::create(&dir.path().join("ca2"), "x", &["127.0.0.1".to_owned()], clock::now());
    let forged = papers(&stranger.unwrap(), "s1", &dir.path().join("forged"));
    std::fs::copy(mine.join("ca.crt"), forged.join("ca.crt")).unwrap();
    let told = refusal(&world, &house, "forged", &forged, &recovery).await;
    assert!(told.contains("does not accept the certificate"), "{told}");
    let text = std::fs::read_to_string(&house.config).unwrap();
    let bare = dir.path().join("bare.toml");
    std::fs::write(&bare, text.replace(&section(&mine), "")).unwrap();
    let bare = House { config: bare, ..house.clone() };
    let told = world.replace(&bare, "bare", (Place::Hub, None), &recovery).await.map(|(_, made)| made);
    let told = told.unwrap_err();
    assert!(told.contains("names no certificate"), "{told}");
    authority.revoke(&DeviceId::new("s1").unwrap(), clock::now()).unwrap();
    until::<Link>(&console, "/api/v1/link", |now| !now.online).await;
    let told = until::<BackupState>(&console, "/api/v1/backup", |now| now.error.is_some()).await;
    let why = told.error.unwrap_or_default();
    assert!(why.contains("does not accept the certificate"), "{why}");
    assert!(proc.stop(LIMIT).await);
    world.stop_hub().await;
}
