//! May this caller do this? Keys, scopes, and the judgement that stands before every handler.

pub mod admit;
mod authorize;
pub mod call;
pub mod call_pattern;
pub mod caller;
pub mod client;
mod conditional;
pub mod cost;
pub mod coverage;
mod credential;
pub mod credential_preflights;
pub mod deferred_use;
pub mod exposure;
pub mod guard;
pub mod history;
pub mod key;
pub mod key_database;
mod key_headers;
pub mod keyring;
pub mod keys;
pub mod listener;
pub mod network;
pub mod origin;
pub mod outcome;
pub mod rate;
pub mod remembered;
pub mod scope;
pub mod stored;
pub mod surface;
pub mod table;
pub mod terms;
mod throttle;
pub mod unscoped;
pub mod usage;
pub mod watch;

use std::{ops::Deref, sync::Arc};

use ipnet::IpNet;

use self::{
    credential_preflights::CredentialPreflights, deferred_use::DeferredUses, exposure::Exposures, keyring::Keyring,
    rate::RateLimits, usage::Usage,
};
use crate::store::{admission::Admission, clock::Clock};

/// What judging calls takes of a running gateway. Cheap to clone.
#[derive(Clone)]
pub struct Access(Arc<AccessParts>);

/// What an [`Access`] is made of.
pub struct AccessParts {
    /// The time.
    pub clock: Clock,
    /// Who reads from the database and writes to it.
    pub admission: Arc<Admission>,
    /// The memory of keys.
    pub keyring: Arc<Keyring>,
    /// The rate limits of keys.
    pub limits: RateLimits,
    /// The calls that are counted.
    pub usage: Usage,
    /// Where uses of keys are counted that were refused before the key was looked up.
    pub deferred_uses: DeferredUses,
    /// Where secret keys that browsers sent are reported.
    pub exposures: Exposures,
    /// The signs that a page holds a secret key.
    pub credential_preflights: CredentialPreflights,
    /// The proxies that may name a client.
    pub trusted_proxies: Vec<IpNet>,
}

impl From<AccessParts> for Access {
    fn from(parts: AccessParts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Access {
    type Target = AccessParts;

    fn deref(&self) -> &AccessParts {
        &self.0
    }
}
