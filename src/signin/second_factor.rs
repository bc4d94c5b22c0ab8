//! The second factor of a person: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for who has lost it. One
//! for all studios that an address signs in to, as a new password is. Called by the pages that turn it on and off, and by
//! those that ask for a code.
//!
//! Promises that a code counts once, also on two instances at the same moment; that its secret stands in the database
//! encrypted, and recovery codes hashed; and that each change leaves an audit row in every studio of the person, and is told
//! by e-mail.

pub mod change;
pub mod check;
pub mod enrolment;
pub mod recovery;
pub mod required;
pub mod totp;
pub mod unscoped;

use crate::{operation::app::App, store::error::StoreError};

/// What the key that encrypts the secrets is derived for.
pub(super) const SEALED_SECRETS: &str = "second factors";

/// Logs, when a server starts, what is wrong with its signing secret. The server runs all the same: recovery codes still let
/// people in.
///
/// # Errors
/// When the database fails.
pub async fn report_unreadable(app: &App) -> Result<(), StoreError> {
    let (lack, key_id) = match app.signing_secret.sealer(SEALED_SECRETS) {
        Ok(sealer) => (None, sealer.key_id().to_owned()),
        Err(lack) => (Some(lack), String::new()),
    };
    let unreadable = unscoped::count_sealed_otherwise(app.db.read(), &key_id).await?;
    match lack {
        Some(lack) if unreadable > 0 => {
            tracing::error!(
                people = unreadable,
                "{lack}. Until then second factors let nobody in but by recovery codes"
            );
        }
        Some(lack) => tracing::info!("{lack}. Until then nobody can turn on a second factor"),
        None if unreadable > 0 => tracing::error!(
            people = unreadable,
            "second factors were encrypted with another signing secret: these people can sign in with recovery codes only. \
            Start the server with the earlier secret, or remove their second factors with `studio remove-second-factor`"
        ),
        None => {}
    }
    Ok(())
}
