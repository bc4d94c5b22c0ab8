//! The judgement of a request to the dashboard: one pure function, in this order. What is not a read comes from a page of
//! ours, else it is refused without a look at its session; then the session, the second factor where the studio asks for one, the
//! page, the role, and whether the password was typed a moment ago.

use axum::http::{HeaderMap, Method};

use super::{
    caller::StaffCaller,
    pages::{Reach, WITHOUT_SECOND_FACTOR},
    same_origin::is_same_origin,
    stored::LiveSession,
};
use crate::{
    access::{
        network::Network,
        table::{Lookup, Table},
    },
    store::instant::Instant,
    wire::problem::{Code, Problem},
};

/// A request, as far as the judgement looks at it.
#[derive(Clone, Copy, Debug)]
pub struct StaffCall<'c> {
    /// The method's name.
    pub method: &'c str,
    /// The path.
    pub path: &'c str,
    /// Whether a page of ours sent it.
    pub is_same_origin: bool,
    /// The client's network.
    pub network: Network,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum StaffVerdict {
    /// The page may run: for somebody, or for anybody.
    Admitted(&'static str, Option<StaffCaller>),
    /// They have to sign in first.
    SignIn,
    /// They have to type their password again first.
    Confirm,
    /// They have to turn on a second factor first.
    TurnOnSecondFactor,
    /// It may not.
    Refused(Problem),
}

/// Judges a request.
pub fn judge(call: StaffCall<'_>, table: &Table<Reach>, session: Option<LiveSession>, now: Instant) -> StaffVerdict {
    let reads = matches!(call.method, "GET" | "HEAD");
    if !reads && !call.is_same_origin {
        let detail = "This form was not sent by a page of this dashboard, or the browser does not say by which. Open the page \
            again, and send it from there. If the dashboard has its own host name, the operator must set it with \
            `--public-studio-url`.";
        return StaffVerdict::Refused(Problem::new(Code::CrossSiteForm, detail));
    }
    let found = table.find(call.method, call.path);
    if let Lookup::Operation(page) = found
        && page.needs == Reach::Anyone
    {
        let caller = session.map(|session| StaffCaller::admitted(session, page.id, call.network));
        return StaffVerdict::Admitted(page.id, caller);
    }
    // A stranger learns nothing of which pages there are.
    let Some(session) = session else { return StaffVerdict::SignIn };
    let is_open = matches!(found, Lookup::Operation(page) if WITHOUT_SECOND_FACTOR.contains(&page.path));
    if session.lacks_second_factor() && !is_open {
        return StaffVerdict::TurnOnSecondFactor;
    }
    let page = match found {
        Lookup::Operation(page) => page,
        Lookup::OtherMethods { allow, .. } => {
            let detail = "This page cannot be called in this way.";
            return StaffVerdict::Refused(Problem::new(Code::MethodNotAllowed, detail).with_allow(allow));
        }
        Lookup::Nothing => {
            return StaffVerdict::Refused(Problem::new(Code::UnknownOperation, "There is no such page."));
        }
    };
    let (Reach::Staff(role) | Reach::Fresh(role)) = page.needs else { return StaffVerdict::SignIn };
    if session.role < role {
        let detail = format!("Your role in this studio, {}, does not include this. Ask an owner.", session.role);
        return StaffVerdict::Refused(Problem::new(Code::InsufficientRole, detail));
    }
    if matches!(page.needs, Reach::Fresh(_)) && !session.is_fresh(now) {
        return StaffVerdict::Confirm;
    }
    StaffVerdict::Admitted(page.id, Some(StaffCaller::admitted(session, page.id, call.network)))
}

impl<'c> StaffCall<'c> {
    /// A request to a dashboard that browsers know by this URL.
    pub fn of(method: &'c Method, path: &'c str, headers: &HeaderMap, own: &str, network: Network) -> Self {
        Self { method: method.as_str(), path, is_same_origin: is_same_origin(headers, own), network }
    }
}
