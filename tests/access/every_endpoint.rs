//! Attacks every endpoint. The tables themselves say what there is to attack, so that a new row is attacked at once.

use std::{collections::BTreeSet, time::Duration};

use flow_gateway::access::{
    key::{KeyKind, mint},
    keys::{self, NewKey},
    scope::Scope,
    table::Rule,
};

use super::{
    no_way_around::fits,
    rows::{Rows, management_rules, storefront_rules},
};
use crate::support::studio::{Client, Studio, on_both_engines, publishable, secret};

/// Both surfaces: a caller without a key, a key that opens all of it, and its rows.
fn surfaces(studio: &Studio) -> [(Client, NewKey, Vec<Rule>); 2] {
    [
        (studio.management_client(), secret(Scope::ALL), management_rules()),
        (studio.storefront_client(), publishable(), storefront_rules()),
    ]
}

/// The two surfaces on their own ports, and both again on the shared one.
fn doors(studio: &Studio) -> [(Client, NewKey, Vec<Rule>); 4] {
    let [management, storefront] = surfaces(studio);
    let shared = |(_, key, rules): &(Client, NewKey, Vec<Rule>)| (studio.api_client(), key.clone(), rules.clone());
    let (one, other) = (shared(&management), shared(&storefront));
    [management, storefront, one, other]
}

/// Calls every row as `caller`, and expects this refusal of each.
async fn is_refused(caller: &Client, rules: &[Rule], rows: &Rows, status: u16, code: &str) {
    for rule in rules {
        let reply = caller.call(rule.method, &rows.path(rule.path)).await;
        reply.is_problem(status, code);
        assert!(reply.header("www-authenticate").starts_with("Bearer realm="), "{reply:?}");
        let mentions_error = reply.header("www-authenticate").contains("error=");
        assert_eq!(mentions_error, code != "missing_key", "{reply:?}");
    }
}

/// The ways to a path that is nearly in the table.
fn ways_around(path: &str) -> Vec<String> {
    let tail = path.strip_prefix("/v1/").expect("a path of v1");
    let (first, rest) = tail.split_at(1);
    let encoded = format!("%{:02x}", first.as_bytes()[0]);
    vec![
        format!("{path}/"),
        format!("/{path}"),
        format!("//v1//{tail}"),
        format!("/v1//{tail}"),
        format!("/v1/./{tail}"),
        format!("/v1/x/../{tail}"),
        format!("/v1/{encoded}{rest}"),
        format!("/V1/{tail}"),
        format!("/v1/{}", tail.to_uppercase()),
        format!("/v2/{tail}"),
        format!("/{tail}"),
        format!("/api/v1/{tail}"),
        format!("/v1\\{tail}"),
        format!("{path}%2f"),
        format!("{path}%2F.."),
        format!("{path}%00"),
        format!("{path};a=b"),
        format!("{path}.json"),
        format!("{path}/..;/{tail}"),
        format!("{path}/x/{tail}/y"),
        "/v1".to_owned(),
        "/v1/".to_owned(),
        "/v1/*".to_owned(),
        "/v1/{instructorId}".to_owned(),
    ]
}

#[apply(on_both_engines!)]
async fn no_endpoint_opens_without_a_right_key(studio: Studio) {
    let rows = Rows::of(&studio).await;
    let before = rows.all().await;
    for (client, whole, rules) in surfaces(&studio) {
        let keyed = |key: &str| client.clone().with_key(key);
        is_refused(&client, &rules, &rows, 401, "missing_key").await;
        is_refused(&client.clone().with("authorization", "Basic ZmxvdzpmbG93"), &rules, &rows, 401, "missing_key")
            .await;

        let key = studio.key(whole.clone()).await;
        is_refused(&keyed(&key.minted.reveal()[..57]), &rules, &rows, 401, "malformed_key").await;
        is_refused(&keyed(""), &rules, &rows, 401, "missing_key").await;
        is_refused(&keyed(mint(whole.kind).reveal()), &rules, &rows, 401, "unknown_key").await;

        keys::revoke(&studio.app.db, studio.id, key.stored.id, None, "a test", studio.clock.now()).await.unwrap();
        is_refused(&keyed(key.minted.reveal()), &rules, &rows, 401, "revoked_key").await;

        let expired = studio.key(NewKey { expires_in: Some(Duration::ZERO), ..whole.clone() }).await;
        is_refused(&keyed(expired.minted.reveal()), &rules, &rows, 401, "expired_key").await;

        let other = if whole.kind == KeyKind::Secret { publishable() } else { secret(Scope::ALL) };
        is_refused(&keyed(studio.key(other).await.minted.reveal()), &rules, &rows, 403, "wrong_key_kind").await;
    }
    assert_eq!(rows.all().await, before);
}

