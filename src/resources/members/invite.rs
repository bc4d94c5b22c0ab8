//! Invitations: a membership that begins, and a mail with a link that is good for seven days and works once.

use jiff::civil::Date;

use super::{
    model::{Membership, MembershipId, MembershipStatus, key_of},
    rules, store,
};
use crate::{
    mail::{link::Purpose, outbox},
    store::{db::Tx, error::StoreError, id::StudioId, instant::Instant, row::Row},
    wire::{
        problem::{Code, Fault, Problem},
        write::NewOrChange,
    },
};

/// Invites somebody, and says whether that begins a membership. One who is invited already is sent a new link, and the
/// old one ends; one whose membership is over begins it anew. The studio is locked, so that two do not invite the same
/// person at once.
///
/// # Errors
/// `already_member`; `validation_failed`; `conflict` when the external id is taken.
pub async fn invite(
    tx: &mut Tx,
    studio: StudioId,
    sent: &NewOrChange<Membership>,
    today: Date,
    (now, page): (Instant, &str),
) -> Result<(Row<Membership>, bool), Problem> {
    let wanted = sent.fields()?;
    let found = store::lock_by_email(tx.on(), studio, &key_of(&wanted.email)).await?;
    if found.as_ref().is_some_and(|member| member.fields.status.is_current()) {
        let detail = "Somebody with this `email` is a member of this studio already. Change that membership instead.";
        return Err(Problem::new(Code::AlreadyMember, detail));
    }
    let mut faults = Vec::new();
    if wanted.status != MembershipStatus::Invited {
        faults.push(Fault::at("/status", "is `invited` at first: change the membership afterwards"));
    }
    if wanted.ends_on.is_some_and(|last| last.civil() < today) {
        faults.push(Fault::at("/ends_on", "has passed"));
    }
    let Some(current) = found else {
        let member = Row::new(now, wanted);
        rules::check(tx, studio, member.id, &member.fields, (None, today), faults).await?;
        store::insert(tx, studio, &member).await?;
        send(tx, studio, member.id, (now, page)).await?;
        return Ok((member, true));
    };
    let begins = current.fields.status.is_over();
    let before = if begins { anew(&current.fields) } else { current.fields.clone() };
    let fields = sent.onto(&before, "email")?;
    rules::check(tx, studio, current.id, &fields, (Some(&before), today), faults).await?;
    let member = current.edited(now, fields);
    // Before the row, as whoever sends mail locks them.
    outbox::withdraw(tx, studio, member.id).await?;
    store::update(tx, studio, &member).await?;
    send(tx, studio, member.id, (now, page)).await?;
    Ok((member, begins))
}

/// A membership that begins again keeps who the person is, and nothing of when the last one was.
fn anew(over: &Membership) -> Membership {
    Membership {
        status: MembershipStatus::Invited,
        starts_on: None,
        ends_on: None,
        cancel_on: None,
        cancelled_at: None,
        cancel_reason: None,
        ..over.clone()
    }
}

/// Sends the invitation in this transaction's name, in place of any that was sent before.
pub(super) async fn send(
    tx: &mut Tx,
    studio: StudioId,
    member: MembershipId,
    (now, page): (Instant, &str),
) -> Result<(), StoreError> {
    outbox::put(tx, studio, (Purpose::Invitation, member), page, now).await
}
