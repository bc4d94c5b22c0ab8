//! The client's address behind trusted proxies. Used by the guard and by the request log.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderValue, Request};
use ipnet::IpNet;

use super::network::is_among;
use crate::wire::request::Peer;

/// The address of the client that sent a request. The only place that reads `X-Forwarded-For`.
pub fn client_of<B>(request: &Request<B>, trusted: &[IpNet]) -> IpAddr {
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
    let forwarded = request.headers().get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes);
    client_address(peer, trusted, forwarded)
}

/// The peer's address, unless the peer is a trusted proxy. Then the rightmost address in `X-Forwarded-For` that is not a
/// trusted proxy; the client may have invented everything left of it.
fn client_address<'h>(
    peer: IpAddr,
    trusted: &[IpNet],
    forwarded_for: impl DoubleEndedIterator<Item = &'h [u8]>,
) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_among(trusted, peer) {
        return peer;
    }
    let mut nearest = peer;
    // Bytes, not text: what the client wrote left of the proxy's entry may not be valid text.
    for hop in forwarded_for.rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
        // No trusted proxy writes an entry that does not parse: stop at the last good one.
        let Some(address) = str::from_utf8(hop).ok().and_then(|hop| named(hop.trim())) else { break };
        nearest = address;
        if !is_among(trusted, address) {
            break;
        }
    }
    nearest
}

/// An address as proxies write it: alone, with a port, IPv6 with or without brackets.
fn named(hop: &str) -> Option<IpAddr> {
    let in_brackets = || hop.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || hop.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    hop.parse::<IpAddr>().ok().or_else(with_port).or_else(in_brackets).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_may_name_another_client() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let told = |peer: &str, lines: &[&str]| {
            client_address(peer.parse().unwrap(), &trusted, lines.iter().map(|line| line.as_bytes())).to_string()
        };
        assert_eq!(told("192.0.2.9", &["203.0.113.1"]), "192.0.2.9");
        assert_eq!(told("10.0.0.1", &["203.0.113.1"]), "203.0.113.1");
        assert_eq!(told("10.0.0.1", &["198.51.100.7, 203.0.113.1, 10.2.3.4"]), "203.0.113.1");
        assert_eq!(told("10.0.0.1", &["198.51.100.7", "203.0.113.1"]), "203.0.113.1");
        assert_eq!(told("10.0.0.1", &["198.51.100.7, made up"]), "10.0.0.1");
        assert_eq!(told("10.0.0.1", &[]), "10.0.0.1");
        for (written, meant) in [
            ("203.0.113.1:5555", "203.0.113.1"),
            ("203.0.113.1, 10.9.1.1:5555", "203.0.113.1"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:203.0.113.1", "203.0.113.1"),
            ("[::ffff:203.0.113.1]:80", "203.0.113.1"),
        ] {
            assert_eq!(told("10.0.0.1", &[written]), meant, "{written}");
        }
        for nobodys in ["203.0.113.1:", "203.0.113.1:99999", "[203.0.113.1]", "[2001:db8::1", "unknown", "_hidden"] {
            assert_eq!(told("10.0.0.1", &[nobodys]), "10.0.0.1", "{nobodys}");
        }
    }
}
