//! Member tokens: who gets one, and each way in which one does not count.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use flow_gateway::{
    access::{
        key::KeyKind,
        keys::NewKey,
        member_tokens::jwt::{self, MemberClaims},
        signing_keys::{self, KeyReplacement},
    },
    store::{id::StudioId, signing_secret::SigningSecret, token::Token},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{RUI, back_office, join, joined, path};
use crate::support::{
    dashboard::{Browser, PASSWORD},
    studio::{Client, Reply, Studio, on_both_engines, publishable},
};

pub const PAGE: &str = "https://casa.example";

/// A publishable key whose pages may frame the widget.
pub async fn page_key(studio: &Studio, of: StudioId, origins: &[&str]) -> String {
    let origins = origins.iter().map(|origin| origin.parse().unwrap()).collect();
    let key = studio.key_of(of, NewKey { origins, ..publishable() }).await;
    assert_eq!(key.stored.kind, KeyKind::Publishable);
    key.minted.reveal().to_owned()
}

/// Asks for a token, as the widget's page does.
pub async fn ask(browser: &Browser, key: &str, origin: &str) -> Reply {
    browser.with("accept", "*/*").send("/widget/token", &[("pk", key), ("origin", origin)]).await
}

/// The widget's frame on the studio's page, which this browser signs in to in a window of its own.
pub async fn framed(browser: &Browser, key: &str) -> Browser {
    let (id, secret) = (Token::mint().reveal()[..22].to_owned(), Token::mint());
    let frame = [("pk", key), ("origin", PAGE), ("id", &id), ("secret", secret.reveal())];
    browser.send("/widget/request", &frame).await.expect(201);
    assert_eq!(browser.send("/widget/window", &[("request", &id)]).await.status, 200);
    let claimed = browser.send("/widget/claim", &frame).await;
    claimed.expect(200);
    browser.keeping(&claimed)
}

/// A token of a browser that is signed in, for the studio's page.
pub async fn token(studio: &Studio, of: StudioId, browser: &Browser) -> String {
    let key = page_key(studio, of, &[PAGE]).await;
    let frame = framed(browser, &key).await;
    ask(&frame, &key, PAGE).await.expect(200)["token"].as_str().expect("a token").to_owned()
}

/// The studio's page with a token.
pub fn page(studio: &Studio, token: &str) -> Client {
    studio.members_client().with("origin", PAGE).with("authorization", &format!("Bearer {token}"))
}

/// What a token's header and its claims say.
pub fn parts(token: &str) -> [Value; 2] {
    let decode = |part: &str| serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let mut parts = token.split('.');
    [decode(parts.next().unwrap()), decode(parts.next().unwrap())]
}

fn encode(json: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(json.to_string())
}

/// A token that is good, and the claims in it.
async fn good(studio: &Studio) -> (String, MemberClaims) {
    let (browser, _) = joined(studio).await;
    let token = token(studio, studio.id, &browser).await;
    page(studio, &token).get("/v1/me").await.expect(200);
    let [_, claims] = parts(&token);
    (token, serde_json::from_value(claims).unwrap())
}

/// Signs claims with the gateway's own key.
async fn signed(studio: &Studio, claims: &MemberClaims) -> String {
    let (key, pair) = studio.app.access.signing_keys.signing().await.unwrap();
    jwt::sign(claims, &key, &pair).unwrap()
}

/// Signs claims with the gateway's own key under another header.
async fn signed_under(studio: &Studio, header: Value, claims: &MemberClaims) -> String {
    let (_, pair) = studio.app.access.signing_keys.signing().await.unwrap();
    let text = format!("{}.{}", encode(&header), encode(&json!(claims)));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(pair.sign(text.as_bytes()));
    format!("{text}.{signature}")
}

async fn is_refused(studio: &Studio, token: &str, code: &str) {
    let reply = page(studio, token).get("/v1/me").await;
    reply.is_problem(401, code);
    assert!(reply.header("www-authenticate").contains("invalid_token"), "{reply:?}");
}

