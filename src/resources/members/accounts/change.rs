//! What a member who is signed in changes of how they sign in: the password, and the address. Called by the pages of their account.
//!
//! Promises that both take the present password, throttled by session as a confirmation of staff is; that another password ends
//! every session but this browser's; that an address is changed by a link that is mailed to it and works once, for a day, and that
//! the address before is told; and that nothing said here tells whether an address is another member's.
//!
//! Decision: a change concerns one membership, as a link does. Memberships of the same address in other studios keep theirs.

use super::{
    links::{MemberLink, actor_of, check_link, holder},
    lock_current,
    queries::{self, MemberPassword},
};
use crate::{
    access::{
        member_sessions::{self, pages::EMAIL_CHANGE, stored::LiveMemberSession, visitor::SignedInMember},
        network::Network,
        sessions::throttle::Attempt,
    },
    mail::{
        link::Purpose,
        outbox::{self, MailKind, NewMail, Recipient},
    },
    operation::app::App,
    resources::members::{Membership, MembershipId, audited, erased, model::key_of, queries as members},
    signin::{
        links::LinkError,
        password::Password,
        sign_in::{NotSignedIn, known, write_slot},
    },
    store::{
        audit::{Action, Subject},
        error::StoreError,
        fair::Requester,
        row::{self, Row},
        studio::StudioTx,
        turns::WriteTx,
    },
    wire::text::Email,
};

/// Who changes something: one membership of who is signed in, and the network that they call from.
pub struct OwnAccount<'m> {
    member: &'m SignedInMember,
    session: &'m LiveMemberSession,
    network: Network,
}

impl<'m> OwnAccount<'m> {
    /// The membership of this id, if it is one of theirs; of no id, the first.
    pub fn of(member: &'m SignedInMember, id: Option<&str>, network: Network) -> Option<Self> {
        let mut sessions = member.sessions().iter();
        let session = sessions.find(|session| id.is_none_or(|id| session.membership_id.to_string() == id))?;
        Some(Self { member, session, network })
    }

    /// Its session.
    pub fn session(&self) -> &'m LiveMemberSession {
        self.session
    }

    fn id(&self) -> MembershipId {
        self.session.membership_id.same()
    }

    fn requester(&self) -> Requester {
        Requester { studio: Some(self.session.studio_id), network: self.network.address() }
    }

    /// What is stored of the password, where this is it.
    async fn confirmed(&self, app: &App, password: Password) -> Result<MemberPassword, NotSignedIn> {
        let own = async {
            let _slot = app.admission.read(self.requester(), 1).await?;
            Ok(queries::password_of(app.db.of(self.session.studio_id), self.id()).await?.into_iter().collect())
        };
        let attempt = Attempt::confirm(self.member.token_hash());
        let right = known(app, &app.access.member_sessions.throttle, attempt, password, own).await?;
        right.into_iter().next().ok_or(NotSignedIn::Wrong)
    }

    /// The membership, kept from changing, while it is current and has this password.
    async fn lock(&self, tx: &mut StudioTx, confirmed: &MemberPassword) -> Result<Row<Membership>, NotSignedIn> {
        let member = lock_current(tx, self.id()).await?.ok_or(NotSignedIn::Wrong)?;
        let held = queries::password_of(tx.on(), self.id()).await?;
        let is_same = held.is_some_and(|held| held.password_hash == confirmed.password_hash);
        if is_same { Ok(member) } else { Err(NotSignedIn::Wrong) }
    }
}

/// Changes the password of a membership. Its sessions in other browsers end, and links that were sent for it.
///
/// # Errors
/// When the old password is not right, or the new one is weak.
pub async fn change_password(
    app: &App,
    account: &OwnAccount<'_>,
    old: Password,
    new: Password,
) -> Result<(), LinkError> {
    let (id, network, studio_id) = (account.id(), account.network, account.session.studio_id);
    let confirmed = account.confirmed(app, old).await?;
    let member = {
        let _slot = app.admission.read(account.requester(), 1).await?;
        row::find::<Membership>(app.db.of(studio_id), id).await?.ok_or(NotSignedIn::Wrong)?
    };
    let hash =
        MemberLink { member, studio_id, studio: account.session.studio_name.clone(), address: None }.hash(new).await?;
    let _slot = write_slot(app, studio_id, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, studio_id, 1).await?;
    account.lock(&mut tx, &confirmed).await?;
    let (now, to) = (tx.now.clock, Recipient::member(id));
    queries::set_password(tx.on(), id, hash, now).await?;
    member_sessions::queries::end_all_but(tx.on(), id.same(), account.member.token_hash()).await?;
    for kind in [MailKind::PasswordReset, MailKind::EmailChange] {
        outbox::withdraw_kind(tx.on(), &to, kind).await?;
    }
    tx.note(Action::by(&actor_of(id, network), "members.change_password", Subject::of(id))).await?;
    let mail = NewMail { kind: MailKind::PasswordChanged, to, subject_id: id.to_string(), page: "" };
    outbox::put(tx.on(), mail, now).await?;
    tx.commit().await?;
    app.outbox_signal.notify();
    Ok(())
}

