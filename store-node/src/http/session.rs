//! Who is at the console: `Authorization: Bearer`, looked up by its SHA-256 on every request, so that an ended session
//! is over at once.

use super::extract::{Body, Key};
use super::problem::HttpProblem;
use super::state::App;
use crate::answer::Answer;
use crate::clock;
use crate::command::{Command, Login};
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use model::api::store::{LoginAnswer, LoginRequest};
use model::{Actor, DeviceId, Role};
use sha2::{Digest, Sha256};

/// The device name under which console sessions act.
const CONSOLE: &str = "console";

/// A logged-in member of staff.
#[derive(Debug, Clone)]
pub struct Staff {
    /// Person, device and role for every command.
    pub actor: Actor,
}

impl Staff {
    /// Only these roles; a manager may do what a picker may.
    pub fn only(&self, roles: &[Role]) -> Result<(), HttpProblem> {
        if roles.contains(&self.actor.role) {
            return Ok(());
        }
        let role = self.actor.role;
        Err(crate::refusal::Refusal::WrongRole { role, needs: roles.to_vec() }.problem().into())
    }
}

impl FromRequestParts<App> for Staff {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, HttpProblem> {
        let header = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
        let token =
            header.and_then(|text| text.strip_prefix("Bearer ")).ok_or_else(HttpProblem::unauthorised)?;
        let sha = token_sha(token);
        let actor = app.ask(move |reader| reader.session(&sha, clock::now())).await?;
        actor.map(|actor| Staff { actor }).ok_or_else(HttpProblem::unauthorised)
    }
}

/// `POST /api/v1/login`.
pub async fn login(
    State(app): State<App>,
    key: Key,
    Body(request): Body<LoginRequest>,
) -> Result<Json<LoginAnswer>, HttpProblem> {
    let LoginRequest { person, pin } = request;
    let pin_right = app.pins.right(&person, &pin).await;
    let device = DeviceId::new(CONSOLE).map_err(|error| HttpProblem::fault(&error))?;
    let role = app.pins.known(&person).map_or(Role::Auditor, |known| known.role);
    let token = app.facts.token("session", key);
    let login = Login {
        device: device.clone(),
        person: person.clone(),
        pin_right,
        token_sha: Some(token_sha(&token)),
    };
    let actor = Actor { person, device, role };
    let answer = app.as_actor(actor, key, Command::Login(login)).await?;
    let Answer::LoggedIn { name, role, until, .. } = answer else {
        return Err(HttpProblem::fault(&"login got another command's answer"));
    };
    Ok(Json(LoginAnswer { token, name, role, until }))
}

fn token_sha(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
