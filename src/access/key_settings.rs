//! The settings of a new key and the narrowing of one, and their validation. Settings must fit the key's kind, and are never
//! widened.

use std::{borrow::Cow, time::Duration};

use ipnet::IpNet;

use super::{
    key::KeyKind,
    origin::AllowedOrigin,
    scope::ScopeSet,
    stored::{KeyId, StoredKey},
};
use crate::{
    store::error::StoreError,
    wire::{
        mask::{contains_secret_key, mask_keys},
        text::{LINE, TextFormat},
    },
};

/// Requests a second of a key that names no rate.
pub const DEFAULT_RATE: u32 = 100;

/// Characters of a key's name.
const LONGEST_NAME: usize = 120;
/// Characters of a revocation's reason.
const LONGEST_REASON: usize = 500;

/// The settings of a new key.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: KeyKind,
    /// The integration or vendor that uses it.
    pub used_by: Option<String>,
    /// Its scopes: there is no default; empty for a publishable key.
    pub scopes: ScopeSet,
    /// The allowed origins.
    pub origins: Vec<AllowedOrigin>,
    /// The allowed networks.
    pub networks: Vec<IpNet>,
    /// Requests a second.
    pub rate_limit: u32,
    /// Its lifetime.
    pub expires_in: Option<Duration>,
}

/// How a key is narrowed; `None` changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    /// A subset of its scopes.
    pub scopes: Option<ScopeSet>,
    /// A subset of its origins, or any if it has none.
    pub origins: Option<Vec<AllowedOrigin>>,
    /// A subset of its networks, or any if it has none.
    pub networks: Option<Vec<IpNet>>,
    /// A lower rate.
    pub rate_limit: Option<u32>,
}

/// What a replacement is to be; `None` keeps what the old key has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Replacement {
    /// A part of its scopes.
    pub scopes: Option<ScopeSet>,
    /// How long it lives; otherwise until the old key would have expired.
    pub expires_in: Option<Duration>,
    /// How many days after its first use the old key ends; otherwise the old key works until somebody revokes it.
    pub end_old_after: Option<u32>,
}

