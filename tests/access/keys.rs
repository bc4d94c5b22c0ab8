//! A key from its text to its bounds.

use std::{collections::BTreeSet, time::Duration};

use flow_gateway::{
    access::{
        history,
        key::{KeyKind, LENGTH, PresentedKey, kind_of, masked, mint},
        keys::{self, NewKey, Replacement},
        scope::Scope::{self, InstructorsRead, InstructorsWrite},
        stored::LiveKey,
    },
    wire::mask::mask_keys,
};
use serde_json::json;

use super::forge::{base62, crc32, half_right, sealed};
use crate::support::studio::{Client, on_both_engines, publishable, secret};

const LIST: &str = "/v1/instructors";

/// Keys with their checksums, from another implementation.
const KNOWN: [&str; 4] = [
    "flow_sk_000000000000000000000000000000000000000000000Yq7Gv",
    "flow_pk_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz2gTV8y",
    "flow_sk_ABCDEFGHIJKLabcdefghijklmnopqrstuvwxyz01234502zEMo",
    "flow_sk_itwhGZOt6jPTF4kkK8hc1ejOe3IMngtxv1idSKb0mYKw00MADh",
];

#[test]
fn the_checksum_is_the_one_that_scanners_compute() {
    assert_eq!((crc32(b"123456789"), base62(0xcbf4_3926).as_str()), (0xcbf4_3926, "3jZRME"));
    for key in KNOWN {
        assert_eq!(sealed(&key[..52]), key);
        assert!(PresentedKey::parse(key).is_ok(), "{key}");
    }
}

#[test]
fn one_wrong_character_anywhere_makes_no_key() {
    for key in KNOWN {
        for at in 0..key.len() {
            for other in ['0', 'Z', 'a', '_', ' ', '\n', '\u{0}'] {
                let wrong = format!("{}{other}{}", &key[..at], &key[at + 1..]);
                assert_eq!(PresentedKey::parse(&wrong).is_ok(), wrong == key, "{wrong}");
            }
            assert!(PresentedKey::parse(&key[..at]).is_err());
            assert!(PresentedKey::parse(&format!("{}{}", &key[..at], &key[at + 1..])).is_err());
        }
        for wrong in [
            format!("{key}0"),
            format!(" {key}"),
            format!("{key}\n"),
            key.to_uppercase(),
            sealed("flow_xk_aaaa"),
            sealed(&format!("flow_mk_{}", &key[8..52])),
        ] {
            assert!(PresentedKey::parse(&wrong).is_err(), "{wrong}");
        }
    }
    assert!(PresentedKey::parse(&sealed(&format!("flow_sk_{}é", "a".repeat(42)))).is_err());
}

