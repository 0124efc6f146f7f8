//! People of the configuration and products of the catalogue: put in as they are, as often as one likes.

use super::{Cx, Flow};
use crate::command::{Answer, Seed};
use crate::db::HubTx;
use crate::db::riders::RiderRow;
use crate::refusal::Refusal;
use hub_core::{otp, proof};
use model::catalogue::Product;
use model::{Paise, RiderId, Role, Timestamp};

/// A rider's rating before anybody has rated.
const FIRST_RATING: f64 = 4.5;

/// Riders and staff; a phone keeps its id.
pub fn people(tx: &mut dyn HubTx, _cx: &Cx<'_>, people: &[Seed]) -> Flow<Answer> {
    for seed in people {
        if !otp::is_phone(&seed.phone) {
            return Err(Refusal::BadPhone.into());
        }
        match seed.role {
            Role::Rider => tx.put_rider(&rider(seed))?,
            Role::CityOps | Role::Admin => tx.put_staff(&seed.phone, seed.role, &seed.name)?,
            Role::Picker | Role::Receiver | Role::Manager | Role::Auditor | Role::Customer | Role::System => {
                let want = "rider, city_ops or admin".to_owned();
                return Err(Refusal::BadValue { field: "role".to_owned(), want }.into());
            }
        }
    }
    Ok(Answer::Done)
}

/// Everything about a seeded rider follows from the phone, so that a second start finds the same rider.
fn rider(seed: &Seed) -> RiderRow {
    let digest = proof::digest(&[b"rider", seed.phone.as_bytes()]);
    let code = proof::hex(&digest).get(..8).unwrap_or("").to_uppercase();
    RiderRow {
        id: RiderId::new(Timestamp::from_ms(0), proof::digest_u128(&[b"rider", seed.phone.as_bytes()])),
        phone: seed.phone.clone(),
        name: seed.name.clone(),
        code: format!("R{code}"),
        rating: FIRST_RATING,
        on_shift: false,
        shift_until: None,
        fix: None,
        heard_at: None,
        cash: Paise::ZERO,
    }
}

/// New or changed products.
pub fn products(tx: &mut dyn HubTx, products: &[Product]) -> Flow<Answer> {
    for product in products {
        if product.price > product.mrp || product.price <= Paise::ZERO {
            let want = format!("{}: above nought and at most the MRP", product.sku);
            return Err(Refusal::BadValue { field: "price".to_owned(), want }.into());
        }
        let top = product.category.split(" > ").next().unwrap_or("").to_owned();
        tx.put_product(product, &top, &search_text(product))?;
    }
    Ok(Answer::Count { count: u32::try_from(products.len()).unwrap_or(u32::MAX) })
}

/// The words that find a product, lower case.
fn search_text(p: &Product) -> String {
    [&p.name, &p.name_hi, &p.brand, &p.category, &p.search_terms].map(|s| s.to_lowercase()).join(" ")
}
