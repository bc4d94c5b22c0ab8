//! What must hold of memberships beyond the limits of each field, and which status follows on which.

use jiff::civil;

use super::{
    accounts::end,
    erased,
    invitation::{self, Sending},
    model::{Membership, MembershipStatus, key_of},
    period, queries,
};
use crate::{
    operation::write::{Change, Draft},
    resources::{
        at_the_end::is_left,
        bookings::{self, BookingEffects},
        plans::{Plan, PlanStatus},
        references, unique,
    },
    store::{error::StoreError, moment::Moment, row::Row, studio::StudioTx, turns::TimetableTx},
    wire::{
        civil::Date,
        problem::{Code, Fault, Problem},
    },
};

/// Writes a membership's next version, gives back the places that it does not reach to any more, and invites an address anew that
/// was not invited before.
///
/// # Errors
/// As [`edit`].
pub async fn change(
    tx: &mut TimetableTx,
    current: &Row<Membership>,
    change: &Change<Membership>,
    sending: &Sending,
) -> Result<(Row<Membership>, BookingEffects), Problem> {
    let (member, moved) = edit(tx, current, change).await?;
    let effects = bookings::give_back(tx, &member).await?;
    if moved {
        invitation::send(tx, &member, sending).await?;
    }
    Ok((member, effects))
}

/// Writes a membership's next version; whether the address of an invited one is another now.
///
/// # Errors
/// `validation_failed`; `conflict` when the address or the external id is taken, when the status cannot follow, or when
/// the person was erased.
pub async fn edit(
    tx: &mut TimetableTx,
    current: &Row<Membership>,
    change: &Change<Membership>,
) -> Result<(Row<Membership>, bool), Problem> {
    let (now, today) = (tx.now, period::today(tx).await?);
    let before = &current.fields;
    let mut draft = change.onto(current, now)?;
    let followed = follow(before, &mut draft, today);
    if change.names("cancel_on") {
        take_back(before, &mut draft);
    }
    check(tx, &mut draft, (Some(before), today)).await?;
    pass(draft.fields_mut(), (now, today));
    begin(draft.fields_mut(), today);
    let member = draft.validated()?;
    if before.is_erased() {
        return Err(conflict("This person's data was erased."));
    }
    followed?;
    check_unique(tx, Some(before), &member).await?;
    let moved = write(tx, before, &member).await?;
    let invited = member.fields.status == MembershipStatus::Invited;
    Ok((member, moved && invited))
}

/// Writes a membership that has changed, and takes back the invitation of who is not to follow it any more; whether the
/// address is another now.
pub(super) async fn write(
    tx: &mut StudioTx,
    before: &Membership,
    member: &Row<Membership>,
) -> Result<bool, StoreError> {
    let moved = key_of(&before.email) != key_of(&member.fields.email);
    let was_invited = before.status == MembershipStatus::Invited;
    let left = was_invited && member.fields.status != MembershipStatus::Invited;
    if moved || left {
        // The old address may be somebody else's, and a present or past member has nothing to accept. Before the row: the
        // sender of mail locks them in this order.
        queries::withdraw_mail(tx, member.id).await?;
    }
    queries::update(tx, member).await?;
    if moved {
        // Who reads the new address never chose this password, and who chose it may be somebody else.
        end::forget(tx, member.id).await?;
    }
    if member.fields.status.is_over() && !before.status.is_over() {
        end::end_access(tx, member.id).await?;
    }
    if before.marketing_consent && !member.fields.marketing_consent {
        queries::note_withdrawal(tx.on(), member.id).await?;
    }
    Ok(moved)
}

/// A cancellation at the end of the period is taken back by clearing its day, and is not moved.
fn take_back(before: &Membership, draft: &mut Draft<'_, Membership>) {
    let (wanted, is_over) = (draft.fields().cancel_on, before.status.is_over() && draft.fields().status.is_over());
    if wanted == before.cancel_on {
        return;
    }
    if wanted.is_some() {
        draft.fault("/cancel_on", "is set only by a cancellation: send `null` to withdraw it");
    } else if is_over {
        draft.fault("/cancel_on", "cannot be cleared once the membership has ended: make it `active` again");
    }
    draft.fields_mut().cancel_reason = None;
}

/// What has passed by the studio's clocks is over from now on, and not only when somebody looks.
pub(super) fn pass(fields: &mut Membership, (now, today): (Moment, civil::Date)) {
    if fields.status.is_over() {
        return;
    }
    if fields.cancel_on.is_some_and(|last| last.civil() < today) {
        (fields.status, fields.cancelled_at) = (MembershipStatus::Cancelled, Some(now.clock));
    } else if fields.ends_on.is_some_and(|last| last.civil() < today) {
        fields.status = MembershipStatus::Expired;
    }
}