#[apply(on_both_engines!)]
async fn a_page_that_the_key_allows_gets_a_token_with_the_contracts_claims(studio: Studio) {
    let (browser, member) = joined(&studio).await;
    let token = token(&studio, studio.id, &browser).await;
    let [header, claims] = parts(&token);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("JWT")));
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "azp", "exp", "iat", "iss", "jti", "origin", "sid", "sub"]);
    assert_eq!(claims["iss"], studio.app.urls.members);
    assert_eq!((&claims["sub"], &claims["aud"]), (&member["id"], &json!(studio.id)));
    assert_eq!(claims["origin"], PAGE);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    let keys = studio.members_client().get("/.well-known/jwks.json").await;
    assert_eq!(keys.header("access-control-allow-origin"), "*");
    let keys = keys.expect(200)["keys"].as_array().unwrap().clone();
    assert_eq!(keys.len(), 1);
    assert_eq!((&keys[0]["kid"], &keys[0]["kty"], &keys[0]["crv"]), (&header["kid"], &json!("OKP"), &json!("Ed25519")));
    let other = studio.second_instance().await;
    assert_eq!(page(&other, &token).get("/v1/me").await.expect(200)["email"], RUI, "every instance has the same keys");
}

#[apply(on_both_engines!)]
async fn a_token_is_for_an_origin_of_the_key_and_for_who_is_signed_in_at_its_studio(studio: Studio) {
    let (browser, _) = joined(&studio).await;
    let neighbour = studio.neighbour().await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    for foreign in ["https://evil.example", "null", "", "https://casa.example.evil.example", "http://casa.example"] {
        ask(&browser, &key, foreign).await.is_problem(403, "origin_not_allowed");
    }
    let for_any_page = page_key(&studio, studio.id, &[]).await;
    ask(&browser, &for_any_page, PAGE).await.is_problem(403, "origin_not_allowed");
    ask(&studio.member_browser(), &key, PAGE).await.is_problem(401, "not_signed_in");
    let of_the_neighbour = page_key(&studio, neighbour, &[PAGE]).await;
    let browser = framed(&browser, &key).await;
    ask(&browser, &of_the_neighbour, PAGE).await.is_problem(401, "not_signed_in");
    ask(&browser, "flow_pk_1", PAGE).await.is_problem(401, "malformed_key");
    let foreign = browser.with("sec-fetch-site", "cross-site");
    ask(&foreign, &key, PAGE).await.is_problem(403, "cross_site_form");
    let reply = ask(&browser, &key, PAGE).await;
    assert_eq!((reply.header("cache-control"), reply.header("access-control-allow-origin")), ("no-store", ""));
}

#[apply(on_both_engines!)]
async fn a_call_of_another_origin_or_of_none_is_refused(studio: Studio) {
    let (token, _) = good(&studio).await;
    let client = studio.members_client().with("authorization", &format!("Bearer {token}"));
    client.get("/v1/me").await.is_problem(403, "origin_not_allowed");
    for origin in ["https://evil.example", "null", "https://casa.example:444"] {
        client.clone().with("origin", origin).get("/v1/me").await.is_problem(403, "origin_not_allowed");
    }
    let two = page(&studio, &token).with_another("origin", PAGE);
    two.get("/v1/me").await.is_problem(403, "origin_not_allowed");
    studio.members_client().with("origin", PAGE).get("/v1/me").await.is_problem(401, "missing_token");
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    page(&studio, &key).get("/v1/me").await.is_problem(401, "invalid_token");
}

#[tokio::test]
async fn a_token_with_the_algorithm_none_is_refused() {
    let studio = Studio::on_sqlite().await;
    let (_, claims) = good(&studio).await;
    for alg in ["none", "None", ""] {
        let (key, _) = studio.app.access.signing_keys.signing().await.unwrap();
        let header = json!({"alg": alg, "kid": key.id, "typ": "JWT"});
        let token = format!("{}.{}.", encode(&header), encode(&json!(claims)));
        is_refused(&studio, &token, "invalid_token").await;
    }
}

