//! A key is renamed: on its page, with and beside what stops it.

use std::time::Duration;

use flow_gateway::{
    access::{
        keys::{self, NewKey},
        scope::Scope::ClassesRead,
        sessions::stored::Role,
        stored::KeyId,
    },
    store::{
        audit::{self, AuditFilter, Entry},
        filter::LogOrder,
    },
};
use serde_json::json;

use crate::support::{
    dashboard::PASSWORD,
    studio::{Studio, on_both_engines, secret},
};

async fn renamings(studio: &Studio) -> Vec<Entry> {
    let rows = audit::list(studio.app.db.of(studio.id), &AuditFilter::default(), LogOrder::Oldest(None), 100).await;
    rows.unwrap().into_iter().filter(|row| row.action == "keys.rename").collect()
}

async fn name_of(studio: &Studio, id: KeyId) -> String {
    keys::find(studio.app.db.of(studio.id), id).await.unwrap().name
}

fn path(id: KeyId) -> String {
    format!("/studio/api-keys/{id}/name")
}

#[apply(on_both_engines!)]
async fn a_key_is_renamed_on_its_page_and_the_log_says_from_what_to_what(studio: Studio) {
    let developer = studio.signed_in(Role::Developer).await.from("203.0.113.77");
    let key = studio.key(secret(&[ClassesRead])).await;
    let other = studio.key(NewKey { name: "Lobby <screen>".into(), ..secret(&[ClassesRead]) }).await.stored;
    let (id, path) = (key.stored.id, path(key.stored.id));
    let shown = format!("/studio/api-keys/{id}");
    let page = developer.open(&shown).await.html();
    assert!(page.contains(&format!("<form action=\"{path}\"><button>Rename</button>")), "{page}");
    let form = developer.open(&path).await.html();
    assert!(form.contains(&format!("<form method=\"post\" action=\"{path}\"")), "{form}");
    assert!(form.contains("<label for=\"f-name\">Name</label>") && form.contains("value=\"a server\""), "{form}");

    // Another key may have the name already.
    assert_eq!(developer.send(&path, &[("name", "  Lobby <screen> ")]).await.leads_to(), shown);
    assert_eq!(name_of(&studio, id).await, other.name);
    for page in ["/studio/api-keys", &shown] {
        let page = developer.open(page).await.html();
        assert!(page.contains("Lobby &#60;screen&#62;") && !page.contains("a server"), "{page}");
    }
    studio.management_client().with_key(key.minted.reveal()).get("/v1/classes").await.expect(200);
    developer.send(&path, &[("name", "Lobby <screen>")]).await.leads_to();
    let rows = renamings(&studio).await;
    assert_eq!(rows.len(), 1, "what changes nothing leaves no row: {rows:?}");
    let (before, after) = (json!({"name": "a server"}), json!({"name": "Lobby <screen>"}));
    assert_eq!((rows[0].before.as_ref(), rows[0].after.as_ref()), (Some(&before), Some(&after)));
    assert!(rows[0].by.starts_with("usr_") && rows[0].subject.id == id.to_string(), "{rows:?}");
    assert_eq!(rows[0].from, "203.0.113.0/24".parse().ok());
}

#[apply(on_both_engines!)]
async fn a_name_that_is_no_name_is_told_beside_its_field_and_changes_nothing(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let key = studio.key(secret(&[ClassesRead])).await;
    let path = path(key.stored.id);
    let (longest, too_long) = ("ä".repeat(120), "ä".repeat(121));
    for (typed, words) in [
        ("", "A key needs a name."),
        ("   ", "A key needs a name."),
        (&*too_long, "A name is one line of at most 120 characters"),
        ("a\u{202e}b", "A name is one line of at most 120 characters"),
        (key.minted.reveal(), "A name must not contain a key"),
    ] {
        let refused = owner.send(&path, &[("name", typed)]).await;
        assert_eq!(refused.status, 422, "{typed:?}");
        let field = refused.between("<input id=\"f-name\"", ">");
        assert!(field.contains("aria-invalid=\"true\"") && field.contains("fault-name"), "{field}");
        assert!(field.contains(&format!("value=\"{}\"", typed.trim())) || typed.contains("flow_sk_"), "{field}");
        assert!(refused.between("id=\"fault-name\">", "</p>").starts_with(words), "{typed:?}: {}", refused.html());
    }
    owner.send(&path, &[]).await.between("fault-name\">", "</p>");
    assert_eq!(name_of(&studio, key.stored.id).await, "a server");
    assert!(renamings(&studio).await.is_empty());
    let german = owner.with("accept-language", "de").send(&path, &[("name", "")]).await.html();
    assert!(german.contains("Ein Schlüssel braucht einen Namen."), "{german}");
    owner.send(&path, &[("name", &longest)]).await.leads_to();
    assert_eq!(name_of(&studio, key.stored.id).await, longest);
}

#[apply(on_both_engines!)]
async fn a_viewer_another_studio_and_a_key_that_has_ended_are_refused(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (viewer, owner) = (studio.signed_in(Role::Viewer).await, studio.signed_in(Role::Owner).await);
    let key = studio.key(secret(&[ClassesRead])).await.stored.id;
    let named = [("name", "Taken over")];
    let page = viewer.open(&format!("/studio/api-keys/{key}")).await.html();
    assert!(page.contains("a server") && !page.contains("Rename"), "{page}");
    assert_eq!([viewer.open(&path(key)).await.status, viewer.send(&path(key), &named).await.status], [403, 403]);
    assert_eq!(owner.with("sec-fetch-site", "cross-site").send(&path(key), &named).await.status, 403);

    let neighbour = studio.neighbour().await;
    let theirs = studio.key_of(neighbour, secret(&[ClassesRead])).await.stored.id;
    assert_eq!([owner.open(&path(theirs)).await.status, owner.send(&path(theirs), &named).await.status], [404, 404]);

    let revoked = studio.key(secret(&[ClassesRead])).await.stored.id;
    keys::revoke(&studio.app.db, studio.id, revoked, None, "a test", studio.clock.now()).await.unwrap();
    let day = Duration::from_hours(24);
    let expired = studio.key(NewKey { expires_in: Some(day), ..secret(&[ClassesRead]) }).await.stored.id;
    studio.pass(day);
    let owner = owner.sign_in("owner@casa.example", PASSWORD).await.1;
    for ended in [revoked, expired] {
        let shown = format!("/studio/api-keys/{ended}");
        assert!(!owner.open(&shown).await.html().contains("Rename"));
        assert_eq!(owner.open(&path(ended)).await.leads_to(), shown);
        assert_eq!(owner.send(&path(ended), &named).await.status, 409);
    }
    for key in [key, revoked, expired] {
        assert_eq!(name_of(&studio, key).await, "a server");
    }
    assert_eq!(keys::find(studio.app.db.of(neighbour), theirs).await.unwrap().name, "a server");
    assert!(renamings(&studio).await.is_empty());
}
