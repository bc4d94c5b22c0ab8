//! The judgement of a request to a page of the Members surface: one pure function, in this order. What is not a read comes from a
//! page of ours, else it is refused without a look at its session; then the page, and whether somebody is signed in.

use axum::http::{HeaderMap, Method};

use super::{pages::MemberReach, stored::LiveMemberSession, visitor::SignedInMember};
use crate::{
    access::{
        sessions::same_origin::is_same_origin,
        table::{Lookup, Table},
    },
    wire::problem::{Code, Problem},
};

/// A request to a page, as far as the judgement looks at it.
#[derive(Clone, Copy, Debug)]
pub struct PageCall<'c> {
    /// The method's name.
    pub method: &'c str,
    /// The path.
    pub path: &'c str,
    /// Whether a page of ours sent it.
    pub is_same_origin: bool,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum PageVerdict {
    /// The page may run: for somebody, or for anybody.
    Admitted(&'static str, Option<SignedInMember>),
    /// They have to sign in first.
    SignIn,
    /// It may not.
    Refused(Problem),
}

/// Judges a request. The sessions are those that the cookie with this hash names.
pub fn judge(
    call: PageCall<'_>,
    table: &Table<MemberReach>,
    sessions: Vec<LiveMemberSession>,
    token_hash: &str,
) -> PageVerdict {
    let reads = matches!(call.method, "GET" | "HEAD");
    if !reads && !call.is_same_origin {
        let detail = "This form was not sent by a page of this site, or the browser does not say by which. Open the page \
            again, and send it from there. If these pages have their own host name, the operator must set it with \
            `--public-members-url`.";
        return PageVerdict::Refused(Problem::new(Code::CrossSiteForm, detail));
    }
    let page = match table.find(call.method, call.path) {
        Lookup::Operation(page) => page,
        Lookup::OtherMethods { allow, .. } => {
            let detail = "This page cannot be called in this way.";
            return PageVerdict::Refused(Problem::new(Code::MethodNotAllowed, detail).with_allow(allow));
        }
        Lookup::Nothing => {
            return PageVerdict::Refused(Problem::new(Code::UnknownOperation, "Nothing is served at this path."));
        }
    };
    let visitor = (!sessions.is_empty()).then(|| SignedInMember::admitted(sessions, token_hash));
    match (page.needs, &visitor) {
        (MemberReach::SignedIn, None) => PageVerdict::SignIn,
        (MemberReach::SignedIn | MemberReach::Anyone, _) => PageVerdict::Admitted(page.id, visitor),
    }
}

impl<'c> PageCall<'c> {
    /// A request to pages that browsers know by this URL.
    pub fn of(method: &'c Method, path: &'c str, headers: &HeaderMap, own: &str) -> Self {
        Self { method: method.as_str(), path, is_same_origin: is_same_origin(headers, own) }
    }
}
