//! HTTP as the demo's people use it: a JSON call with a session and, for a write, an idempotency key that is kept through
//! every retry, as a browser does.

use model::{CommandId, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long a person waits for a page before trying again.
const PATIENCE: Duration = Duration::from_secs(5);
/// Tries of a write whose answer did not come (the key makes them harmless).
const TRIES: u32 = 5;

/// Why a call gave no answer.
#[derive(Debug)]
pub enum WebError {
    /// The server said no, and why.
    Refused(Problem),
    /// No answer, or none that can be read.
    Broken(String),
}

/// A server and, once logged in, a session there.
#[derive(Debug, Clone)]
pub struct Site {
    http: reqwest::Client,
    base: String,
    bearer: Option<String>,
}

impl Site {
    /// `base` is `http://127.0.0.1:8080`.
    pub fn new(http: reqwest::Client, base: &str) -> Self {
        Self { http, base: base.to_owned(), bearer: None }
    }

    /// The same server with a session.
    pub fn with_session(&self, bearer: &str) -> Self {
        Self { bearer: Some(bearer.to_owned()), ..self.clone() }
    }

    /// Reads.
    pub async fn get<A: DeserializeOwned>(&self, path: &str) -> Result<A, WebError> {
        self.once(self.http.get(format!("{}{path}", self.base))).await
    }

    /// Writes; tries again with the same key while no answer comes.
    pub async fn post<A: DeserializeOwned>(
        &self,
        path: &str,
        key: CommandId,
        body: &impl Serialize,
    ) -> Result<A, WebError> {
        self.write(reqwest::Method::POST, path, key, body).await
    }

    /// Writes by PUT.
    pub async fn put<A: DeserializeOwned>(
        &self,
        path: &str,
        key: CommandId,
        body: &impl Serialize,
    ) -> Result<A, WebError> {
        self.write(reqwest::Method::PUT, path, key, body).await
    }

    /// Takes something away.
    pub async fn delete<A: DeserializeOwned>(&self, path: &str, key: CommandId) -> Result<A, WebError> {
        self.write(reqwest::Method::DELETE, path, key, &()).await
    }

    async fn write<A: DeserializeOwned>(
        &self,
        method: reqwest::Method,
        path: &str,
        key: CommandId,
        body: &impl Serialize,
    ) -> Result<A, WebError> {
        let mut last = WebError::Broken("never tried".into());
        for attempt in 0..TRIES {
            let request = self.http.request(method.clone(), format!("{}{path}", self.base));
            match self.once(request.header("idempotency-key", key.to_string()).json(body)).await {
                Err(WebError::Refused(problem)) if problem.status == 503 && problem.code == "busy" => {
                    last = WebError::Refused(problem);
                }
                Err(WebError::Broken(why)) => last = WebError::Broken(why),
                answer => return answer,
            }
            tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
        }
        Err(last)
    }

    async fn once<A: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<A, WebError> {
        let request = match &self.bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        };
        let broken = |error: &dyn std::fmt::Display| WebError::Broken(error.to_string());
        let answer = request.timeout(PATIENCE).send().await.map_err(|e| broken(&e))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|e| broken(&e))?;
        if status.is_success() {
            let bytes: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
            return serde_json::from_slice(bytes).map_err(|e| broken(&e));
        }
        match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => Err(WebError::Refused(problem)),
            Err(_) => Err(WebError::Broken(format!("{status}: {}", String::from_utf8_lossy(&bytes)))),
        }
    }
}
