//! What the links in mails to the staff open: accepting an invitation, and setting a new password. Called by pages that nobody
//! has to be signed in for; who holds the link is who reads that mailbox.
//!
//! Promises that a link works once, until it expires; that an invitation opens one studio, with the password of the account
//! that its reader has in other studios, if they have one; that a new password counts in every studio that the address signs
//! in to, and ends every session that was there before; and that asking for a link says nothing of whether an account exists.

use std::time::Duration;

use super::{
    compare,
    password::{Password, PasswordHash, WeakPassword},
    people::audited,
    sign_in::{self, NotSignedIn, SignInStep},
    staff::{self, StaffMember, StaffState},
    unscoped,
};
use crate::{
    access::{
        network::Network,
        sessions::{
            caller::StaffCaller,
            pages::PASSWORD_RESET,
            throttle::{Attempt, PasswordThrottle},
        },
    },
    mail::{
        self,
        link::Purpose,
        outbox::{self, MailKind, NewMail, Recipient},
    },
    operation::app::App,
    store::{
        audit::{Action, Subject},
        error::StoreError,
        fair::Requester,
        studio::StudioTx,
        turns::WriteTx,
    },
};

/// Why a link did not do what it is for.
#[derive(Debug)]
pub enum LinkError {
    /// It was used, replaced or withdrawn, it has expired, or it never was one.
    NoLink,
    /// The new password is refused.
    Weak(WeakPassword),
    /// The password of the account is not this one, or was tried too often.
    NotSignedIn(NotSignedIn),
}

impl<E: Into<NotSignedIn>> From<E> for LinkError {
    fn from(error: E) -> Self {
        Self::NotSignedIn(error.into())
    }
}

/// Whom a link was sent to.
pub struct LinkHolder {
    /// Who of the staff.
    pub member: StaffMember,
    /// Their studio's name.
    pub studio: String,
    /// Their accounts in other studios.
    pub accounts: Vec<StaffMember>,
}

/// Whom a link was sent to, while it is good.
///
/// # Errors
/// When it is not.
pub async fn holder(app: &App, token: &str, purpose: Purpose, network: Network) -> Result<LinkHolder, LinkError> {
    let _slot = app.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
    let found = mail::holder(app.db.read(), token, app.clock.now()).await?;
    let found = found.filter(|found| found.purpose == purpose).ok_or(LinkError::NoLink)?;
    let id = found.staff_id.and_then(|id| id.parse().ok()).ok_or(LinkError::NoLink)?;
    let member = staff::find(app.db.of(found.studio_id), id).await?.ok_or(LinkError::NoLink)?;
    let studio = unscoped::studios_of(app.db.read(), &[id]).await?.pop().ok_or(LinkError::NoLink)?.name;
    let mut accounts = unscoped::by_email(app.db.read(), member.email.as_str()).await?;
    accounts.retain(|account| account.id != id);
    Ok(LinkHolder { member, studio, accounts })
}

/// Joins the staff that the holder was invited to, and signs in there. Who has an account in another studio joins with its
/// password, and with their second factor if they have one; anybody else chooses a password.
///
/// # Errors
/// When the link is no longer good, or the password is wrong or weak.
pub async fn join(
    app: &App,
    token: &str,
    password: Password,
    network: Network,
    before: Option<&StaffCaller>,
) -> Result<SignInStep, LinkError> {
    let LinkHolder { member, studio, accounts } = holder(app, token, Purpose::StaffInvitation, network).await?;
    let (hash, mut accounts) = if accounts.is_empty() {
        password.check(&[member.email.as_str(), &studio]).map_err(LinkError::Weak)?;
        (password.hash().await?, accounts)
    } else {
        let attempt = Attempt::sign_in(member.email.as_str(), network);
        let throttle = &app.access.sessions.throttle;
        let known = compare::known(app, throttle, attempt, password, async { Ok(accounts) }).await?;
        let hash = known.first().ok_or(LinkError::NoLink)?.password_hash.clone();
        (hash, known)
    };
    let language = accounts.first().and_then(|account| account.language);
    let before_lock = accounts.len();
    let slot = sign_in::write_slot(app, member.studio_id, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, member.studio_id, 1).await?;
    // A password that was changed meanwhile opens nothing.
    let locked = staff::lock_all(&mut tx, accounts.iter().chain([&member])).await?;
    accounts
        .retain(|account| locked.iter().any(|row| row.id == account.id && row.password_hash == account.password_hash));
    if accounts.len() < before_lock {
        return Err(NotSignedIn::Wrong.into());
    }
    let invited = locked.into_iter().find(|row| row.id == member.id).ok_or(LinkError::NoLink)?;
    use_link(&mut tx, token, Purpose::StaffInvitation).await?;
    if invited.state() != StaffState::Invited {
        return Err(LinkError::NoLink);
    }
    let joined = StaffMember { joined_at: Some(tx.now.clock), password_hash: hash, language, ..invited.clone() };
    tx.on().update("staff", &joined).await?;
    outbox::withdraw(tx.on(), &Recipient::staff(joined.id)).await?;
    let action = Action::by(&joined.actor(network), "staff.join", Subject::of(joined.id));
    tx.note(action.changed(&audited(&invited), &audited(&joined))).await?;
    tx.commit().await?;
    drop(slot);
    accounts.insert(0, joined);
    Ok(sign_in::begin(app, &accounts, network, before).await?)
}

