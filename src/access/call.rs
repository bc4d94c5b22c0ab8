//! What the judgement is told of a call, and what it says: the words that `admit`, the guard and `explain` share. No
//! HTTP types, so that a judgement is tested as a function.

use std::{net::IpAddr, sync::Arc};

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

/// The steps of the judgement after the transport's, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// One `Authorization: Bearer <key>`, and no key in the URL.
    Credential,
    /// The key's form and checksum.
    Form,
    /// No secret key with a browser's marks.
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
}

/// What the `Authorization` headers hold. Without `Debug`, as a call is: a key stands in it.
#[derive(Clone, Copy)]
pub enum Credential<'c> {
    /// None, one of another scheme, or the scheme alone.
    Missing,
    /// One that is not text.
    Unreadable,
    /// What follows `Bearer`.
    Bearer(&'c str),
    /// More than one.
    Several,
}

/// A call, as far as the judgement looks at it.
#[derive(Clone, Copy)]
pub struct Call<'c> {
    /// The method's name.
    pub method: &'c str,
    /// The path, as it was sent.
    pub path: &'c str,
    /// The query, as it was sent.
    pub query: &'c str,
    /// The credential.
    pub credential: Credential<'c>,
    /// The `Origin` header.
    pub origin: Option<&'c str>,
    /// Whether a `Sec-Fetch-Site` header is there.
    pub fetched_by_a_browser: bool,
    /// Whether it is a browser's preflight.
    pub is_preflight: bool,
    /// The client's address.
    pub client: IpAddr,
}

/// What the memory of keys holds of one.
pub type CachedKey = Cached<LiveKey>;

/// What the judgement leans on beyond the call itself.
pub trait AccessState {
    /// What is remembered of a key.
    fn cached(&self, claim: &Claim) -> CachedKey;
    /// Takes what a call costs from the key's rate.
    ///
    /// # Errors
    /// When the rate is used up.
    fn spend(&self, key: &LiveKey, network: Network, cost: u32) -> Result<Option<Quota>, Exhausted>;
    /// What is left of the key's rate, without spending any.
    fn left(&self, key: &LiveKey, network: Network) -> Option<Quota>;
    /// The time.
    fn now(&self) -> Instant;
}

/// The judgement's outcome.
#[derive(Debug)]
pub enum Decision {
    /// The handler may run.
    Admitted {
        /// Who calls.
        caller: KeyCaller,
        /// What is left of the key's rate; nothing where there are no limits.
        quota: Option<Quota>,
    },
    /// It may not.
    Refused(Box<Refusal>),
    /// The key has to be looked up first.
    NeedsLookup(Claim),
}

/// A refusal, and what is known about who was refused.
#[derive(Debug)]
pub struct Refusal {
    /// The step that decided.
    pub step: Step,
    /// What the caller is told.
    pub problem: Problem,
    /// The key, once it was found to be right.
    pub key: Option<Arc<LiveKey>>,
    /// What is left of its rate, once it was looked at.
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
