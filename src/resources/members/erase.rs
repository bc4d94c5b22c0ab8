//! Erasing a person: the membership stays, so that it is counted, and says nothing any more of whose it was. Called by
//! the command line alone: no key can do it.

use jiff::civil;

use super::{
    erased,
    model::{Membership, MembershipId, MembershipStatus},
    store,
};
use crate::{
    mail::outbox::{self, Recipient},
    operation::idempotency,
    store::{
        db::Tx,
        id::StudioId,
        moment::Moment,
        row::{self, Row},
    },
    wire::{civil::Date, fields::Metadata, problem::Problem},
};

/// Removes a person's data wherever it stands: the row, the mail that was to be sent, the answers that are kept for
/// retries, and what imports said last. What stays is the id, the plan, when the membership was, and a hash of the address,
/// so that nobody brings the person back unasked; a membership that was not over is cancelled.
///
/// # Errors
/// `not_found`.
pub async fn erase(
    tx: &mut Tx,
    studio: StudioId,
    id: MembershipId,
    today: civil::Date,
    now: Moment,
) -> Result<Row<Membership>, Problem> {
    let current =
        row::lock::<Membership>(tx.on(), studio, id).await?.ok_or_else(|| Problem::not_found("membership"))?;
    let person = current.fields.clone();
    let nameless = Membership::erased_email(id).ok_or_else(|| Problem::internal("an id makes no address"))?;
    let ends = !person.status.is_over();
    let fields = Membership {
        external_id: None,
        metadata: Metadata::default(),
        email: nameless,
        first_name: None,
        last_name: None,
        phone: None,
        birth_date: None,
        plan_id: person.plan_id,
        status: if ends { MembershipStatus::Cancelled } else { person.status },
        starts_on: person.starts_on,
        ends_on: person.ends_on,
        cancel_on: if ends { Date::of(today) } else { person.cancel_on },
        cancelled_at: if ends { Some(now.clock) } else { person.cancelled_at },
        cancel_reason: None,
        tags: Vec::new(),
        notes: None,
        marketing_consent: false,
        last_signed_in_at: None,
    };
    let member = current.edited(now, fields);
    outbox::withdraw(tx, studio, &Recipient::member(id)).await?;
    store::update(tx, studio, &member).await?;
    store::forget_lines(tx.on(), studio, id).await?;
    erased::note(tx, studio, &person, now.clock).await?;
    idempotency::forget(tx, studio, &member).await?;
    Ok(member)
}
