//! Signing in to the dashboard: from an e-mail address and a password, and a code where a second factor is on, to a session.
//! Called by the pages that ask for them.
//!
//! Promises that nothing but the right password shows that a second factor is on; that a session of a person with a second
//! factor begins with a code alone; and that a wrong code costs an attempt and nothing else.

use std::time::Duration;

use tokio::time::Instant as Moment;

pub use super::{
    compare::{Account, known},
    refusal::NotSignedIn,
};
use super::{
    compare::{compared, wrong_since},
    password::Password,
    second_factor::{
        change::{note_in_all, send_to},
        check::{CodeError, TypedCode, UsedCode, spend},
        unscoped::{self as factors, CODE_WITHIN, PendingSignIn},
    },
    staff::{self, StaffMember, StaffState},
    unscoped,
};
use crate::{
    access::{
        caller::Caller,
        network::Network,
        sessions::{
            self,
            caller::StaffCaller,
            stored::{Session, begun},
            throttle::Attempt,
        },
    },
    mail::outbox::MailKind,
    operation::app::App,
    store::{
        error::StoreError,
        fair::{Requester, Slot},
        id::StudioId,
        mailbox,
        studio::StudioTx,
        token::Token,
        turns::WriteTx,
    },
};

/// What a right password leads to.
#[derive(Debug)]
pub enum SignInStep {
    /// A session: its token.
    SignedIn(Token),
    /// A sign-in that waits for a code: its token, which opens nothing but that.
    CodeNeeded(Token),
}

/// Begins a session for the person with this address and password, in place of the one that they had before; or asks for their
/// code first. One who has them in several studios begins in the oldest, and may switch to the others.
///
/// # Errors
/// When there is no such account, this is not its password, there were too many attempts, or the database fails.
pub async fn sign_in(
    app: &App,
    email: &str,
    password: Password,
    network: Network,
    before: Option<&StaffCaller>,
) -> Result<SignInStep, NotSignedIn> {
    let attempt = Attempt::sign_in(email, network);
    let throttle = &app.access.sessions.throttle;
    let found = compared(app, throttle, attempt, password, find(app, email, network)).await?;
    let step = begin(app, &found, network, before).await?;
    if matches!(step, SignInStep::SignedIn(_)) {
        throttle.succeeded(attempt, app.clock.uptime()).await;
    }
    Ok(step)
}

/// Begins a session, or asks for a code, for accounts of one person whose password was right a moment ago. Those whose
/// password was changed since then are left out, so that the old one begins nothing once the new one is stored.
///
/// # Errors
/// When nobody is left, or the database fails.
pub async fn begin(
    app: &App,
    found: &[StaffMember],
    network: Network,
    before: Option<&StaffCaller>,
) -> Result<SignInStep, NotSignedIn> {
    let first = found.first().ok_or(NotSignedIn::Wrong)?;
    let _slot = write_slot(app, first.studio_id, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, first.studio_id, 1).await?;
    let hash_of = |now: &StaffMember| found.iter().find(|was| was.id == now.id).map(|was| &was.password_hash);
    let mut accounts = staff::lock_all(&mut tx, found).await?;
    accounts.retain(|now| hash_of(now) == Some(&now.password_hash));
    let email_key = mailbox::key(first.email.as_str());
    let step = if factors::find(tx.tx.on(), &email_key).await?.is_some() {
        SignInStep::CodeNeeded(begin_pending(&mut tx, &accounts, email_key).await?)
    } else {
        SignInStep::SignedIn(begin_session(&mut tx, &accounts, network, before).await?)
    };
    tx.commit().await?;
    Ok(step)
}

/// Begins the session of a sign-in that waits for its code.
///
/// # Errors
/// When the code does not count, it was typed too late, there were too many attempts, or the database fails.
pub async fn finish(
    app: &App,
    token: &str,
    code: &TypedCode,
    network: Network,
    before: Option<&StaffCaller>,
) -> Result<Token, NotSignedIn> {
    let pending = {
        let _slot = app.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
        factors::find_pending(app.db.read(), token, app.clock.now()).await?.ok_or(NotSignedIn::Late)?
    };
    let first = *pending.accounts.first().ok_or(NotSignedIn::Late)?;
    let studio = unscoped::find(app.db.read(), first).await?.ok_or(NotSignedIn::Late)?.studio_id;
    let attempt = match code {
        TypedCode::App(_) => Attempt::code(&pending.email_key, network),
        TypedCode::Recovery(_) => Attempt::recovery_code(&pending.email_key, network),
    };
    app.access.sessions.throttle.begin(attempt, app.clock.uptime()).await?;
    let _slot = write_slot(app, studio, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, studio, 1).await?;
    let mut found = unscoped::by_key(tx.tx.on(), &pending.email_key).await?;
    found.retain(|account| pending.accounts.contains(&account.id));
    found.sort_by_key(|account| pending.accounts.iter().position(|id| *id == account.id));
    let mut accounts = staff::lock_all(&mut tx, &found).await?;
    accounts.retain(|account| account.state() == StaffState::Active);
    if !factors::end_pending(tx.tx.on(), &pending).await? {
        return Err(NotSignedIn::Late);
    }
    spend_and_tell(app, &mut tx, &accounts, code, network).await?;
    let session = begin_session(&mut tx, &accounts, network, before).await?;
    tx.commit().await?;
    app.outbox_signal.notify();
    let (throttle, now) = (&app.access.sessions.throttle, app.clock.uptime());
    throttle.succeeded(attempt, now).await;
    throttle.succeeded(Attempt::sign_in(&pending.email_key, network), now).await;
    Ok(session)
}

