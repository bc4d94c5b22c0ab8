//! No text that is printed, answered or stored contains a key.

use flow_gateway::access::{
    key::PresentedKey,
    keys::{self, NewKey},
    scope::Scope::{InstructorsRead, InstructorsWrite},
    stored::LiveKey,
};
use serde_json::json;

use crate::support::studio::{on_both_engines, publishable, secret};

const LIST: &str = "/v1/instructors";

#[apply(on_both_engines!)]
async fn nothing_that_is_printed_for_debugging_shows_a_key(studio: Studio) {
    for new in [secret(&[InstructorsRead]), publishable()] {
        let created = studio.key(new).await;
        let text = created.minted.reveal();
        let presented = PresentedKey::parse(text).unwrap();
        let live = LiveKey::new(created.stored.clone(), None);
        let read = keys::list(studio.app.db.of(studio.id)).await.unwrap();
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
