//! What the links in mails to members open: accepting an invitation, and setting a new password. Called by pages that nobody has
//! to be signed in for; who holds the link is who reads that mailbox.
//!
//! Promises that a link works once, until it expires, for the one membership that it was sent for; that a new password ends every
//! session of that membership; and that asking for a link says nothing of whether anybody signs in with the address.

use super::{
    end, lock, lock_current, queries,
    sign_in::{begin_session, end_before},
    unscoped::{self, MembershipOfStudio},
};
use crate::{
    access::{
        member_sessions::{pages::PASSWORD_RESET, visitor::SignedInMember},
        network::Network,
    },
    mail::{
        self,
        link::Purpose,
        outbox::{self, MailKind, NewMail, Recipient},
    },
    operation::app::App,
    resources::{
        members::{Membership, MembershipId, MembershipStatus, audited, period, queries as members, rules},
        studios,
    },
    signin::{
        links::{self, LinkError, RESETS_APART},
        password::{Password, PasswordHash},
        sign_in::{NotSignedIn, write_slot},
    },
    store::{
        audit::{Action, Actor, Subject},
        fair::Requester,
        id::StudioId,
        row::{self, Row},
        studio::StudioTx,
        token::Token,
        turns::WriteTx,
    },
    wire::language::Language,
};

/// A link, and whom it was sent to.
pub struct MemberLink {
    /// The membership.
    pub member: Row<Membership>,
    /// Whose studio it is.
    pub(super) studio_id: StudioId,
    /// That studio's name.
    pub studio: String,
    /// The address that it confirms, if it does.
    pub address: Option<String>,
}

/// Whom a link was sent to, while it is good.
///
/// # Errors
/// When it is not.
pub async fn holder(app: &App, token: &str, purpose: Purpose, network: Network) -> Result<MemberLink, LinkError> {
    let _slot = app.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
    let found = mail::holder(app.db.read(), token, app.clock.now()).await?;
    let found = found.filter(|found| found.purpose == purpose).ok_or(LinkError::NoLink)?;
    let id = found.membership_id.and_then(|id| id.parse().ok()).ok_or(LinkError::NoLink)?;
    let studio_id = found.studio_id;
    let member = row::find::<Membership>(app.db.of(studio_id), id).await?.ok_or(LinkError::NoLink)?;
    let studio = studios::find(app.db.of(studio_id)).await?.ok_or(LinkError::NoLink)?;
    Ok(MemberLink { member, studio_id, studio: studio.fields.name, address: found.address })
}

impl MemberLink {
    /// Hashes the password that they chose, unless it is weak.
    pub(super) async fn hash(&self, password: Password) -> Result<PasswordHash, LinkError> {
        let Membership { email, first_name, last_name, .. } = &self.member.fields;
        let names = [first_name, last_name].into_iter().flatten().map(String::as_str);
        let known: Vec<_> = [email.as_str(), &self.studio].into_iter().chain(names).collect();
        password.check(&known).map_err(LinkError::Weak)?;
        Ok(password.hash().await?)
    }
}

/// A member, as who changes something from this network.
pub(in crate::resources::members) fn actor_of(id: MembershipId, network: Network) -> Actor {
    Actor { id: id.to_string(), label: None, from: Some(network.masked()) }
}

/// Accepts an invitation with a password: the membership is active from now on, and its holder is signed in.
///
/// # Errors
/// When the link is no longer good, or the password is weak.
pub async fn accept(
    app: &App,
    token: &str,
    password: Password,
    network: Network,
    before: Option<&SignedInMember>,
) -> Result<Token, LinkError> {
    let link = holder(app, token, Purpose::Invitation, network).await?;
    let (id, hash) = (link.member.id, link.hash(password).await?);
    let _slot = write_slot(app, link.studio_id, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, link.studio_id, 1).await?;
    let current = lock(&mut tx, id).await?.filter(|member| member.fields.status == MembershipStatus::Invited);
    let current = current.ok_or(LinkError::NoLink)?;
    use_link(&mut tx, token, Purpose::Invitation, id).await?;
    let (now, today) = (tx.now, period::today(&mut tx).await?);
    let status = MembershipStatus::Active;
    let mut fields = Membership { status, last_signed_in_at: Some(now.clock), ..current.fields.clone() };
    rules::begin(&mut fields, today);
    let member = current.clone().edited(now, fields);
    members::update(&mut tx, &member).await?;
    tx.note(audited::action(&actor_of(id, network), "members.accept", Some(&current), &member)).await?;
    // A membership that begins anew may have had another password.
    end::forget(&mut tx, id).await?;
    queries::set_password(tx.on(), id, hash, now.clock).await?;
    queries::note_language(tx.on(), id, Some(Language::current())).await?;
    let session = Token::mint();
    begin_session(&mut tx, &session, id, network).await?;
    end_before(&mut tx, before).await?;
    tx.commit().await?;
    Ok(session)
}

