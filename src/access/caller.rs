//! The authorized caller, as a value. Each audience has its own caller type with private fields that only authorization can
//! make, so a handler that takes one cannot run without it.

use std::{fmt, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{Extensions, request::Parts},
};

use super::{
    key::KeyKind,
    member_sessions::stored::MemberId,
    network::Network,
    scope::Scope,
    sessions::stored::StaffId,
    stored::{KeyId, LiveKey},
    table::Rule,
};
use crate::{
    store::{answer_versions::SourceTable, audit::Actor, bind::bind_as_text, fair::Requester, id::StudioId},
    wire::problem::Problem,
};

/// The owner of `Idempotency-Key` records. Each kind of caller has its own variant; ids of two kinds differ by their prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryScope {
    /// A key and its replacements, by the id of the first.
    KeyLineage(KeyId),
    /// Somebody of the staff.
    Staff(StaffId),
    /// A member.
    Member(MemberId),
}

impl fmt::Display for RetryScope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyLineage(first) => first.fmt(out),
            Self::Staff(id) => id.fmt(out),
            Self::Member(id) => id.fmt(out),
        }
    }
}

bind_as_text!(impl[] RetryScope);

/// A kind of caller; each has its own table of operations.
pub trait Audience {
    /// What an operation may need of its caller.
    type Needs: Copy;
}

/// Everybody, with or without a credential.
#[derive(Debug)]
pub enum Anyone {}

impl Audience for Anyone {
    type Needs = ();
}

/// What handlers may ask of a caller of any audience.
pub trait Caller: Audience + Clone + Send + Sync + 'static {
    /// The caller's studio.
    fn studio(&self) -> StudioId;

    /// The id of the admitted operation.
    fn operation(&self) -> &'static str;

    /// Who competes for the database's slots.
    fn requester(&self) -> Requester;

    /// The owner of the caller's `Idempotency-Key` records.
    fn retry_scope(&self) -> RetryScope;

    /// Who the caller is, for the audit log and the rows that they make.
    fn actor(&self) -> Actor;

    /// Whether the caller may ask for rows by the ids of the studio's own systems.
    fn knows_external_ids(&self) -> bool;

    /// The caller that the guard admitted.
    ///
    /// # Errors
    /// 500 when a handler was reached without the guard, so that there is no caller.
    fn of(extensions: &Extensions) -> Result<Self, Problem> {
        extensions.get::<Self>().cloned().ok_or_else(|| Problem::internal("a handler was reached without the guard"))
    }
}

/// A caller whose key was admitted to an operation.
#[derive(Clone)]
pub struct KeyCaller {
    key: Arc<LiveKey>,
    operation: &'static str,
    scope: Option<Scope>,
    network: Network,
    cost: u32,
    sources: &'static [SourceTable],
}

impl KeyCaller {
    pub(super) fn admitted(key: Arc<LiveKey>, rule: &Rule, network: Network, cost: u32) -> Self {
        Self { key, operation: rule.id, scope: rule.needs, network, cost, sources: rule.sources }
    }

    /// Whether the response contains personal data.
    pub fn sees_people(&self) -> bool {
        matches!(self.scope, Some(Scope::MembersRead | Scope::MembersWrite))
    }

    /// The tables that the answer is read from, if it may be kept; else none.
    pub(super) fn sources(&self) -> &'static [SourceTable] {
        self.sources
    }

    /// The kind of the key.
    pub(super) fn kind(&self) -> KeyKind {
        self.key.stored.kind
    }

    /// The call's cost, which was taken from the key's rate.
    pub(super) fn cost(&self) -> u32 {
        self.cost
    }

    pub(super) fn key(&self) -> &Arc<LiveKey> {
        &self.key
    }
}

impl Audience for KeyCaller {
    /// The scope that a secret key needs; none on the Storefront.
    type Needs = Option<Scope>;
}

impl Caller for KeyCaller {
    fn studio(&self) -> StudioId {
        self.key.stored.studio_id
    }

    fn operation(&self) -> &'static str {
        self.operation
    }

    fn requester(&self) -> Requester {
        Requester { studio: Some(self.studio()), network: self.network.address() }
    }

    /// The key's lineage, so that a key rotation does not break a retry.
    fn retry_scope(&self) -> RetryScope {
        RetryScope::KeyLineage(self.key.stored.lineage)
    }

    fn actor(&self) -> Actor {
        Actor { id: self.key.stored.id.to_string(), label: None, from: Some(self.network.masked()) }
    }

    /// Websites do not; the Storefront needs no scope.
    fn knows_external_ids(&self) -> bool {
        self.scope.is_some()
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
