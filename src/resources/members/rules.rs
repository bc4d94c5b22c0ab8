//! What must hold of memberships beyond the limits of each field, and which status follows on which.

use jiff::civil;

use super::{
    invite,
    model::{Membership, MembershipId, MembershipStatus, key_of},
    store,
};
use crate::{
    mail::outbox,
    resources::{
        plans::{Plan, PlanStatus},
        references, unique,
    },
    store::{db::Tx, id::StudioId, instant::Instant, row::Row},
    wire::{
        civil::Date,
        problem::{Code, Fault, Problem},
        write::Change,
    },
};

/// Writes a membership's next version, and invites an address anew that was not invited before. The studio is locked.
///
/// # Errors
/// As [`edit`].
pub async fn change(
    tx: &mut Tx,
    studio: StudioId,
    current: Row<Membership>,
    change: &Change<Membership>,
    today: civil::Date,
    (now, page): (Instant, &str),
) -> Result<Row<Membership>, Problem> {
    let (member, moved) = edit(tx, studio, current, change, (now, today)).await?;
    if moved {
        invite::send(tx, studio, member.id, (now, page)).await?;
    }
    Ok(member)
}

/// Writes a membership's next version; whether the address of an invited one is another now. The studio is locked.
///
/// # Errors
/// `validation_failed`; `conflict` when the address or the external id is taken, when the status cannot follow, or when
/// the person was erased.
pub async fn edit(
    tx: &mut Tx,
    studio: StudioId,
    current: Row<Membership>,
    change: &Change<Membership>,
    (now, today): (Instant, civil::Date),
) -> Result<(Row<Membership>, bool), Problem> {
    if current.fields.is_erased() {
        return Err(conflict("This person was erased, and nothing is kept of them. Invite them anew."));
    }
    let before = current.fields.clone();
    let mut fields = change.onto(&before)?;
    let faults = follow(&before, &mut fields, today)?;
    check(tx, studio, current.id, &fields, (Some(&before), today), faults).await?;
    let member = current.edited(now, fields);
    let moved = key_of(&before.email) != key_of(&member.fields.email);
    if moved {
        // Whoever reads the old address is not who is meant. Before the row, as whoever sends mail locks them.
        outbox::withdraw(tx, studio, member.id).await?;
    }
    store::update(tx, studio, &member).await?;
    let invited = member.fields.status == MembershipStatus::Invited;
    Ok((member, moved && invited))
}

/// Checks everything that one field alone cannot say; `faults` are those that were found before.
pub(super) async fn check(
    tx: &mut Tx,
    studio: StudioId,
    id: MembershipId,
    fields: &Membership,
    (before, today): (Option<&Membership>, civil::Date),
    mut faults: Vec<Fault>,
) -> Result<(), Problem> {
    let plan = references::named::<Plan>(tx, studio, fields.plan_id, "plan_id", &mut faults).await?;
    let is_kept = before.is_some_and(|before| before.plan_id == fields.plan_id);
    if plan.is_some_and(|plan| plan.fields.status == PlanStatus::Archived) && !is_kept {
        faults.push(Fault::at("/plan_id", "names a plan that is archived: choose one that is for sale"));
    }
    faults.extend(dates(fields, today));
    if fields.is_erased() {
        faults.push(Fault::at("/email", "must be an address that mail can be sent to"));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    if store::is_taken(tx.on(), studio, id, &key_of(&fields.email)).await? {
        return Err(conflict("Another member of this studio has this `email`. Change that membership instead.")
            .with_errors(vec![Fault::at("/email", "is taken")]));
    }
    unique::external_id(tx, studio, id, fields.external_id.as_ref()).await
}

/// What is wrong with a membership's dates.
pub(super) fn dates(fields: &Membership, today: civil::Date) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let (Some(starts), Some(ends)) = (fields.starts_on, fields.ends_on)
        && ends < starts
    {
        faults.push(Fault::at("/ends_on", "must not be before `starts_on`"));
    }
    if fields.birth_date.is_some_and(|born| born.civil() > today) {
        faults.push(Fault::at("/birth_date", "must not be in the future"));
    }
    faults
}

/// Which status may follow, and what follows from it.
fn follow(before: &Membership, after: &mut Membership, today: civil::Date) -> Result<Vec<Fault>, Problem> {
    use MembershipStatus::{Active, Cancelled, Expired, Invited, Paused};
    let mut faults = Vec::new();
    if before.status == after.status {
        return Ok(faults);
    }
    match (before.status, after.status) {
        (Invited | Active | Paused, Active) | (Active, Paused) => {}
        (Cancelled | Expired, Active) => {
            if after.ends_on.is_some_and(|last| last.civil() < today) {
                faults.push(Fault::at("/ends_on", "has passed: move or clear it to make the membership active again"));
            }
            (after.cancel_on, after.cancelled_at, after.cancel_reason) = (None, None, None);
        }
        (_, Paused) => return Err(conflict("Only an active membership can be paused. Make it active first.")),
        (_, Cancelled) => {
            return Err(conflict("Cancel a membership with POST /v1/members/{membershipId}/cancel."));
        }
        (_, Expired) => return Err(conflict("A membership expires when `ends_on` has passed. Set that.")),
        (_, Invited) => return Err(conflict("Send an invitation with POST /v1/members/invites.")),
    }
    if after.status == Active && after.starts_on.is_none() {
        after.starts_on = Date::of(today);
    }
    Ok(faults)
}

fn conflict(detail: &'static str) -> Problem {
    Problem::new(Code::Conflict, detail)
}