#[apply(on_both_engines!)]
async fn each_scope_opens_its_own_operations_and_no_other(studio: Studio) {
    let rows = Rows::of(&studio).await;
    let before = rows.all().await;
    for scope in Scope::ALL {
        let server = studio.server(&[*scope]).await;
        for rule in management_rules() {
            let path = rows.harmless(&rule);
            let reply = server
                .send(
                    rule.method.parse().unwrap(),
                    &path,
                    Rows::body(&rule).to_string().into(),
                    Some("application/json"),
                )
                .await;
            if rule.needs == Some(*scope) {
                reply.expect(200);
                continue;
            }
            let needed = rule.needs.expect("a Management row has a scope").name();
            let body = reply.is_problem(403, "insufficient_scope");
            assert_eq!(body["required_scope"], needed);
            assert_eq!(
                reply.header("www-authenticate"),
                format!(r#"Bearer realm="flow", error="insufficient_scope", scope="{needed}""#)
            );
            let told = format!("{} {:?}", String::from_utf8_lossy(&reply.body), reply.headers);
            assert!(!told.contains(scope.name()), "{} tells of {scope}: {told}", rule.id);
        }
    }
    assert_eq!(rows.all().await, before);
}

#[apply(on_both_engines!)]
async fn a_key_with_every_other_scope_does_not_open_an_operation(studio: Studio) {
    let rows = Rows::of(&studio).await;
    for rule in management_rules() {
        let others: Vec<Scope> = Scope::ALL.iter().copied().filter(|scope| Some(*scope) != rule.needs).collect();
        let body = studio
            .server(&others)
            .await
            .call(rule.method, &rows.path(rule.path))
            .await
            .is_problem(403, "insufficient_scope");
        assert_eq!(body["required_scope"], rule.needs.unwrap().name());
    }
}

#[apply(on_both_engines!)]
async fn another_studios_key_neither_sees_nor_changes_our_rows(studio: Studio) {
    let rows = Rows::of(&studio).await;
    let before = rows.all().await;
    let neighbour = studio.neighbour().await;
    let mut whole = secret(Scope::ALL);
    for (client, rules) in
        [(studio.management_client(), management_rules()), (studio.storefront_client(), storefront_rules())]
    {
        let theirs = client
            .with_key(studio.key_of(neighbour, std::mem::replace(&mut whole, publishable())).await.minted.reveal());
        for rule in rules {
            let path = rows.path(rule.path);
            let reply = theirs
                .send(
                    rule.method.parse().unwrap(),
                    &path,
                    Rows::body(&rule).to_string().into(),
                    Some("application/json"),
                )
                .await;
            if rule.path.contains('{') {
                reply.is_problem(404, "not_found");
            } else if rule.method == "GET" {
                let body = reply.expect(200);
                assert!(body.get("data").is_none_or(|data| {
                    data.as_array().unwrap().iter().all(|row| !rows.stand_in(row.to_string().as_bytes()))
                }));
            } else {
                reply.expect(201);
            }
            assert!(!rows.stand_in(&reply.body), "{}: {reply:?}", rule.id);
        }
    }
    assert_eq!(rows.all().await, before);
}

#[apply(on_both_engines!)]
async fn a_path_takes_its_own_methods_and_names_them_when_others_come(studio: Studio) {
    let rows = Rows::of(&studio).await;
    let before = rows.all().await;
    for (client, key, rules) in doors(&studio) {
        let caller = client.with_key(studio.key(key).await.minted.reveal());
        for path in rules.iter().map(|rule| rule.path).collect::<BTreeSet<_>>() {
            let mut takes: Vec<_> = rules.iter().filter(|rule| rule.path == path).map(|rule| rule.method).collect();
            if takes.contains(&"GET") {
                takes.push("HEAD");
            }
            takes.sort_unstable();
            for method in
                ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "BREW"]
            {
                if takes.contains(&method) {
                    continue;
                }
                let reply = caller.call(method, &rows.path(path)).await;
                assert_eq!(
                    (reply.status.as_u16(), reply.header("allow")),
                    (405, takes.join(", ").as_str()),
                    "{method} {path}"
                );
                if method != "HEAD" {
                    reply.is_problem(405, "method_not_allowed");
                }
            }
        }
    }
    assert_eq!(rows.all().await, before);
}

#[apply(on_both_engines!)]
async fn head_is_answered_as_get_is_without_the_body(studio: Studio) {
    let rows = Rows::of(&studio).await;
    for (client, key, rules) in doors(&studio) {
        let caller = client.with_key(studio.key(key).await.minted.reveal());
        for rule in rules.iter().filter(|rule| rule.method == "GET") {
            let (get, head) =
                (caller.get(&rows.path(rule.path)).await, caller.call("HEAD", &rows.path(rule.path)).await);
            assert!(head.body.is_empty());
            assert_eq!(head.status, get.status);
            for name in ["content-type", "etag", "cache-control", "vary"] {
                assert_eq!(head.header(name), get.header(name), "{name} of {}", rule.id);
            }
            assert_eq!(head.header("content-length"), get.body.len().to_string(), "{}", rule.id);
        }
    }
}

#[apply(on_both_engines!)]
async fn there_is_no_way_around_a_path(studio: Studio) {
    let rows = Rows::of(&studio).await;
    let before = rows.all().await;
    for (client, key, rules) in doors(&studio) {
        let caller = client.clone().with_key(studio.key(key).await.minted.reveal());
        for rule in &rules {
            for way in ways_around(&rows.path(rule.path)) {
                let reply = caller.call(rule.method, &way).await;
                let code = reply.json()["code"].clone();
                // Where another row has a name at this place, the way may lead to that, which does not take the method.
                let is_anothers = rules.iter().any(|other| other.path != rule.path && fits(other, &way));
                assert!(
                    reply.status == 404 && (code == "unknown_operation" || code == "not_found")
                        || is_anothers && code == "method_not_allowed",
                    "{} {way}: {reply:?}",
                    rule.method
                );
                client.call(rule.method, &way).await.is_problem(401, "missing_key");
            }
        }
    }
    assert_eq!(rows.all().await, before);
}