#[tokio::test]
async fn a_token_that_is_signed_with_the_public_key_as_hs256_is_refused() {
    let studio = Studio::on_sqlite().await;
    let (_, claims) = good(&studio).await;
    let (key, _) = studio.app.access.signing_keys.signing().await.unwrap();
    for secret in [key.public_key.clone().into_bytes(), BASE64_URL_SAFE_NO_PAD.decode(&key.public_key).unwrap()] {
        let header = json!({"alg": "HS256", "kid": key.id, "typ": "JWT"});
        let text = format!("{}.{}", encode(&header), encode(&json!(claims)));
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
        mac.update(text.as_bytes());
        let token = format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        is_refused(&studio, &token, "invalid_token").await;
    }
}

#[tokio::test]
async fn a_token_of_an_unknown_key_is_refused() {
    let studio = Studio::on_sqlite().await;
    let (_, claims) = good(&studio).await;
    for kid in ["sgk_01jdc9x0aetqt8q3yv0gcm1v5k", "", "../../key"] {
        let token = signed_under(&studio, json!({"alg": "EdDSA", "kid": kid, "typ": "JWT"}), &claims).await;
        is_refused(&studio, &token, "invalid_token").await;
    }
}

/// A header with one more field.
async fn with_header_field(field: &str, value: Value) {
    let studio = Studio::on_sqlite().await;
    let (_, claims) = good(&studio).await;
    let (key, _) = studio.app.access.signing_keys.signing().await.unwrap();
    let mut header = json!({"alg": "EdDSA", "kid": key.id, "typ": "JWT"});
    let same = signed_under(&studio, header.clone(), &claims).await;
    page(&studio, &same).get("/v1/me").await.expect(200);
    header[field] = value;
    let token = signed_under(&studio, header, &claims).await;
    is_refused(&studio, &token, "invalid_token").await;
}

#[tokio::test]
async fn a_token_that_names_a_jku_is_refused() {
    with_header_field("jku", json!("https://evil.example/jwks.json")).await;
}

#[tokio::test]
async fn a_token_that_names_an_x5u_is_refused() {
    with_header_field("x5u", json!("https://evil.example/chain.pem")).await;
}

#[tokio::test]
async fn a_token_with_an_extension_that_nobody_knows_is_refused() {
    with_header_field("crit", json!(["b64"])).await;
}

#[tokio::test]
async fn a_token_for_another_audience_is_refused() {
    let studio = Studio::on_sqlite().await;
    let (_, claims) = good(&studio).await;
    let aud = studio.neighbour().await;
    let token = signed(&studio, &MemberClaims { aud, ..claims }).await;
    is_refused(&studio, &token, "invalid_token").await;
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    let studio = Studio::on_sqlite().await;
    let (_, claims) = good(&studio).await;
    let token = signed(&studio, &MemberClaims { iss: "https://members.evil.example".into(), ..claims }).await;
    is_refused(&studio, &token, "invalid_token").await;
}

#[tokio::test]
async fn a_token_of_another_member_than_its_session_is_refused() {
    let studio = Studio::on_sqlite().await;
    let (_, claims) = good(&studio).await;
    let (_, other) = join(&studio, studio.id, "eva@member.example", PASSWORD).await;
    let sub = other["id"].as_str().unwrap().parse().unwrap();
    let token = signed(&studio, &MemberClaims { sub, ..claims }).await;
    is_refused(&studio, &token, "invalid_token").await;
}

#[tokio::test]
async fn a_token_that_has_expired_is_refused() {
    let studio = Studio::on_sqlite().await.with_a_clock_that_stands().await;
    let (token, _) = good(&studio).await;
    studio.pass(Duration::from_secs(599));
    page(&studio, &token).get("/v1/me").await.expect(200);
    studio.pass(Duration::from_secs(1));
    is_refused(&studio, &token, "expired_token").await;
}

