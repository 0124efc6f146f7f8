//! Who asks: the bearer's session, and whether the route admits that role. Runs before every handler, by the route table.

use super::problem::HttpProblem;
use super::state::App;
use crate::clock;
use crate::config::Profile;
use crate::system;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::{Actor, CustomerId, DeviceId, PersonId, RiderId, Role};

/// Whom a route admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admits {
    /// Everybody.
    Anyone,
    /// Sessions with one of these roles.
    Roles(&'static [Role]),
    /// Everybody, in profile demo only.
    Demo,
    /// A store's token; the handler itself compares it.
    Store,
}

/// The person behind a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// For histories.
    pub actor: Actor,
    subject: String,
}

impl Caller {
    /// The customer's id.
    pub fn customer(&self) -> Result<CustomerId, HttpProblem> {
        self.subject.parse().map_err(|_| wrong_role())
    }

    /// The rider's id.
    pub fn rider(&self) -> Result<RiderId, HttpProblem> {
        self.subject.parse().map_err(|_| wrong_role())
    }
}

/// The token of the Authorization header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Admits or refuses, and tells the handler who it is.
pub async fn guard(State((app, admits)): State<(App, Admits)>, mut request: Request, next: Next) -> Response {
    let caller = match admits {
        Admits::Anyone | Admits::Store => Ok(guest()),
        Admits::Demo if app.profile == Profile::Demo => Ok(guest()),
        Admits::Demo => Err(HttpProblem::not_found("profile demo only")),
        Admits::Roles(roles) => session(&app, request.headers(), roles).await,
    };
    match caller {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

fn guest() -> Caller {
    Caller { actor: system::actor("guest"), subject: String::new() }
}

async fn session(app: &App, headers: &HeaderMap, roles: &[Role]) -> Result<Caller, HttpProblem> {
    let Some(token) = bearer(headers) else {
        return Err(log_in("There is no Authorization: Bearer header."));
    };
    let hash = app.rules.key.keep(token);
    let session = app.see(move |data, _| data.session_by_access(&hash)).await?;
    let session = session.filter(|s| clock::now() < s.access_until);
    let Some(session) = session else { return Err(log_in("The token is unknown or over.")) };
    if !roles.contains(&session.role) {
        return Err(wrong_role());
    }
    // A phone is not a code; the pseudonym of staff is its digits.
    let plain: String = session.subject.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let fault = |e: model::id::IdError| HttpProblem::fault(&e.to_string());
    let actor = Actor {
        person: PersonId::new(plain).map_err(fault)?,
        device: DeviceId::new("web").map_err(fault)?,
        role: session.role,
    };
    Ok(Caller { actor, subject: session.subject })
}

fn log_in(detail: &str) -> HttpProblem {
    HttpProblem::new(
        "not_logged_in",
        StatusCode::UNAUTHORIZED,
        "Log in first",
        detail.to_owned(),
        "Renew the session by /api/v1/auth/refresh, or log in again.",
    )
}

fn wrong_role() -> HttpProblem {
    HttpProblem::new(
        "wrong_role",
        StatusCode::FORBIDDEN,
        "This is not for your role",
        "Nothing was changed.".to_owned(),
        "Log in with the phone that has this role.",
    )
}
