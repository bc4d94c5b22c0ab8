//! Findings of unused scopes: one click narrows by what still holds, and a finding can be put aside with a reason.

use std::time::Duration;

use flow_gateway::{
    access::{
        keys,
        scope::Scope::{ClassesRead, MembersRead, PlansRead},
        sessions::stored::Role,
        stored::KeyId,
    },
    store::{
        audit::{self, AuditFilter, Entry},
        filter::LogOrder,
    },
};

use super::key_use::key_of_a_month;
use crate::support::{
    dashboard::{Browser, PASSWORD},
    studio::{Studio, on_both_engines, secret},
};

const MEMBERS_UNUSED: &str = "No call in the last 30 days needed: members:read.";
const REASON: &str = "the export of the year <needs> it";

async fn rows(studio: &Studio) -> Vec<Entry> {
    let rows = audit::list(studio.app.db.of(studio.id), &AuditFilter::default(), LogOrder::Oldest(None), 100).await;
    rows.unwrap().into_iter().filter(|row| row.action.contains("finding") || row.action == "keys.narrow").collect()
}

fn path(id: KeyId) -> String {
    format!("/studio/api-keys/{id}")
}

async fn page_of(browser: &Browser, id: KeyId) -> String {
    browser.open(&path(id)).await.html()
}

async fn put_aside(browser: &Browser, id: KeyId) {
    let sent = [("scopes", "members:read"), ("reason", REASON)];
    assert_eq!(browser.send(&format!("{}/findings", path(id)), &sent).await.leads_to(), path(id));
}

#[apply(on_both_engines!)]
async fn a_finding_that_no_longer_holds_narrows_nothing_and_says_so(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (key, server) = key_of_a_month(&studio, &[ClassesRead, MembersRead, PlansRead]).await;
    let owner = studio.signed_in(Role::Owner).await;
    assert!(page_of(&owner, key.id).await.contains("needed: members:read, plans:read."));
    // Somebody calls between the look at the page and the click; nobody has written that call yet.
    server.get("/v1/members").await.expect(200);
    let sent = [("removes", "members:read"), ("removes", "plans:read")];
    let refused = owner.send(&format!("{}/narrowing", path(key.id)), &sent).await;
    assert_eq!(refused.status, 409);
    assert!(refused.html().contains("These scopes are no longer unused, or were put aside: members:read."));
    let stored = keys::find(studio.app.db.of(studio.id), key.id).await.unwrap();
    assert_eq!(stored.scopes.iter().count(), 3, "all or nothing");
    server.get("/v1/members").await.expect(200);
    owner.send(&format!("{}/narrowing", path(key.id)), &[("removes", "plans:read")]).await.leads_to();
    let stored = keys::find(studio.app.db.of(studio.id), key.id).await.unwrap();
    assert_eq!(stored.scopes.iter().collect::<Vec<_>>(), [ClassesRead, MembersRead]);
    assert_eq!(rows(&studio).await.len(), 1);
}

#[apply(on_both_engines!)]
async fn a_finding_is_put_aside_with_a_reason_shown_with_it_and_taken_back(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (key, _) = key_of_a_month(&studio, &[ClassesRead, MembersRead]).await;
    let owner = studio.signed_in(Role::Owner).await;
    let findings = format!("{}/findings", path(key.id));
    for (sent, words) in [
        (&[("scopes", "members:read"), ("reason", " ")][..], "with a reason"),
        (&[("reason", REASON)], "Choose at least one scope."),
        (&[("scopes", "classes:read"), ("reason", REASON)], "no longer unused"),
    ] {
        let refused = owner.send(&findings, sent).await;
        assert!(refused.status == 422 && refused.html().contains(words), "{words}: {}", refused.html());
    }
    assert!(rows(&studio).await.is_empty(), "what is refused leaves no row");
    put_aside(&owner, key.id).await;
    let page = page_of(&owner, key.id).await;
    assert!(!page.contains(MEMBERS_UNUSED) && page.contains("Findings put aside (1)"), "{page}");
    assert!(
        page.contains("the export of the year &#60;needs&#62; it") && page.contains("by owner@casa.example"),
        "{page}"
    );
    assert!(!owner.open("/studio/api-keys").await.html().contains("Unused scopes"), "nor in the list");
    let narrowing = owner.send(&format!("{}/narrowing", path(key.id)), &[("removes", "members:read")]).await;
    assert_eq!(narrowing.status, 409, "an older page does not narrow by it");
    let back = [("scope", "members:read")];
    // Rows of one instant stand in no order.
    studio.pass(Duration::from_millis(1));
    for _ in 0..2 {
        assert_eq!(owner.send(&format!("{findings}/return"), &back).await.leads_to(), path(key.id));
    }
    let page = page_of(&owner, key.id).await;
    assert!(page.contains(MEMBERS_UNUSED) && !page.contains("Findings put aside"), "{page}");
    let rows = rows(&studio).await;
    let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, ["keys.put_aside_finding", "keys.take_back_finding"], "once each");
    assert_eq!((rows[0].reason.as_deref(), rows[0].subject.id.clone()), (Some(REASON), key.id.to_string()));
    assert!(rows.iter().all(|row| row.by.starts_with("usr_")), "{rows:?}");
}

#[apply(on_both_engines!)]
async fn a_finding_that_was_put_aside_ends_by_itself_when_the_scope_is_used(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (key, server) = key_of_a_month(&studio, &[ClassesRead, MembersRead]).await;
    let owner = studio.signed_in(Role::Owner).await;
    put_aside(&owner, key.id).await;
    server.get("/v1/members").await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    let page = page_of(&owner, key.id).await;
    assert!(!page.contains(MEMBERS_UNUSED) && !page.contains("Findings put aside"), "{page}");
    studio.pass(Duration::from_hours(31 * 24));
    server.get("/v1/classes").await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    let owner = owner.sign_in("owner@casa.example", PASSWORD).await.1;
    let page = page_of(&owner, key.id).await;
    assert!(page.contains(MEMBERS_UNUSED) && !page.contains("Findings put aside"), "it is another finding: {page}");
}

#[apply(on_both_engines!)]
async fn a_viewer_sees_what_was_put_aside_and_another_studios_findings_are_not_found(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (key, _) = key_of_a_month(&studio, &[ClassesRead, MembersRead]).await;
    let developer = studio.signed_in(Role::Developer).await;
    put_aside(&developer, key.id).await;
    let page = page_of(&studio.signed_in(Role::Viewer).await, key.id).await;
    assert!(page.contains("Findings put aside") && !page.contains("/findings"), "{page}");
    let neighbour = studio.neighbour().await;
    let theirs = studio.key_of(neighbour, secret(&[ClassesRead, MembersRead])).await.stored;
    let sent = [("scopes", "members:read"), ("scope", "members:read"), ("reason", REASON)];
    for page in ["findings", "findings/return"] {
        assert_eq!(developer.send(&format!("{}/{page}", path(theirs.id)), &sent).await.status, 404, "{page}");
    }
}
