//! Turning a second factor on: the server makes a secret, which counts only once a first code has proved that the person's app
//! has it. Until then the secret stands nowhere but in the page: its form brings it back, encrypted for this session.

use std::time::Duration;

use super::{
    SEALED_SECRETS,
    change::{ChangeError, lock_accounts, note_in_all, send_to},
    recovery::RecoveryCode,
    totp::TotpSecret,
    unscoped::{self, SecondFactor},
};
use crate::{
    access::{
        caller::Caller,
        sessions::{self, caller::StaffCaller},
    },
    mail::outbox::MailKind,
    operation::app::App,
    store::{error::StoreError, mailbox, turns::WriteTx},
};

/// What the key of forms is derived for.
const FORMS: &str = "second factor forms";
/// How long a secret that is offered may be confirmed.
const OFFERED_FOR: Duration = Duration::from_hours(1);
/// The bytes of a time.
const TIME_LENGTH: usize = 8;

/// A secret that a person may put into their app.
pub struct Offer {
    /// The secret.
    pub secret: TotpSecret,
    /// What the form brings back of it.
    pub form: String,
}

/// Offers a new secret.
///
/// # Errors
/// When this gateway has no signing secret.
pub fn offer(app: &App, caller: &StaffCaller) -> Result<Offer, ChangeError> {
    let secret = TotpSecret::mint();
    let ends_at = app.clock.now().plus(OFFERED_FOR).micros().to_be_bytes();
    let sealer = app.signing_secret.sealer(FORMS).map_err(ChangeError::NoSecret)?;
    let form = sealer.seal(&[&ends_at[..], secret.reveal()].concat(), &caller.session().token_hash)?;
    Ok(Offer { secret, form })
}

/// What was offered to this session, while it may be confirmed.
///
/// # Errors
/// When this gateway has no signing secret, or the form is not of this session, or too old.
pub fn offered(app: &App, caller: &StaffCaller, form: &str) -> Result<Offer, ChangeError> {
    let sealer = app.signing_secret.sealer(FORMS).map_err(ChangeError::NoSecret)?;
    let opened = sealer.open(form, &caller.session().token_hash).ok_or(ChangeError::Late)?;
    let (ends_at, secret) = opened.split_first_chunk::<TIME_LENGTH>().ok_or(ChangeError::Late)?;
    if i64::from_be_bytes(*ends_at) <= app.clock.now().micros() {
        return Err(ChangeError::Late);
    }
    let secret = TotpSecret::from_bytes(secret).ok_or(ChangeError::Late)?;
    Ok(Offer { secret, form: form.to_owned() })
}

/// Turns the second factor of who is signed in on, and ends all their other sessions. Returns the recovery codes, which are
/// shown now and never again.
///
/// # Errors
/// When the code is wrong, it is on already, or this session does not open every account of the address.
pub async fn turn_on(
    app: &App,
    caller: &StaffCaller,
    offer: &Offer,
    code: &str,
) -> Result<Vec<RecoveryCode>, ChangeError> {
    let session = caller.session();
    let email_key = mailbox::key(&session.email);
    let sealer = app.signing_secret.sealer(SEALED_SECRETS).map_err(ChangeError::NoSecret)?;
    let mut tx = app.db.begin_studio(&app.clock, caller.studio(), 1).await?;
    let now = tx.now.clock;
    let last_step = offer.secret.step_of(code, now).ok_or(ChangeError::WrongCode)?;
    let accounts = lock_accounts(&mut tx, caller).await?;
    if accounts.iter().any(|account| session.accounts().all(|own| own != account.id)) {
        return Err(ChangeError::OtherPassword);
    }
    let factor = SecondFactor {
        sealed_secret: sealer.seal(offer.secret.reveal(), &email_key)?,
        sealed_with: sealer.key_id().to_owned(),
        email_key: email_key.clone(),
        last_step,
        turned_on_at: now,
    };
    let inserted = unscoped::insert(tx.tx.on(), &factor).await;
    inserted.map_err(|error| if matches!(error, StoreError::Taken) { ChangeError::IsOn } else { error.into() })?;
    let codes = RecoveryCode::mint_all();
    let hashes = codes.iter().map(|code| code.hash(&email_key)).collect();
    unscoped::replace_recovery_codes(tx.tx.on(), &email_key, hashes).await?;
    // A session that was begun without a code may be somebody else's.
    for account in &accounts {
        sessions::unscoped::end_all_but(tx.tx.on(), account.id, &session.token_hash).await?;
    }
    unscoped::end_all_pending(tx.tx.on(), &email_key).await?;
    note_in_all(&mut tx, &accounts, caller.network(), "staff.second_factor_on").await?;
    send_to(&mut tx, session.staff_id, MailKind::SecondFactorOn).await?;
    tx.commit().await?;
    app.outbox_signal.notify();
    Ok(codes)
}
