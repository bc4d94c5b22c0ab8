//! Invitations: a membership that begins, and a mail with a link that is good for seven days and works once.

use super::{
    invitation::{self, Sending},
    model::{Membership, MembershipStatus, key_of},
    period, queries, rules,
};
use crate::{
    operation::write::NewOrChange,
    store::{error::StoreError, row::Row, studio::StudioTx, turns::TimetableTx},
    wire::{
        input::Reading,
        problem::{Code, Fault, Problem},
    },
};

/// Invites somebody, and says whether that begins a membership. One who is invited already is sent a new link, and the
/// old one ends; one whose membership is over begins it anew.
///
/// # Errors
/// `validation_failed`; `already_member`; `conflict` when the external id is taken; `rate_limited`.
pub async fn invite(
    tx: &mut TimetableTx,
    sent: NewOrChange<Membership>,
    sending: &Sending,
) -> Result<(Row<Membership>, bool), Problem> {
    let (now, today) = (tx.now, period::today(tx).await?);
    let (status, ends_on) = (sent.wanted().fields.status, sent.wanted().fields.ends_on);
    let mut found = somebody(tx, sent.wanted()).await?;
    if let Some(member) = &mut found {
        rules::pass(&mut member.fields, (now, today));
    }
    let is_member = found.as_ref().is_some_and(|member| member.fields.status.is_current());
    let current = found.as_ref().filter(|_| !is_member);
    let begins = current.is_none_or(|current| current.fields.status.is_over());
    let before = current.map(|current| if begins { anew(&current.fields) } else { current.fields.clone() });
    let mut draft = match current.zip(before.as_ref()) {
        Some((current, before)) => sent.onto(current, before, "email", now)?,
        None => sent.draft(now),
    };
    let first = "must be `invited` in an invitation: change the membership afterwards";
    draft.rule(&["status"], |_| (status != MembershipStatus::Invited).then(|| Fault::at("/status", first)));
    let is_over = ends_on.is_some_and(|last| last.civil() < today);
    let is_erased = before.as_ref().is_some_and(Membership::is_erased);
    let nobody = "belongs to an erased person, who cannot be invited by it";
    draft.rule(&["email"], |fields| (is_erased && fields.is_erased()).then(|| Fault::at("/email", nobody)));
    draft.rule(&["ends_on"], |_| is_over.then(|| Fault::at("/ends_on", "has passed")));
    rules::check(tx, &mut draft, (before.as_ref(), today)).await?;
    let member = draft.validated()?;
    if is_member {
        let detail = "A person with this `email` is already a member of this studio. Change that membership instead.";
        return Err(Problem::new(Code::AlreadyMember, detail));
    }
    rules::check_unique(tx, None, &member).await?;
    if current.is_some() {
        // Before the row: the sender of mail locks them in this order.
        queries::withdraw_mail(tx, member.id).await?;
        queries::update(tx, &member).await?;
    } else {
        queries::insert(tx, &member).await?;
    }
    invitation::send(tx, &member, sending).await?;
    Ok((member, begins))
}

/// The membership that has the address already.
async fn somebody(tx: &mut StudioTx, wanted: &Reading<Membership>) -> Result<Option<Row<Membership>>, StoreError> {
    if !wanted.is_sound("email") {
        return Ok(None);
    }
    queries::lock_by_email(tx.on(), &key_of(&wanted.fields.email)).await
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