#[test]
fn a_made_key_has_the_promised_form_and_is_unlike_any_other() {
    let mut seen = BTreeSet::new();
    for kind in [KeyKind::Secret, KeyKind::Publishable].into_iter().cycle().take(400) {
        let minted = mint(kind);
        let text = minted.reveal();
        assert_eq!((text.len(), LENGTH), (58, 58));
        assert_eq!(sealed(&text[..52]), text);
        assert!(text[8..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(kind_of(text), Some(kind));
        assert_eq!((minted.id.to_string().as_str(), minted.last_four.as_str()), (&text[8..20], &text[54..]));
        assert!(seen.insert(text[8..20].to_owned()) && seen.insert(text[20..52].to_owned()));
    }
    let letters: BTreeSet<char> = seen.iter().flat_map(|part| part.chars()).collect();
    assert_eq!(letters.len(), 62);
}

#[test]
fn a_key_is_shown_by_its_prefix_and_its_last_four() {
    assert_eq!(masked(KeyKind::Secret, "9fKq"), "flow_sk_…9fKq");
    assert_eq!(masked(KeyKind::Publishable, "V8y1"), "flow_pk_…V8y1");
    assert_eq!(mask_keys(KNOWN[3]), "flow_sk_…MADh");
}

#[apply(on_both_engines!)]
async fn nothing_that_is_printed_for_debugging_shows_a_key(studio: Studio) {
    for new in [secret(&[InstructorsRead]), publishable()] {
        let created = studio.key(new).await;
        let text = created.minted.reveal();
        let presented = PresentedKey::parse(text).unwrap();
        let live = LiveKey::new(created.stored.clone(), None);
        let read = keys::list(studio.app.db.read(), studio.id).await.unwrap();
        for printed in [
            format!("{presented:?}"),
            format!("{:?} {:#?}", created.stored, created.stored),
            format!("{live:?}"),
            format!("{read:?}"),
            format!("{:?}", created.minted.text),
            format!("{:?} {:?}", created.minted.fingerprint, created.minted.id),
        ] {
            assert!(!printed.contains(&text[20..52]), "{printed}");
        }
        assert!(format!("{presented:?} {:?}", created.stored).contains(&created.stored.masked()));
    }
}

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
    let shown: Vec<_> = keys::list(studio.app.db.read(), studio.id).await.unwrap().remove(0).networks;
    assert_eq!(shown.iter().map(ToString::to_string).collect::<Vec<_>>(), ["127.0.0.9/32", "10.0.0.0/8"]);
}

#[apply(on_both_engines!)]
async fn the_credential_is_one_bearer_token(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let text = key.minted.reveal();
    let with = |value: &str| studio.management_client().with("authorization", value);
    for right in
        [format!("Bearer {text}"), format!("bearer {text}"), format!("BEARER {text}"), format!("Bearer   {text}")]
    {
        with(&right).get(LIST).await.expect(200);
    }
    for other_scheme in [
        text.to_owned(),
        format!("Basic {text}"),
        "Basic Zmxvdzo=".to_owned(),
        format!("Token {text}"),
        format!("Bearer{text}"),
        String::new(),
        "Bearer".to_owned(),
        "bearer  ".to_owned(),
    ] {
        let reply = with(&other_scheme).get(LIST).await;
        reply.is_problem(401, "missing_key");
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"flow\"");
    }
    for malformed in [
        "Bearer x".to_owned(),
        format!("Bearer {text} {text}"),
        format!("Bearer \"{text}\""),
        format!("Bearer {text},"),
        format!("Bearer Bearer {text}"),
        format!("Bearer\t{text}"),
    ] {
        let reply = with(&malformed).get(LIST).await;
        assert!(reply.status == 401, "{malformed} {reply:?}");
        assert!(!String::from_utf8_lossy(&reply.body).contains(&text[20..52]));
    }
    with(&format!("Bearer {text}"))
        .with_another("authorization", &format!("Bearer {text}"))
        .get(LIST)
        .await
        .is_problem(400, "malformed_request");
    with("Basic Zmxvdzo=")
        .with_another("authorization", &format!("Bearer {text}"))
        .get(LIST)
        .await
        .is_problem(400, "malformed_request");
    for name in ["x-api-key", "cookie", "proxy-authorization"] {
        studio.management_client().with(name, text).get(LIST).await.is_problem(401, "missing_key");
    }
}

#[apply(on_both_engines!)]
async fn a_key_in_the_url_is_refused_whatever_else_came(studio: Studio) {
    let server = studio.key(secret(Scope::ALL)).await;
    let website = studio.key(publishable()).await;
    let text = server.minted.reveal();
    let urls = [
        format!("{LIST}?key={text}"),
        format!("{LIST}?{text}"),
        format!("{LIST}/{text}"),
        format!("/{text}"),
        format!("{LIST}?access_token={}", website.minted.reveal()),
        format!("{LIST}?key=%66low_sk_{}", &text[8..]),
        format!("{LIST}?key=flow%5Fsk%5f{}", &text[8..]),
        format!("{LIST}/%66%6c%6f%77%5f%73%6b%5f{}", &text[8..]),
        format!("{LIST}?a=1&b=flow_sk_cut"),
        format!("/docs?key={text}"),
    ];
    for client in [studio.management_client(), studio.storefront_client(), studio.api_client()] {
        let callers: [Client; 5] = [
            client.clone(),
            client.clone().with_key(text),
            client.clone().with_key(website.minted.reveal()),
            client.clone().with_key(text).with("origin", "https://studio.example"),
            client.clone().with_key(text).with_another("authorization", "Bearer x"),
        ];
        for url in &urls {
            for caller in &callers {
                for method in ["GET", "POST", "DELETE"] {
                    let reply = caller.call(method, url).await;
                    reply.is_problem(400, "malformed_request");
                    assert!(!format!("{reply:?}").contains(&text[20..52]));
                }
            }
        }
    }
    assert!(history::exposures(studio.app.db.read(), studio.id, server.stored.id).await.unwrap().is_empty());
}

