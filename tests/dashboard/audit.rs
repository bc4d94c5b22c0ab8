//! The page of the audit log: what it shows and to whom, its filters and download.

use flow_gateway::access::{
    scope::Scope::InstructorsRead,
    sessions::stored::Role::{Owner, Viewer},
};

use super::lines;
use crate::support::{
    dashboard::PASSWORD,
    studio::{on_both_engines, secret},
};

#[apply(on_both_engines!)]
async fn another_studios_changes_are_never_shown(studio: Studio) {
    let neighbour = studio.neighbour().await;
    let key = studio.key_of(neighbour, secret(&[InstructorsRead])).await.stored.id.to_string();
    studio.add_staff(neighbour, "anna@neighbour.example", Owner).await;
    let (_, anna) = studio.browser().sign_in("anna@neighbour.example", PASSWORD).await;
    anna.send(&format!("/studio/api-keys/{key}/revocation"), &[("reason", "Tried out")]).await.leads_to();
    let of_key = format!("/studio/audit?subject={key}");
    assert!(anna.open(&of_key).await.html().contains("keys.revoke</code>"));
    let owner = studio.signed_in(Owner).await;
    for path in ["/studio/audit", &of_key] {
        let page = owner.open(path).await;
        assert_eq!((page.status.as_u16(), page.html().matches("<tr role=\"row\"><td").count()), (200, 0), "{path}");
    }
    assert!(lines(&owner.open("/studio/audit/download").await).is_empty());
}

#[apply(on_both_engines!)]
async fn a_time_that_cannot_be_read_is_named(studio: Studio) {
    let viewer = studio.signed_in(Viewer).await;
    let page = viewer.open("/studio/audit?since=yesterday").await;
    assert_eq!(page.status, 422);
    assert!(page.html().contains("“From” is not valid"), "{}", page.html());
    assert_eq!(viewer.open("/studio/audit/download?until=x").await.status, 400);
}

#[apply(on_both_engines!)]
async fn the_audit_page_tells_who_changed_what_from_where_and_why(studio: Studio) {
    let owner = studio.signed_in(Owner).await;
    let form = owner.open("/studio/api-keys/new").await;
    let seal = form.between("name=\"form\" value=\"", "\"");
    let made = owner
        .send(
            "/studio/api-keys",
            &[
                ("form", &seal),
                ("name", "Lobby <screen>"),
                ("kind", "secret"),
                ("scopes", "classes:read"),
                ("rate_limit", "100"),
                ("expires", "never"),
            ],
        )
        .await;
    let (id, key) = (made.between("<code>key_", "<"), made.between("data-selected=\"", "</p>"));
    let revocation = format!("/studio/api-keys/key_{id}/revocation");
    owner.send(&revocation, &[("reason", "The screen is gone")]).await.leads_to();
    let viewer = studio.signed_in(Viewer).await;
    let html = viewer.open("/studio/audit").await.html();
    for told in [
        "keys.revoke",
        "The screen is gone",
        "owner@casa.example",
        "Lobby &#60;screen&#62;",
        "<b>scopes</b> <ins>classes:read</ins>",
        "127.0.0.0/24",
    ] {
        assert!(html.contains(told), "{told} is not in {html}");
    }
    let secret = key.split_once('>').expect("the key").1;
    assert!(secret.starts_with("flow_sk_") && !html.contains(secret));
    assert!(html.find("keys.revoke</code>") < html.find("keys.create</code>"), "newest first");
    let rows = async |query: &str| lines(&viewer.open(&format!("/studio/audit/download?{query}")).await);
    let of_key = rows(&format!("subject=key_{id}")).await;
    let actions: Vec<_> = of_key.iter().map(|row| row["action"].clone()).collect();
    assert_eq!(actions, ["keys.create", "keys.revoke"]);
    assert_eq!(of_key[1]["from"], "127.0.0.0/24");
    let staff = of_key[0]["by"].as_str().expect("who").to_owned();
    assert_eq!(rows(&format!("by={staff}&action=keys.revoke")).await, of_key[1..]);
    let page = viewer.open(&format!("/studio/audit?by={staff}&action=keys.revoke")).await.html();
    assert_eq!(
        (page.matches("keys.revoke</code>").count(), page.matches("keys.create</code>").count()),
        (1, 0),
        "{page}"
    );
    assert!(rows("until=2020-01-01T00:00").await.is_empty());
}
