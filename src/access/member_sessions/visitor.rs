//! Who opens a page of the Members surface: made by the judge alone, so that a page which takes one is reached by nobody else.

use std::{fmt, sync::Arc};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};

use super::{pages::MemberReach, stored::LiveMemberSession};
use crate::{access::caller::Audience, wire::problem::Problem};

/// Somebody who is signed in as a member of one studio or of several.
#[derive(Clone)]
pub struct SignedInMember {
    sessions: Arc<[LiveMemberSession]>,
    token_hash: Arc<str>,
}

impl SignedInMember {
    pub(super) fn admitted(sessions: Vec<LiveMemberSession>, token_hash: &str) -> Self {
        Self { sessions: sessions.into(), token_hash: token_hash.into() }
    }

    /// Their sessions: one for each membership, at least one.
    pub fn sessions(&self) -> &[LiveMemberSession] {
        &self.sessions
    }

    /// What is stored of the token in their cookie.
    pub fn token_hash(&self) -> &str {
        &self.token_hash
    }
}

impl Audience for SignedInMember {
    type Needs = MemberReach;
}

impl fmt::Debug for SignedInMember {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memberships = self.sessions.iter().map(|session| session.membership_id);
        out.debug_list().entries(memberships).finish()
    }
}

impl<S: Sync> FromRequestParts<S> for SignedInMember {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| Problem::internal("a page was reached without the guard"))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for SignedInMember {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
