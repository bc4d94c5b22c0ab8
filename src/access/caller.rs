//! Who is calling: a passed judgement, as a value. Each audience has a caller of its own with private fields, made only by
//! its own judge, so a handler that takes one cannot be reached without it.

use std::{fmt, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{Extensions, request::Parts},
};

use super::{
    network::Network,
    scope::Scope,
    stored::{KeyId, LiveKey},
    table::Rule,
};
use crate::{
    store::{bind::bind_as_text, fair::Requester, id::StudioId},
    wire::problem::Problem,
};

/// Whose retries a record of an answer is for. Each kind of caller has a kind of its own; ids of two kinds never meet, since
/// each has its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryScope {
    /// A key and its replacements, by the first of them.
    KeyLineage(KeyId),
}

impl fmt::Display for RetryScope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyLineage(first) => first.fmt(out),
        }
    }
}

bind_as_text!(impl[] RetryScope);

/// What a caller of any audience is asked by what handlers are made of.
pub trait Caller: Clone + Send + Sync + 'static {
    /// Whose data this is about.
    fn studio(&self) -> StudioId;

    /// The operation that was admitted.
    fn operation(&self) -> &'static str;

    /// Who shares the database's slots here.
    fn requester(&self) -> Requester;

    /// Whose retries these are: what an `Idempotency-Key` is remembered with.
    fn retry_scope(&self) -> RetryScope;

    /// Whether the caller sees what is public and nothing else.
    fn is_public_only(&self) -> bool;

    /// The caller that the guard admitted.
    ///
    /// # Errors
    /// 500 when a handler was reached without the guard, so that there is no caller.
    fn of(extensions: &Extensions) -> Result<Self, Problem> {
        extensions.get::<Self>().cloned().ok_or_else(|| Problem::internal("a handler was reached without the guard"))
    }
}

/// A caller whose key was admitted to the operation that it asks for.
#[derive(Clone)]
pub struct KeyCaller {
    key: Arc<LiveKey>,
    operation: &'static str,
    scope: Option<Scope>,
    network: Network,
    cost: u32,
}

impl KeyCaller {
    pub(super) fn admitted(key: Arc<LiveKey>, rule: &Rule, network: Network, cost: u32) -> Self {
        Self { key, operation: rule.id, scope: rule.scope, network, cost }
    }

    /// Whether the operation answers people's personal data.
    pub fn sees_people(&self) -> bool {
        matches!(self.scope, Some(Scope::MembersRead | Scope::MembersWrite))
    }

    /// What the call took of its key's rate.
    pub(super) fn cost(&self) -> u32 {
        self.cost
    }

    pub(super) fn key(&self) -> &Arc<LiveKey> {
        &self.key
    }
}

impl Caller for KeyCaller {
    fn studio(&self) -> StudioId {
        self.key.stored.studio_id
    }

    fn operation(&self) -> &'static str {
        self.operation
    }

    /// The studio, and the network that the call came from.
    fn requester(&self) -> Requester {
        Requester { studio: Some(self.studio()), network: self.network.address() }
    }

    /// Those of the line of keys that this one belongs to: a rotation does not break a retry.
    fn retry_scope(&self) -> RetryScope {
        RetryScope::KeyLineage(self.key.stored.lineage)
    }

    /// The Storefront needs no scope.
    fn is_public_only(&self) -> bool {
        self.scope.is_none()
    }
}

impl fmt::Debug for KeyCaller {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "KeyCaller({} for {})", self.key.masked, self.operation)
    }
}

impl<S: Sync> FromRequestParts<S> for KeyCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.extensions)
    }
}
