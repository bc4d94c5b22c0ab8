//! Which client network a request comes from: the unit of flood limits and of a publishable key's rate.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

/// An IPv4 address or an IPv6 /64, which is what one client holds at the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network that an address belongs to.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
            v4 @ IpAddr::V4(_) => v4,
        })
    }

    /// No network in particular: all clients of a key together.
    pub const ANY: Self = Self(IpAddr::V6(Ipv6Addr::UNSPECIFIED));

    /// What is remembered of it with a key's usage. A server's network is kept whole, so that an owner can recognise it;
    /// of a website's visitors only the /24 or /48 is kept, which is enough to count them roughly.
    #[must_use]
    pub fn remembered(self, visitor: bool) -> IpNet {
        let length = match (self.0, visitor) {
            (IpAddr::V4(_), false) => 32,
            (IpAddr::V4(_), true) => 24,
            (IpAddr::V6(_), false) => 64,
            (IpAddr::V6(_), true) => 48,
        };
        IpNet::new_assert(self.0, length).trunc()
    }
}

/// Whether an address is in one of these networks.
#[must_use]
pub fn is_among(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// The client's address: the peer's, unless the peer is a trusted proxy; then the rightmost address of
/// `X-Forwarded-For` that is not one, since everything left of it may be invented.
#[must_use]
pub fn client_address<'h>(
    peer: IpAddr,
    trusted: &[IpNet],
    forwarded_for: impl DoubleEndedIterator<Item = &'h [u8]>,
) -> IpAddr {
    if !is_among(trusted, peer) {
        return peer;
    }
    let mut nearest = peer;
    // By bytes: what a client has written before the proxy's own hop may be no text.
    for hop in forwarded_for.rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
        // What does not parse was written by nobody that we trust to write it: stop at the last good hop.
        let Some(address) = str::from_utf8(hop).ok().and_then(|hop| named(hop.trim())) else { break };
        nearest = address;
        if !is_among(trusted, address) {
            break;
        }
    }
    nearest
}

/// An address as proxies write it: alone, with a port, an IPv6 one in brackets or not.
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

    #[test]
    fn a_client_is_an_ipv4_address_or_an_ipv6_half() {
        let of = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
