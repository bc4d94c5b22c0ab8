//! The credential of a request: one bearer token, and no key in the URL.

use flow_gateway::access::{
    history,
    scope::Scope::{self, InstructorsRead},
};

use crate::support::studio::{Client, on_both_engines, publishable, secret};

const LIST: &str = "/v1/instructors";

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
    assert!(history::exposures(studio.app.db.of(studio.id), server.stored.id).await.unwrap().is_empty());
}