/// Notes that who is signed in has typed their password again, and a code where they have a second factor.
///
/// # Errors
/// As [`sign_in`] and [`finish`]; a wrong code looks like a wrong password.
pub async fn confirm(app: &App, caller: &StaffCaller, password: Password, code: &TypedCode) -> Result<(), NotSignedIn> {
    let (session, network, began) = (caller.session(), caller.network(), Moment::now());
    let own = async {
        let _slot = app.admission.read(caller.requester(), 1).await?;
        let member = staff::find(app.db.of(session.studio_id), session.staff_id).await?;
        Ok(member.into_iter().collect())
    };
    let (throttle, attempt) = (&app.access.sessions.throttle, Attempt::confirm(&session.token_hash));
    compared(app, throttle, attempt, password, own).await?;
    let of_code = Attempt::confirm_code(&session.token_hash);
    if session.has_second_factor {
        throttle.begin(of_code, app.clock.uptime()).await?;
    }
    let slot = write_slot(app, session.studio_id, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, session.studio_id, 1).await?;
    if session.has_second_factor {
        let found = unscoped::by_email(tx.tx.on(), &session.email).await?;
        let accounts = staff::lock_all(&mut tx, &found).await?;
        match spend_and_tell(app, &mut tx, &accounts, code, network).await {
            Err(CodeError::Wrong) => {
                // Nobody waits for this refusal to be late.
                drop((tx, slot));
                return Err(wrong_since(began).await);
            }
            spent => spent?,
        }
    }
    // A session that was ended meanwhile, as by another password, is there no more, and stays so.
    let now = tx.now.clock;
    sessions::unscoped::note_password(tx.tx.on(), &session.token_hash, now).await?;
    tx.commit().await?;
    app.outbox_signal.notify();
    throttle.succeeded(attempt, app.clock.uptime()).await;
    if session.has_second_factor {
        throttle.succeeded(of_code, app.clock.uptime()).await;
    }
    Ok(())
}

/// Uses a code up. That a recovery code was used is told by e-mail, and leaves an audit row in each studio.
async fn spend_and_tell(
    app: &App,
    tx: &mut StudioTx,
    accounts: &[StaffMember],
    code: &TypedCode,
    network: Network,
) -> Result<(), CodeError> {
    let first = accounts.first().ok_or(CodeError::Wrong)?;
    let used = spend(app, tx, &mailbox::key(first.email.as_str()), code).await?;
    if used == UsedCode::Recovery {
        note_in_all(tx, accounts, network, "staff.recovery_code_used").await?;
        let own = accounts.iter().find(|account| account.studio_id == tx.studio);
        if let Some(own) = own {
            send_to(tx, own.id, MailKind::RecoveryCodeUsed).await?;
        }
    }
    Ok(())
}

async fn begin_pending(tx: &mut StudioTx, accounts: &[StaffMember], email_key: String) -> Result<Token, NotSignedIn> {
    if accounts.is_empty() {
        return Err(NotSignedIn::Wrong);
    }
    let token = Token::mint();
    let pending = PendingSignIn {
        token_hash: token.hash(),
        email_key,
        accounts: accounts.iter().map(|account| account.id).collect(),
        expires_at: tx.now.clock.plus(CODE_WITHIN),
    };
    factors::begin_pending(tx.tx.on(), &pending).await?;
    Ok(token)
}

async fn begin_session(
    tx: &mut StudioTx,
    accounts: &[StaffMember],
    network: Network,
    before: Option<&StaffCaller>,
) -> Result<Token, NotSignedIn> {
    let (first, others) = accounts.split_first().ok_or(NotSignedIn::Wrong)?;
    let (token, now) = (Token::mint(), tx.now.clock);
    if let Some(before) = before {
        sessions::unscoped::end(tx.tx.on(), &before.session().token_hash).await?;
    }
    let session = Session { network: Some(network.masked()), ..begun(&token, first.studio_id, first.id, now) };
    let others: Vec<_> = others.iter().map(|account| account.id).collect();
    sessions::unscoped::begin(tx.tx.on(), &session, &others).await?;
    staff::note_sign_in(tx.tx.on().of(first.studio_id), first.id, now).await?;
    tracing::info!(staff = %first.id, studio = %first.studio_id, "somebody of the staff signed in");
    Ok(token)
}

pub(super) async fn find(app: &App, email: &str, network: Network) -> Result<Vec<StaffMember>, StoreError> {
    let _slot = app.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
    unscoped::by_email(app.db.read(), email).await
}

/// A slot to write to the database, for somebody from this network.
pub async fn write_slot(app: &App, studio: StudioId, network: Network) -> Result<Slot, StoreError> {
    app.admission.write(Requester { studio: Some(studio), network: network.address() }, Duration::ZERO).await
}
