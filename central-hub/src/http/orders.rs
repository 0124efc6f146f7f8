//! Checkout and a customer's orders.

use super::caller::Caller;
use super::extract::{At, Body, Key};
use super::problem::HttpProblem;
use super::state::App;
use crate::command::{Answer, Command};
use crate::refusal::Refusal;
use crate::views;
use crate::writer::Changed;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Json;
use model::api::hub::{CheckoutRequest, Order, SplitRequest, SubstituteReply};
use model::{CustomerId, OrderId, OrderState};
use std::time::Duration;
use tokio::sync::watch;

/// How long a checkout waits for the gateway before it answers `placed`.
const PATIENCE: Duration = Duration::from_secs(3);

/// The order, if it is this customer's.
pub async fn own(app: &App, customer: CustomerId, id: OrderId) -> Result<Order, HttpProblem> {
    let found = app.see(move |data, look| {
        let mine = data.order(&id)?.is_some_and(|row| row.customer == customer);
        if mine { views::order::order(data, look, &id) } else { Ok(None) }
    });
    found.await?.ok_or_else(|| Refusal::UnknownOrder.into())
}

/// POST /api/v1/checkout: answers when the payment has, or after three seconds with what is known.
pub async fn checkout(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    Body(request): Body<CheckoutRequest>,
) -> Result<Json<Order>, HttpProblem> {
    let customer = caller.customer()?;
    let changed = app.writer.changed();
    let command = Command::BeginCheckout { customer, request };
    let Answer::Order { order: id } = app.apply(&caller, id, command).await? else {
        return Err(HttpProblem::fault("a checkout without an order"));
    };
    let mut orders = paid(&app, changed, customer, &[id]).await?;
    Ok(Json(orders.remove(0)))
}

/// POST /api/v1/checkout/split: the same for several deliveries (REQ-62). An order whose payment failed is among them as
/// long as another one stands.
pub async fn checkout_split(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    Body(request): Body<SplitRequest>,
) -> Result<Json<Vec<Order>>, HttpProblem> {
    let customer = caller.customer()?;
    let changed = app.writer.changed();
    let command = Command::BeginSplit { customer, request };
    let Answer::Orders { orders } = app.apply(&caller, id, command).await? else {
        return Err(HttpProblem::fault("a checkout without orders"));
    };
    Ok(Json(paid(&app, changed, customer, &orders).await?))
}

/// These orders once their payments have answered, or after three seconds with what is known; at least one.
///
/// # Errors
/// All payments failed.
async fn paid(
    app: &App,
    mut changed: watch::Receiver<Changed>,
    customer: CustomerId,
    ids: &[OrderId],
) -> Result<Vec<Order>, HttpProblem> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let orders = loop {
        changed.borrow_and_update();
        let mut orders = Vec::new();
        for id in ids {
            orders.push(own(app, customer, *id).await?);
        }
        if orders.iter().all(|order| order.state != OrderState::Placed) {
            break orders;
        }
        match tokio::time::timeout_at(deadline, changed.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => break orders,
        }
    };
    if orders.iter().any(|order| order.state != OrderState::PaymentFailed) {
        return Ok(orders);
    }
    let numbers: Vec<&str> = orders.iter().map(|order| order.number.as_str()).collect();
    Err(HttpProblem::new(
        "payment_failed",
        StatusCode::PAYMENT_REQUIRED,
        "The payment did not go through",
        format!("Order {}: nothing was charged.", numbers.join(", ")),
        "Choose another way to pay; your cart is kept.",
    ))
}

/// GET /api/v1/orders
pub async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Vec<Order>>, HttpProblem> {
    let customer = caller.customer()?;
    Ok(Json(app.see(move |data, look| views::order::orders(data, look, &customer)).await?))
}

/// GET /api/v1/orders/{id}
pub async fn one(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    At(id): At<OrderId>,
) -> Result<Json<Order>, HttpProblem> {
    Ok(Json(own(&app, caller.customer()?, id).await?))
}

/// POST /api/v1/orders/{id}/cancel
pub async fn cancel(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    At(order): At<OrderId>,
) -> Result<Json<Order>, HttpProblem> {
    let customer = caller.customer()?;
    app.apply(&caller, id, Command::RequestCancel { customer, order }).await?;
    Ok(Json(own(&app, customer, order).await?))
}

/// POST /api/v1/orders/{id}/substitute
pub async fn substitute(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    At(order): At<OrderId>,
    Body(reply): Body<SubstituteReply>,
) -> Result<Json<Order>, HttpProblem> {
    let customer = caller.customer()?;
    let command = Command::ReplySubstitute { customer, order, line: reply.line, accept: reply.accept };
    app.apply(&caller, id, command).await?;
    Ok(Json(own(&app, customer, order).await?))
}