#[tokio::test]
async fn a_token_that_is_not_valid_yet_is_refused() {
    let studio = Studio::on_sqlite().await;
    let (_, claims) = good(&studio).await;
    let token = signed(&studio, &MemberClaims { iat: claims.iat + 300, exp: claims.exp + 300, ..claims }).await;
    is_refused(&studio, &token, "invalid_token").await;
}

#[tokio::test]
async fn a_token_that_lives_longer_than_ten_minutes_is_refused() {
    let studio = Studio::on_sqlite().await;
    let (_, claims) = good(&studio).await;
    let token = signed(&studio, &MemberClaims { exp: claims.exp + 1, ..claims }).await;
    is_refused(&studio, &token, "invalid_token").await;
}

#[tokio::test]
async fn a_token_that_was_changed_or_cut_is_refused() {
    let studio = Studio::on_sqlite().await;
    let (token, claims) = good(&studio).await;
    let [header, mut text] = parts(&token);
    text["exp"] = json!(claims.exp - 1);
    let signature = token.rsplit_once('.').unwrap().1;
    let changed = format!("{}.{}.{signature}", encode(&header), encode(&text));
    let cut = &token[..token.len() - 2];
    for forged in [changed.as_str(), cut, "a.b.c", "..", "x", &format!("{token}.{token}"), &"x".repeat(5000)] {
        is_refused(&studio, forged, "invalid_token").await;
    }
}

#[apply(on_both_engines!)]
async fn a_token_of_another_studio_shows_that_studios_member_and_no_other(studio: Studio) {
    let neighbour = studio.neighbour().await;
    joined(&studio).await;
    let (there, _) = join(&studio, neighbour, RUI, PASSWORD).await;
    let token = token(&studio, neighbour, &there).await;
    let me = page(&studio, &token).get("/v1/me").await.expect(200);
    let ours = back_office(&studio, studio.id).await.get("/v1/members").await.rows();
    assert!(ours.iter().all(|row| row["id"] != me["id"]), "{me}");
}

#[apply(on_both_engines!)]
async fn the_tokens_of_a_session_end_with_it_at_once_on_every_instance(studio: Studio) {
    let other = studio.second_instance().await;
    let server = back_office(&studio, studio.id).await;
    let (browser, member) = joined(&studio).await;
    let signed_out = token(&studio, studio.id, &browser).await;
    let elsewhere = studio.member_browser().sign_in(RUI, PASSWORD).await.1;
    let ended = token(&studio, studio.id, &elsewhere).await;
    browser.send("/sign-out", &[]).await.leads_to();
    for instance in [&studio, &other] {
        is_refused(instance, &signed_out, "invalid_token").await;
        page(instance, &ended).get("/v1/me").await.expect(200);
    }
    server.post(&format!("{}/cancel", path(&member)), json!({})).await.expect(200);
    for instance in [&studio, &other] {
        is_refused(instance, &ended, "invalid_token").await;
    }
}

fn published(reply: &Reply) -> Vec<String> {
    let keys = reply.expect(200)["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn replace(studio: &Studio, how: KeyReplacement) -> String {
    let sealer = signing_keys::sealer(&studio.app.signing_secret).unwrap();
    signing_keys::replace(&studio.app.db, &sealer, studio.clock.now(), how).await.unwrap().id.to_string()
}

#[apply(on_both_engines!)]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_after(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (browser, _) = joined(&studio).await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    let frame = framed(&browser, &key).await;
    let kid = async || parts(ask(&frame, &key, PAGE).await.expect(200)["token"].as_str().unwrap())[0]["kid"].clone();
    let all = async || published(&studio.members_client().get("/.well-known/jwks.json").await);
    let old = kid().await;
    let new = replace(&studio, KeyReplacement::WithOverlap).await;
    studio.pass(Duration::from_secs(1));
    assert_eq!(all().await.len(), 2);
    assert_eq!(kid().await, old, "it is published before it signs");
    studio.pass(Duration::from_hours(1));
    assert_eq!(kid().await, json!(new));
    assert_eq!(all().await.len(), 2, "the old one's last tokens are accepted");
    studio.pass(Duration::from_mins(61));
    assert_eq!(all().await, [new]);
}

