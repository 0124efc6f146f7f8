//! A device redeems its enrolment code from afar (REQ-46): it proves that it knows the code and gets its certificate. Guesses
//! are few: each costs the code a try, and all of them together are limited. Never decides who may come.

use super::extract::Body;
use super::problem::HttpProblem;
use super::state::App;
use crate::clock;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use firmware_config::enrol::{Admission, Ask, Authority, EnrolError};
use model::Timestamp;
use model::api::enrol::{RedeemAnswer, RedeemRequest};
use model::time::MINUTE_MS;
use std::path::PathBuf;
use std::sync::Mutex;

/// Asks that are looked at within a minute, from whomever they come.
pub const ASKS_PER_MINUTE: u32 = 30;

/// Where devices come to be enrolled.
#[derive(Debug)]
pub struct Desk {
    folder: PathBuf,
    asked: Mutex<(Timestamp, u32)>,
}

impl Desk {
    /// The desk of the authority in a folder.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder, asked: Mutex::new((Timestamp::from_ms(0), 0)) }
    }

    /// Counts an ask; says whether it is one too many in this minute.
    fn too_many(&self, now: Timestamp) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if now.since_ms(asked.0) >= MINUTE_MS || now < asked.0 {
            *asked = (now, 0);
        }
        asked.1 = asked.1.saturating_add(1);
        asked.1 > ASKS_PER_MINUTE
    }
}

/// `POST /api/v1/enrol`. Nobody is logged in: the proof is what counts.
pub async fn redeem(
    State(app): State<App>,
    Body(request): Body<RedeemRequest>,
) -> Result<Json<RedeemAnswer>, HttpProblem> {
    let now = clock::now();
    if app.desk.too_many(now) {
        return Err(HttpProblem::new(
            "too_many",
            StatusCode::TOO_MANY_REQUESTS,
            "Too many devices ask to be enrolled",
            format!("More than {ASKS_PER_MINUTE} within a minute."),
            "Wait a minute. If nobody is enrolling devices, somebody is guessing codes.",
        ));
    }
    let folder = app.desk.folder.clone();
    let ask = Ask { device: request.device, public_key: request.public_key, proof: request.proof };
    let device = ask.device.clone();
    let done = tokio::task::spawn_blocking(move || Authority::open(&folder)?.admit(&ask, now)).await;
    match done {
        Ok(Ok(Admission { certificate, authority, proof })) => {
            tracing::info!(%device, "a device was enrolled from afar");
            Ok(Json(RedeemAnswer { certificate, authority, proof }))
        }
        // Not said: whether the device, the code or its time is wrong, nor whether there is an authority.
        Ok(Err(error @ (EnrolError::WrongCode | EnrolError::NoAuthority(_)))) => {
            tracing::warn!(%device, %error, "a device was not enrolled");
            Err(HttpProblem::new(
                "wrong_code",
                StatusCode::FORBIDDEN,
                "This code lets nobody in",
                String::new(),
                "Ask for a new one: it lives ten minutes and works once.",
            ))
        }
        Ok(Err(error)) => Err(HttpProblem::fault(&error)),
        Err(error) => Err(HttpProblem::fault(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_few_and_a_minute_later_there_are_new_ones() {
        let desk = Desk::new(PathBuf::new());
        let at = |ms| Timestamp::from_ms(1_795_000_000_000 + ms);
        assert!((0..ASKS_PER_MINUTE).all(|n| !desk.too_many(at(i64::from(n)))));
        assert!(desk.too_many(at(59_999)));
        assert!(!desk.too_many(at(60_000)));
    }
}
