//! What holds for the dashboard as a whole: each key has one state, opening a page changes nothing, and what changes a key, a person
//! or a setting leaves one audit row.

use std::time::Duration;

use flow_gateway::{
    access::{
        keys::{self, NewKey, Replacement},
        scope::Scope::{ClassesRead, MembersRead},
        sessions::stored::Role,
        surface::Surface,
        unscoped,
    },
    dashboard::rules,
    store::{
        audit::{self, AuditFilter, Entry},
        filter::LogOrder,
    },
};
use sqlx::Connection;

use super::{every_page::path, keys::Form};
use crate::support::{
    dashboard::{Browser, PASSWORD},
    studio::{Studio, on_both_engines, secret},
};

const DAY: Duration = Duration::from_hours(24);
const KEYS: &str = "/studio/api-keys";

async fn called(studio: &Studio, key: &keys::Created) {
    let server = studio.management_client().with_key(key.minted.reveal());
    server.get("/v1/classes").await;
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
}

#[apply(on_both_engines!)]
async fn each_key_is_listed_with_the_worst_of_its_states_and_its_page_says_what_to_do(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    studio.add_staff(studio.id, "owner@casa.example", Role::Owner).await;
    let named = |name: &str| NewKey { name: name.to_owned(), ..secret(&[ClassesRead]) };
    let expiring = |name: &str, days| NewKey { expires_in: Some(DAY * days), ..named(name) };
    let wide = |new: NewKey| NewKey { scopes: [ClassesRead, MembersRead].into_iter().collect(), ..new };
    let unused = studio.key(wide(named("Unused scopes"))).await;
    let soon_and_unused = studio.key(wide(expiring("Soon and unused", 40))).await;
    studio.key(expiring("Expired", 1)).await;
    studio.pass(DAY * 31);
    let used = studio.key(named("Used")).await;
    let revoked = studio.key(named("Revoked")).await;
    let still_called = studio.key(named("Still called")).await;
    let replaced = studio.key(named("Replaced")).await;
    let all_at_once = studio.key(expiring("Exposed and soon", 3)).await;
    studio.key(named("New")).await;
    let (database, now) = (&*studio.app.access.keyring, studio.clock.now());
    for key in [&revoked, &still_called] {
        keys::revoke(database, studio.id, key.stored.id, None, "a test", now).await.unwrap();
    }
    keys::rotate(database, studio.id, replaced.stored.id, Replacement::default(), "a test", now).await.unwrap();
    let mut tx = studio.app.db.begin().await.unwrap();
    let (exposed, place) = (all_at_once.stored.id, "https://casa.example".to_owned());
    unscoped::note_exposure(tx.on(), exposed, place, Surface::Storefront.name(), now, 1).await.unwrap();
    tx.commit().await.unwrap();
    for key in [&unused, &soon_and_unused, &used, &still_called, &all_at_once] {
        called(&studio, key).await;
    }
    let owner = studio.browser().sign_in("owner@casa.example", PASSWORD).await.1;
    let list = owner.open(KEYS).await.html();
    let folded = list.split_once("<details class=\"folded\">").expect("ended keys are folded away").1.to_owned();
    for (name, state, advice, is_folded) in [
        ("Exposed and soon", "Exposed", "Revoke it, then make a new one.", false),
        ("Soon and unused", "Expires soon", "Make its replacement before it expires", false),
        ("Unused scopes", "Unused scopes", "It may do more than its calls need.", false),
        ("Replaced", "Being replaced", "Once nothing calls with this one any more, revoke it.", false),
        ("New", "Never used", "No call came with it yet.", false),
        ("Used", "In use", "", false),
        ("Still called", "Still called", "somebody still calls with it", true),
        ("Revoked", "Revoked", "It no longer works.", true),
        ("Expired", "Expired", "It no longer works.", true),
    ] {
        // A replacement has the name of what it replaces.
        let is_it = |row: &&str| row.contains(&format!(">{name}</a>")) && row.contains(&format!("\">{state}</span>"));
        let row = list.split("</tr>").find(is_it).unwrap_or_else(|| panic!("{name}: {list}"));
        assert_eq!(folded.contains(&format!(">{name}</a>")), is_folded, "{name}");
        let link = row.split_once("<a href=\"").unwrap().1.split('"').next().unwrap();
        let page = owner.open(link).await.html();
        assert!(page.contains(&format!("\">{state}</span>")) && page.contains(advice), "{name}: {page}");
    }
}

