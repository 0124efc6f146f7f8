//! The service that has what is the same in every city: `central-hub global`. Cities ask and tell by their tokens; it asks
//! nobody, and knows no order.

use crate::clock;
use crate::db::feed::Feed;
use crate::db::{Db, DbFault};
use crate::http::{Ask, BODY_BYTES_MAX, Body, HttpProblem, unknown_path, wrong_method};
use crate::import::{self, ImportError};
use crate::lock::{Lock, LockError};
use crate::tls::{Certified, SyncListener, SyncTls, TlsError};
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Json;
use axum::routing::get;
use axum::{Router, serve};
use hub_core::{card, geo, otp, proof};
use model::Timestamp;
use model::api::global::{CityHour, CityHours, Did, GlobalFact, GlobalPage, PAGE_MAX, PersonFact};
use model::time::MINUTE_MS;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Signs of a name.
const NAME_SIGNS: usize = 60;
/// Signs of an address.
const ADDRESS_SIGNS: usize = 200;
/// How far a city's clock may be ahead.
const AHEAD_MS: i64 = 10 * MINUTE_MS;
/// Hours that are shown.
const HOURS_SHOWN: i64 = 35 * 24;

/// The service's file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalConfig {
    /// Where it listens in the clear: on this machine only.
    #[serde(default)]
    pub listen: Option<SocketAddr>,
    /// Where hubs come by certificate; its name is the city's id.
    #[serde(default)]
    pub tls: Option<SyncTls>,
    /// Folder of its database.
    pub data_dir: PathBuf,
    /// The master catalogue (Larder's own CSV), put in at every start.
    #[serde(default)]
    pub catalogue: Option<PathBuf>,
    /// Cards and UPI are taken.
    #[serde(default = "yes")]
    pub gateway: bool,
    /// Who may ask.
    pub cities: Vec<City>,
}

/// A city's hub.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// Its name in counts, for example `blr`.
    pub id: String,
    /// What its hub proves itself with.
    pub token: String,
}

const fn yes() -> bool {
    true
}

/// Why it does not run.
#[derive(Debug, thiserror::Error)]
pub enum GlobalError {
    /// Its file cannot be used.
    #[error("{path}: {what}")]
    Config {
        /// Which.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// The port or the folder.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// Why not.
        source: std::io::Error,
    },
    /// Another process writes there.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The certificates.
    #[error("[tls] {0}")]
    Tls(#[from] TlsError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbFault),
    /// The master catalogue.
    #[error(transparent)]
    Import(#[from] ImportError),
}

impl GlobalConfig {
    /// Reads a file; relative paths in it count from its folder.
    ///
    /// # Errors
    /// [`GlobalError::Config`].
    pub fn load(path: &Path) -> Result<Self, GlobalError> {
        let wrong = |what: String| GlobalError::Config { path: path.to_owned(), what };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let config: Self = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if config.cities.iter().any(|city| city.token.len() < 16) {
            return Err(wrong("a city's token needs 16 signs".to_owned()));
        }
        let open = config.listen.is_some_and(|listen| !listen.ip().is_loopback());
        if open || (config.listen.is_none() && config.tls.is_none()) {
            let want =
                "`listen` is for 127.0.0.1 alone; for hubs elsewhere add [tls] with listen, ca, cert and key";
            return Err(wrong(want.to_owned()));
        }
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let tls = config.tls.map(|tls| tls.within(folder));
        let catalogue = config.catalogue.map(|file| folder.join(file));
        Ok(Self { data_dir: folder.join(&config.data_dir), catalogue, tls, ..config })
    }
}

#[derive(Clone)]
struct Service {
    feed: Arc<Mutex<Feed>>,
    cities: Arc<Vec<City>>,
}

/// Runs until `stop`.
///
/// # Errors
/// [`GlobalError`].
pub async fn run(config: GlobalConfig, stop: CancellationToken) -> Result<(), GlobalError> {
    let system = |what: String| move |source| GlobalError::System { what, source };
    let _lock = Lock::take(&config.data_dir)?;
    let mut feed = Feed::open(&config.data_dir.join("global.db"))?;
    feed.put(&[GlobalFact::PaymentMethods { gateway: config.gateway }])?;
    if let Some(path) = &config.catalogue {
        let fact = |product| GlobalFact::Product { product: Box::new(product) };
        let catalogue: Vec<_> = import::catalogue(path)?.into_iter().map(fact).collect();
        feed.put(&catalogue)?;
        feed.withdraw_others(&catalogue)?;
    }
    let service = Service { feed: Arc::new(Mutex::new(feed)), cities: Arc::new(config.cities) };
    let mut served = JoinSet::new();
    if let Some(files) = &config.tls {
        let listener = SyncListener::bind(files, stop.child_token()).await?;
        let routes = routes(service.clone()).into_make_service_with_connect_info::<Certified>();
        let until = stop.clone();
        tracing::info!(address = %files.listen, "cities' hubs connect here, by certificate");
        served.spawn(
            async move { serve(listener, routes).with_graceful_shutdown(until.cancelled_owned()).await },
        );
    }
    if let Some(listen) = config.listen {
        let listener = TcpListener::bind(listen).await.map_err(system(listen.to_string()))?;
        let routes = routes(service);
        served.spawn(
            async move { serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await },
        );
    }
    tracing::info!("ready");
    while let Some(done) = served.join_next().await {
        let done = done.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        done.map_err(system("serving".to_owned()))?;
    }
    Ok(())
}

fn routes(service: Service) -> Router {
    Router::new()
        .route("/global/v1/facts", get(facts).post(told))
        .route("/global/v1/hours", get(hours).put(put_hours))
        .route("/readyz", get(|| async { "ready\n" }))
        .method_not_allowed_fallback(wrong_method)
        .fallback(unknown_path)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(service)
}

/// The city that asks: by its token, and at the address of `[tls]` by its certificate as well.
struct From(String);

impl FromRequestParts<Service> for From {
    type Rejection = HttpProblem;
    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, HttpProblem> {
        let city = service.city(&parts.headers)?;
        match parts.extensions.get::<ConnectInfo<Certified>>() {
            Some(ConnectInfo(Certified { store })) if store.as_str() != city => Err(HttpProblem::new(
                "other_certificate",
                StatusCode::FORBIDDEN,
                "This certificate is of another city",
                format!("The token is that of {city}, the certificate that of {store}. Nothing was told."),
                "Put the papers of this city where [global.tls] in the hub's file says.",
            )),
            Some(_) | None => Ok(Self(city)),
        }
    }
}

impl Service {
    /// The city of the bearer's token. Every token is compared, so that the time tells nothing.
    fn city(&self, headers: &HeaderMap) -> Result<String, HttpProblem> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
        let mut found = None;
        for city in self.cities.iter() {
            if proof::same(&city.token, given) {
                found = Some(city.id.clone());
            }
        }
        found.ok_or_else(|| {
            let hint = "Compare [global] token in the hub's file with the service's [[cities]].";
            let detail = "Nothing was told.".to_owned();
            HttpProblem::new("unknown_city", StatusCode::UNAUTHORIZED, "No city has this token", detail, hint)
        })
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Feed) -> Db<T> + Send + 'static,
    ) -> Result<T, HttpProblem> {
        let feed = self.feed.clone();
        let done = tokio::task::spawn_blocking(move || {
            let mut feed = feed.lock().map_err(|_| DbFault::Storage("a former call broke off".to_owned()))?;
            work(&mut feed)
        });
        let done = done.await.map_err(|error| HttpProblem::fault(&error.to_string()))?;
        done.map_err(|error| HttpProblem::fault(&error.to_string()))
    }
}

