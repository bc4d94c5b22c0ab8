//! The pages of keys.

use std::time::Duration;

use flow_gateway::{
    access::{
        key::mint,
        keys::{self, Replacement},
        scope::Scope::{ClassesRead, InstructorsRead},
        sessions::stored::Role,
        stored::{KeyId, StoredKey},
    },
    store::{
        audit::{self, AuditFilter},
        filter::LogOrder,
    },
};

use crate::support::{
    dashboard::{Browser, PASSWORD},
    studio::{Reply, Studio, on_both_engines, publishable, secret},
};

/// The seal that a form brings along.
pub(super) struct Form(pub String);

impl Form {
    pub(super) async fn of(browser: &Browser, page: &str) -> Self {
        Self(browser.open(page).await.between(r#"name="form" value=""#, "\""))
    }

    pub(super) async fn send(&self, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Reply {
        browser.send(path, &[&[("form", &*self.0)], fields].concat()).await
    }
}

const READER: &[(&str, &str)] = &[
    ("name", "Timetable <screen>"),
    ("kind", "secret"),
    ("scopes", "classes:read"),
    ("scopes", "instructors:read"),
    ("expires", "never"),
];

#[apply(on_both_engines!)]
async fn a_key_is_made_by_hand_shown_once_and_works(studio: Studio) {
    let developer = studio.signed_in(Role::Developer).await;
    let form = Form::of(&developer, "/studio/api-keys/new").await;
    let more = [("used_by", "Lobby"), ("networks", "127.0.0.0/8\r\n10.1.0.0/16"), ("expires", "30")];
    let reply = form.send(&developer, "/studio/api-keys", &[READER, &more].concat()).await;
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "no-store"));
    let key = shown(&reply);
    assert!(key.starts_with("flow_sk_"), "{key}");
    studio.management_client().with_key(&key).get("/v1/classes").await.expect(200);
    studio.management_client().with_key(&key).get("/v1/members").await.is_problem(403, "insufficient_scope");

    let made = keys::list(studio.app.db.of(studio.id)).await.unwrap().remove(0);
    assert_eq!((made.name.as_str(), made.used_by.as_deref()), ("Timetable <screen>", Some("Lobby")));
    assert_eq!((made.networks.len(), made.scopes.iter().collect::<Vec<_>>()), (2, vec![ClassesRead, InstructorsRead]));
    assert!(made.expires_at.is_some() && made.created_by.contains("developer@casa.example"), "{}", made.created_by);
    let path = format!("/studio/api-keys/{}", made.id);
    for page in [developer.open("/studio/api-keys").await.html(), developer.open(&path).await.html()] {
        assert!(page.contains("Timetable &#60;screen&#62;") && page.contains("classes:read"), "{page}");
        assert!(page.contains(&made.masked()) && !page.contains(&key), "{page}");
    }
    let again = form.send(&developer, "/studio/api-keys", READER).await;
    assert_eq!(again.status, 409, "a reload makes no second key");
    assert!(again.html().contains("sent before"));
    assert_eq!(keys::list(studio.app.db.of(studio.id)).await.unwrap().len(), 1);
}

#[apply(on_both_engines!)]
async fn a_form_that_is_wrong_comes_back_with_what_was_typed_and_every_fault(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let form = Form::of(&owner, "/studio/api-keys/new").await;
    let wrong = [("used_by", "Screen"), ("origins", "ftp://x"), ("networks", "nowhere"), ("rate_limit", "many")];
    let reply = form.send(&owner, "/studio/api-keys", &wrong).await;
    assert_eq!(reply.status, 422);
    let page = reply.html();
    let told = ["Choose a kind", "Allowed origins: ", "Allowed networks: ", "The rate limit is", "A key needs a name"];
    for words in [&told[..], &[r#"value="Screen""#]].concat() {
        assert!(page.contains(words), "{words}: {page}");
    }
    let wrong = [("kind", "secret"), ("origins", "https://casa.example"), ("rate_limit", "0")];
    let page = form.send(&owner, "/studio/api-keys", &wrong).await.html();
    for words in ["A key needs a name", "A secret key needs scopes", "Origins belong to", "A rate limit is 1 to"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(keys::list(studio.app.db.of(studio.id)).await.unwrap().is_empty());
}

#[apply(on_both_engines!)]
async fn a_form_takes_a_hundred_networks_and_tells_twenty_faults(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let form = Form::of(&owner, "/studio/api-keys/new").await;
    let networks = |count: u8| (0..count).map(|last| format!("192.0.2.{last}")).collect::<Vec<_>>().join("\n");
    let (some, too_many) = (networks(100), networks(101));
    let sent = [READER, &[("networks", &*too_many)]].concat();
    let refused = form.send(&owner, "/studio/api-keys", &sent).await;
    assert_eq!(refused.status, 422);
    assert!(refused.html().contains("at most 100"), "{}", refused.html());
    let wrong = vec!["nowhere"; 90].join(",");
    let page = form.send(&owner, "/studio/api-keys", &[("networks", &*wrong), ("origins", &*wrong)]).await.html();
    assert_eq!(page.matches("<li>").count() - page.matches("<li><a ").count(), 20, "{page}");
    let sent = [READER, &[("networks", &*some)]].concat();
    assert_eq!(form.send(&owner, "/studio/api-keys", &sent).await.status, 200);
}

#[apply(on_both_engines!)]
async fn a_form_makes_keys_for_who_opened_it_and_for_their_studio_alone(studio: Studio) {
    let (owner, developer) = (studio.signed_in(Role::Owner).await, studio.signed_in(Role::Developer).await);
    let theirs = Form::of(&owner, "/studio/api-keys/new").await;
    assert_eq!(theirs.send(&developer, "/studio/api-keys", READER).await.status, 409);
    assert_eq!(owner.send("/studio/api-keys", READER).await.status, 409);

    let neighbour = studio.neighbour().await;
    studio.add_staff(studio.id, "anna@casa.example", Role::Owner).await;
    let there = studio.add_staff(neighbour, "anna@casa.example", Role::Owner).await;
    let anna = studio.browser().sign_in("anna@casa.example", PASSWORD).await.1;
    let here = Form::of(&anna, "/studio/api-keys/new").await;
    anna.send("/studio/switch", &[("to", &there.to_string())]).await.leads_to();
    let reply = here.send(&anna, "/studio/api-keys", READER).await;
    assert!(reply.status == 409 && reply.html().contains("another studio"), "{reply:?}");
    for studio_id in [studio.id, neighbour] {
        assert!(keys::list(studio.app.db.of(studio_id)).await.unwrap().is_empty());
    }
}

#[apply(on_both_engines!)]
async fn a_key_is_revoked_with_a_reason_and_one_in_use_takes_a_word(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let key = studio.key(secret(&[ClassesRead])).await;
    let server = studio.management_client().with_key(key.minted.reveal());
    let path = format!("/studio/api-keys/{}/revocation", key.stored.id);
    assert!(!owner.open(&path).await.html().contains("used in the last hour"));
    server.get("/v1/classes").await.expect(200);
    assert!(owner.open(&path).await.html().contains("used in the last hour"), "also a moment ago");
    server.get("/v1/classes").await.expect(200);
    let refused = owner.send(&path, &[("reason", "vendor left")]).await;
    assert!(refused.status == 422 && refused.html().contains("Tick the box"), "{refused:?}");
    server.get("/v1/classes").await.expect(200);
    let done = owner.send(&path, &[("reason", "vendor left"), ("confirmed", "true")]).await;
    assert_eq!(done.leads_to(), format!("/studio/api-keys/{}", key.stored.id));
    server.get("/v1/classes").await.is_problem(401, "revoked_key");
    let page = owner.open(&format!("/studio/api-keys/{}", key.stored.id)).await.html();
    assert!(page.contains("Revoked") && page.contains("vendor left") && !page.contains("/rotation"), "{page}");
    assert!(owner.open("/studio/api-keys").await.html().contains("Expired and revoked keys (1)"));
}

/// The key that a page shows.
pub(super) fn shown(reply: &Reply) -> String {
    reply.between("data-key", "</p>").rsplit('>').next().unwrap().to_owned()
}

#[apply(on_both_engines!)]
async fn a_replacement_is_made_and_the_old_key_keeps_working(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let old = studio.key(secret(&[ClassesRead, InstructorsRead])).await;
    let path = format!("/studio/api-keys/{}/rotation", old.stored.id);
    let page = owner.open(&path).await.html();
    assert!(page.contains("The old key keeps working until you revoke it"), "{page}");
    let new = shown(&Form::of(&owner, &path).await.send(&owner, &path, &[]).await);
    let server = |key: &str| studio.management_client().with_key(key);
    server(old.minted.reveal()).get("/v1/classes").await.expect(200);
    server(old.minted.reveal()).get("/v1/instructors").await.expect(200);
    server(&new).get("/v1/classes").await.expect(200);
    server(&new).get("/v1/plans").await.is_problem(403, "insufficient_scope");
    let page = owner.open(&path).await.html();
    for words in [
        "The replacement:",
        "The new key has served 1 of 2 operations and 1 of 1 networks",
        "Not yet with the new key: managementListInstructors",
        "Calls of the new key that were refused: managementListPlans, insufficient_scope, 1.",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(owner.open("/studio/api-keys").await.html().contains("Being replaced"));
}

#[apply(on_both_engines!)]
async fn of_two_forms_that_are_sent_at_once_one_makes_a_replacement(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    for same in [true, false] {
        let old = studio.key(secret(&[ClassesRead])).await;
        let path = format!("/studio/api-keys/{}/rotation", old.stored.id);
        let first = Form::of(&owner, &path).await;
        let second = if same { Form(first.0.clone()) } else { Form::of(&owner, &path).await };
        let late = Form::of(&owner, &path).await;
        let (one, other) = tokio::join!(first.send(&owner, &path, &[]), second.send(&owner, &path, &[]));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{one:?} {other:?}");
        let all = keys::list(studio.app.db.of(studio.id)).await.unwrap();
        let made: Vec<_> = all.iter().filter(|key| key.replaces == Some(old.stored.id)).collect();
        assert_eq!(made.len(), 1);
        let refused = late.send(&owner, &path, &[]).await;
        assert_eq!(refused.status, 409);
        let page = refused.html();
        assert!(page.contains("already has a replacement"), "{page}");
        assert!(page.contains(&format!("/studio/api-keys/{}\"", made[0].id)), "it is named: {page}");
    }
}

#[apply(on_both_engines!)]
async fn a_replacement_that_expired_is_replaced_by_another(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let old = studio.key(secret(&[ClassesRead])).await.stored;
    let short = Replacement { expires_in: Some(Duration::from_mins(5)), ..Replacement::default() };
    let home = &*studio.app.access.keyring;
    keys::rotate(home, studio.id, old.id, short, "a test", studio.clock.now()).await.unwrap();
    let path = format!("/studio/api-keys/{}/rotation", old.id);
    assert!(owner.open(&path).await.html().contains("The replacement:"));
    studio.pass(Duration::from_mins(5));
    assert!(!owner.open("/studio/api-keys").await.html().contains("Being replaced"));
    assert!(shown(&Form::of(&owner, &path).await.send(&owner, &path, &[]).await).starts_with("flow_sk_"));
}

#[apply(on_both_engines!)]
async fn a_key_that_has_ended_is_not_replaced_and_no_page_names_a_command(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let key = studio.key(secret(&[ClassesRead])).await.stored;
    let path = format!("/studio/api-keys/{}/rotation", key.id);
    let form = Form::of(&owner, &path).await;
    keys::revoke(&studio.app.db, studio.id, key.id, None, "a test", studio.clock.now()).await.unwrap();
    assert_eq!(owner.open(&path).await.leads_to(), format!("/studio/api-keys/{}", key.id));
    let refused = form.send(&owner, &path, &[]).await;
    assert_eq!(refused.status, 409);
    let page = refused.html();
    assert!(page.contains("was revoked") && !page.contains("flow-gateway"), "{page}");
}

#[apply(on_both_engines!)]
async fn a_change_of_a_key_is_audited_with_who_did_it_and_from_where(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await.from("203.0.113.77");
    let form = Form::of(&owner, "/studio/api-keys/new").await;
    assert_eq!(form.send(&owner, "/studio/api-keys", READER).await.status, 200);
    let made = keys::list(studio.app.db.of(studio.id)).await.unwrap().remove(0);
    let path = format!("/studio/api-keys/{}", made.id);
    let rotation = format!("{path}/rotation");
    assert_eq!(Form::of(&owner, &rotation).await.send(&owner, &rotation, &[]).await.status, 200);
    owner.send(&format!("{path}/revocation"), &[("reason", "moved")]).await.leads_to();
    let rows =
        audit::list(studio.app.db.of(studio.id), &AuditFilter::default(), LogOrder::Oldest(None), 10).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.action.as_str()).collect::<Vec<_>>(),
        ["keys.create", "keys.rotate", "keys.revoke"]
    );
    for row in rows {
        assert!(row.by.starts_with("usr_") && !row.by.contains('@'), "{row:?}");
        assert_eq!(row.from, Some("203.0.113.0/24".parse().unwrap()), "{row:?}");
    }
}

#[apply(on_both_engines!)]
async fn keys_are_changed_thirty_times_a_minute_and_revoked_all_the_same(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let mut last = None;
    for made in 0..31 {
        let form = Form::of(&owner, "/studio/api-keys/new").await;
        let reply = form.send(&owner, "/studio/api-keys", READER).await;
        assert_eq!(reply.status.as_u16(), if made < 30 { 200 } else { 429 });
        last = Some(reply);
    }
    let refused = last.unwrap();
    assert_eq!(refused.header("retry-after"), "60");
    assert!(refused.html().contains("keys were changed 30 times in the last minute"), "{}", refused.html());
    let first = keys::list(studio.app.db.of(studio.id)).await.unwrap().remove(0).id;
    owner.send(&format!("/studio/api-keys/{first}/revocation"), &[]).await.leads_to();
    studio.pass(Duration::from_mins(1));
    let form = Form::of(&owner, "/studio/api-keys/new").await;
    assert_eq!(form.send(&owner, "/studio/api-keys", READER).await.status, 200);
}

/// Writes so many keys like this one.
async fn write_keys(studio: &Studio, like: &StoredKey, count: usize) {
    let mut tx = studio.app.db.begin().await.unwrap();
    for _ in 0..count {
        let minted = mint(like.kind);
        let id = KeyId::new(studio.clock.now());
        let (public_id, fingerprint) = (minted.id, minted.fingerprint);
        let key = StoredKey { id, public_id, fingerprint, ..like.clone() };
        tx.on().of(studio.id).insert("keys", &key).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[apply(on_both_engines!)]
async fn a_studio_has_five_hundred_keys_that_work_and_a_list_shows_a_hundred_ended_ones(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let key = studio.key(secret(&[ClassesRead])).await.stored;
    write_keys(&studio, &key, 499).await;
    let rotation = format!("/studio/api-keys/{}/rotation", key.id);
    for (page, path) in [("/studio/api-keys/new", "/studio/api-keys"), (&*rotation, &*rotation)] {
        let refused = Form::of(&owner, page).await.send(&owner, path, READER).await;
        assert_eq!(refused.status, 409);
        assert!(refused.html().contains("Revoke those that nothing uses"), "{}", refused.html());
    }
    let revoked_at = Some(studio.clock.now());
    write_keys(&studio, &StoredKey { revoked_at, ..key.clone() }, 101).await;
    let list = owner.open("/studio/api-keys").await.html();
    assert!(list.contains("Expired and revoked keys (more than 100)"), "{list}");
    assert_eq!(list.matches("<tr role=\"row\"><td").count(), 600);
    keys::revoke(&studio.app.db, studio.id, key.id, None, "a test", studio.clock.now()).await.unwrap();
    let form = Form::of(&owner, "/studio/api-keys/new").await;
    assert_eq!(form.send(&owner, "/studio/api-keys", READER).await.status, 200);
}

#[apply(on_both_engines!)]
async fn another_studios_key_is_not_there_and_a_viewer_sees_no_buttons(studio: Studio) {
    let viewer = studio.signed_in(Role::Viewer).await;
    let neighbour = studio.neighbour().await;
    let foreign = studio.key_of(neighbour, publishable()).await.stored;
    assert_eq!(viewer.open(&format!("/studio/api-keys/{}", foreign.id)).await.status, 404);
    assert_eq!(viewer.open("/studio/api-keys/nonsense").await.status, 404);
    let own = studio.key(publishable()).await.stored;
    let list = viewer.open("/studio/api-keys").await.html();
    assert!(list.contains(&own.masked()) && !list.contains(&foreign.id.to_string()), "{list}");
    let page = viewer.open(&format!("/studio/api-keys/{}", own.id)).await.html();
    for action in ["/studio/api-keys/new", "/rotation", "/revocation"] {
        assert!(!list.contains(action) && !page.contains(action), "{action}");
    }
    assert!(page.contains(own.publishable.as_deref().unwrap()), "a publishable key may be shown again");
}
