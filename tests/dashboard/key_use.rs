//! What the use of keys says: a rotation's live traffic, who still calls with a revoked key, unused scopes and narrowing.

use std::time::Duration;

use flow_gateway::{
    access::{
        keys::{self, NewKey},
        scope::Scope::{self, ClassesRead, InstructorsRead, MembersRead, PlansRead},
        sessions::stored::Role,
        stored::{KeyId, StoredKey},
    },
    store::{
        audit::{self, AuditFilter, Entry},
        filter::LogOrder,
    },
};

use super::keys::{Form, shown};
use crate::support::{
    client::Client,
    dashboard::Browser,
    studio::{Studio, on_both_engines, publishable, secret, within},
};

const MONTH: Duration = Duration::from_hours(31 * 24);

async fn narrowings(studio: &Studio) -> Vec<Entry> {
    let rows = audit::list(studio.app.db.of(studio.id), &AuditFilter::default(), LogOrder::Oldest(None), 100).await;
    rows.unwrap().into_iter().filter(|row| row.action == "keys.narrow").collect()
}

async fn scopes(studio: &Studio, id: KeyId) -> Vec<Scope> {
    keys::find(studio.app.db.of(studio.id), id).await.unwrap().scopes.iter().collect()
}

/// A key that is a month old, and was called for classes a moment ago.
pub async fn key_of_a_month(studio: &Studio, of: &[Scope]) -> (StoredKey, Client) {
    let key = studio.key(secret(of)).await;
    studio.pass(MONTH);
    let server = studio.management_client().with_key(key.minted.reveal());
    server.get("/v1/classes").await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    (key.stored, server)
}

/// The page of a key.
async fn page_of(browser: &Browser, id: KeyId) -> String {
    browser.open(&format!("/studio/api-keys/{id}")).await.html()
}

#[apply(on_both_engines!)]
async fn a_scope_that_no_call_needed_for_a_month_is_named_and_one_click_narrows(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (key, server) = key_of_a_month(&studio, &[ClassesRead, MembersRead]).await;
    let owner = studio.signed_in(Role::Owner).await;
    assert!(owner.open("/studio/api-keys").await.html().contains("Unused scopes"));
    let page = page_of(&owner, key.id).await;
    assert!(page.contains("No call in the last 30 days needed: members:read."), "{page}");
    let path = format!("/studio/api-keys/{}/narrowing", key.id);
    let form = page.split(&format!("action=\"{path}\"")).nth(1).unwrap().split("</form>").next().unwrap();
    assert!(form.contains("name=\"removes\" value=\"members:read\"") && !form.contains("classes:read"), "{form}");
    let sent = [("removes", "members:read")];
    assert_eq!(owner.send(&path, &sent).await.leads_to(), format!("/studio/api-keys/{}", key.id));
    assert_eq!(scopes(&studio, key.id).await, [ClassesRead]);
    server.get("/v1/members").await.is_problem(403, "insufficient_scope");
    server.get("/v1/classes").await.expect(200);
    let rows = narrowings(&studio).await;
    assert!(rows.len() == 1 && rows[0].by.starts_with("usr_"), "{rows:?}");
    assert!(!page_of(&owner, key.id).await.contains("No call in the last"), "the finding goes away");
    owner.send(&path, &sent).await.leads_to();
    assert_eq!(narrowings(&studio).await.len(), 1, "what changes nothing leaves no row");
}

#[apply(on_both_engines!)]
async fn a_finding_is_made_of_keys_that_are_old_enough_and_in_use_and_goes_away_by_use(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let never_used = studio.key(secret(&[ClassesRead, MembersRead])).await.stored;
    let (old, server) = key_of_a_month(&studio, &[ClassesRead, PlansRead]).await;
    let young = studio.key(secret(&[ClassesRead, MembersRead])).await;
    studio.management_client().with_key(young.minted.reveal()).get("/v1/classes").await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    let owner = studio.signed_in(Role::Owner).await;
    for id in [never_used.id, young.stored.id] {
        assert!(!page_of(&owner, id).await.contains("No call in the last"));
    }
    assert!(page_of(&owner, old.id).await.contains("needed: plans:read"));
    let viewer = studio.signed_in(Role::Viewer).await;
    let page = page_of(&viewer, old.id).await;
    assert!(
        page.contains("No call in the last") && !page.contains("/narrowing"),
        "a viewer sees it without a button: {page}"
    );
    server.get("/v1/plans").await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    assert!(!page_of(&owner, old.id).await.contains("No call in the last"));
}

