//! A shelf at the hub: one object per request, each checked there against its name, so that a transfer that breaks off goes
//! on where it was. Blocks its thread; never runs on one that serves.

use super::{BackupError, Shelf};
use model::Problem;
use model::api::machine::BackupKept;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use std::time::Duration;
use sync::vault::object::name_of;
use sync::vault::{Head, Name, Sealed};
use tokio::runtime::Handle;

/// How long a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long one object may take: a megabyte over 128 kbit/s.
const OBJECT_LIMIT: Duration = Duration::from_secs(70);
/// Names of one question.
const NAMES_MAX: usize = 512;

/// Where the hub is and how the store proves itself.
#[derive(Debug, Clone)]
pub struct HubAddress {
    /// `http://` or `https://`, without a slash at the end.
    pub base: String,
    /// The store's token.
    pub token: String,
}

/// See the file.
#[derive(Debug)]
pub struct HubShelf {
    address: HubAddress,
    client: reqwest::Client,
    handle: Handle,
    /// The newest head, once it was seen: nobody else adds one while our epoch is the current one.
    newest: Option<Head>,
}

impl HubShelf {
    /// Nothing is asked yet. `client` carries the store's certificate where there is one.
    pub const fn new(address: HubAddress, client: reqwest::Client, handle: Handle) -> Self {
        Self { address, client, handle, newest: None }
    }

    /// What the hub keeps of this store, oldest first.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn list(&self) -> Result<Vec<BackupKept>, BackupError> {
        let bytes = self.bytes(self.ask(Method::GET, ""))?.unwrap_or_default();
        serde_json::from_slice(&bytes).map_err(|error| BackupError::Unreachable(format!("its list: {error}")))
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/sync/v1/backup{path}", self.address.base);
        self.client.request(method, url).bearer_auth(&self.address.token).timeout(OBJECT_LIMIT)
    }

    fn answer(&self, request: RequestBuilder) -> Result<Response, BackupError> {
        if self.address.base.starts_with("https") {
            let what =
                "backups do not go over [hub.tls] yet: back up to a file with `store-node backup to FILE`";
            return Err(BackupError::Told(what.to_owned()));
        }
        self.handle.block_on(async {
            let answer = request.send().await.map_err(|error| unreachable(&error))?;
            if answer.status().is_success() || answer.status() == StatusCode::NOT_FOUND {
                return Ok(answer);
            }
            Err(refused(answer).await)
        })
    }

    fn bytes(&self, request: RequestBuilder) -> Result<Option<Vec<u8>>, BackupError> {
        let answer = self.answer(request)?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let bytes = self.handle.block_on(answer.bytes()).map_err(|error| unreachable(&error))?;
        Ok(Some(bytes.to_vec()))
    }
}

/// A client for the hub.
///
/// # Errors
/// [`BackupError::Unreachable`] when there is no TLS.
pub fn client() -> Result<reqwest::Client, BackupError> {
    let builder = reqwest::Client::builder().connect_timeout(CONNECT_LIMIT).tcp_nodelay(true);
    builder.build().map_err(|error| unreachable(&error))
}

fn unreachable(error: &reqwest::Error) -> BackupError {
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        told = format!("{told}: {inner}");
        cause = inner.source();
    }
    BackupError::Unreachable(told)
}

/// A refusal in the hub's own words.
pub async fn refused(answer: Response) -> BackupError {
    let status = answer.status();
    match answer.json::<Problem>().await {
        Ok(problem) => BackupError::Refused {
            code: problem.code,
            title: problem.title,
            detail: problem.detail,
            hint: problem.hint,
        },
        Err(_) => BackupError::Unreachable(format!("it answered {status}")),
    }
}

impl Shelf for HubShelf {
    fn told(&self) -> String {
        "hub".to_owned()
    }

    fn head(&mut self, number: Option<u64>) -> Result<Option<Head>, BackupError> {
        if number.is_none() && self.newest.is_some() {
            return Ok(self.newest.clone());
        }
        let which = number.map_or_else(|| "newest".to_owned(), |number| number.to_string());
        let Some(bytes) = self.bytes(self.ask(Method::GET, &format!("/heads/{which}")))? else {
            return Ok(None);
        };
        let head = Head::decode(&bytes)?;
        if number.is_none() {
            self.newest = Some(head.clone());
        }
        Ok(Some(head))
    }

    fn missing(&mut self, names: &[Name]) -> Result<Vec<Name>, BackupError> {
        let mut missing = Vec::new();
        for part in names.chunks(NAMES_MAX) {
            let body = part.iter().flat_map(|name| name.0).collect::<Vec<u8>>();
            let answer = self.bytes(self.ask(Method::POST, "/missing").body(body))?.unwrap_or_default();
            let name = |bytes: &[u8]| bytes.try_into().ok().map(Name);
            missing.extend(answer.chunks(32).filter_map(name));
        }
        Ok(missing)
    }

    fn put(&mut self, object: &Sealed) -> Result<(), BackupError> {
        let request = self.ask(Method::PUT, &format!("/objects/{}", object.name)).body(object.bytes.clone());
        self.bytes(request).map(|_| ())
    }

    fn get(&mut self, name: Name) -> Result<Vec<u8>, BackupError> {
        let bytes = self.bytes(self.ask(Method::GET, &format!("/objects/{name}")))?;
        let lost = || {
            BackupError::Told(format!("object {name} is not at the hub, or damaged: take an earlier backup"))
        };
        bytes.filter(|bytes| name_of(bytes) == name).ok_or_else(lost)
    }

    fn put_head(&mut self, head: &Head) -> Result<(), BackupError> {
        self.newest = None;
        let request = self.ask(Method::PUT, &format!("/heads/{}", head.note.number)).body(head.encode()?);
        self.bytes(request)?;
        self.newest = Some(head.clone());
        Ok(())
    }
}
