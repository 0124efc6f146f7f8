//! The service that has what is the same in every city: `central-hub global`. Cities ask and tell by their tokens; it asks
//! nobody, and knows no order.

use crate::clock;
use crate::db::feed::Feed;
use crate::db::{Db, DbFault};
use crate::http::HttpProblem;
use crate::import::{self, ImportError};
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Json;
use axum::routing::{get, post};
use axum::{Router, serve};
use hub_core::{otp, proof};
use model::api::global::{CityHour, CityHours, GlobalFact, GlobalPage, GlobalUser, PAGE_MAX};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Bytes of a body: a page of users.
const BODY_MAX: usize = 64 * 1024;
/// Signs of a name.
const NAME_SIGNS: usize = 60;
/// Hours that are shown.
const HOURS_SHOWN: i64 = 35 * 24;

/// The service's file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalConfig {
    /// Where it listens; a line that is private to the hubs.
    pub listen: SocketAddr,
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
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let catalogue = config.catalogue.map(|file| folder.join(file));
        Ok(Self { data_dir: folder.join(&config.data_dir), catalogue, ..config })
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
    std::fs::create_dir_all(&config.data_dir).map_err(system(config.data_dir.display().to_string()))?;
    let mut feed = Feed::open(&config.data_dir.join("global.db"))?;
    let gateway = GlobalFact::PaymentMethods { gateway: config.gateway };
    feed.put(&[("payment methods".to_owned(), gateway)])?;
    if let Some(path) = &config.catalogue {
        let products = import::catalogue(path)?;
        let fact = |product: model::catalogue::Product| {
            (format!("product {}", product.sku), GlobalFact::Product { product: Box::new(product) })
        };
        feed.put(&products.into_iter().map(fact).collect::<Vec<_>>())?;
    }
    let listener = TcpListener::bind(config.listen).await.map_err(system(config.listen.to_string()))?;
    let service = Service { feed: Arc::new(Mutex::new(feed)), cities: Arc::new(config.cities) };
    let routes = Router::new()
        .route("/global/v1/facts", get(facts))
        .route("/global/v1/users", post(users))
        .route("/global/v1/hours", get(hours).put(put_hours))
        .route("/readyz", get(|| async { "ready\n" }))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(service);
    tracing::info!(address = %config.listen, "ready");
    let served = serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await;
    served.map_err(system("serving".to_owned()))
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
    headers: HeaderMap,
    Query(After { after }): Query<After>,
) -> Result<Json<GlobalPage>, HttpProblem> {
    service.city(&headers)?;
    let facts = service.with(move |feed| feed.after(after, PAGE_MAX)).await?;
    let more = facts.len() == PAGE_MAX;
    Ok(Json(GlobalPage { facts, more }))
}

async fn users(
    State(service): State<Service>,
    headers: HeaderMap,
    Json(users): Json<Vec<GlobalUser>>,
) -> Result<StatusCode, HttpProblem> {
    let city = service.city(&headers)?;
    let fits = |user: &GlobalUser| otp::is_phone(&user.phone) && user.name.chars().count() <= NAME_SIGNS;
    if users.len() > PAGE_MAX || !users.iter().all(fits) {
        return Err(bad(
            "users",
            &format!("at most {PAGE_MAX}, each a phone and a name of {NAME_SIGNS} signs"),
        ));
    }
    tracing::info!(city, users = users.len(), "users told");
    let fact = |user: GlobalUser| (format!("user {}", user.phone), GlobalFact::User { user });
    let facts: Vec<_> = users.into_iter().map(fact).collect();
    service.with(move |feed| feed.put(&facts)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn put_hours(
    State(service): State<Service>,
    headers: HeaderMap,
    Json(told): Json<Vec<CityHour>>,
) -> Result<StatusCode, HttpProblem> {
    let city = service.city(&headers)?;
    if told.len() > PAGE_MAX {
        return Err(bad("hours", &format!("at most {PAGE_MAX}")));
    }
    service.with(move |feed| feed.put_hours(&city, &told)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn hours(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Json<Vec<CityHours>>, HttpProblem> {
    service.city(&headers)?;
    let since = clock::now().hour() - HOURS_SHOWN;
    Ok(Json(service.with(move |feed| feed.hours(since)).await?))
}

fn bad(field: &str, want: &str) -> HttpProblem {
    let detail = format!("{field}: {want}");
    let title = "A value is out of its range";
    HttpProblem::new(
        "bad_value",
        StatusCode::UNPROCESSABLE_ENTITY,
        title,
        detail,
        "Correct it and send again.",
    )
}
