//! A publication of the hub's catalogue is taken over, whole, in one transaction (SYNC.md: read-only at the store). The hub owns
//! what a product is, costs and is called, and whether it is sold; the store owns where it lies, its barcodes of its own, and the
//! products that the hub does not name. No unit moves and no order changes. What cannot be true is set aside by name; the rest
//! goes in.

use super::catalogue::{self as entry, Floor};
use super::{Flow, Stop, grant};
use crate::answer::Answer;
use crate::command::TakenCatalogue;
use crate::db::listing::{self, Publication, Standing};
use crate::db::{catalogue, docs};
use crate::refusal::Refusal;
use files::ROWS_MAX;
use model::Role;
use model::catalogue::Product;
use sync::doc::DocId;

/// Takes it over.
///
/// # Errors
/// [`Refusal::BadInput`] for one beyond any catalogue; nothing of it is kept then.
pub fn take(flow: &mut Flow<'_>, new: &TakenCatalogue) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    let TakenCatalogue { generation, edition, publication, .. } = *new;
    let said = Publication { generation, edition, number: publication };
    let before = listing::standing(flow.tx)?.map(|standing| standing.publication);
    if before.is_some_and(|before| before >= said) {
        return Ok(Answer::Done);
    }
    if new.products.len() > ROWS_MAX {
        return Err(Refusal::bad("products", format!("at most {ROWS_MAX}")).into());
    }
    let doc = DocId::Catalogue { generation, edition };
    if new.anew {
        let named = new.products.iter().map(|product| &product.sku).chain(&new.unreadable).collect();
        catalogue::disown_others(flow.tx, &named)?;
    }
    let (mut floor, mut products, mut swept) = (Floor::default(), 0, false);
    let mut sorted: Vec<&Product> = new.products.iter().collect();
    sorted.sort_by_key(|p| (p.popularity == 0, p.popularity, p.sku.clone()));
    for product in sorted {
        if let Err(refusal) = entry::check(product) {
            set_aside(flow, &doc, product, &refusal)?;
            continue;
        }
        let known = catalogue::find(flow.tx, &product.sku)?;
        swept |= known.as_ref().is_some_and(|row| row.product.active != product.active);
        let home = entry::home(flow, product, known.as_ref(), &mut floor, &mut 0)?;
        products += u32::from(catalogue::put_of_hub(flow.tx, product, home.as_ref())?);
    }
    let (at, taken_at, named) = (new.at, flow.now, new.named);
    listing::put(flow.tx, &Standing { publication: said, at, taken_at, named })?;
    listing::drop_others(flow.tx, &doc)?;
    if swept {
        // Of what is not sold any more the hub's rights are wanted back; of what is sold again some are granted.
        grant::sweep(flow)?;
    }
    flow.effects.stock |= products > 0;
    flow.effects.link = true;
    Ok(Answer::Listed { products })
}

fn set_aside(flow: &Flow<'_>, doc: &DocId, product: &Product, refusal: &Refusal) -> Result<(), Stop> {
    let bytes = serde_json::to_vec(product).map_err(crate::db::DbError::from)?;
    let why = format!("poisoned: {}", refusal.problem().detail);
    Ok(docs::quarantine(flow.tx, flow.now, "hub catalogue", &doc.to_string(), &bytes, &why)?)
}