#[apply(on_both_engines!)]
async fn that_a_key_is_revoked_or_expired_is_told_to_its_holder_alone(studio: Studio) {
    let revoked = studio.key(secret(Scope::ALL)).await;
    keys::revoke(&*studio.app.access.keyring, studio.id, revoked.stored.id, None, "a test", studio.clock.now())
        .await
        .unwrap();
    let expired = studio.key(NewKey { expires_in: Some(Duration::ZERO), ..secret(Scope::ALL) }).await;
    let alive = studio.key(secret(Scope::ALL)).await;
    for (key, code) in [(&revoked, "revoked_key"), (&expired, "expired_key")] {
        let reply = studio.management_client().with_key(key.minted.reveal()).get(LIST).await;
        reply.is_problem(401, code);
        assert!(reply.header("www-authenticate").starts_with("Bearer realm=\"flow\", error=\"invalid_token\""));
    }
    for key in [&revoked, &expired, &alive] {
        studio
            .management_client()
            .with_key(&half_right(key.minted.reveal()))
            .get(LIST)
            .await
            .is_problem(401, "unknown_key");
        // A publishable key of this id was never made either.
        let as_public = sealed(&key.minted.reveal()[..52].replace("_sk_", "_pk_"));
        studio.storefront_client().with_key(&as_public).get(LIST).await.is_problem(401, "unknown_key");
    }
}

