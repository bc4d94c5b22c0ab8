//! Authorization: keys, scopes, rates, and the guard in front of every handler.

pub mod activity;
pub mod admit;
pub mod answer_cache;
mod authorize;
mod cached_answer;
pub mod call;
pub mod call_info;
pub mod call_pattern;
pub mod caller;
pub mod change_limits;
pub mod client;
mod conditional;
pub mod cost;
pub mod coverage;
mod credential;
pub mod credential_preflights;
pub mod deferred_use;
pub mod exposure;
pub mod exposure_id;
pub mod findings;
pub mod github;
pub mod guard;
pub mod history;
pub mod key;
pub mod key_changes;
pub mod key_database;
mod key_headers;
pub mod key_queries;
pub mod key_settings;
pub mod keyring;
pub mod keys;
pub mod last_day;
pub mod listener;
pub mod member_sessions;
pub mod member_tokens;
mod members;
pub mod network;
pub mod origin;
pub mod outcome;
pub mod put_aside;
pub mod quarantine;
pub mod rate;
pub mod rates;
pub mod remembered;
pub mod rotation_end;
pub mod scope;
pub mod sessions;
pub mod shared_rates;
pub mod signing_keys;
mod staff;
pub mod stored;
pub mod suggestion;
pub mod surface;
pub mod table;
mod throttle;
pub mod unscoped;
pub mod usage;
pub mod vendors;
pub mod watch;
pub mod window;

use std::{ops::Deref, sync::Arc};

use ipnet::IpNet;

use self::signing_keys::SigningKeys;
use self::{
    answer_cache::AnswerCache, change_limits::ChangeLimits, credential_preflights::CredentialPreflights,
    deferred_use::DeferredUses, exposure::Exposures, github::GitHub, keyring::Keyring, member_sessions::MemberSessions,
    member_sessions::stored::MemberId, network::Network, rate::RateLimits, rates::Rates, sessions::Sessions,
    shared_rates::SharedRates, usage::Usage,
};
use crate::store::{admission::Admission, clock::Clock};

/// What authorization needs of a running gateway. Cheap to clone.
#[derive(Clone)]
pub struct Access(Arc<AccessParts>);

/// The parts of an [`Access`].
pub struct AccessParts {
    /// The clock.
    pub clock: Clock,
    /// The database's slots.
    pub admission: Arc<Admission>,
    /// The answers that are kept, unless that is switched off.
    pub answers: Option<AnswerCache>,
    /// The key cache.
    pub keyring: Arc<Keyring>,
    /// What of the rates is shared with other instances.
    pub shared_rates: SharedRates,
    /// The rate limits of keys.
    pub limits: RateLimits,
    /// The counters of calls.
    pub usage: Usage,
    /// Counts uses of keys that were refused before the key was looked up.
    pub deferred_uses: DeferredUses,
    /// How many exposed keys each network may report.
    pub reports: Rates<Network>,
    /// Takes reports of GitHub's secret scanning, where that is switched on.
    pub github: Option<GitHub>,
    /// Reports of secret keys that browsers sent.
    pub exposures: Exposures,
    /// Preflights of pages that want to send a key to Management.
    pub credential_preflights: CredentialPreflights,
    /// How often the keys of a studio are changed in the dashboard.
    pub change_limits: ChangeLimits,
    /// The sessions of staff.
    pub sessions: Sessions,
    /// The sessions of members.
    pub member_sessions: MemberSessions,
    /// The keys that sign member tokens.
    pub signing_keys: SigningKeys,
    /// The rates of members.
    pub member_rates: Rates<MemberId>,
    /// The rates of members' calendars.
    pub calendar_rates: Rates<MemberId>,
    /// The rates of networks that read calendars.
    pub calendar_network_rates: Rates<Network>,
    /// The proxies whose `X-Forwarded-For` is trusted.
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
