//! A shelf at the hub: one object per request, each checked there against its name, so that a transfer that breaks off goes
//! on where it was. Blocks its thread; never runs on one that serves.

use super::{BackupError, Shelf};
use crate::line::{HubLine, KeptLine};
use hyper::{Method, StatusCode};
use model::api::machine::BackupKept;
use sync::vault::object::name_of;
use sync::vault::{Head, Name, Sealed};
use tokio::runtime::Handle;

/// Names of one question.
const NAMES_MAX: usize = 512;

/// See the file.
#[derive(Debug)]
pub struct HubShelf {
    line: KeptLine,
    handle: Handle,
    /// The newest head, once it was seen: nobody else adds one while our epoch is the current one.
    newest: Option<Head>,
}

impl HubShelf {
    /// Nothing is asked yet. One line serves all objects.
    pub const fn new(hub: HubLine, handle: Handle) -> Self {
        Self { line: KeptLine::new(hub), handle, newest: None }
    }

    /// What the hub keeps of this store, oldest first.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn list(&mut self) -> Result<Vec<BackupKept>, BackupError> {
        let bytes = self.ask(Method::GET, "", Vec::new())?.unwrap_or_default();
        serde_json::from_slice(&bytes).map_err(|error| BackupError::Unreachable(format!("its list: {error}")))
    }

    fn ask(&mut self, method: Method, path: &str, body: Vec<u8>) -> Result<Option<Vec<u8>>, BackupError> {
        let path = format!("/sync/v1/backup{path}");
        let reply = self.handle.block_on(self.line.call(method, &path, body))?;
        match reply.status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => Ok(Some(reply.body.to_vec())),
            status => Err(BackupError::refused(status, &reply.body)),
        }
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
        let Some(bytes) = self.ask(Method::GET, &format!("/heads/{which}"), Vec::new())? else {
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
            let answer = self.ask(Method::POST, "/missing", body)?.unwrap_or_default();
            let name = |bytes: &[u8]| bytes.try_into().ok().map(Name);
            missing.extend(answer.chunks(32).filter_map(name));
        }
        Ok(missing)
    }

    fn put(&mut self, object: &Sealed) -> Result<(), BackupError> {
        self.ask(Method::PUT, &format!("/objects/{}", object.name), object.bytes.clone()).map(|_| ())
    }

    fn get(&mut self, name: Name) -> Result<Vec<u8>, BackupError> {
        let bytes = self.ask(Method::GET, &format!("/objects/{name}"), Vec::new())?;
        let lost = || {
            BackupError::Told(format!("object {name} is not at the hub, or damaged: take an earlier backup"))
        };
        bytes.filter(|bytes| name_of(bytes) == name).ok_or_else(lost)
    }

    fn put_head(&mut self, head: &Head) -> Result<(), BackupError> {
        self.newest = None;
        self.ask(Method::PUT, &format!("/heads/{}", head.note.number), head.encode()?)?;
        self.newest = Some(head.clone());
        Ok(())
    }
}
