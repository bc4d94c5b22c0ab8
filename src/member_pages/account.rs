//! The page of somebody who is signed in: as a member of which studios, and how to sign out.

use askama::Template;
use axum::{body::Body, http::Response};

use super::texts::{MEMBER_TEXTS, MemberTexts};
use crate::{
    access::member_sessions::{stored::LiveMemberSession, visitor::SignedInMember},
    dashboard::page::page,
    wire::problem::Problem,
};

#[derive(Template)]
#[template(path = "member_account.html")]
struct MemberAccountPage<'p> {
    m: &'static MemberTexts,
    sessions: &'p [LiveMemberSession],
}

/// The page.
pub(super) async fn show(member: SignedInMember) -> Result<Response<Body>, Problem> {
    page(&MemberAccountPage { m: &MEMBER_TEXTS, sessions: member.sessions() })
}