#[apply(on_both_engines!)]
async fn a_key_is_narrowed_by_hand_and_never_widened(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let key = studio.key(secret(&[ClassesRead, MembersRead])).await.stored;
    let path = format!("/studio/api-keys/{}/narrowing", key.id);
    assert!(owner.open(&path).await.html().contains("members:read"));
    let sent = [("scopes", "classes:read"), ("networks", "192.0.2.0/24")];
    owner.send(&path, &sent).await.leads_to();
    let narrowed = keys::find(studio.app.db.of(studio.id), key.id).await.unwrap();
    assert_eq!((narrowed.scopes.iter().count(), narrowed.networks.len()), (1, 1));
    for (wider, words) in [
        (&[("scopes", "classes:read"), ("scopes", "members:read"), ("networks", "192.0.2.0/24")][..], "never widened"),
        (&[("scopes", "classes:read"), ("networks", "")], "never widened"),
        (&[("scopes", "classes:read"), ("networks", "192.0.0.0/16")], "never widened"),
        (&[("scopes", "classes:read"), ("networks", "nowhere")], "Allowed networks: "),
        (&[("networks", "192.0.2.0/24")], "needs scopes"),
    ] {
        let refused = owner.send(&path, wider).await;
        assert!(refused.status == 422 && refused.html().contains(words), "{words}: {}", refused.html());
    }
    assert_eq!(narrowings(&studio).await.len(), 1);

    let website = studio.key(publishable()).await.stored;
    let path = format!("/studio/api-keys/{}/narrowing", website.id);
    owner.send(&path, &[("origins", "https://casa.example")]).await.leads_to();
    assert_eq!(keys::find(studio.app.db.of(studio.id), website.id).await.unwrap().origins.len(), 1);
}

#[apply(on_both_engines!)]
async fn another_studios_key_and_one_that_has_ended_are_not_narrowed(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let neighbour = studio.neighbour().await;
    let theirs = studio.key_of(neighbour, secret(&[ClassesRead, MembersRead])).await.stored;
    for path in ["narrowing", "rotation", "rotation/live"] {
        assert_eq!(owner.open(&format!("/studio/api-keys/{}/{path}", theirs.id)).await.status, 404, "{path}");
    }
    let path = format!("/studio/api-keys/{}/narrowing", theirs.id);
    assert_eq!(owner.send(&path, &[("scopes", "classes:read")]).await.status, 404);
    let ended = studio.key(secret(&[ClassesRead, MembersRead])).await.stored;
    keys::revoke(&studio.app.db, studio.id, ended.id, None, "a test", studio.clock.now()).await.unwrap();
    let path = format!("/studio/api-keys/{}/narrowing", ended.id);
    assert_eq!(owner.open(&path).await.leads_to(), format!("/studio/api-keys/{}", ended.id));
    assert_eq!(owner.send(&path, &[("scopes", "classes:read")]).await.status, 409);
    assert_eq!(scopes(&studio, ended.id).await.len(), 2);
}

