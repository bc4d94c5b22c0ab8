//! Whether a page of ours sent a request: what every request to a session that is not a read has to show. Called by the judges of
//! staff and members.

use axum::http::{HeaderMap, HeaderName, header};
use url::{Host, Url};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a page of ours sent a request, as the browser says: by `Sec-Fetch-Site`, or where that is missing, as over plain
/// http, by an `Origin` that is ours.
pub fn is_same_origin(headers: &HeaderMap, own: &str) -> bool {
    if headers.contains_key(SEC_FETCH_SITE) {
        return only(headers, &SEC_FETCH_SITE) == Some("same-origin");
    }
    let Some(origin) = only(headers, &header::ORIGIN) else { return false };
    let asked_host = || only(headers, &header::HOST).filter(|host| is_own_host(host, own));
    origin == own
        || own.starts_with("http://") && asked_host().is_some_and(|host| origin.strip_prefix("http://") == Some(host))
}

/// Whether a surface over http is asked for by a name that is its own: the configured host, `localhost`, or an address. Any
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
