//! `X-Forwarded-For` counts behind a trusted proxy alone, and yields one address in its plain form. Networks have one form.
#![no_main]

use std::net::IpAddr;

use flow_gateway::{
    access::{
        client::client_of,
        network::{Network, is_among, parse_network},
    },
    wire::request::Peer,
};
use http::Request;
use ipnet::IpNet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, Vec<&[u8]>, IpAddr)| {
    let (is_proxy, lines, real) = input;
    let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
    let peer: IpAddr = if is_proxy { "10.1.2.3" } else { "192.0.2.9" }.parse().unwrap();
    let client = told(peer, &trusted, &lines);
    if !is_proxy {
        assert_eq!(client, peer, "a stranger names nobody");
    }
    assert_eq!(client, client.to_canonical(), "one form");
    assert_eq!(Network::of(client), Network::of(Network::of(client).address()), "a network is its own");
    // Whoever stands left of the first address that is not trusted does not matter.
    if client != peer && !is_among(&trusted, client) {
        let mut more: Vec<&[u8]> = vec![b"203.0.113.9, 10.0.0.1"];
        more.extend(&lines);
        assert_eq!(told(peer, &trusted, &more), client);
    }
    // What a proxy writes last is the client, whatever that client wrote before.
    let last = [b"x, ", real.to_string().as_bytes()].concat();
    let all: Vec<&[u8]> = lines.iter().copied().chain([&last[..]]).collect();
    let told = told("10.1.2.3".parse().unwrap(), &trusted, &all);
    let real = real.to_canonical();
    assert!(is_among(&trusted, real) || told == real, "{told} for {real}");
    for line in lines.iter().filter_map(|line| str::from_utf8(line).ok()) {
        if let Ok(network) = parse_network(line) {
            assert_eq!(parse_network(&network.to_string()), Ok(network), "its own form");
            assert!(is_among(&[network], network.network()) && is_among(&[network], network.broadcast()), "{network}");
        }
    }
});

/// Whom a request with these lines of `X-Forwarded-For` comes from; what is no header is left out, as the server does.
fn told(peer: IpAddr, trusted: &[IpNet], lines: &[&[u8]]) -> IpAddr {
    let mut request = Request::builder().extension(Peer(peer));
    for line in lines.iter().filter(|line| http::HeaderValue::from_bytes(line).is_ok()) {
        request = request.header("x-forwarded-for", *line);
    }
    client_of(&request.body(()).expect("a request"), trusted)
}
