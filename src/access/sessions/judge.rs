//! The judgement of a request to the dashboard: one pure function, in this order. What is not a read comes from a page of
//! ours, else it is refused without a look at its session; then the session, the page, the role, and whether the password was typed a
//! moment ago.

use axum::http::{HeaderMap, HeaderName, Method, header};
use url::{Host, Url};

use super::{caller::StaffCaller, pages::Reach, stored::LiveSession};
use crate::{
    access::{
        network::Network,
        table::{Lookup, Table},
    },
    store::instant::Instant,
    wire::problem::{Code, Problem},
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

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

/// Whether a page of ours sent a request, as the browser says: by `Sec-Fetch-Site`, or where that is missing, as over plain
/// http, by an `Origin` that is ours.
fn is_same_origin(headers: &HeaderMap, own: &str) -> bool {
    if headers.contains_key(SEC_FETCH_SITE) {
        return only(headers, &SEC_FETCH_SITE) == Some("same-origin");
    }
    let Some(origin) = only(headers, &header::ORIGIN) else { return false };
    let asked_host = || only(headers, &header::HOST).filter(|host| is_own_host(host, own));
    origin == own
        || own.starts_with("http://") && asked_host().is_some_and(|host| origin.strip_prefix("http://") == Some(host))
}

/// Whether a dashboard over http is asked for by a name that is its own: the configured host, `localhost`, or an address. Any
/// other name may be somebody else's who has it lead here.
fn is_own_host(host: &str, own: &str) -> bool {
    let Ok(asked) = Url::parse(&format!("http://{host}")) else { return false };
    let configured = Url::parse(own).ok();
    match asked.host() {
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        Some(Host::Domain(name)) => {
            name == "localhost" || configured.and_then(|own| own.host_str().map(|own| own == name)).unwrap_or(false)
        }
        None => false,
    }
}

fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut sent = headers.get_all(name).iter();
    let first = sent.next()?;
    if sent.next().is_some() { None } else { first.to_str().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same_origin(own: &str, sent: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, value.parse().unwrap());
        }
        is_same_origin(&headers, own)
    }

    #[test]
    fn a_form_is_ours_only_where_the_browser_says_so() {
        let https = "https://studio.example";
        for (sent, ours) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("origin", "https://studio.example")], true),
            (&[], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://studio.example")], false),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], false),
            (&[("origin", "https://studio.example"), ("origin", "https://evil.example")], false),
            (&[("origin", "null")], false),
            (&[("origin", "http://studio.example"), ("host", "studio.example")], false),
            (&[("origin", "https://studio.example.evil.example")], false),
        ] {
            assert_eq!(same_origin(https, sent), ours, "{sent:?}");
        }
        let http = "http://0.0.0.0:7607";
        assert!(same_origin(http, &[("origin", "http://10.1.1.5:7607"), ("host", "10.1.1.5:7607")]));
        assert!(!same_origin(http, &[("origin", "http://10.1.1.6:7607"), ("host", "10.1.1.5:7607")]));
        assert!(same_origin(http, &[("origin", "http://[::1]:7607"), ("host", "[::1]:7607")]));
        assert!(same_origin(http, &[("origin", "http://localhost:7607"), ("host", "localhost:7607")]));
        let rebound = [("origin", "http://evil.example:7607"), ("host", "evil.example:7607")];
        assert!(!same_origin(http, &rebound), "a name that somebody has lead here");
        let named = [("origin", "http://studio.lan:7607"), ("host", "studio.lan:7607")];
        assert!(same_origin("http://studio.lan:7607", &named) && !same_origin(http, &named));
    }
}
