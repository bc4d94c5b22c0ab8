//! Values that are unique in a studio and resource. The schema has the last word, under any race; a look beforehand
//! says which values they are, since SQLite names no constraint. An import looks when all of its rows are written.

use super::{at_the_end::is_left, coupons::CouponId};
use crate::{
    store::{
        error::StoreError,
        id::Id,
        row::{self, Resource},
        studio::StudioTx,
        turns::TimetableTx,
    },
    wire::{
        fields::ExternalId,
        problem::{Code, Fault, Problem},
        text::Slug,
    },
};

/// The field `external_id`, when another row has this value.
pub async fn external_id<T: Resource>(
    tx: &mut StudioTx,
    id: Id<T>,
    wanted: Option<&ExternalId>,
) -> Result<Option<&'static str>, StoreError> {
    let Some(wanted) = wanted.filter(|_| !is_left()) else { return Ok(None) };
    let is_taken = row::is_taken(tx.on(), id, "external_id", &wanted.0).await?;
    Ok(is_taken.then_some("external_id"))
}

/// The field `code`, when another coupon has this code, whatever its case.
pub async fn code(tx: &mut StudioTx, id: CouponId, wanted: &str) -> Result<Option<&'static str>, StoreError> {
    if is_left() {
        return Ok(None);
    }
    let is_taken = row::is_taken(tx.on(), id, "lower(code)", &wanted.to_ascii_lowercase()).await?;
    Ok(is_taken.then_some("code"))
}

/// The field `slug`, when another row has the slug that was asked for. Where none was, one is made of the row's name, with
/// a number where that is taken. Two rows of the same name do not derive the same slug at once.
pub async fn slug<T: Resource>(
    tx: &mut TimetableTx,
    id: Id<T>,
    slug: &mut Option<Slug>,
    name: &str,
) -> Result<Option<&'static str>, StoreError> {
    if let Some(wanted) = slug {
        let is_taken = !is_left() && row::is_taken(tx.on(), id, "slug", wanted.as_str()).await?;
        return Ok(is_taken.then_some("slug"));
    }
    *slug = Some(derived(tx, id, Slug::derive(name)).await?);
    Ok(None)
}

async fn derived<T: Resource>(tx: &mut TimetableTx, id: Id<T>, plain: Slug) -> Result<Slug, StoreError> {
    if !row::is_taken(tx.on(), id, "slug", plain.as_str()).await? {
        return Ok(plain);
    }
    // The number is doubled until it is free, then halved back to the last that is taken: a name that a thousand rows
    // have costs twenty looks.
    let (mut taken, mut free) = (1, 2);
    while row::is_taken(tx.on(), id, "slug", plain.numbered(free).as_str()).await? {
        (taken, free) = (free, free * 2);
    }
    while free - taken > 1 {
        let middle = taken.midpoint(free);
        if row::is_taken(tx.on(), id, "slug", plain.numbered(middle).as_str()).await? {
            taken = middle;
        } else {
            free = middle;
        }
    }
    Ok(plain.numbered(free))
}

/// Refuses the fields whose values other rows have, all at once.
///
/// # Errors
/// `conflict`.
pub fn refuse<T: Resource>(taken: impl IntoIterator<Item = Option<&'static str>>) -> Result<(), Problem> {
    let taken: Vec<_> = taken.into_iter().flatten().collect();
    let detail = match taken.as_slice() {
        [] => return Ok(()),
        [field] => format!("Another {} of this studio has this `{field}`. Choose another one.", T::NOUN),
        many => format!("Other rows of this studio have the values of {} fields; `errors` names each.", many.len()),
    };
    let faults = taken.into_iter().map(|field| Fault::at(format!("/{field}"), "is taken")).collect();
    Err(Problem::new(Code::Conflict, detail).with_errors(faults))
}
