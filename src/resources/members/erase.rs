//! Erasing a person: the membership stays, so that it is counted, and says nothing any more of whose it was. Called by
//! the command line alone: no key can do it.

use super::{
    accounts::end,
    erased,
    model::{Membership, MembershipId, MembershipStatus},
    period, queries,
};
use crate::{
    operation::write::idempotency,
    resources::bookings,
    store::{
        row::{self, Row},
        turns::TimetableTx,
    },
    wire::{civil::Date, fields::Metadata, problem::Problem},
};

/// Removes a person's data wherever it is: the row, the mail that was to be sent, the answers that are kept for
/// retries, and what imports said last. What stays is the id, the plan, when the membership was, and a hash of the address,
/// so that no import or invitation adds the person again; a membership that was not over is cancelled. Bookings stay as rows that
/// count, and those to come are cancelled.
///
/// # Errors
/// `not_found`.
pub async fn erase(tx: &mut TimetableTx, id: MembershipId) -> Result<Row<Membership>, Problem> {
    let (now, today) = (tx.now, period::today(tx).await?);
    let current = row::lock::<Membership>(tx.on(), id).await?.ok_or_else(|| Problem::not_found("membership"))?;
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
    end::forget(tx, id).await?;
    queries::update(tx, &member).await?;
    bookings::give_back(tx, &member).await?;
    // After the bookings: nobody is told of their end.
    queries::withdraw_mail(tx, id).await?;
    bookings::forget_person(tx, id).await?;
    queries::forget_lines(tx.on(), id).await?;
    erased::note(tx, &person, now.clock).await?;
    idempotency::forget(tx.on(), &member).await?;
    Ok(member)
}