#[apply(on_both_engines!)]
async fn who_still_calls_with_a_revoked_key_is_told_until_it_is_quiet(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let key = studio.key(secret(&[ClassesRead])).await;
    let server = studio.management_client().with_key(key.minted.reveal()).from("203.0.113.9");
    server.get("/v1/classes").await.expect(200);
    let path = format!("/studio/api-keys/{}/revocation", key.stored.id);
    let page = owner.open(&path).await.html();
    assert!(
        page.contains("Called with this key: 1 in the last hour, 1 in the last day, from 203.0.113.0/24."),
        "{page}"
    );
    owner.send(&path, &[("confirmed", "true")]).await.leads_to();
    assert!(!page_of(&owner, key.stored.id).await.contains("Still call"));
    let told = "Still calling: 1 in the last hour, 1 in the last day, from 203.0.113.0/24.";
    server.get("/v1/classes").await.is_problem(401, "revoked_key");
    within(Duration::from_mins(1), async || {
        studio.app.access.usage.write(&studio.app.db).await.unwrap();
        page_of(&owner, key.stored.id).await.contains(told)
    })
    .await;
    assert!(owner.open("/studio/api-keys").await.html().contains("Still called"));
    studio.pass(Duration::from_hours(25));
    let owner = owner.sign_in("owner@casa.example", crate::support::dashboard::PASSWORD).await.1;
    assert!(!page_of(&owner, key.stored.id).await.contains("Still call"), "it is quiet");
}

#[apply(on_both_engines!)]
async fn a_rotation_shows_the_calls_of_both_keys_and_tells_when_more_come(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let old = studio.key(secret(&[ClassesRead, InstructorsRead])).await;
    let path = format!("/studio/api-keys/{}/rotation", old.stored.id);
    let new = shown(&Form::of(&owner, &path).await.send(&owner, &path, &[]).await);
    let page = owner.open(&path).await;
    let live = page.between("data-live=\"", "\"").replace("&#38;", "&");
    let other = studio.server(&[ClassesRead]).await;
    studio.pass(Duration::from_secs(1));
    for key in [old.minted.reveal(), &new, &new] {
        studio.management_client().with_key(key).get("/v1/classes").await.expect(200);
    }
    other.get("/v1/classes").await.expect(200);
    studio.pass(Duration::from_secs(3));
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    let event = owner.open(&live).await;
    let text = String::from_utf8(event.body.to_vec()).unwrap();
    assert!(text.contains("data: 3\n"), "both keys' calls, and no other's: {text}");
    let page = owner.open(&path).await.html();
    let row = |label: &str| {
        page.split(&format!("<td role=\"cell\">{label} ")).nth(1).unwrap().split("</tr>").next().unwrap().to_owned()
    };
    assert!(row("Old key").contains("class=\"number\">1</td>"), "{page}");
    assert!(row("New key").contains("class=\"number\">2</td>"), "{page}");
    assert!(page.contains("The new key has served 1 of 1 operations"), "{page}");
    studio.pass(Duration::from_mins(11));
    assert_eq!(owner.open(&path).await.status, 200, "watching asks for no password");
    assert!(owner.send(&path, &[]).await.sends_on_to().starts_with("/studio/confirm"), "making a key does");
}

#[apply(on_both_engines!)]
async fn every_page_names_the_keys_that_expire_within_two_weeks(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let days = |days: u64| Some(Duration::from_hours(24 * days));
    let soon =
        studio.key(NewKey { name: "Soon <b>".into(), expires_in: days(14), ..secret(&[ClassesRead]) }).await.stored;
    studio.key(NewKey { name: "Later".into(), expires_in: days(15), ..secret(&[ClassesRead]) }).await;
    let revoked =
        studio.key(NewKey { name: "Gone".into(), expires_in: days(2), ..secret(&[ClassesRead]) }).await.stored;
    keys::revoke(&studio.app.db, studio.id, revoked.id, None, "a test", studio.clock.now()).await.unwrap();
    let neighbour = studio.neighbour().await;
    studio.key_of(neighbour, NewKey { name: "Theirs".into(), expires_in: days(2), ..secret(&[ClassesRead]) }).await;
    for page in ["/studio/api-keys", "/studio/activity", "/studio/audit", "/studio/api-keys/new"] {
        let html = owner.open(page).await.html();
        assert!(html.contains("The key “Soon &#60;b&#62;” expires on"), "{html}");
        assert_eq!(html.matches("” expires on").count(), 1, "{html}");
        assert!(html.contains(&format!("<a href=\"/studio/api-keys/{}\">See the key</a>", soon.id)), "{html}");
    }
}
