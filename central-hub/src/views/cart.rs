//! A customer's cart with prices and what is there, and the customer herself.

use super::place::{self, Reach};
use super::{Look, catalogue};
use crate::db::{Db, HubTx};
use hub_core::{fee, geo};
use model::api::hub::{Cart, CartLine, Instrument, Me};
use model::{CustomerId, Paise};

/// The customer about herself.
pub fn me(data: &dyn HubTx, customer: &CustomerId) -> Db<Option<Me>> {
    let Some(row) = data.customer(customer)? else { return Ok(None) };
    let addresses = data.addresses(customer)?;
    let kept = data.instruments(customer)?.into_iter();
    let instruments = kept.map(|kept| Instrument { id: kept.id, kind: kept.kind, label: kept.label });
    let instruments = instruments.collect();
    Ok(Some(Me { customer: row.id, phone: row.phone, name: row.name, addresses, instruments }))
}

/// The cart at prices of now. The fee is that of the primary address; without one, the base fee.
pub fn cart(data: &dyn HubTx, look: &Look<'_>, customer: &CustomerId) -> Db<Cart> {
    let home = data.addresses(customer)?.into_iter().next();
    let reach = match &home {
        Some(home) => place::reach(data, look, home.at, None)?,
        None => Reach::default(),
    };
    let mut lines = Vec::new();
    let mut subtotal = Paise::ZERO;
    for (sku, qty) in data.cart(customer)? {
        let Some(product) = data.product(&sku)? else { continue };
        let product = catalogue::card(data, look, product, &reach)?;
        let total = product.price.checked_mul(qty.get()).unwrap_or(Paise::ZERO);
        subtotal = subtotal.checked_add(total).unwrap_or(subtotal);
        lines.push(CartLine { product, qty, total });
    }
    let delivery_fee = match (&home, &reach.store) {
        _ if lines.is_empty() => Paise::ZERO,
        (Some(home), Some(store)) => {
            fee::delivery_fee(geo::road_km(store.seed.at, home.at), fee::Surge::NONE)
        }
        (_, _) => fee::BASE,
    };
    let total = subtotal.checked_add(delivery_fee).unwrap_or(subtotal);
    Ok(Cart { lines, subtotal, delivery_fee, total })
}
