//! The networks that a secret key may be used from.

use flow_gateway::access::{
    keys::{self, NewKey},
    scope::Scope::InstructorsRead,
};

use crate::support::studio::{on_both_engines, secret};

const LIST: &str = "/v1/instructors";

#[apply(on_both_engines!)]
async fn a_network_that_was_stored_as_ipv6_writes_ipv4_goes_on_matching(studio: Studio) {
    let networks = vec!["::ffff:127.0.0.9/128".parse().unwrap(), "::ffff:10.1.2.3/104".parse().unwrap()];
    let key = studio.key(NewKey { networks, ..secret(&[InstructorsRead]) }).await;
    let client = studio.management_client().with_key(key.minted.reveal());
    for inside in ["127.0.0.9", "::ffff:127.0.0.9", "10.200.0.1"] {
        client.clone().from(inside).get(LIST).await.expect(200);
    }
    for outside in ["127.0.0.1", "11.0.0.1", "::1"] {
        client.clone().from(outside).get(LIST).await.is_problem(403, "network_not_allowed");
    }
    let shown: Vec<_> = keys::list(studio.app.db.of(studio.id)).await.unwrap().remove(0).networks;
    assert_eq!(shown.iter().map(ToString::to_string).collect::<Vec<_>>(), ["127.0.0.9/32", "10.0.0.0/8"]);
}

#[apply(on_both_engines!)]
async fn a_secret_key_is_used_from_its_networks_alone(studio: Studio) {
    let networks = ["192.0.2.0/24", "2001:db8:1::/48"].map(|network| network.parse().unwrap());
    let key = studio.key(NewKey { networks: networks.into(), ..secret(&[InstructorsRead]) }).await;
    let server = studio.management_client().with_key(key.minted.reveal());
    for inside in ["192.0.2.0", "192.0.2.255", "2001:db8:1::1", "2001:db8:1:ffff::1"] {
        server.clone().from(inside).get(LIST).await.expect(200);
    }
    for outside in ["192.0.3.1", "127.0.0.1", "2001:db8:2::1", "::1", "10.0.0.1", "::192.0.2.1"] {
        let reply = server.clone().from(outside).get(LIST).await;
        reply.is_problem(403, "network_not_allowed");
        assert!(!String::from_utf8_lossy(&reply.body).contains("192.0.2"), "{reply:?}");
    }
    let told = |peer: &str, forwarded: &str| server.clone().from(peer).with("x-forwarded-for", forwarded);
    told("10.0.0.1", "192.0.2.7").get(LIST).await.expect(200);
    told("10.0.0.1", "198.51.100.1, 192.0.2.7, 10.9.9.9").get(LIST).await.expect(200);
    told("10.0.0.1", "::ffff:192.0.2.7").get(LIST).await.expect(200);
    for written in ["192.0.2.7:5555", "192.0.2.7, 10.9.9.9:5555", "[2001:db8:1::1]:80", "[2001:db8:1::1]"] {
        told("10.0.0.1", written).get(LIST).await.expect(200);
    }
    told("10.0.0.1", "198.51.100.1").with_another("x-forwarded-for", "192.0.2.7").get(LIST).await.expect(200);
    for (peer, forwarded) in [
        ("10.0.0.1", "192.0.2.7, 198.51.100.1"),
        ("198.51.100.1", "192.0.2.7"),
        ("127.0.0.1", "192.0.2.7"),
        ("10.0.0.1", "192.0.2.7, nonsense"),
        ("10.0.0.1", ""),
    ] {
        told(peer, forwarded).get(LIST).await.is_problem(403, "network_not_allowed");
    }
    // A proxy appends to whatever came: of a line that is no text, its own hop still counts, not its address.
    told("10.0.0.1", "é, 192.0.2.7").get(LIST).await.expect(200);
    let behind = NewKey { networks: vec!["10.0.0.0/8".parse().unwrap()], ..secret(&[InstructorsRead]) };
    let behind = studio.management_client().with_key(studio.key(behind).await.minted.reveal()).from("10.0.0.1");
    behind.with("x-forwarded-for", "é, 198.51.100.1").get(LIST).await.is_problem(403, "network_not_allowed");
    server
        .from("198.51.100.1")
        .with("forwarded", "for=192.0.2.7")
        .with("x-real-ip", "192.0.2.7")
        .get(LIST)
        .await
        .is_problem(403, "network_not_allowed");
}