/// A membership has a first day, which billing counts from: from today, where nothing else is said. The
/// one rule for every way to become a member.
pub(super) fn begin(fields: &mut Membership, today: civil::Date) {
    let is_over = |last: Option<Date>| last.is_some_and(|last| last.civil() < today);
    if fields.status.is_current() && !is_over(fields.ends_on) && !is_over(fields.cancel_on) {
        fields.starts_on = fields.starts_on.or(Date::of(today));
    }
}

/// Checks everything that one field alone cannot say.
pub(super) async fn check(
    tx: &mut StudioTx,
    draft: &mut Draft<'_, Membership>,
    (before, today): (Option<&Membership>, civil::Date),
) -> Result<(), StoreError> {
    let plan = references::named::<_, Plan>(tx, draft, "plan_id", |fields| fields.plan_id).await?;
    let is_kept = before.is_some_and(|before| before.plan_id == draft.fields().plan_id);
    if plan.is_some_and(|plan| plan.fields.status == PlanStatus::Archived) && !is_kept {
        draft.fault("/plan_id", "is an archived plan: choose one that is for sale");
    }
    draft.rule(&["starts_on", "ends_on"], span);
    draft.rule(&["birth_date"], |fields| born(fields, today));
    if draft.fields().is_erased() && !before.is_some_and(Membership::is_erased) {
        draft.fault("/email", "must be an address that mail can be sent to");
    }
    Ok(())
}

/// Refuses an address that is new to the membership and whose person was erased, and what is another member's.
pub(super) async fn check_unique(
    tx: &mut StudioTx,
    before: Option<&Membership>,
    member: &Row<Membership>,
) -> Result<(), Problem> {
    let key = key_of(&member.fields.email);
    if before.is_none_or(|before| key_of(&before.email) != key) {
        erased::refuse(tx, &member.fields.email).await?;
    }
    let is_taken = !is_left() && queries::is_taken(tx.on(), member.id, &key).await?;
    let email = is_taken.then_some("email");
    let external_id = unique::external_id(tx, member.id, member.fields.external_id.as_ref()).await?;
    unique::refuse::<Membership>([email, external_id])
}

/// What is wrong with a membership's dates.
pub(super) fn dates(fields: &Membership, today: civil::Date) -> Vec<Fault> {
    [span(fields), born(fields, today)].into_iter().flatten().collect()
}

fn span(fields: &Membership) -> Option<Fault> {
    let (starts, ends) = (fields.starts_on?, fields.ends_on?);
    (ends < starts).then(|| Fault::at("/ends_on", "must not be before `starts_on`"))
}

fn born(fields: &Membership, today: civil::Date) -> Option<Fault> {
    (fields.birth_date?.civil() > today).then(|| Fault::at("/birth_date", "must not be in the future"))
}

/// What follows from a change of status, or why it is refused.
fn follow(before: &Membership, draft: &mut Draft<'_, Membership>, today: civil::Date) -> Result<(), Problem> {
    use MembershipStatus::{Active, Cancelled, Expired, Invited, Paused};
    let status = draft.fields().status;
    if before.status == status {
        return Ok(());
    }
    match (before.status, status) {
        (Invited | Active | Paused, Active) | (Active, Paused) => {}
        (Cancelled | Expired, Active) => {
            draft.rule(&["ends_on"], |fields| passed(fields, today));
            let after = draft.fields_mut();
            (after.cancel_on, after.cancelled_at, after.cancel_reason) = (None, None, None);
        }
        (_, Paused) => return Err(conflict("Only an active membership can be paused. Make it active first.")),
        (_, Cancelled) => {
            return Err(conflict("Cancel a membership with POST /v1/members/{membershipId}/cancel."));
        }
        (_, Expired) => return Err(conflict("A membership expires when `ends_on` has passed. Set that.")),
        (_, Invited) => return Err(conflict("Send an invitation with POST /v1/members/invites.")),
    }
    Ok(())
}

fn passed(fields: &Membership, today: civil::Date) -> Option<Fault> {
    let wrong = "has passed: change or clear it to make the membership active again";
    (fields.ends_on?.civil() < today).then(|| Fault::at("/ends_on", wrong))
}

fn conflict(detail: &'static str) -> Problem {
    Problem::new(Code::Conflict, detail)
}