/// Sets the password of the membership that a link was sent for. Every session of it ends.
///
/// # Errors
/// When the link is no longer good, or the password is weak.
pub async fn reset(app: &App, token: &str, password: Password, network: Network) -> Result<(), LinkError> {
    let link = holder(app, token, Purpose::PasswordReset, network).await?;
    let (id, hash) = (link.member.id, link.hash(password).await?);
    let _slot = write_slot(app, link.studio_id, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, link.studio_id, 1).await?;
    lock_current(&mut tx, id).await?.ok_or(LinkError::NoLink)?;
    use_link(&mut tx, token, Purpose::PasswordReset, id).await?;
    let now = tx.now.clock;
    end::forget(&mut tx, id).await?;
    queries::set_password(tx.on(), id, hash, now).await?;
    queries::note_language(tx.on(), id, Some(Language::current())).await?;
    tx.note(Action::by(&actor_of(id, network), "members.reset_password", Subject::of(id))).await?;
    let (to, subject_id) = (Recipient::member(id), id.to_string());
    outbox::put(tx.on(), NewMail { kind: MailKind::PasswordChanged, to, subject_id, page: "" }, now).await?;
    tx.commit().await?;
    app.outbox_signal.notify();
    Ok(())
}

/// Has a link to a new password sent for each current membership of this address. Returns before anybody looks whether there is
/// one, so that neither the answer nor its time tells.
///
/// # Errors
/// When it was asked for too often, from this network, or too many requests are being served.
pub async fn ask_for_reset(app: &App, email: String, network: Network) -> Result<(), NotSignedIn> {
    let (asked, of) = (app.clone(), &app.access.member_sessions.throttle);
    links::send_later(app, of, network, async move { send_resets(&asked, &email, network).await }).await
}

async fn send_resets(app: &App, email: &str, network: Network) -> Result<(), LinkError> {
    let slot = app.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
    let found = unscoped::by_email(app.db.read(), email).await?;
    drop(slot);
    for membership in found {
        send_reset(app, membership, network).await?;
    }
    Ok(())
}

async fn send_reset(
    app: &App,
    MembershipOfStudio { studio_id, membership_id }: MembershipOfStudio,
    network: Network,
) -> Result<(), LinkError> {
    let _slot = write_slot(app, studio_id, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, studio_id, 1).await?;
    let now = tx.now.clock;
    // Locked, so that of two who ask at once the second replaces the mail of the first.
    let Some(member) = lock_current(&mut tx, membership_id).await? else { return Ok(()) };
    let to = Recipient::member(membership_id);
    // A link that was sent a moment ago stays good, however often a stranger asks.
    if outbox::was_put_since(tx.on(), MailKind::PasswordReset, &to, now.minus(RESETS_APART)).await? {
        return Ok(());
    }
    if app.mail_quota.spend(tx.on(), member.fields.email.as_str(), now).await?.is_some() {
        tracing::warn!(membership = %membership_id, "a link to a new password was not sent: too many e-mails");
        return Ok(());
    }
    let page = format!("{}{PASSWORD_RESET}", app.urls.members);
    let subject_id = membership_id.to_string();
    let mail = NewMail { kind: MailKind::PasswordReset, to, subject_id, page: &page };
    outbox::put(tx.on(), mail, now).await?;
    tx.commit().await?;
    app.outbox_signal.notify();
    Ok(())
}

/// Uses a link up, with all others that were sent for the membership, if it is still good. The membership's row is locked, as
/// by every other change of it. Of two who use one link at once, the second finds it gone.
async fn use_link(tx: &mut StudioTx, token: &str, purpose: Purpose, id: MembershipId) -> Result<(), LinkError> {
    check_link(tx, token, purpose).await?;
    outbox::withdraw(tx.on(), &Recipient::member(id)).await?;
    Ok(())
}

/// Refuses a link that is no longer good.
pub(super) async fn check_link(tx: &mut StudioTx, token: &str, purpose: Purpose) -> Result<(), LinkError> {
    let found = mail::holder(tx.tx.on(), token, tx.now.clock).await?;
    if found.is_some_and(|found| found.purpose == purpose) { Ok(()) } else { Err(LinkError::NoLink) }
}
