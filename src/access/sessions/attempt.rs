//! What an attempt to type a password or a code counts by, and how many of each are allowed.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::{
    access::{network::Network, window::WindowLimit},
    store::mailbox,
};

const fn in_a_quarter(events: usize) -> WindowLimit {
    WindowLimit { events, span: Duration::from_mins(15) }
}

/// Attempts from one network.
const OF_NETWORK: WindowLimit = in_a_quarter(50);
/// Attempts on one account from one network, or by one session.
const OF_ACCOUNT_AND_NETWORK: WindowLimit = in_a_quarter(10);
/// Attempts on one account from networks that never signed in to it.
const OF_ACCOUNT: WindowLimit = in_a_quarter(100);
/// Codes of one account from one network, or by one session: 40 a day of a million, of which three count at a time.
const CODES: WindowLimit = WindowLimit { events: 10, span: Duration::from_hours(6) };
/// Codes of one account from networks that never signed in to it with one: of a million codes three count at a time, so that a
/// year of guesses finds one with a chance of a twentieth, by somebody who has the password.
const CODES_OF_ACCOUNT: WindowLimit = WindowLimit { events: 50, span: Duration::from_hours(24) };
/// Attempts that succeeded, of one account from one network, or of one session: each writes to the database.
pub(super) const SUCCESSES: WindowLimit = in_a_quarter(60);
/// Links to a new password that are asked for from one network.
const RESETS_OF_NETWORK: WindowLimit = in_a_quarter(20);
/// Sign-ins in a window of its own that are asked for from one network.
const WINDOWS_OF_NETWORK: WindowLimit = in_a_quarter(60);

/// What attempts are counted by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum CountedBy {
    Network(Network),
    Both([u8; 32], Network),
    Account([u8; 32]),
    Session([u8; 32]),
    ResetFrom(Network),
    WindowFrom(Network),
    CodeOfBoth([u8; 32], Network),
    CodeOfAccount([u8; 32]),
    CodeOfSession([u8; 32]),
    RecoveryOfBoth([u8; 32], Network),
}

/// Who types a password or a code.
#[derive(Clone, Copy)]
pub struct Attempt {
    /// The account from a network, or the session.
    pub(super) who: CountedBy,
    /// The account.
    pub(super) account: Option<CountedBy>,
    pub(super) network: Option<CountedBy>,
}

impl Attempt {
    /// Somebody who signs in with this e-mail address, of whatever spelling.
    pub fn sign_in(email: &str, network: Network) -> Self {
        let account = account_of(email);
        Self {
            who: CountedBy::Both(account, network),
            account: Some(CountedBy::Account(account)),
            network: Some(CountedBy::Network(network)),
        }
    }

    /// Somebody who types a code of their second factor, with the key of their address.
    pub fn code(email_key: &str, network: Network) -> Self {
        let account = account_of(email_key);
        Self {
            who: CountedBy::CodeOfBoth(account, network),
            account: Some(CountedBy::CodeOfAccount(account)),
            network: Some(CountedBy::Network(network)),
        }
    }

    /// Somebody who types a recovery code. It is too long to be guessed, so that nobody who guesses codes of an app elsewhere
    /// keeps its owner from using one.
    pub fn recovery_code(email_key: &str, network: Network) -> Self {
        Self {
            who: CountedBy::RecoveryOfBoth(account_of(email_key), network),
            account: None,
            network: Some(CountedBy::Network(network)),
        }
    }

    /// Somebody who is signed in and types a code, by what is stored of their session's token.
    pub fn confirm_code(token_hash: &str) -> Self {
        Self { who: CountedBy::CodeOfSession(Sha256::digest(token_hash).into()), account: None, network: None }
    }

    /// Somebody who asks for a link to a new password. An account is protected by the time between two mails, so that no
    /// stranger uses up the attempts of its owner.
    pub fn reset(network: Network) -> Self {
        Self { who: CountedBy::ResetFrom(network), account: None, network: None }
    }

    /// Somebody who wants to sign in in a window of its own.
    pub fn window(network: Network) -> Self {
        Self { who: CountedBy::WindowFrom(network), account: None, network: None }
    }

    /// Somebody who is signed in, by what is stored of their session's token.
    pub fn confirm(token_hash: &str) -> Self {
        Self { who: CountedBy::Session(Sha256::digest(token_hash).into()), account: None, network: None }
    }
}

fn account_of(email: &str) -> [u8; 32] {
    Sha256::digest(mailbox::key(email)).into()
}

impl CountedBy {
    /// What tells it from all others.
    pub(super) fn name(self) -> String {
        let of = |kind: &str, account: [u8; 32]| format!("{kind} {}", hex::encode(account));
        let at = |kind: &str, network: Network| format!("{kind} {}", network.address());
        match self {
            Self::Network(network) => at("network", network),
            Self::Both(account, network) => at(&of("account", account), network),
            Self::Account(account) => of("account", account),
            Self::Session(session) => of("session", session),
            Self::ResetFrom(network) => at("reset", network),
            Self::WindowFrom(network) => at("window", network),
            Self::CodeOfBoth(account, network) => at(&of("code", account), network),
            Self::CodeOfAccount(account) => of("code", account),
            Self::CodeOfSession(session) => of("code of session", session),
            Self::RecoveryOfBoth(account, network) => at(&of("recovery", account), network),
        }
    }

    pub(super) fn limit(self) -> WindowLimit {
        match self {
            Self::Network(_) => OF_NETWORK,
            Self::Both(..) | Self::Session(_) | Self::RecoveryOfBoth(..) => OF_ACCOUNT_AND_NETWORK,
            Self::CodeOfBoth(..) | Self::CodeOfSession(_) => CODES,
            Self::Account(_) => OF_ACCOUNT,
            Self::CodeOfAccount(_) => CODES_OF_ACCOUNT,
            Self::ResetFrom(_) => RESETS_OF_NETWORK,
            Self::WindowFrom(_) => WINDOWS_OF_NETWORK,
        }
    }
}
