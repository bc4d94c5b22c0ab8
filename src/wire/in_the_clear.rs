//! Whether a page travels in the clear beyond this machine, so that it says so. Noted by the guard of the dashboard for everything
//! that answers the request; read by its templates.

use std::{future::Future, net::IpAddr};

use axum::http::{HeaderMap, header, uri::Authority};

tokio::task_local! {
    static CURRENT: bool;
}

/// Whether an answer travels in the clear beyond this machine, where `is_secure` says that browsers come over https.
pub fn travels_in_the_clear(is_secure: bool, headers: &HeaderMap) -> bool {
    !is_secure && !names_this_machine(headers)
}

/// Answers a request, of which this is so.
pub async fn answer<T>(in_the_clear: bool, work: impl Future<Output = T>) -> T {
    CURRENT.scope(in_the_clear, work).await
}

/// Whether it is so of the request that is being answered; not outside of one.
pub fn is_in_the_clear() -> bool {
    CURRENT.try_with(|in_the_clear| *in_the_clear).unwrap_or(false)
}

/// Whether a browser asks for this machine by a name that leads nowhere else.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let Some(authority) = host.and_then(|host| host.parse::<Authority>().ok()) else { return false };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_leads_nowhere_else_is_this_machine() {
        let is_here = |host: &str| names_this_machine(&HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]));
        for host in ["localhost", "LOCALHOST:7607", "casa.localhost", "127.0.0.1:7607", "127.8.0.1", "[::1]:7607"] {
            assert!(is_here(host), "{host}");
        }
        for host in
            ["studio.example", "127.evil.example", "localhost.evil.example", "192.0.2.7:7607", "[2001:db8::1]", ""]
        {
            assert!(!is_here(host), "{host}");
        }
        assert!(!names_this_machine(&HeaderMap::new()));
    }
}
