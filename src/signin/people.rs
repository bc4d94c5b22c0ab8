//! Changing a studio's staff: inviting somebody, changing a role, ending an account. Called by the dashboard for owners.
//!
//! Promises that a studio keeps an owner who can sign in, also when two owners are changed at once; that an account that was
//! ended signs in nowhere from that moment on; and that each change leaves an audit row.

use serde_json::json;

use super::{
    password::PasswordHash,
    second_factor,
    staff::{self, Role, StaffId, StaffMember, StaffState},
};
use crate::{
    access::{
        caller::Caller,
        sessions::{caller::StaffCaller, pages::INVITATION, unscoped::end_all_of},
    },
    mail::outbox::{self, MailKind, NewMail, Recipient},
    operation::app::App,
    store::{
        audit::{Action, Subject},
        error::StoreError,
        mailbox,
        studio::StudioTx,
        turns::WriteTx,
    },
    wire::text::Email,
};

/// People of one studio who are invited or active.
pub const MOST_PEOPLE: i64 = 200;
/// People that one studio ever had, with those whose account was ended: their rows stay, since keys and the audit log name them.
pub const MOST_EVER: i64 = 2000;

/// Why a change of the staff is refused.
#[derive(Debug)]
pub enum PeopleError {
    /// The studio has nobody with this id.
    NoSuchPerson,
    /// They are active already.
    Active,
    /// Their account was ended.
    Ended,
    /// The studio would have no owner who can sign in.
    LastOwner,
    /// The studio has as many people as it may.
    TooMany,
    /// It has had as many as it may.
    TooManyEver,
    /// Who changes it is no owner any more.
    NotOwner,
    /// Who asks others for a second factor has none.
    NoSecondFactor,
    /// Too many mails were sent: the seconds to wait.
    TooManyMails(u32),
    /// The database failed.
    Store(StoreError),
}

impl From<StoreError> for PeopleError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Invites somebody to the staff, or invites them again: the link that they had opens nothing any more.
///
/// # Errors
/// When they are active already, or the studio has too many people or mails.
pub async fn invite(app: &App, caller: &StaffCaller, email: Email, role: Role) -> Result<StaffMember, PeopleError> {
    let mut tx = app.db.begin_studio(&app.clock, caller.studio(), 1).await?;
    let now = tx.now.clock;
    lock_owners(&mut tx, caller).await?;
    let before = lock_by_email(&mut tx, &email).await?;
    if before.as_ref().is_none_or(|before| before.state() == StaffState::Ended)
        && count(&mut tx, "ended_at is null").await? >= MOST_PEOPLE
    {
        return Err(PeopleError::TooMany);
    }
    if before.is_none() && count(&mut tx, "true").await? >= MOST_EVER {
        return Err(PeopleError::TooManyEver);
    }
    let member = match &before {
        Some(before) if before.state() == StaffState::Active => return Err(PeopleError::Active),
        Some(before) => StaffMember { role, ended_at: None, joined_at: None, ..before.clone() },
        None => StaffMember {
            id: StaffId::new(now),
            studio_id: tx.studio,
            email_key: Some(mailbox::key(email.as_str())),
            email,
            role,
            password_hash: PasswordHash::nobodys(),
            created_at: now,
            joined_at: None,
            ended_at: None,
            signed_in_at: None,
            language: None,
        },
    };
    let written = match &before {
        Some(_) => tx.on().update("staff", &member).await,
        None => tx.on().insert("staff", &member).await,
    };
    written.map_err(|error| if matches!(error, StoreError::Taken) { PeopleError::Active } else { error.into() })?;
    send_invitation(app, &mut tx, &member).await?;
    let action = Action::by(&caller.actor(), "staff.invite", Subject::of(member.id));
    let (before, after) = (before.as_ref().map(audited), audited(&member));
    tx.note(match before {
        Some(before) if before != after => action.changed(&before, &after),
        _ => action.made(&after),
    })
    .await?;
    tx.commit().await?;
    app.outbox_signal.notify();
    Ok(member)
}

/// Changes somebody's role, from their next request on.
///
/// # Errors
/// When there is no such person, their account was ended, or they are the last owner.
pub async fn change_role(app: &App, caller: &StaffCaller, id: StaffId, role: Role) -> Result<(), PeopleError> {
    let mut tx = app.db.begin_studio(&app.clock, caller.studio(), 1).await?;
    let before = lock_with_owners(&mut tx, caller, id, role != Role::Owner).await?;
    if before.state() == StaffState::Ended {
        return Err(PeopleError::Ended);
    }
    let after = StaffMember { role, ..before.clone() };
    tx.on().update("staff", &after).await?;
    note_change(&mut tx, caller, "staff.change_role", &before, &after).await?;
    Ok(tx.commit().await?)
}