#[derive(Debug, Deserialize)]
struct After {
    after: u64,
}

async fn facts(
    State(service): State<Service>,
    From(_): From,
    Ask(After { after }): Ask<After>,
) -> Result<Json<GlobalPage>, HttpProblem> {
    let facts = service.with(move |feed| feed.after(after, PAGE_MAX)).await?;
    let more = facts.len() == PAGE_MAX;
    Ok(Json(GlobalPage { facts, more }))
}

async fn told(
    State(service): State<Service>,
    From(city): From,
    Body(facts): Body<Vec<GlobalFact>>,
) -> Result<StatusCode, HttpProblem> {
    if facts.len() > PAGE_MAX || !facts.iter().all(|fact| is_a_citys(fact, clock::now())) {
        let want = format!(
            "at most {PAGE_MAX}, each what a person did about herself: a phone, a name of {NAME_SIGNS} signs, tokens of \
             the gateway, never the number of a card"
        );
        return Err(bad("facts", &want));
    }
    tracing::info!(city, facts = facts.len(), "told");
    service.with(move |feed| feed.put(&facts)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a city may say so. From the future it may not: nobody could ever say anything newer.
fn is_a_citys(fact: &GlobalFact, now: Timestamp) -> bool {
    let GlobalFact::Person(PersonFact { phone, at, did }) = fact else { return false };
    let stands = match did {
        Did::Named { name } => name.chars().count() <= NAME_SIGNS,
        Did::Address { address } => {
            address.text.chars().count() <= ADDRESS_SIGNS && geo::is_on_earth(address.at)
        }
        Did::Instrument { instrument } => {
            !card::holds_number(&instrument.token) && !card::holds_number(&instrument.label)
        }
        Did::Erased | Did::AddressGone { .. } | Did::InstrumentGone { .. } => true,
    };
    stands && otp::is_phone(phone) && at.since_ms(now) < AHEAD_MS
}

async fn put_hours(
    State(service): State<Service>,
    From(city): From,
    Body(told): Body<Vec<CityHour>>,
) -> Result<StatusCode, HttpProblem> {
    if told.len() > PAGE_MAX {
        return Err(bad("hours", &format!("at most {PAGE_MAX}")));
    }
    service.with(move |feed| feed.put_hours(&city, &told)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn hours(State(service): State<Service>, From(_): From) -> Result<Json<Vec<CityHours>>, HttpProblem> {
    let since = clock::now().hour() - HOURS_SHOWN;
    Ok(Json(service.with(move |feed| feed.hours(since)).await?))
}

fn bad(field: &str, want: &str) -> HttpProblem {
    let detail = format!("{field}: {want}");
    let title = "A value is out of its range";
    HttpProblem::new(
        "bad_input",
        StatusCode::UNPROCESSABLE_ENTITY,
        title,
        detail,
        "Correct it and send again.",
    )
}
