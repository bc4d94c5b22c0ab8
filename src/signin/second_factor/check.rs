//! Checks what somebody typed as their second factor, and uses it up in the transaction of what it lets them do.

use super::{SEALED_SECRETS, recovery::hash_of_typed, totp::TotpSecret, unscoped};
use crate::{
    operation::app::App,
    store::{error::StoreError, studio::StudioTx},
};

/// What somebody typed as their second factor. Never printed.
#[derive(Clone)]
pub enum TypedCode {
    /// A code of their app.
    App(String),
    /// A recovery code.
    Recovery(String),
}

/// What let somebody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedCode {
    /// A code of their app.
    App,
    /// A recovery code, which is used up.
    Recovery,
}

/// Why a code does not count.
#[derive(Debug)]
pub enum CodeError {
    /// It is wrong, too old, or was used before.
    Wrong,
    /// The secret of the app's codes cannot be decrypted. Recovery codes still count.
    Unreadable,
    /// The database failed.
    Store(StoreError),
}

impl From<StoreError> for CodeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl TypedCode {
    /// From the two fields of a form: a recovery code where one was typed.
    pub fn of(code: &str, recovery_code: &str) -> Self {
        let typed = recovery_code.trim();
        if typed.is_empty() { Self::App(code.to_owned()) } else { Self::Recovery(typed.to_owned()) }
    }
}

/// Uses a code up, which counts from nobody again once this transaction commits.
///
/// # Errors
/// When it does not count.
pub(in crate::signin) async fn spend(
    app: &App,
    tx: &mut StudioTx,
    email_key: &str,
    typed: &TypedCode,
) -> Result<UsedCode, CodeError> {
    let (is_good, used) = match typed {
        TypedCode::App(code) => {
            let factor = unscoped::find(tx.tx.on(), email_key).await?.ok_or(CodeError::Wrong)?;
            let secret = decrypt(app, &factor)?;
            let step = secret.step_of(code, tx.now.clock).ok_or(CodeError::Wrong)?;
            (unscoped::use_step(tx.tx.on(), email_key, step).await?, UsedCode::App)
        }
        TypedCode::Recovery(code) => {
            let hash = hash_of_typed(code, email_key).ok_or(CodeError::Wrong)?;
            (unscoped::use_recovery_code(tx.tx.on(), email_key, hash).await?, UsedCode::Recovery)
        }
    };
    if is_good { Ok(used) } else { Err(CodeError::Wrong) }
}

fn decrypt(app: &App, factor: &unscoped::SecondFactor) -> Result<TotpSecret, CodeError> {
    let unreadable = |why: &dyn std::fmt::Display| {
        tracing::error!("a code of a second factor cannot be checked: {why}");
        CodeError::Unreadable
    };
    let sealer = app.signing_secret.sealer(SEALED_SECRETS).map_err(|lack| unreadable(&lack))?;
    if sealer.key_id() != factor.sealed_with {
        return Err(unreadable(&"its secret was encrypted with another signing secret than the one of this server"));
    }
    let secret = sealer.open(&factor.sealed_secret, &factor.email_key);
    let secret = secret.as_deref().and_then(TotpSecret::from_bytes);
    secret.ok_or_else(|| unreadable(&"its row was changed"))
}