#[apply(on_both_engines!)]
async fn a_key_that_is_both_revoked_and_expired_is_revoked_and_an_end_comes_by_itself(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(NewKey { expires_in: Some(Duration::from_mins(1)), ..secret(&[InstructorsRead]) }).await;
    let server = studio.management_client().with_key(key.minted.reveal());
    studio.pass(Duration::from_micros(59_999_999));
    server.get(LIST).await.expect(200);
    studio.pass(Duration::from_micros(1));
    server.get(LIST).await.is_problem(401, "expired_key");
    keys::revoke(&*studio.app.access.keyring, studio.id, key.stored.id, None, "a test", studio.clock.now())
        .await
        .unwrap();
    server.get(LIST).await.is_problem(401, "revoked_key");
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

#[apply(on_both_engines!)]
async fn a_key_that_is_used_from_elsewhere_is_told_its_rate_and_spends_none_of_it(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let fenced =
        NewKey { networks: vec!["192.0.2.0/24".parse().unwrap()], rate_limit: 2, ..secret(&[InstructorsRead]) };
    let server = studio.management_client().with_key(studio.key(fenced).await.minted.reveal());
    let bound = NewKey { origins: vec!["https://studio.example".parse().unwrap()], rate_limit: 2, ..publishable() };
    let website = studio.storefront_client().with_key(studio.key(bound).await.minted.reveal()).from("192.0.2.1");
    let (inside, outside) = (server.clone().from("192.0.2.1"), server.from("198.51.100.1"));
    let elsewhere = website.clone().with("origin", "https://evil.example");
    for (refused, allowed) in [(&outside, &inside), (&elsewhere, &website)] {
        for left in [4, 3, 2] {
            for _ in 0..3 {
                let reply = refused.get(LIST).await;
                assert_eq!((reply.status.as_u16(), reply.header("ratelimit-policy")), (403, "\"key\";q=4;w=2"));
                assert_eq!(reply.header("ratelimit"), format!("\"key\";r={left};t={}", (4 - left + 1) / 2));
            }
            allowed.get(LIST).await.expect(200);
        }
    }
}

#[apply(on_both_engines!)]
async fn a_key_at_its_end_has_no_rate_to_tell_of(studio: Studio) {
    let expired = studio.key(NewKey { expires_in: Some(Duration::ZERO), ..secret(&[InstructorsRead]) }).await;
    let revoked = studio.key(secret(&[InstructorsRead])).await;
    keys::revoke(&studio.app.db, studio.id, revoked.stored.id, None, "a test", studio.clock.now()).await.unwrap();
    for (key, code) in [(expired, "expired_key"), (revoked, "revoked_key")] {
        let reply = studio.management_client().with_key(key.minted.reveal()).get(LIST).await;
        reply.is_problem(401, code);
        assert_eq!((reply.header("ratelimit"), reply.header("vary")), ("", "Origin, Authorization"));
    }
}

#[apply(on_both_engines!)]
async fn a_key_that_used_up_its_rate_waits_as_long_as_it_is_told(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(NewKey { rate_limit: 2, ..secret(&[InstructorsRead]) }).await;
    let server = studio.management_client().with_key(key.minted.reveal());
    for (left, path, status) in [(3, LIST, 200), (2, "/v1/nothing", 404), (1, "/v1/locations", 403), (0, LIST, 200)] {
        let reply = server.clone().from(&format!("192.0.2.{left}")).get(path).await;
        assert_eq!((reply.status.as_u16(), reply.header("ratelimit-policy")), (status, "\"key\";q=4;w=2"));
        assert_eq!(reply.header("ratelimit"), format!("\"key\";r={left};t={}", (4 - left + 1) / 2));
    }
    for path in [LIST, "/v1/nothing"] {
        let reply = server.get(path).await;
        reply.is_problem(429, "rate_limited");
        assert_eq!(
            (reply.header("retry-after"), reply.header("ratelimit"), reply.header("ratelimit-policy")),
            ("1", "\"key\";r=0;t=1", "\"key\";q=4;w=2")
        );
    }
    studio.pass(Duration::from_millis(499));
    server.get(LIST).await.is_problem(429, "rate_limited");
    studio.pass(Duration::from_millis(1));
    server.get(LIST).await.expect(200);
    server.get(LIST).await.is_problem(429, "rate_limited");
    studio.pass(Duration::from_mins(1));
    assert_eq!(server.get(LIST).await.header("ratelimit"), "\"key\";r=3;t=1");
    // What is refused before the rate costs nothing of it.
    for _ in 0..9 {
        server
            .clone()
            .with("origin", "https://studio.example")
            .get(LIST)
            .await
            .is_problem(403, "secret_key_in_browser");
    }
    assert_eq!(server.get(LIST).await.header("ratelimit"), "\"key\";r=2;t=1");
}

#[apply(on_both_engines!)]
async fn a_big_page_and_a_search_take_more_of_the_rate_and_what_is_refused_takes_nothing(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(NewKey { rate_limit: 20, ..secret(&[InstructorsRead]) }).await;
    let server = studio.management_client().with_key(key.minted.reveal());
    for (query, left) in [
        ("", 39),
        ("?limit=25", 38),
        ("?limit=100", 34),
        ("?q=anna", 29),
        ("?q=anna%20maria&limit=100", 19),
        ("?limit=100", 15),
        ("?limit=100", 11),
        ("?limit=100", 7),
        ("?limit=50", 5),
        ("", 4),
    ] {
        let reply = server.get(&format!("{LIST}{query}")).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("ratelimit")),
            (200, &*format!("\"key\";r={left};t={}", (40 - left + 19) / 20)),
            "{query}"
        );
    }
    let refused = server.get(&format!("{LIST}?q=anna")).await;
    refused.is_problem(429, "rate_limited");
    assert_eq!((refused.header("ratelimit"), refused.header("retry-after")), ("\"key\";r=4;t=1", "1"));
    server.get(&format!("{LIST}?limit=100")).await.expect(200);
    server.get(LIST).await.is_problem(429, "rate_limited");
}

#[apply(on_both_engines!)]
async fn a_publishable_keys_rate_is_for_each_visitors_network(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(NewKey { rate_limit: 1, ..publishable() }).await;
    let website = studio.storefront_client().with_key(key.minted.reveal());
    let spend = async |peer: &str| website.clone().from(peer).get(LIST).await.status.as_u16();
    let exhaust = async |peer: &str| [spend(peer).await, spend(peer).await, spend(peer).await];
    assert_eq!(exhaust("192.0.2.1").await, [200, 200, 429]);
    assert_eq!(exhaust("192.0.2.2").await, [200, 200, 429]);
    assert_eq!(exhaust("2001:db8::1").await, [200, 200, 429]);
    assert_eq!(spend("2001:db8::ffff").await, 429);
    assert_eq!(spend("2001:db8:0:1::1").await, 200);
    let forwarded = async |peer: &str, client: &str| {
        website.clone().from(peer).with("x-forwarded-for", client).get(LIST).await.status.as_u16()
    };
    assert_eq!(forwarded("192.0.2.1", "203.0.113.1").await, 429);
    assert_eq!(forwarded("10.0.0.1", "192.0.2.1").await, 429);
    assert_eq!(forwarded("10.0.0.1", "203.0.113.1").await, 200);
    let reply = website.clone().from("192.0.2.1").with("origin", "https://studio.example").get(LIST).await;
    reply.is_problem(429, "rate_limited");
    assert_eq!((reply.header("access-control-allow-origin"), reply.header("retry-after")), ("*", "1"));
}