/// Why a change to a key is refused.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No such key.
    #[error("there is no key {0}")]
    NoSuchKey(KeyId),
    /// It was revoked.
    #[error("the key {0} was revoked: `flow-gateway keys create --like {0}` creates a new one like it")]
    Revoked(KeyId),
    /// It has expired.
    #[error("the key {0} has expired: `flow-gateway keys create --like {0}` creates a new one like it")]
    Expired(KeyId),
    /// Another one like it is asked for while it works.
    #[error("the key {0} still works: `flow-gateway keys rotate {0}` creates its replacement")]
    StillWorks(KeyId),
    /// It has a replacement already.
    #[error("the key {old} is being replaced by {new} already: deploy {new}, or revoke it and rotate again")]
    AlreadyReplaced {
        /// The key.
        old: KeyId,
        /// Its replacement.
        new: KeyId,
    },
    /// Its rotation is to end it, and it has no replacement.
    #[error(
        "the key {0} has no replacement yet: create one with `flow-gateway keys rotate {0}`, then choose when the old key ends"
    )]
    NotReplaced(KeyId),
    /// The change would widen it.
    #[error("{0} would widen the key, and a key is never widened: create a new key with `flow-gateway keys create`")]
    Widened(&'static str),
    /// The settings do not fit its kind.
    #[error("{0}")]
    Invalid(&'static str),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn contains_key(text: &str) -> bool {
    matches!(mask_keys(text), Cow::Owned(_))
}

/// Whether a text is one visible line, without control characters or bidirectional marks.
fn is_line(text: &str) -> bool {
    TextFormat::named(LINE).is_none_or(|format| (format.check)(text).is_ok())
}

/// Validates the name of a key.
///
/// # Errors
/// When it is empty or longer than a line, or contains a key: it is shown unmasked.
pub fn check_name(name: &str) -> Result<(), KeyError> {
    let named = NewKey { name: name.to_owned(), ..NewKey::of_kind(KeyKind::Secret) };
    named.faults_of_names().first().map_or(Ok(()), |fault| Err(KeyError::Invalid(fault)))
}

/// Validates the reason of a revocation.
///
/// # Errors
/// When it is longer than a line, or contains a whole secret key: others read it.
pub fn check_reason(reason: &str) -> Result<(), KeyError> {
    if contains_secret_key(reason) {
        return Err(KeyError::Invalid(
            "the reason contains a whole secret key, and others read it: name the key by its id or its last four characters",
        ));
    }
    if !is_line(reason) || reason.chars().count() > LONGEST_REASON {
        return Err(KeyError::Invalid(
            "a reason is one line of at most 500 characters, without control characters or bidirectional marks",
        ));
    }
    Ok(())
}

impl NewKey {
    /// A key of which only the kind is decided.
    pub fn of_kind(kind: KeyKind) -> Self {
        Self {
            name: String::new(),
            kind,
            used_by: None,
            scopes: ScopeSet::default(),
            origins: Vec::new(),
            networks: Vec::new(),
            rate_limit: DEFAULT_RATE,
            expires_in: None,
        }
    }

    /// A key with the settings of another, which does not expire.
    pub fn like(old: &StoredKey) -> Self {
        Self {
            name: old.name.clone(),
            used_by: old.used_by.clone(),
            scopes: old.scopes,
            origins: old.origins.clone(),
            networks: old.networks.clone(),
            rate_limit: old.rate_limit,
            ..Self::of_kind(old.kind)
        }
    }

    /// Validates the names and the settings.
    ///
    /// # Errors
    /// A name that is unreadable or contains a key; settings that do not fit the kind: the first of [`Self::faults`].
    pub fn check(&self) -> Result<(), KeyError> {
        self.faults().first().map_or(Ok(()), |fault| Err(KeyError::Invalid(fault)))
    }

    /// Everything that is wrong with the names and the settings.
    pub fn faults(&self) -> Vec<&'static str> {
        [self.faults_of_names(), self.faults_of_settings()].concat()
    }

    /// Everything that is wrong with the names.
    pub fn faults_of_names(&self) -> Vec<&'static str> {
        let is_unreadable = |text: &str| text.chars().count() > LONGEST_NAME || !is_line(text);
        let texts = || [Some(&*self.name), self.used_by.as_deref()].into_iter().flatten();
        let names = [
            (self.name.trim().is_empty(), "a key needs a name"),
            (
                texts().any(is_unreadable),
                "a name is one line of at most 120 characters, without control characters or bidirectional marks",
            ),
            (
                texts().any(contains_key),
                "a name must not contain a key, since it is stored and shown unmasked. If that key is secret, revoke it",
            ),
        ];
        names.into_iter().filter_map(|(is_wrong, fault)| is_wrong.then_some(fault)).collect()
    }

    /// Validates the settings without the names.
    ///
    /// # Errors
    /// As [`Self::check`]; an older key keeps its names.
    pub(super) fn check_settings(&self) -> Result<(), KeyError> {
        self.faults_of_settings().first().map_or(Ok(()), |fault| Err(KeyError::Invalid(fault)))
    }

    fn faults_of_settings(&self) -> Vec<&'static str> {
        let secret = self.kind == KeyKind::Secret;
        let settings = [
            (
                secret && self.scopes.is_empty(),
                "a secret key needs scopes, and there is no default: pass as few as the job needs",
            ),
            (
                secret && !self.origins.is_empty(),
                "origins belong to publishable keys: a secret key must never be used in a browser",
            ),
            (
                !secret && !self.scopes.is_empty(),
                "scopes belong to secret keys: a publishable key reads public data only",
            ),
            (
                !secret && !self.networks.is_empty(),
                "networks belong to secret keys: a website's visitors come from anywhere",
            ),
            (self.rate_limit == 0 || self.rate_limit > 100_000, "a rate limit is 1 to 100000 requests a second"),
        ];
        settings.into_iter().filter_map(|(is_wrong, fault)| is_wrong.then_some(fault)).collect()
    }
}
