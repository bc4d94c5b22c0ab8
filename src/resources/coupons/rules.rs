//! What must hold of coupons beyond the limits of each field. No lock keeps two from taking one code at the same moment, so
//! creating one is its own: it says which value the other has taken. A coupon is never changed by Management.

use super::model::{Coupon, CouponKind, CouponStatus, Duration};
use crate::{
    operation::write::Draft,
    resources::{
        references,
        rules::{Rules, validated},
        unique,
    },
    store::{
        error::StoreError,
        row::{self, Row},
        studio::StudioTx,
    },
    wire::{
        fields::ExternalId,
        problem::{Fault, Problem},
    },
};

/// Writes a new coupon.
///
/// # Errors
/// `validation_failed`; `conflict` when the code, in any case, or the external id is taken.
pub async fn create(tx: &mut StudioTx, draft: Draft<'_, Coupon>) -> Result<Row<Coupon>, Problem> {
    let coupon = validated(tx, draft).await?;
    match row::insert(tx.on(), &coupon).await {
        // Somebody was faster; what else is unique to it nobody else was.
        Err(StoreError::Taken) if coupon.fields.external_id.is_none() => unique::refuse::<Coupon>([Some("code")])?,
        written => written?,
    }
    Ok(coupon)
}

/// Writes how a coupon has gone on elsewhere: how often it was redeemed, and until when it can be.
///
/// # Errors
/// `validation_failed` when it says anything else.
pub async fn import_change(tx: &mut StudioTx, current: &Row<Coupon>, fields: Coupon) -> Result<(), Problem> {
    let now = tx.now;
    let Coupon { redeemed_count, valid_until, .. } = fields;
    let may_be = Coupon { redeemed_count, valid_until, ..current.fields.clone() };
    if may_be != fields {
        return Err(Problem::invalid(what_else(&may_be, &fields)?));
    }
    let draft = Draft::whole(current.with(fields).edited_since(&current.fields, now));
    let coupon = validated(tx, draft).await?;
    Ok(row::update(tx.on(), &coupon).await?)
}

/// The fields in which two coupons differ.
fn what_else(may_be: &Coupon, wanted: &Coupon) -> Result<Vec<Fault>, Problem> {
    let [may_be, wanted] = [may_be, wanted].map(serde_json::to_value);
    let (may_be, wanted) = (may_be.map_err(Problem::internal)?, wanted.map_err(Problem::internal)?);
    let others = wanted.as_object().into_iter().flatten().filter(|(name, value)| may_be.get(name) != Some(value));
    let fault = "cannot be changed: delete the coupon and import it again";
    Ok(others.map(|(name, _)| Fault::at(format!("/{name}"), fault)).collect())
}

impl Rules for Coupon {
    type Tx = StudioTx;

    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    async fn check(tx: &mut StudioTx, draft: &mut Draft<'_, Self>) -> Result<(), StoreError> {
        follow_kind(draft.fields_mut());
        draft.rule(&["kind", "percent_off", "amount_off"], what_it_takes_off);
        draft.rule(&["amount_off/amount"], something);
        draft.rule(&["duration", "duration_months"], how_long_it_holds);
        draft.rule(&["valid_from", "valid_until"], span);
        references::all_named(tx, draft, "plan_ids", |coupon| &coupon.plan_ids).await
    }

    async fn taken(tx: &mut StudioTx, row: &mut Row<Self>) -> Result<Option<&'static str>, StoreError> {
        unique::code(tx, row.id, &row.fields.code).await
    }
}

/// Removes a coupon that nobody has redeemed, and its code is free again. One that was redeemed is kept with its code,
/// and answered: its time ends now, and what clients have been promised holds. Doing it again changes nothing.
pub async fn remove(tx: &mut StudioTx, coupon: Row<Coupon>) -> Result<Option<Row<Coupon>>, Problem> {
    let now = tx.now;
    if coupon.fields.redeemed_count == 0 {
        row::delete(tx.on(), coupon.id).await?;
        return Ok(None);
    }
    if coupon.fields.status_at(now.clock) == CouponStatus::Expired {
        return Ok(Some(coupon));
    }
    let begun = coupon.fields.valid_from.filter(|from| *from < now.clock);
    let ended = Coupon { valid_from: begun, valid_until: Some(now.clock), ..coupon.fields.clone() };
    let kept = coupon.edited(now, ended);
    row::update(tx.on(), &kept).await?;
    Ok(Some(kept))
}

/// A coupon takes off a part or an amount: its kind follows from which of the two is there.
fn follow_kind(coupon: &mut Coupon) {
    let is_amount = coupon.amount_off.is_some() && coupon.percent_off.is_none();
    coupon.kind.get_or_insert(if is_amount { CouponKind::Amount } else { CouponKind::Percent });
}

/// What a coupon takes off must not deny its kind.
fn what_it_takes_off(coupon: &Coupon) -> Vec<Fault> {
    let mut faults = Vec::new();
    let Some(kind) = coupon.kind else { return faults };
    let (percent, amount) = (coupon.percent_off.is_some(), coupon.amount_off.is_some());
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
    faults
}

fn something(coupon: &Coupon) -> Option<Fault> {
    let is_nothing = coupon.amount_off.as_ref()?.amount == 0;
    is_nothing.then(|| Fault::at("/amount_off/amount", "must be at least 1"))
}

fn how_long_it_holds(coupon: &Coupon) -> Option<Fault> {
    let wrong = match (coupon.duration, coupon.duration_months) {
        (Duration::Repeating, None) => "is required where `duration` is `repeating`",
        (Duration::Once | Duration::Forever, Some(_)) => "must be absent unless `duration` is `repeating`",
        (Duration::Repeating, Some(_)) | (Duration::Once | Duration::Forever, None) => return None,
    };
    Some(Fault::at("/duration_months", wrong))
}

fn span(coupon: &Coupon) -> Option<Fault> {
    let (from, until) = (coupon.valid_from?, coupon.valid_until?);
    (until <= from).then(|| Fault::at("/valid_until", "must be later than `valid_from`"))
}