#[apply(on_both_engines!)]
async fn answers_to_a_key_that_is_being_replaced_say_so(studio: Studio) {
    let lasting = studio.key(secret(&[InstructorsRead, InstructorsWrite])).await;
    let ending = studio.key(NewKey { expires_in: Some(Duration::from_hours(24)), ..publishable() }).await;
    let server = studio.management_client().with_key(lasting.minted.reveal());
    let website = studio.storefront_client().with_key(ending.minted.reveal());
    for client in [&server, &website] {
        let reply = client.get(LIST).await;
        assert_eq!((reply.header("deprecation"), reply.header("sunset")), ("", ""));
    }
    let (keyring, now) = (&*studio.app.access.keyring, studio.clock.now());
    let fewer = [InstructorsRead].into_iter().collect();
    let new = keys::rotate(
        keyring,
        studio.id,
        lasting.stored.id,
        Replacement { scopes: Some(fewer), ..Replacement::default() },
        "a test",
        now,
    )
    .await
    .unwrap();
    keys::rotate(keyring, studio.id, ending.stored.id, Replacement::default(), "a test", now).await.unwrap();
    let since = format!("@{}", now.seconds());
    let told = server.get(LIST).await;
    assert_eq!((told.header("deprecation"), told.header("sunset")), (since.as_str(), ""));
    assert_eq!(server.get("/v1/nothing").await.header("deprecation"), since);
    let told = website.get(LIST).await;
    assert_eq!(told.header("deprecation"), since);
    let end = ending.stored.expires_at.unwrap().timestamp();
    assert_eq!(told.header("sunset"), end.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());

    let replacement = studio.management_client().with_key(new.minted.reveal());
    let reply = replacement.get(LIST).await;
    assert_eq!((reply.status.as_u16(), reply.header("deprecation")), (200, ""));
    replacement.post(LIST, json!({"display_name": "Anna"})).await.is_problem(403, "insufficient_scope");
    keys::revoke(keyring, studio.id, new.stored.id, None, "a test", now).await.unwrap();
    assert_eq!(server.get(LIST).await.header("deprecation"), "");
}

#[apply(on_both_engines!)]
async fn no_key_is_kept_in_a_name_or_in_a_reason(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let (text, now) = (key.minted.reveal().to_owned(), studio.clock.now());
    let named = [
        NewKey { name: text.clone(), ..secret(&[InstructorsRead]) },
        NewKey { used_by: Some(format!("was {text}")), ..secret(&[InstructorsRead]) },
    ];
    for new in named {
        let refused = keys::create(&studio.app.db, studio.id, new, "a test", now).await;
        assert!(matches!(refused, Err(keys::KeyError::Invalid(_))), "{:?}", refused.err());
    }
    let why = Some(format!("{text} stood in a page"));
    let revoked = keys::revoke(&studio.app.db, studio.id, key.stored.id, why, "a test", now).await.unwrap();
    assert_eq!(revoked.revoke_reason, Some(format!("{} stood in a page", key.stored.masked())));
}

#[apply(on_both_engines!)]
async fn no_error_repeats_a_key_that_was_sent(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead, InstructorsWrite])).await;
    let text = key.minted.reveal();
    let server = studio.management_client().with_key(text);
    let reply = server.post(LIST, json!({"display_name": "A", text: 1, "metadata": {text: 1}})).await;
    reply.is_problem(422, "validation_failed");
    let said = String::from_utf8_lossy(&reply.body).into_owned();
    assert!(said.contains(&key.stored.masked()) && !said.contains(text), "{said}");
}

#[apply(on_both_engines!)]
async fn no_key_is_kept_as_an_idempotency_key(studio: Studio) {
    let key = studio.key(secret(&[InstructorsWrite])).await;
    let server = studio.management_client().with_key(key.minted.reveal());
    let reply = server.with("idempotency-key", key.minted.reveal()).post(LIST, json!({"display_name": "A"})).await;
    reply.is_problem(400, "malformed_request");
}
