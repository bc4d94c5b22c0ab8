//! Client networks: the unit of per-client limits.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

/// An IPv4 address or an IPv6 /64, the smallest range that one client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
            v4 @ IpAddr::V4(_) => v4,
        })
    }

    /// All networks together.
    pub const ANY: Self = Self(IpAddr::V6(Ipv6Addr::UNSPECIFIED));

    /// The network's first address.
    pub fn address(self) -> IpAddr {
        self.0
    }

    /// The /24 or /48 of it, for logs and usage: an owner recognises a server by it, and it identifies no visitor.
    pub fn masked(self) -> IpNet {
        masked(self.0.into())
    }
}

/// A network, widened to at least its /24 or /48.
pub fn masked(network: IpNet) -> IpNet {
    let longest = if network.addr().is_ipv4() { 24 } else { 48 };
    IpNet::new(network.addr(), network.prefix_len().min(longest)).unwrap_or(network).trunc()
}

/// The prefix length of IPv4-mapped IPv6 addresses, such as `::ffff:192.0.2.7`.
const MAPPED_BITS: u8 = 96;

/// A network in canonical form: IPv4-mapped IPv6 becomes IPv4, and bits behind the prefix are zero.
pub fn canonical(network: IpNet) -> IpNet {
    match network.trunc() {
        IpNet::V6(v6) if v6.prefix_len() >= MAPPED_BITS => v6
            .network()
            .to_ipv4_mapped()
            .map_or(v6.into(), |v4| Ipv4Net::new(v4, v6.prefix_len() - MAPPED_BITS).map_or(v6.into(), IpNet::from)),
        other => other,
    }
}

/// Parses a network or a single address into canonical form.
///
/// # Errors
/// The text is not a network, or an IPv6 network that contains the IPv4-mapped addresses and more.
pub fn parse_network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = network
        .map_err(|_| format!("`{text}` is not a network, such as 10.0.0.0/8, or an address, such as 192.0.2.7"))?;
    let mapped = IpNet::new_assert(Ipv4Addr::UNSPECIFIED.to_ipv6_mapped().into(), MAPPED_BITS);
    let canonical = canonical(network);
    if canonical.prefix_len() > 0 && canonical != mapped && canonical.contains(&mapped) {
        return Err(format!("`{text}` contains IPv4-mapped addresses and others: write IPv4 networks as 10.0.0.0/8"));
    }
    Ok(canonical)
}

/// Whether an address is in one of these networks.
pub fn is_among(networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_one_form_however_it_is_written() {
        for (written, meant) in [
            ("::ffff:127.0.0.1", "127.0.0.1/32"),
            ("::ffff:7f00:1/128", "127.0.0.1/32"),
            ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
            ("::ffff:0.0.0.0/96", "0.0.0.0/0"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            (" 192.0.2.7 ", "192.0.2.7/32"),
            ("2001:db8::1/64", "2001:db8::/64"),
            ("2001:DB8:0:0::1", "2001:db8::1/128"),
            ("::1", "::1/128"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(parse_network(written).expect(written).to_string(), meant, "{written}");
        }
        for refused in ["", "10.0.0.0/33", "10.0.0", "::ffff:10.0.0.0/90", "::/64", "studio.example", "10.0.0.1:80"] {
            assert!(parse_network(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn an_address_is_in_a_network_however_it_is_written() {
        let networks = [parse_network("10.0.0.0/8").unwrap()];
        for address in ["10.1.2.3", "::ffff:10.1.2.3"] {
            assert!(is_among(&networks, address.parse().unwrap()), "{address}");
        }
        assert_eq!(Network::of("::ffff:10.1.2.3".parse().unwrap()), Network::of("10.1.2.3".parse().unwrap()));
    }

    #[test]
    fn a_client_is_an_ipv4_address_or_an_ipv6_half() {
        let of = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
