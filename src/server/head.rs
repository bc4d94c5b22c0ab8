//! Rejects ambiguous request heads that hyper accepts.
//!
//! Runs before any other layer. Promises that an accepted request names one well-formed host, and that every proxy frames it
//! the same way. Anything else may be request smuggling, so the connection closes after the refusal.

use std::net::Ipv6Addr;

use axum::http::{HeaderMap, Request, Uri, Version, header};

use crate::wire::problem::Problem;

/// Checks the target, the host and the framing.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), Problem> {
    check_target(request.uri())?;
    check_host(request.headers(), request.version())?;
    check_framing(request.headers())
}

/// RFC 9110, section 4.2.4: user information in a target is an error. A key could hide in it, too.
fn check_target(target: &Uri) -> Result<(), Problem> {
    if target.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(Problem::malformed("The request target contains a user name or a password. Remove it."));
    }
    Ok(())
}

/// RFC 9112, section 3.2: exactly one `Host` in HTTP/1.1, at most one in HTTP/1.0. Two `Host` headers can smuggle a request
/// past a proxy; hyper takes the first silently.
fn check_host(headers: &HeaderMap, version: Version) -> Result<(), Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if host.to_str().is_ok_and(is_host) => Ok(()),
        (Some(_), None) => {
            Err(Problem::malformed("The `Host` header is not a host with an optional port, such as `api.example:443`."))
        }
        (None, _) if version == Version::HTTP_10 => Ok(()),
        _ => Err(Problem::malformed("Send exactly one `Host` header.")),
    }
}

/// A name or an address with an optional port. Stricter than RFC 3986: it rejects names that DNS cannot have, such as one with
/// a comma, which a proxy writes when it joins two `Host` headers.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => (address, port),
        Some(_) => return false,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let is_port = |port: &str| {
        port.is_empty() || (port.bytes().all(|digit| digit.is_ascii_digit()) && port.parse::<u16>().is_ok())
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':');
    !host.is_empty() && host.bytes().all(fits) && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

/// RFC 9112, section 6.1: a body is plain or `chunked`, once. hyper looks at the last coding only.
fn check_framing(headers: &HeaderMap) -> Result<(), Problem> {
    let mut sent = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (sent.next(), sent.next()) {
        (None, _) => Ok(()),
        (Some(only), None) if only.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(Problem::malformed("The only supported `Transfer-Encoding` is `chunked`, once.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_perhaps_a_port() {
        for host in ["test", "api.example", "api.example:443", "a_b-c.example:", "127.0.0.1:80", "[::1]", "[::1]:8080"]
        {
            assert!(is_host(host), "{host}");
        }
        for host in [
            "", ":80", "a b", "a b/c?d", "a/b", "a?b", "a#b", "user@a", "a@", "a,b", "a, b", "a:b", "a:1:2", "a:99999",
            "a:+1", "[::1", "::1", "[::1]80", "[::1]:x", "[a]", "[]", "a\\b", "<a>", "a\tb", "a%zz",
        ] {
            assert!(!is_host(host), "{host}");
        }
    }
}
