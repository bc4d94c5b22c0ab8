//! Turning a second factor off, making new recovery codes, and what every change of a second factor leaves: audit rows and an
//! e-mail. The pages that call it ask for fresh authentication.

use super::{recovery::RecoveryCode, unscoped};
use crate::{
    access::{caller::Caller, network::Network, sessions::caller::StaffCaller},
    mail::outbox::{self, MailKind, NewMail, Recipient},
    operation::app::App,
    signin::{
        self,
        staff::{self, StaffId, StaffMember},
    },
    store::{
        audit::{self, Action, Subject},
        error::StoreError,
        mailbox,
        signing_secret::NoSecret,
        studio::StudioTx,
        turns::WriteTx,
    },
};

/// Why a second factor is not changed.
#[derive(Debug)]
pub enum ChangeError {
    /// This gateway has no signing secret.
    NoSecret(NoSecret),
    /// The form is not of this session, or too old.
    Late,
    /// The code is wrong.
    WrongCode,
    /// The address has another password in another studio, so that nobody knows whether it is the same person.
    OtherPassword,
    /// It is on already.
    IsOn,
    /// It is off.
    IsOff,
    /// The database failed.
    Store(StoreError),
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Turns the second factor of who is signed in off.
///
/// # Errors
/// When it is off already.
pub async fn turn_off(app: &App, caller: &StaffCaller) -> Result<(), ChangeError> {
    let mut tx = app.db.begin_studio(&app.clock, caller.studio(), 1).await?;
    let accounts = lock_accounts(&mut tx, caller).await?;
    let email_key = mailbox::key(&caller.session().email);
    if !unscoped::remove(tx.tx.on(), &email_key).await? {
        return Err(ChangeError::IsOff);
    }
    unscoped::end_all_pending(tx.tx.on(), &email_key).await?;
    note_in_all(&mut tx, &accounts, caller.network(), "staff.second_factor_off").await?;
    send_to(&mut tx, caller.session().staff_id, MailKind::SecondFactorOff).await?;
    tx.commit().await?;
    app.outbox_signal.notify();
    Ok(())
}

/// Makes new recovery codes, which are shown now and never again. Those before count no more.
///
/// # Errors
/// When the second factor is off.
pub async fn make_recovery_codes(app: &App, caller: &StaffCaller) -> Result<Vec<RecoveryCode>, ChangeError> {
    let mut tx = app.db.begin_studio(&app.clock, caller.studio(), 1).await?;
    let accounts = lock_accounts(&mut tx, caller).await?;
    let email_key = mailbox::key(&caller.session().email);
    if unscoped::find(tx.tx.on(), &email_key).await?.is_none() {
        return Err(ChangeError::IsOff);
    }
    let codes = RecoveryCode::mint_all();
    let hashes = codes.iter().map(|code| code.hash(&email_key)).collect();
    unscoped::replace_recovery_codes(tx.tx.on(), &email_key, hashes).await?;
    note_in_all(&mut tx, &accounts, caller.network(), "staff.new_recovery_codes").await?;
    tx.commit().await?;
    Ok(codes)
}

/// Removes the second factor of a person of this studio, and tells them by e-mail. `None` when they have no second factor.
///
/// # Errors
/// When the database fails.
pub async fn remove_on_the_command_line(tx: &mut StudioTx, email: &str) -> Result<Option<StaffMember>, StoreError> {
    let (email_key, now) = (mailbox::key(email), tx.now.clock);
    let found = signin::unscoped::by_key(tx.tx.on(), &email_key).await?;
    let accounts = staff::lock_all(tx, &found).await?;
    let Some(person) = accounts.iter().find(|account| account.studio_id == tx.studio) else { return Ok(None) };
    if !unscoped::remove(tx.tx.on(), &email_key).await? {
        return Ok(None);
    }
    unscoped::end_all_pending(tx.tx.on(), &email_key).await?;
    for account in &accounts {
        let action = Action::on_the_command_line("studio.remove_second_factor", Subject::of(account.id));
        audit::add(tx.tx.on().of(account.studio_id), action, now).await?;
    }
    send_to(tx, person.id, MailKind::SecondFactorOff).await?;
    Ok(Some(person.clone()))
}

/// Locks the accounts of who is signed in, in every studio, in the order of their ids, as a sign-in does.
pub(in crate::signin) async fn lock_accounts(
    tx: &mut StudioTx,
    caller: &StaffCaller,
) -> Result<Vec<StaffMember>, StoreError> {
    let found = signin::unscoped::by_email(tx.tx.on(), &caller.session().email).await?;
    staff::lock_all(tx, found.iter()).await
}

/// Writes an audit row of a person's own change in each of their studios.
pub(in crate::signin) async fn note_in_all(
    tx: &mut StudioTx,
    accounts: &[StaffMember],
    network: Network,
    name: &'static str,
) -> Result<(), StoreError> {
    let now = tx.now.clock;
    for account in accounts {
        let action = Action::by(&account.actor(network), name, Subject::of(account.id));
        audit::add(tx.tx.on().of(account.studio_id), action, now).await?;
    }
    Ok(())
}

/// Tells somebody of this transaction's studio by e-mail.
pub(in crate::signin) async fn send_to(tx: &mut StudioTx, id: StaffId, kind: MailKind) -> Result<(), StoreError> {
    let now = tx.now.clock;
    let mail = NewMail { kind, to: Recipient::staff(id), subject_id: id.to_string(), page: "" };
    outbox::put(tx.on(), mail, now).await
}