#[tokio::test]
async fn opening_a_page_changes_nothing() {
    let studio = Studio::on_sqlite().await.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let key = studio.key(secret(&[ClassesRead])).await;
    called(&studio, &key).await;
    let mut beside = sqlx::SqliteConnection::connect(studio.url()).await.unwrap();
    // Another number once anybody else has committed a change.
    let mut version =
        async || sqlx::query_scalar::<_, i64>("pragma data_version").fetch_one(&mut beside).await.unwrap();
    let before = version().await;
    for rule in rules().iter().filter(|rule| rule.method == "GET") {
        let path = path(rule).replace("key_01jdc9x0aetqt8q3yv0gcm1v5k", &key.stored.id.to_string());
        owner.open(&path).await;
        assert_eq!(version().await, before, "{rule:?}");
    }
    owner.send("/studio/people", &[("email", "rui@casa.example"), ("role", "viewer")]).await.leads_to();
    assert_ne!(version().await, before, "a form does");
}

async fn entries(studio: &Studio) -> Vec<Entry> {
    let rows = audit::list(studio.app.db.of(studio.id), &AuditFilter::default(), LogOrder::Newest(None), 200).await;
    rows.unwrap()
}

/// Sends a form that leaves one row of this action by the owner, from their network; sent again, none or another.
async fn leaves(studio: &Studio, owner: &Browser, (path, action): (&str, &str), fields: &[(&str, &str)]) -> String {
    // Rows of one instant stand in no order.
    studio.pass(Duration::from_millis(1));
    let before = entries(studio).await.len();
    let reply = owner.send(path, fields).await;
    assert!([200, 303].contains(&reply.status.as_u16()), "{path}: {reply:?}");
    let rows = entries(studio).await;
    assert_eq!(rows.len(), before + 1, "{path}: {rows:?}");
    let row = &rows[0];
    assert_eq!((row.action.as_str(), row.from), (action, "203.0.113.0/24".parse().ok()), "{path}");
    assert!(row.by.starts_with("usr_") && !row.subject.id.is_empty(), "{row:?}");
    assert!(!format!("{row:?}").contains("flow_sk_"), "{row:?}");
    reply.header("location").to_owned()
}

#[apply(on_both_engines!)]
async fn each_form_that_changes_a_key_a_person_or_a_setting_leaves_one_row_with_who_and_from_where(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await.from("203.0.113.77");
    let viewer = [("email", "rui@casa.example"), ("role", "viewer")];
    let person = leaves(&studio, &owner, ("/studio/people", "staff.invite"), &viewer).await;
    leaves(&studio, &owner, (&format!("{person}/invitation"), "staff.invite"), &[("role", "developer")]).await;
    leaves(&studio, &owner, (&format!("{person}/role"), "staff.change_role"), &[("role", "viewer")]).await;
    leaves(&studio, &owner, (&format!("{person}/end"), "staff.end"), &[]).await;
    let version = owner.open("/studio/settings").await.between("name=\"version\" value=\"", "\"");
    let named = [("version", &*version), ("name", "Casa Prana")];
    leaves(&studio, &owner, ("/studio/settings", "studio.change"), &named).await;
    let made = [("title", "Neck"), ("kind", "audio"), ("access", "members")];
    let piece = leaves(&studio, &owner, ("/studio/content", "content.create"), &made).await;
    leaves(&studio, &owner, (&piece, "content.change"), &[("version", "1"), ("title", "Back")]).await;
    let status = [("version", "2"), ("status", "published")];
    leaves(&studio, &owner, (&format!("{piece}/status"), "content.change"), &status).await;

    let form = Form::of(&owner, &format!("{KEYS}/new")).await;
    let typed = [
        ("form", &*form.0),
        ("name", "Reports"),
        ("kind", "secret"),
        ("scopes", "classes:read"),
        ("used_by", "Ledger Desk"),
        ("rate_limit", "50"),
        ("expires", "never"),
    ];
    leaves(&studio, &owner, (KEYS, "keys.create"), &typed).await;
    let old = keys::list(studio.app.db.of(studio.id)).await.unwrap().remove(0).id;
    let of_key = |what: &str| format!("{KEYS}/{old}/{what}");
    leaves(&studio, &owner, (&of_key("name"), "keys.rename"), &[("name", "Reports of the month")]).await;
    let rotation = of_key("rotation");
    let form = Form::of(&owner, &rotation).await;
    leaves(&studio, &owner, (&rotation, "keys.rotate"), &[("form", &form.0)]).await;
    let end = of_key("rotation/end");
    leaves(&studio, &owner, (&end, "keys.choose_rotation_end"), &[("end_after", "7")]).await;
    leaves(&studio, &owner, (&end, "keys.choose_rotation_end"), &[]).await;
    leaves(
        &studio,
        &owner,
        (&of_key("narrowing"), "keys.narrow"),
        &[("scopes", "classes:read"), ("networks", "192.0.2.0/24")],
    )
    .await;
    leaves(&studio, &owner, (&of_key("revocation"), "keys.revoke"), &[("reason", "Tried out")]).await;
    assert_eq!(entries(&studio).await[0].reason.as_deref(), Some("Tried out"));
}