/// Has a link mailed to a new address, which confirms it. An earlier link confirms nothing any more. Nothing is sent to an address
/// that another member of the studio has, or a person who was erased; the answer is the same.
///
/// # Errors
/// When the password is not right, or too many mails were sent.
pub async fn ask_for_email(
    app: &App,
    account: &OwnAccount<'_>,
    email: &Email,
    password: Password,
) -> Result<(), NotSignedIn> {
    let (id, studio_id) = (account.id(), account.session.studio_id);
    let confirmed = account.confirmed(app, password).await?;
    let _slot = write_slot(app, studio_id, account.network).await?;
    let mut tx = app.db.begin_studio(&app.clock, studio_id, 1).await?;
    account.lock(&mut tx, &confirmed).await?;
    let (now, to) = (tx.now.clock, Recipient::member(id));
    if let Some(wait) = app.mail_quota.spend(tx.on(), email.as_str(), now).await? {
        return Err(NotSignedIn::Throttled(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1)));
    }
    outbox::withdraw_kind(tx.on(), &to, MailKind::EmailChange).await?;
    if is_free(&mut tx, id, email).await? {
        let page = format!("{}{EMAIL_CHANGE}", app.urls.members);
        let mail = NewMail { kind: MailKind::EmailChange, to, subject_id: id.to_string(), page: &page };
        outbox::put_to(tx.on(), mail, Some(email.as_str()), now).await?;
    }
    tx.commit().await?;
    app.outbox_signal.notify();
    Ok(())
}

/// Whether a membership may have an address.
async fn is_free(tx: &mut StudioTx, id: MembershipId, email: &Email) -> Result<bool, StoreError> {
    let key = key_of(email);
    Ok(!members::is_taken(tx.on(), id, &key).await? && erased::among(tx.on(), &[key]).await?.is_empty())
}

/// Gives a membership the address that a link was mailed to. Links to a new password that the address before has got are ended,
/// and it is told.
///
/// # Errors
/// When the link is no longer good, the membership is over, or the address is another member's by now.
pub async fn confirm_email(app: &App, token: &str, network: Network) -> Result<(), LinkError> {
    let link = holder(app, token, Purpose::EmailChange, network).await?;
    let (id, studio_id) = (link.member.id, link.studio_id);
    let email: Email = link.address.and_then(|address| address.parse().ok()).ok_or(LinkError::NoLink)?;
    let _slot = write_slot(app, studio_id, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, studio_id, 1).await?;
    let current = lock_current(&mut tx, id).await?.ok_or(LinkError::NoLink)?;
    let (now, to) = (tx.now, Recipient::member(id));
    // The row is locked: of two links, or two uses of one, the second finds none.
    check_link(&mut tx, token, Purpose::EmailChange).await?;
    for kind in [MailKind::EmailChange, MailKind::PasswordReset] {
        outbox::withdraw_kind(tx.on(), &to, kind).await?;
    }
    if !is_free(&mut tx, id, &email).await? {
        return Err(LinkError::NoLink);
    }
    let before = current.fields.email.clone();
    let member = current.clone().edited(now, Membership { email, ..current.fields.clone() });
    members::update(&mut tx, &member).await.map_err(|error| match error {
        // Somebody else has confirmed it at this moment.
        StoreError::Taken => LinkError::NoLink,
        other => other.into(),
    })?;
    tx.note(audited::action(&actor_of(id, network), "members.change_email", Some(&current), &member)).await?;
    let mail = NewMail { kind: MailKind::EmailChanged, to, subject_id: id.to_string(), page: "" };
    outbox::put_to(tx.on(), mail, Some(before.as_str()), now.clock).await?;
    tx.commit().await?;
    app.outbox_signal.notify();
    Ok(())
}