/// Sets the password of the link's holder, in every studio that their address signs in to. Every session of theirs ends.
///
/// # Errors
/// When the link is no longer good, or the password is weak.
pub async fn reset(app: &App, token: &str, password: Password, network: Network) -> Result<(), LinkError> {
    let LinkHolder { member, studio, accounts } = holder(app, token, Purpose::PasswordReset, network).await?;
    password.check(&[member.email.as_str(), &studio]).map_err(LinkError::Weak)?;
    let hash = password.hash().await?;
    let _slot = sign_in::write_slot(app, member.studio_id, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, member.studio_id, 1).await?;
    let mut locked = staff::lock_all(&mut tx, accounts.iter().chain([&member])).await?;
    locked.retain(|account| account.state() == StaffState::Active);
    use_link(&mut tx, token, Purpose::PasswordReset).await?;
    if !locked.iter().any(|account| account.id == member.id) {
        return Err(LinkError::NoLink);
    }
    for account in locked {
        tx = tx.of(account.studio_id);
        set_password(&mut tx, account, hash.clone(), network).await?;
    }
    tx.commit().await?;
    app.outbox_signal.notify();
    Ok(())
}

async fn set_password(
    tx: &mut StudioTx,
    account: StaffMember,
    hash: PasswordHash,
    network: Network,
) -> Result<(), StoreError> {
    let (id, now) = (account.id, tx.now.clock);
    let action = Action::by(&account.actor(network), "staff.reset_password", Subject::of(id));
    staff::change_password(tx, account, hash).await?;
    tx.note(action).await?;
    outbox::withdraw(tx.on(), &Recipient::staff(id)).await?;
    let (to, subject_id) = (Recipient::staff(id), id.to_string());
    outbox::put(tx.on(), NewMail { kind: MailKind::PasswordChanged, to, subject_id, page: "" }, now).await
}

/// So long after one link no other is sent to the same person.
pub const RESETS_APART: Duration = Duration::from_mins(15);

/// Has a link to a new password sent to this address, if it signs in anywhere. Returns before anybody looks whether it does,
/// so that neither the answer nor its time tells. A server that stops at this moment sends nothing: it is asked for again.
///
/// # Errors
/// When it was asked for too often, from this network, or too many requests are being served.
pub async fn ask_for_reset(app: &App, email: String, network: Network) -> Result<(), NotSignedIn> {
    let (asked, of) = (app.clone(), &app.access.sessions.throttle);
    send_later(app, of, network, async move { send_reset(&asked, &email, network).await }).await
}

/// Sends a link to a new password, of staff or of a member, once this has returned.
///
/// # Errors
/// As [`ask_for_reset`].
pub async fn send_later(
    app: &App,
    throttle: &PasswordThrottle,
    network: Network,
    send: impl Future<Output = Result<(), LinkError>> + Send + 'static,
) -> Result<(), NotSignedIn> {
    let begun = throttle.begin(Attempt::reset(network), app.clock.uptime()).await;
    begun.map_err(|exhausted| NotSignedIn::Throttled(exhausted.wait))?;
    let slot = throttle.reset_slot()?;
    tokio::spawn(async move {
        let _slot = slot;
        if let Err(LinkError::NotSignedIn(NotSignedIn::Failed(problem))) = send.await {
            tracing::warn!(%problem, "a link to a new password was not sent");
        }
    });
    Ok(())
}

async fn send_reset(app: &App, email: &str, network: Network) -> Result<(), LinkError> {
    let Some(member) = sign_in::find(app, email, network).await?.into_iter().next() else { return Ok(()) };
    let _slot = sign_in::write_slot(app, member.studio_id, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, member.studio_id, 1).await?;
    let now = tx.now.clock;
    // Locked, so that of two who ask at once the second replaces the mail of the first.
    let locked = staff::lock(tx.on(), member.id).await?;
    if locked.is_none_or(|locked| locked.state() != StaffState::Active) {
        return Ok(());
    }
    // A link that was sent a moment ago stays good, however often a stranger asks.
    let to = Recipient::staff(member.id);
    if outbox::was_put_since(tx.on(), MailKind::PasswordReset, &to, now.minus(RESETS_APART)).await? {
        return Ok(());
    }
    if app.mail_quota.spend(tx.on(), member.email.as_str(), now).await?.is_some() {
        tracing::warn!(staff = %member.id, "a link to a new password was not sent: too many e-mails");
        return Ok(());
    }
    let page = format!("{}{PASSWORD_RESET}", app.urls.studio);
    let subject_id = member.id.to_string();
    let mail = NewMail { kind: MailKind::PasswordReset, to, subject_id, page: &page };
    outbox::put(tx.on(), mail, now).await?;
    tx.commit().await?;
    app.outbox_signal.notify();
    Ok(())
}

/// Whether a link is still good, once the row of its holder is locked; the caller uses it up in this transaction.
async fn use_link(tx: &mut StudioTx, token: &str, purpose: Purpose) -> Result<(), LinkError> {
    let now = tx.now.clock;
    let found = mail::holder(tx.tx.on(), token, now).await?;
    found.filter(|found| found.purpose == purpose).map(drop).ok_or(LinkError::NoLink)
}
