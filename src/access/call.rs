//! The input and the result of authorization, without HTTP types, so that it can be tested as a pure function. Shared by
//! `admit`, the guard and `explain`.

use std::{cmp::Ordering, net::IpAddr, sync::Arc};

use super::{
    caller::KeyCaller,
    key::Claim,
    network::Network,
    rate::{Exhausted, Quota},
    remembered::Cached,
    stored::LiveKey,
};
use crate::{
    store::instant::Instant,
    wire::problem::{Code, Problem},
};

/// The steps of authorization, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// One `Authorization: Bearer <key>`, and no key in the URL.
    Credential,
    /// The key's form and checksum.
    Form,
    /// No secret key together with a browser's headers.
    Browser,
    /// The key's kind fits the surface.
    Surface,
    /// The key exists, and is neither revoked nor expired.
    Stored,
    /// The key's own origins or networks.
    Bounds,
    /// The key's rate.
    Rate,
    /// The path and the method are in the table.
    Operation,
    /// The key carries the operation's scope.
    Scope,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Step; 9] = [
        Step::Credential,
        Step::Form,
        Step::Browser,
        Step::Surface,
        Step::Stored,
        Step::Bounds,
        Step::Rate,
        Step::Operation,
        Step::Scope,
    ];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Form => "form",
            Self::Browser => "browser",
            Self::Surface => "surface",
            Self::Stored => "stored key",
            Self::Bounds => "bounds",
            Self::Rate => "rate",
            Self::Operation => "operation",
            Self::Scope => "scope",
        }
    }

    /// Its result in a call that a step refused, or none.
    pub fn result(self, refused_by: Option<Self>) -> StepResult {
        match refused_by.map(|decisive| self.cmp(&decisive)) {
            None | Some(Ordering::Less) => StepResult::Passed,
            Some(Ordering::Equal) => StepResult::Refused,
            Some(Ordering::Greater) => StepResult::NotReached,
        }
    }

    /// The step that refuses a call with a key by this code; none for codes that come from elsewhere.
    pub fn that_refuses_with(code: Code) -> Option<Self> {
        Some(match code {
            Code::MissingKey => Self::Credential,
            Code::MalformedKey => Self::Form,
            Code::SecretKeyInBrowser => Self::Browser,
            Code::WrongKeyKind => Self::Surface,
            Code::UnknownKey | Code::RevokedKey | Code::ExpiredKey => Self::Stored,
            Code::OriginNotAllowed | Code::NetworkNotAllowed => Self::Bounds,
            Code::RateLimited => Self::Rate,
            Code::UnknownOperation | Code::MethodNotAllowed => Self::Operation,
            Code::InsufficientScope => Self::Scope,
            Code::MalformedRequest
            | Code::MissingToken
            | Code::InvalidToken
            | Code::ExpiredToken
            | Code::NotSignedIn
            | Code::CrossSiteForm
            | Code::InsufficientRole
            | Code::NotFound
            | Code::Conflict
            | Code::LocationInUse
            | Code::RoomInUse
            | Code::OccurrenceInPast
            | Code::CapacityBelowBooked
            | Code::RoomConflict
            | Code::InstructorConflict
            | Code::ClassFull
            | Code::AlreadyBooked
            | Code::BookingNotOpen
            | Code::BookingClosed
            | Code::OccurrenceCancelled
            | Code::MembershipNotActive
            | Code::AlreadyMember
            | Code::PersonErased
            | Code::IdempotencyInProgress
            | Code::VersionMismatch
            | Code::BodyTooLarge
            | Code::UnsupportedMediaType
            | Code::ValidationFailed
            | Code::IdempotencyKeyReused
            | Code::Internal
            | Code::Unavailable
            | Code::Overloaded
            | Code::Timeout => return None,
        })
    }
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepResult {
    /// It let the call pass.
    Passed,
    /// It refused the call.
    Refused,
    /// An earlier step had refused.
    NotReached,
}

impl StepResult {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Refused => "refused",
            Self::NotReached => "not reached",
        }
    }
}

/// The `Authorization` headers. Without `Debug`, since they contain the key.
#[derive(Clone, Copy)]
pub enum Credential<'c> {
    /// None, another scheme, or the scheme without a token.
    Missing,
    /// One that is not text.
    Unreadable,
    /// What follows `Bearer`.
    Bearer(&'c str),
    /// More than one.
    Several,
}

/// The parts of a request that authorization reads.
#[derive(Clone, Copy)]
pub struct Call<'c> {
    /// The method's name.
    pub method: &'c str,
    /// The path, as it was sent.
    pub path: &'c str,
    /// The query, as it was sent.
    pub query: &'c str,
    /// The `Authorization` headers.
    pub credential: Credential<'c>,
    /// The `Origin` header.
    pub origin: Option<&'c str>,
    /// Whether a `Sec-Fetch-Site` header is there.
    pub has_fetch_metadata: bool,
    /// Whether it is a browser's preflight.
    pub is_preflight: bool,
    /// The client's address.
    pub client: IpAddr,
}

/// What the key cache knows about a key.
pub type CachedKey = Cached<LiveKey>;

/// What authorization needs beyond the request: the key cache, the rates, the clock.
pub trait AccessState {
    /// Looks up the key in the cache.
    fn cached(&self, claim: &Claim) -> CachedKey;
    /// Takes the call's cost from the key's rate.
    ///
    /// # Errors
    /// When the rate is used up.
    fn spend(&self, key: &LiveKey, network: Network, cost: u32) -> Result<Option<Quota>, Exhausted>;
    /// Whether the rate has to be taken elsewhere first.
    fn shares_rates(&self) -> bool {
        false
    }
    /// The rest of the key's rate, without taking anything.
    fn left(&self, key: &LiveKey, network: Network) -> Option<Quota>;
    /// The time.
    fn now(&self) -> Instant;
}

/// The result of authorization.
#[derive(Debug)]
pub enum Decision {
    /// The handler may run.
    Admitted {
        /// The caller.
        caller: KeyCaller,
        /// The rest of the key's rate; none if rate limits are off.
        quota: Option<Quota>,
    },
    /// The call is refused.
    Refused(Box<Refusal>),
    /// The key is not cached: load it, and decide again.
    NeedsLookup(Claim),
    /// Instances share the rate of this key: take this cost from it, and decide again.
    NeedsRate(Arc<LiveKey>, u32),
}

/// A refusal.
#[derive(Debug)]
pub struct Refusal {
    /// The step that failed.
    pub step: Step,
    /// The response.
    pub problem: Problem,
    /// The key, if its secret part was right.
    pub key: Option<Arc<LiveKey>>,
    /// The rest of its rate, if it was read.
    pub quota: Option<Quota>,
}

impl Refusal {
    pub(super) fn at(step: Step, code: Code, detail: &'static str) -> Decision {
        Self::with(step, Problem::new(code, detail))
    }

    pub(super) fn with(step: Step, problem: Problem) -> Decision {
        Decision::Refused(Box::new(Self { step, problem, key: None, quota: None }))
    }
}
