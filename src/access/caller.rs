//! Who is calling: a passed judgement, as a value. Only the judgement makes one, so a handler that takes a [`Caller`]
//! cannot be reached without one.

use std::{fmt, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{
    network::Network,
    scope::Scope,
    stored::{KeyId, LiveKey},
    table::Rule,
};
use crate::{
    store::{fair::Party, id::StudioId},
    wire::problem::Problem,
};

/// A caller whose key was admitted to the operation that it asks for.
#[derive(Clone)]
pub struct Caller {
    key: Arc<LiveKey>,
    operation: &'static str,
    scope: Option<Scope>,
    network: Network,
}

impl Caller {
    pub(super) fn admitted(key: Arc<LiveKey>, rule: &Rule, network: Network) -> Self {
        Self { key, operation: rule.id, scope: rule.scope, network }
    }

    /// Whether the operation answers people's personal data.
    #[must_use]
    pub fn sees_people(&self) -> bool {
        matches!(self.scope, Some(Scope::MembersRead | Scope::MembersWrite))
    }

    /// Whether the operation is of the Storefront, which shows what is public and needs no scope.
    #[must_use]
    pub fn sees_what_is_public(&self) -> bool {
        self.scope.is_none()
    }

    /// Whose data this is about.
    #[must_use]
    pub fn studio(&self) -> StudioId {
        self.key.stored.studio_id
    }

    /// The line of keys that this one belongs to: a rotation does not break a retry.
    #[must_use]
    pub fn lineage(&self) -> KeyId {
        self.key.stored.lineage
    }

    /// Who shares the database's slots here: the studio, and the network that the call came from.
    #[must_use]
    pub fn party(&self) -> Party {
        Party { studio: Some(self.studio()), network: self.network.address() }
    }

    /// The operation that was admitted.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    pub(super) fn key(&self) -> &Arc<LiveKey> {
        &self.key
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Caller({} for {})", self.key.masked, self.operation)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::internal("a handler was reached without the guard"))
    }
}
