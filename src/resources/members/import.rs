//! Members who come in with an import, many at once: written as they are, in whatever status, and sent no mail.

use std::collections::HashSet;

use jiff::civil;

use super::{
    erased::{self, ERASED},
    model::{Membership, MembershipStatus, key_of},
    period, queries, rules,
};
use crate::{
    operation::write::Draft,
    resources::{bookings, plans::Plan},
    store::{
        id::Named,
        moment::Moment,
        row::{self, Row},
        studio::StudioTx,
        turns::TimetableTx,
    },
    wire::{
        civil::Date,
        problem::{Fault, Problem},
    },
};

/// Writes new memberships; what is wrong with which of them, and then none is to be kept. Whether an address is another
/// member's is looked at in the end.
pub async fn import_new(tx: &mut StudioTx, rows: &mut [Row<Membership>]) -> Result<Vec<(usize, Problem)>, Problem> {
    let today = period::today(tx).await?;
    let plans: HashSet<_> = rows.iter().filter_map(|row| row.fields.plan_id).collect();
    let plans: HashSet<_> =
        row::known::<Plan>(tx.on(), &plans.into_iter().collect::<Vec<_>>()).await?.into_iter().collect();
    let keys: Vec<_> = rows.iter().map(|row| key_of(&row.fields.email)).collect();
    let erased = erased::among(tx.on(), &keys).await?;
    let mut wrong = Vec::new();
    for (at, (row, key)) in rows.iter_mut().zip(&keys).enumerate() {
        rules::begin(&mut row.fields, today);
        let fields = &row.fields;
        let mut faults = rules::dates(fields, today);
        if fields.plan_id.is_some_and(|plan| !plans.contains(&plan)) {
            faults.push(Fault::at("/plan_id", format!("names no {} of this studio", Plan::NOUN)));
        }
        if erased.contains(key) {
            faults.push(Fault::at("/email", ERASED));
        }
        // Somebody who was erased stays so; nobody else has such an address.
        if fields.is_erased() && Membership::erased_email(row.id).as_ref() != Some(&fields.email) {
            faults.push(Fault::at("/email", "must be an address that mail can be sent to"));
        }
        if !faults.is_empty() {
            wrong.push((at, Problem::invalid(faults)));
        }
    }
    queries::insert_all(tx, rows).await?;
    Ok(wrong)
}

/// Writes a membership as it is after a line that says so, and sends nobody anything: where an invited one has another
/// address now, or is over, the link that was sent ends.
///
/// # Errors
/// `validation_failed`; `conflict` when the address or the external id is taken.
pub async fn follow(tx: &mut TimetableTx, current: &Row<Membership>, fields: Membership) -> Result<(), Problem> {
    let now = tx.now;
    let today = period::today(tx).await?;
    let before = &current.fields;
    if before.is_erased() {
        let detail = "is that of an erased person, whose data was not kept";
        return Err(Problem::invalid(vec![Fault::at("/email", detail)]));
    }
    let mut draft = Draft::whole(current.with(fields));
    let refused = reconcile(before, draft.fields_mut(), (now, today));
    draft.add(refused);
    rules::check(tx, &mut draft, (Some(before), today)).await?;
    rules::pass(draft.fields_mut(), (now, today));
    rules::begin(draft.fields_mut(), today);
    let member = draft.validated()?.edited_since(before, now);
    rules::check_unique(tx, Some(before), &member).await?;
    rules::write(tx, before, &member).await?;
    bookings::give_back(tx, &member).await?;
    Ok(())
}

/// What follows from a status that a line says. Another platform knows who has left, whichever way that came about.
fn reconcile(before: &Membership, after: &mut Membership, (now, today): (Moment, civil::Date)) -> Option<Fault> {
    if before.status == after.status {
        return None;
    }
    match after.status {
        MembershipStatus::Invited => {
            let detail = "can be `invited` only by an invitation: send one with POST /v1/members/invites";
            return Some(Fault::at("/status", detail));
        }
        MembershipStatus::Active | MembershipStatus::Paused => {
            if before.status.is_over() {
                // What the line does not say is what the end that is taken back has left.
                after.cancel_on = after.cancel_on.filter(|last| Some(*last) != before.cancel_on);
                after.cancelled_at = after.cancelled_at.filter(|at| Some(*at) != before.cancelled_at);
                after.cancel_reason.take_if(|reason| Some(&*reason) == before.cancel_reason.as_ref());
            }
        }
        MembershipStatus::Cancelled => {
            after.cancelled_at.get_or_insert(now.clock);
            // A day to come that the line does not name is that of the period's end.
            let is_to_come = |last: &mut Date| last.civil() > today && Some(*last) == before.cancel_on;
            after.cancel_on.take_if(is_to_come);
            after.cancel_on = after.cancel_on.or(Date::of(today));
        }
        MembershipStatus::Expired => {}
    }
    None
}