/// Ends somebody's account: their sessions, their links, their password, and the second factor of who has no other account. Their
/// keys go on. An account that was ended
/// before stays as it is.
///
/// # Errors
/// When there is no such person, or they are the last owner.
pub async fn end(app: &App, caller: &StaffCaller, id: StaffId) -> Result<(), PeopleError> {
    let mut tx = app.db.begin_studio(&app.clock, caller.studio(), 1).await?;
    let before = lock_with_owners(&mut tx, caller, id, true).await?;
    if before.state() == StaffState::Ended {
        return Ok(());
    }
    let ended_at = Some(tx.now.clock);
    let after = StaffMember { ended_at, password_hash: PasswordHash::nobodys(), ..before.clone() };
    // The row first: a sign-in that has locked it is waited for, and its session is ended with the others.
    tx.on().update("staff", &after).await?;
    end_all_of(tx.tx.on(), id).await?;
    let email_key = mailbox::key(after.email.as_str());
    second_factor::unscoped::end_all_pending(tx.tx.on(), &email_key).await?;
    second_factor::unscoped::forget_without_account(tx.tx.on(), &email_key).await?;
    outbox::withdraw(tx.on(), &Recipient::staff(id)).await?;
    note_change(&mut tx, caller, "staff.end", &before, &after).await?;
    Ok(tx.commit().await?)
}

/// What the audit log shows of somebody. No address: people may be erased, and the rows of the log may not.
pub(super) fn audited(member: &StaffMember) -> serde_json::Value {
    json!({"role": member.role, "state": member.state()})
}

async fn note_change(
    tx: &mut StudioTx,
    caller: &StaffCaller,
    name: &'static str,
    before: &StaffMember,
    after: &StaffMember,
) -> Result<(), StoreError> {
    let action = Action::by(&caller.actor(), name, Subject::of(after.id));
    tx.note(action.changed(&audited(before), &audited(after))).await
}

/// Locks all owners who can sign in, in one order, so that of two owners who are changed at once the second change sees the
/// first. Who changes something must be one of them still.
pub(super) async fn lock_owners(tx: &mut StudioTx, caller: &StaffCaller) -> Result<Vec<StaffMember>, PeopleError> {
    let owners = staff::lock_owners(tx.on()).await?;
    let is_owner = owners.iter().any(|owner| owner.id == caller.session().staff_id);
    if is_owner { Ok(owners) } else { Err(PeopleError::NotOwner) }
}

/// Locks the owners, and then somebody. `loses_owner` says that the change takes an owner away, if they are one.
async fn lock_with_owners(
    tx: &mut StudioTx,
    caller: &StaffCaller,
    id: StaffId,
    loses_owner: bool,
) -> Result<StaffMember, PeopleError> {
    let owners = lock_owners(tx, caller).await?;
    let found = staff::lock(tx.on(), id).await?.ok_or(PeopleError::NoSuchPerson)?;
    if loses_owner && owners.len() == 1 && owners[0].id == id {
        return Err(PeopleError::LastOwner);
    }
    Ok(found)
}

async fn lock_by_email(tx: &mut StudioTx, email: &Email) -> Result<Option<StaffMember>, StoreError> {
    let text = "select {row} from staff where studio_id = $1 and (email_key = $2 or email = $3) {lock}";
    tx.query(text).bind(mailbox::key(email.as_str())).bind(email.as_str().to_owned()).optional().await
}

async fn count(tx: &mut StudioTx, which: &str) -> Result<i64, StoreError> {
    let text = format!("select count(*) from staff where studio_id = $1 and {which}");
    Ok(tx.query(text).scalar().await?.unwrap_or_default())
}

async fn send_invitation(app: &App, tx: &mut StudioTx, member: &StaffMember) -> Result<(), PeopleError> {
    let now = tx.now.clock;
    if let Some(wait) = app.mail_quota.spend(tx.on(), member.email.as_str(), now).await? {
        return Err(PeopleError::TooManyMails(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1)));
    }
    let page = format!("{}{INVITATION}", app.urls.studio);
    let (to, subject_id) = (Recipient::staff(member.id), member.id.to_string());
    let mail = NewMail { kind: MailKind::StaffInvitation, to, subject_id, page: &page };
    Ok(outbox::put(tx.on(), mail, now).await?)
}
