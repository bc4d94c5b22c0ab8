//! What must hold of coupons beyond the limits of each field.

use super::model::{Coupon, CouponKind, CouponStatus, Duration};
use crate::{
    resources::{plans::Plan, references, unique},
    store::{
        db::Tx,
        error::StoreError,
        id::StudioId,
        instant::Instant,
        row::{self, Row},
    },
    wire::problem::{Fault, Problem},
};

/// Writes a new coupon.
///
/// # Errors
/// `validation_failed`; `conflict` when the code, in any case, or the external id is taken.
pub async fn create(tx: &mut Tx, studio: StudioId, coupon: &mut Row<Coupon>) -> Result<(), Problem> {
    let fields = &mut coupon.fields;
    let mut faults = Vec::new();
    what_it_takes_off(fields, &mut faults);
    how_long_it_holds(fields, &mut faults);
    references::all_named::<Plan>(tx, studio, &fields.plan_ids, "plan_ids", &mut faults).await?;
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    unique::external_id(tx, studio, coupon.id, coupon.fields.external_id.as_ref()).await?;
    unique::code(tx, studio, coupon.id, &coupon.fields.code).await?;
    match row::insert(tx.on(), studio, coupon).await {
        // Somebody was faster; what else is unique to it nobody else was.
        Err(StoreError::Taken) if coupon.fields.external_id.is_none() => Err(unique::taken::<Coupon>("code")),
        written => Ok(written?),
    }
}

/// Removes a coupon that nobody has redeemed, and its code is free again. One that was redeemed is kept with its code,
/// and answered: its time ends now, and what clients have been promised holds. Doing it again changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn remove(
    tx: &mut Tx,
    studio: StudioId,
    coupon: Row<Coupon>,
    now: Instant,
) -> Result<Option<Row<Coupon>>, Problem> {
    if coupon.fields.redeemed_count == 0 {
        row::delete(tx.on(), studio, coupon.id).await?;
        return Ok(None);
    }
    if coupon.fields.status_at(now) == CouponStatus::Expired {
        return Ok(Some(coupon));
    }
    let begun = coupon.fields.valid_from.filter(|from| *from < now);
    let ended = Coupon { valid_from: begun, valid_until: Some(now), ..coupon.fields.clone() };
    let kept = coupon.edited(now, ended);
    row::update(tx.on(), studio, &kept).await?;
    Ok(Some(kept))
}

/// A coupon takes off a part or an amount. Its kind follows from which of the two is there, and must not deny it.
fn what_it_takes_off(coupon: &mut Coupon, faults: &mut Vec<Fault>) {
    let (percent, amount) = (coupon.percent_off.is_some(), coupon.amount_off.is_some());
    let kind = *coupon.kind.get_or_insert(if amount && !percent { CouponKind::Amount } else { CouponKind::Percent });
    let (wanted, is_there, other, other_is_there) = match kind {
        CouponKind::Percent => ("/percent_off", percent, "/amount_off", amount),
        CouponKind::Amount => ("/amount_off", amount, "/percent_off", percent),
    };
    if !is_there {
        faults.push(Fault::at(wanted, format!("is required: the coupon is of kind `{kind}`")));
    }
    if other_is_there {
        faults.push(Fault::at(other, format!("must be absent: the coupon is of kind `{kind}`")));
    }
    if coupon.amount_off.as_ref().is_some_and(|money| money.amount == 0) {
        faults.push(Fault::at("/amount_off/amount", "must be at least 1"));
    }
}

fn how_long_it_holds(coupon: &Coupon, faults: &mut Vec<Fault>) {
    match (coupon.duration, coupon.duration_months) {
        (Duration::Repeating, None) => {
            faults.push(Fault::at("/duration_months", "is required where `duration` is `repeating`"));
        }
        (Duration::Once | Duration::Forever, Some(_)) => {
            faults.push(Fault::at("/duration_months", "must be absent unless `duration` is `repeating`"));
        }
        (Duration::Repeating, Some(_)) | (Duration::Once | Duration::Forever, None) => {}
    }
    if let (Some(from), Some(until)) = (coupon.valid_from, coupon.valid_until)
        && until <= from
    {
        faults.push(Fault::at("/valid_until", "must be later than `valid_from`"));
    }
}
