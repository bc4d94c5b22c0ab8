//! Somebody of the staff, as a caller: made by the judge alone, so that a page which takes one is reached by nobody else.

use std::{fmt, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{
    pages::Reach,
    stored::{LiveSession, Role},
};
use crate::{
    access::{
        caller::{Audience, Caller, RetryScope},
        network::Network,
    },
    store::{audit::Actor, fair::Requester, id::StudioId, instant::Instant},
    wire::problem::Problem,
};

/// Somebody of the staff whose session was admitted to the page that they ask for.
#[derive(Clone)]
pub struct StaffCaller {
    session: Arc<LiveSession>,
    operation: &'static str,
    network: Network,
}

impl StaffCaller {
    pub(super) fn admitted(session: LiveSession, operation: &'static str, network: Network) -> Self {
        Self { session: Arc::new(session), operation, network }
    }

    /// The session.
    pub fn session(&self) -> &LiveSession {
        &self.session
    }

    /// Whether they may do what takes this role.
    pub fn may(&self, role: Role) -> bool {
        self.session.role >= role
    }

    /// Whether they typed their password a moment ago.
    pub fn is_fresh(&self, now: Instant) -> bool {
        self.session.is_fresh(now)
    }

    /// The network that they call from.
    pub fn network(&self) -> Network {
        self.network
    }
}

impl Audience for StaffCaller {
    type Needs = Reach;
}

impl Caller for StaffCaller {
    fn studio(&self) -> StudioId {
        self.session.studio_id
    }

    fn operation(&self) -> &'static str {
        self.operation
    }

    fn requester(&self) -> Requester {
        Requester { studio: Some(self.studio()), network: self.network.address() }
    }

    fn retry_scope(&self) -> RetryScope {
        RetryScope::Staff(self.session.staff_id)
    }

    /// The id, and the address for people.
    fn actor(&self) -> Actor {
        let LiveSession { staff_id, email, .. } = &*self.session;
        Actor { id: staff_id.to_string(), label: Some(email.clone()), from: Some(self.network.masked()) }
    }

    fn knows_external_ids(&self) -> bool {
        true
    }
}

impl fmt::Debug for StaffCaller {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "StaffCaller({} for {})", self.session.staff_id, self.operation)
    }
}

impl<S: Sync> FromRequestParts<S> for StaffCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.extensions)
    }
}
