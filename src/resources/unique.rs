//! Values that are unique in a studio and resource. The schema has the last word, under any race; a look beforehand
//! says which value it is, since SQLite names no constraint.

use super::coupons::{Coupon, CouponId};
use crate::{
    store::{
        db::Tx,
        id::{Id, StudioId},
        row::{self, Resource},
    },
    wire::{
        fields::ExternalId,
        problem::{Code, Fault, Problem},
        text::Slug,
    },
};

/// Refuses an external id that another row has.
///
/// # Errors
/// `conflict`.
pub async fn external_id<T: Resource>(
    tx: &mut Tx,
    studio: StudioId,
    id: Id<T>,
    wanted: Option<&ExternalId>,
) -> Result<(), Problem> {
    match wanted {
        Some(wanted) if row::is_taken(tx.on(), studio, id, "external_id", &wanted.0).await? => {
            Err(taken::<T>("external_id"))
        }
        _ => Ok(()),
    }
}

/// Refuses a coupon's code that another has, whatever its case.
///
/// # Errors
/// `conflict`.
pub async fn code(tx: &mut Tx, studio: StudioId, id: CouponId, wanted: &str) -> Result<(), Problem> {
    if row::is_taken(tx.on(), studio, id, "lower(code)", &wanted.to_ascii_lowercase()).await? {
        return Err(taken::<Coupon>("code"));
    }
    Ok(())
}

/// The slug that a row gets: the one that was asked for, else one made of its name, with a number where that is taken.
/// The studio is locked, so that two rows of the same name do not derive the same slug.
///
/// # Errors
/// `conflict` when the slug that was asked for is taken.
pub async fn slug<T: Resource>(
    tx: &mut Tx,
    studio: StudioId,
    id: Id<T>,
    wanted: Option<Slug>,
    derive: impl FnOnce() -> Slug,
) -> Result<Slug, Problem> {
    if let Some(wanted) = wanted {
        let is_taken = row::is_taken(tx.on(), studio, id, "slug", wanted.as_str()).await?;
        return if is_taken { Err(taken::<T>("slug")) } else { Ok(wanted) };
    }
    let plain = derive();
    if !row::is_taken(tx.on(), studio, id, "slug", plain.as_str()).await? {
        return Ok(plain);
    }
    // The number is doubled until it is free, then halved back to the last that is taken: a name that a thousand rows
    // have costs twenty looks.
    let (mut taken, mut free) = (1, 2);
    while row::is_taken(tx.on(), studio, id, "slug", plain.numbered(free).as_str()).await? {
        (taken, free) = (free, free * 2);
    }
    while free - taken > 1 {
        let middle = taken.midpoint(free);
        if row::is_taken(tx.on(), studio, id, "slug", plain.numbered(middle).as_str()).await? {
            taken = middle;
        } else {
            free = middle;
        }
    }
    Ok(plain.numbered(free))
}

/// The refusal of a value that another row has.
pub fn taken<T: Resource>(field: &str) -> Problem {
    Problem::new(Code::Conflict, format!("Another {} of this studio has this `{field}`. Choose another one.", T::NOUN))
        .with_errors(vec![Fault::at(format!("/{field}"), "is taken")])
}
