//! A member, as a caller of the Members API: made by the judge alone, so that a handler which takes one is reached by nobody else.

use std::{fmt, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    access::{
        caller::{Audience, Caller, RetryScope},
        member_sessions::stored::{LiveTokenSession, MemberId},
        network::Network,
    },
    store::{audit::Actor, fair::Requester, id::StudioId},
    wire::problem::Problem,
};

/// A member whose token was admitted to an operation.
#[derive(Clone)]
pub struct MemberCaller {
    session: Arc<LiveTokenSession>,
    studio: StudioId,
    operation: &'static str,
    network: Network,
}

impl MemberCaller {
    pub(super) fn admitted(
        session: LiveTokenSession,
        studio: StudioId,
        operation: &'static str,
        network: Network,
    ) -> Self {
        Self { session: Arc::new(session), studio, operation, network }
    }

    /// The membership.
    pub fn membership(&self) -> MemberId {
        self.session.membership_id
    }

    /// The network that they call from.
    pub fn network(&self) -> Network {
        self.network
    }
}

impl Audience for MemberCaller {
    type Needs = ();
}

impl Caller for MemberCaller {
    fn studio(&self) -> StudioId {
        self.studio
    }

    fn operation(&self) -> &'static str {
        self.operation
    }

    fn requester(&self) -> Requester {
        Requester { studio: Some(self.studio), network: self.network.address() }
    }

    fn retry_scope(&self) -> RetryScope {
        RetryScope::Member(self.membership())
    }

    /// The id alone: rows of the audit log name no person.
    fn actor(&self) -> Actor {
        Actor { id: self.membership().to_string(), label: None, from: Some(self.network.masked()) }
    }

    fn knows_external_ids(&self) -> bool {
        false
    }
}

impl fmt::Debug for MemberCaller {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "MemberCaller({} for {})", self.membership(), self.operation)
    }
}

impl<S: Sync> FromRequestParts<S> for MemberCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.extensions)
    }
}