#[apply(on_both_engines!)]
async fn a_key_that_leaked_is_refused_within_a_second(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (token, _) = good(&studio).await;
    let new = replace(&studio, KeyReplacement::AtOnce).await;
    studio.pass(Duration::from_secs(1));
    is_refused(&studio, &token, "invalid_token").await;
    assert_eq!(published(&studio.members_client().get("/.well-known/jwks.json").await), [new]);
}

#[apply(on_both_engines!)]
async fn a_key_is_replaced_by_itself_after_ninety_days_by_one_of_all_instances(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let other = studio.second_instance().await;
    studio.app.access.signing_keys.signing().await.unwrap();
    let all = async || {
        studio.pass(Duration::from_secs(1));
        published(&studio.members_client().get("/.well-known/jwks.json").await)
    };
    assert_eq!(all().await.len(), 1);
    studio.pass(Duration::from_hours(89 * 24));
    studio.app.access.signing_keys.replace_due().await.unwrap();
    assert_eq!(all().await.len(), 1);
    studio.pass(Duration::from_hours(24));
    let (here, there) = (studio.app.access.signing_keys.replace_due(), other.app.access.signing_keys.replace_due());
    let (here, there) = tokio::join!(here, there);
    here.unwrap();
    there.unwrap();
    assert_eq!(all().await.len(), 2);
}

#[apply(on_both_engines!)]
async fn without_the_secret_no_token_is_signed_and_all_else_works(studio: Studio) {
    let (browser, _) = joined(&studio).await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    let frame = framed(&browser, &key).await;
    ask(&frame, &key, PAGE).await.expect(200);
    for secret in [SigningSecret::default(), SigningSecret::set(&"another secret ".repeat(4)).unwrap()] {
        let other = studio.instance_with_secret(secret).await;
        let there = other.member_browser().with("cookie", &browser.cookie());
        let framed_there = other.member_browser().with("cookie", &frame.cookie());
        ask(&framed_there, &key, PAGE).await.is_problem(503, "unavailable");
        assert_eq!(there.open("/account").await.status, 200);
    }
}

#[apply(on_both_engines!)]
async fn no_private_key_is_stored_in_the_clear(studio: Studio) {
    good(&studio).await;
    let (key, _) = studio.app.access.signing_keys.signing().await.unwrap();
    let stored = serde_json::to_value(&key).unwrap();
    let sealed = stored["sealed_private_key"].as_str().unwrap();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).unwrap();
    assert!(bytes.len() > 32 + 16 + 23, "a nonce, the key and a tag");
    let pair_of = |seed: &[u8]| ring_public(seed);
    assert!(bytes.windows(32).all(|seed| pair_of(seed) != key.public_key), "no part of it is the private key");
}

fn ring_public(seed: &[u8]) -> String {
    use ring::signature::{Ed25519KeyPair, KeyPair};
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).unwrap();
    BASE64_URL_SAFE_NO_PAD.encode(pair.public_key())
}

#[apply(on_both_engines!)]
async fn a_key_that_another_instance_made_a_moment_ago_is_accepted_and_unknown_keys_are_looked_up_once_a_second(
    studio: Studio,
) {
    let studio = studio.with_a_clock_that_stands().await;
    let (token, claims) = good(&studio).await;
    let other = studio.second_instance().await;
    page(&other, &token).get("/v1/me").await.expect(200);
    replace(&studio, KeyReplacement::AtOnce).await;
    let of_new_key = signed(&studio, &claims).await;
    page(&other, &of_new_key).get("/v1/me").await.expect(200);
    replace(&studio, KeyReplacement::AtOnce).await;
    let of_newer_key = signed(&studio, &claims).await;
    is_refused(&other, &of_newer_key, "invalid_token").await;
    studio.pass(Duration::from_secs(1));
    page(&other, &of_newer_key).get("/v1/me").await.expect(200);
}
