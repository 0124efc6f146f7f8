//! Which machine is a store: the terms that hold now, and an epoch for a machine that takes the store over. A store asks for
//! itself only, by its certificate.

use super::backups::Whose;
use super::extract::Body;
use super::machine;
use super::problem::HttpProblem;
use super::state::App;
use crate::command::{Answer, Command, Envelope};
use crate::engine::Under;
use crate::{clock, system};
use ::sync::pledge::{self, Word};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Json;
use model::StoreId;
use model::api::machine::{EpochAnswer, EpochRequest};

/// `POST /sync/v1/epoch`: a machine asks to be the store. Compare-and-set; the same machine gets the same answer again. What
/// it shows of the hub's pledges is weighed before: its new epoch ends the logs that would have shown a hub that was set back.
pub async fn mint(
    State(app): State<App>,
    Whose(store): Whose,
    headers: HeaderMap,
    Body(request): Body<EpochRequest>,
) -> Result<Json<EpochAnswer>, HttpProblem> {
    let EpochRequest { node_key, expect } = request;
    let shown = machine::shown(&headers);
    let weighed = app.links.weigh(&store, &shown).await;
    weighed.map_err(|_| HttpProblem::fault("what this hub has pledged could not be weighed"))?;
    let command = Command::MintEpoch { store: store.clone(), node_key, expect };
    let id = system::id(clock::now(), &format!("epoch {store}"));
    let envelope = Envelope { id, actor: system::actor("replace"), command };
    let Answer::Terms { epoch, generation } = app.writer.apply(envelope).await?? else {
        return Err(HttpProblem::fault("an epoch was answered by something else"));
    };
    tracing::warn!(%store, epoch = epoch.0, "a machine took the store over");
    Ok(Json(answer(&app, &store, (epoch, generation))))
}

fn answer(app: &App, store: &StoreId, (epoch, generation): Under) -> EpochAnswer {
    let pledge = pledge::to_text(&[app.rules.pledges().pledge(store, (epoch, generation), Word::Terms)]);
    EpochAnswer { epoch, generation, pledge }
}

/// `GET /sync/v1/epoch`: the terms that hold now.
pub async fn current(State(app): State<App>, Whose(store): Whose) -> Result<Json<EpochAnswer>, HttpProblem> {
    let whose = store.clone();
    let found = app.see(move |data, _| Ok((data.store(&whose)?, data.generation()?))).await?;
    let (Some(row), generation) = found else { return Err(HttpProblem::not_found("store")) };
    Ok(Json(answer(&app, &store, (row.epoch, generation))))
}
