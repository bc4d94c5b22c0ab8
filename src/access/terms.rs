//! What a key is asked to be, or to become, and what of that is refused. A key's parts have to fit its kind, and
//! nothing of it ever grows.

use std::{borrow::Cow, time::Duration};

use ipnet::IpNet;

use super::{key::KeyKind, origin::AllowedOrigin, scope::ScopeSet, stored::KeyId};
use crate::{
    store::error::StoreError,
    wire::{
        mask::{holds_a_secret_key, mask_keys},
        text::{LINE, TextFormat},
    },
};

/// Requests a second of a key that names no rate.
pub const DEFAULT_RATE: u32 = 100;

/// Characters of a key's name.
const LONGEST_NAME: usize = 120;
/// Characters of the reason of a revocation.
const LONGEST_REASON: usize = 500;

/// What a new key is to be.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What its makers call it.
    pub name: String,
    /// Whom it is for.
    pub kind: KeyKind,
    /// Who uses it.
    pub used_by: Option<String>,
    /// What it may do: named, never assumed; empty for a publishable key.
    pub scopes: ScopeSet,
    /// The websites it serves.
    pub origins: Vec<AllowedOrigin>,
    /// The networks it is used from.
    pub networks: Vec<IpNet>,
    /// Requests a second.
    pub rate_limit: u32,
    /// How long it lives.
    pub expires_in: Option<Duration>,
}

/// What a key is narrowed to; `None` keeps what it has.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    /// A part of its scopes.
    pub scopes: Option<ScopeSet>,
    /// A part of its origins; for a key without any, any.
    pub origins: Option<Vec<AllowedOrigin>>,
    /// A part of its networks; for a key without any, any.
    pub networks: Option<Vec<IpNet>>,
    /// A lower rate.
    pub rate_limit: Option<u32>,
}

/// Why a change to a key is refused.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No such key.
    #[error("there is no key {0}")]
    NoSuchKey(KeyId),
    /// It no longer changes.
    #[error("the key {0} was revoked: make a new one")]
    Revoked(KeyId),
    /// It has ended by itself.
    #[error("the key {0} has expired: make a new one")]
    Expired(KeyId),
    /// It would be widened.
    #[error("a key is never widened ({0}): make a new key")]
    Widened(&'static str),
    /// The parts do not fit its kind.
    #[error("{0}")]
    Unfit(&'static str),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn holds_a_key(text: &str) -> bool {
    matches!(mask_keys(text), Cow::Owned(_))
}

/// Whether a text is one line that shows what it says: without control characters or marks of text direction.
fn is_line(text: &str) -> bool {
    TextFormat::named(LINE).is_none_or(|format| (format.check)(text).is_ok())
}

/// Checks why a key is revoked, as its owner says it.
///
/// # Errors
/// When it is more than a line, or holds a whole secret key: it is kept for others to read.
pub fn check_reason(reason: &str) -> Result<(), KeyError> {
    if holds_a_secret_key(reason) {
        return Err(KeyError::Unfit(
            "the reason holds a whole secret key, and others read it: name the key by its id, or by its last four characters",
        ));
    }
    if !is_line(reason) || reason.chars().count() > LONGEST_REASON {
        return Err(KeyError::Unfit(
            "a reason is one line of at most 500 characters, without control characters or marks of text direction",
        ));
    }
    Ok(())
}

impl NewKey {
    /// Checks its names, and that the parts fit the kind.
    ///
    /// # Errors
    /// A name that cannot be read, or holds a key; a secret key without scopes or with origins; a publishable key with scopes
    /// or networks.
    pub fn check(&self) -> Result<(), KeyError> {
        let is_unreadable = |text: &str| text.chars().count() > LONGEST_NAME || !is_line(text);
        let used_by = self.used_by.as_deref();
        if self.name.trim().is_empty() {
            return Err(KeyError::Unfit("a key needs a name"));
        }
        if is_unreadable(&self.name) || used_by.is_some_and(is_unreadable) {
            return Err(KeyError::Unfit(
                "a name has at most 120 characters, on one line, without control characters or marks of text direction",
            ));
        }
        if holds_a_key(&self.name) || used_by.is_some_and(holds_a_key) {
            return Err(KeyError::Unfit(
                "a name holds no key: it is kept and shown as it is. If that key is secret, revoke it",
            ));
        }
        self.check_parts()
    }

    /// Checks that the parts fit the kind.
    ///
    /// # Errors
    /// As for [`Self::check`], without the names: a key from before keeps its own.
    pub(super) fn check_parts(&self) -> Result<(), KeyError> {
        let secret = self.kind == KeyKind::Secret;
        let unfit = if secret && self.scopes.is_empty() {
            "a secret key names its scopes: there is no default. Name as few as the job needs"
        } else if secret && !self.origins.is_empty() {
            "origins belong to publishable keys: a secret key never works in a browser"
        } else if !secret && !self.scopes.is_empty() {
            "scopes belong to secret keys: a publishable key reads what is public"
        } else if !secret && !self.networks.is_empty() {
            "networks belong to secret keys: a website's visitors come from anywhere"
        } else if self.rate_limit == 0 || self.rate_limit > 100_000 {
            "a rate limit is 1 to 100000 requests a second"
        } else {
            return Ok(());
        };
        Err(KeyError::Unfit(unfit))
    }
}
