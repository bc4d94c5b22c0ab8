//! The studio's settings, which owners change.

use flow_gateway::{
    access::{
        keys::{self, NewKey},
        scope::Scope,
        sessions::stored::Role,
    },
    resources::studios::{self, Studio as StudioFields},
    store::{
        audit::{self, AuditFilter, Entry},
        filter::LogOrder,
        row::Row,
    },
};
use serde_json::json;

use crate::{
    resources::classes::{House, weekly},
    support::studio::{Studio, on_both_engines, secret},
};

const SETTINGS: &str = "/studio/settings";

async fn studio_of(studio: &Studio) -> Row<StudioFields> {
    studios::find(studio.app.db.of(studio.id)).await.unwrap().unwrap()
}

async fn entries(studio: &Studio) -> Vec<Entry> {
    let filter = AuditFilter::default();
    let mut rows = audit::list(studio.app.db.of(studio.id), &filter, LogOrder::Oldest(None), 100).await.unwrap();
    rows.retain(|row| row.action.starts_with("studio."));
    rows
}

/// The form as the page shows it, with other texts in some fields.
fn filled<'f>(slug: &'f str, version: &'f str, more: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let shown = [
        ("version", version),
        ("name", "Test Studio"),
        ("slug", slug),
        ("description", ""),
        ("logo_url", ""),
        ("time_zone", "Europe/Lisbon"),
        ("currency", "EUR"),
        ("locale", "en"),
        ("contact/email", ""),
        ("contact/phone", ""),
        ("address/line1", ""),
        ("address/city", ""),
        ("address/country", ""),
        ("new_link_name", ""),
        ("new_link_address", ""),
        ("policies/cancellation", ""),
        ("policies/late_cancellation_minutes", ""),
    ];
    let others = shown.into_iter().filter(|(name, _)| more.iter().all(|(typed, _)| typed != name));
    others.chain(more.iter().copied()).collect()
}

#[apply(on_both_engines!)]
async fn an_owner_changes_the_profile_and_policies_and_the_audit_log_says_what_was_and_what_became(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let slug = studio_of(&studio).await.fields.slug.to_string();
    let more = [
        ("name", "Casa Prana"),
        ("contact/email", "ola@casa.example"),
        ("address/city", "Lisboa"),
        ("address/country", "PT"),
        ("new_link_name", "instagram"),
        ("new_link_address", "https://instagram.example/casa"),
        ("policies/late_cancellation_minutes", "720"),
        ("policies/cancellation", "Twelve hours.\r\nBefore."),
    ];
    assert_eq!(owner.send(SETTINGS, &filled(&slug, "1", &more)).await.leads_to(), "/studio/settings?saved");
    let fields = serde_json::to_value(studio_of(&studio).await.fields).unwrap();
    assert_eq!(fields["name"], "Casa Prana");
    assert_eq!(fields["contact"], json!({"email": "ola@casa.example"}));
    assert_eq!(fields["address"], json!({"city": "Lisboa", "country": "PT"}));
    assert_eq!(fields["links"], json!({"instagram": "https://instagram.example/casa"}));
    assert_eq!(fields["policies"], json!({"late_cancellation_minutes": 720, "cancellation": "Twelve hours.\nBefore."}));
    let page = owner.open("/studio/settings?saved").await;
    assert!(page.html().contains("Saved.") && page.html().contains("name=\"links/instagram\""), "{}", page.html());
    assert_eq!(page.between("<strong class=\"studio\">", "<"), "Casa Prana");
    // What is emptied is gone, the address whole.
    let emptied = [("name", "Casa Prana"), ("links/instagram", "")];
    owner.send(SETTINGS, &filled(&slug, "2", &emptied)).await.leads_to();
    let fields = serde_json::to_value(studio_of(&studio).await.fields).unwrap();
    assert_eq!([&fields["address"], &fields["links"], &fields["policies"]], [&json!(null), &json!({}), &json!({})]);
    let rows = entries(&studio).await;
    assert_eq!(rows.iter().map(|row| row.action.as_str()).collect::<Vec<_>>(), ["studio.change"; 2]);
    assert!(rows.iter().all(|row| row.by.starts_with("usr_") && row.from.is_some()), "{rows:?}");
    let (before, after) = (rows[0].before.as_ref().unwrap(), rows[0].after.as_ref().unwrap());
    assert_eq!((&before["name"], &after["name"]), (&json!("Test Studio"), &json!("Casa Prana")));
    assert!(before.get("currency").is_none() && after.get("slug").is_none(), "only what changed: {rows:?}");
}

#[apply(on_both_engines!)]
async fn settings_that_are_saved_as_they_are_leave_no_row_and_no_new_version(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let before = studio_of(&studio).await;
    owner.send(SETTINGS, &filled(before.fields.slug.as_str(), "1", &[])).await.leads_to();
    assert_eq!(studio_of(&studio).await, before);
    assert!(entries(&studio).await.is_empty());
}

#[apply(on_both_engines!)]
async fn what_is_wrong_is_named_at_its_field_and_nothing_is_saved(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let neighbour = studio.neighbour().await;
    let before = studio_of(&studio).await;
    let wrong = [
        ("name", " "),
        ("time_zone", "Lisbon"),
        ("currency", "euro"),
        ("contact/email", "nobody"),
        ("address/country", "Portugal"),
        ("policies/late_cancellation_minutes", "-5"),
        ("new_link_name", "site"),
        ("new_link_address", "nowhere"),
    ];
    let reply = owner.send(SETTINGS, &filled(before.fields.slug.as_str(), "1", &wrong)).await;
    assert_eq!(reply.status, 422);
    let html = reply.html();
    for field in ["name", "time_zone", "currency", "contact/email", "address/country", "links/site"] {
        assert!(html.contains(&format!("id=\"fault-{field}\"")), "{field} in {html}");
    }
    assert!(
        html.contains("id=\"fault-policies/late_cancellation_minutes\"") && html.contains("value=\"euro\""),
        "{html}"
    );
    let theirs = studios::find(studio.app.db.of(neighbour)).await.unwrap().unwrap().fields.slug.to_string();
    let taken = owner.send(SETTINGS, &filled(&theirs, "1", &[])).await;
    assert_eq!(taken.status, 422);
    assert!(taken.html().contains("id=\"fault-slug\""), "{}", taken.html());
    assert_eq!(studio_of(&studio).await, before);
    assert!(entries(&studio).await.is_empty());
}

#[apply(on_both_engines!)]
async fn an_owner_who_saves_over_another_is_told_and_loses_nothing(studio: Studio) {
    let (one, slug) = (studio.signed_in(Role::Owner).await, studio_of(&studio).await.fields.slug.to_string());
    one.send(SETTINGS, &filled(&slug, "1", &[("name", "Theirs")])).await.leads_to();
    let late = one.send(SETTINGS, &filled(&slug, "1", &[("name", "Mine"), ("description", "Kept")])).await;
    assert_eq!(late.status, 412);
    assert!(late.html().contains("value=\"Mine\"") && late.html().contains("Kept"), "{}", late.html());
    assert_eq!(late.between("id=\"saved-name\"><b>Saved meanwhile:</b> ", "<"), "Theirs");
    assert_eq!(studio_of(&studio).await.fields.name, "Theirs");
    let version = late.between("name=\"version\" value=\"", "\"");
    one.send(SETTINGS, &filled(&slug, &version, &[("name", "Mine")])).await.leads_to();
    assert_eq!(studio_of(&studio).await.fields.name, "Mine");
}

#[apply(on_both_engines!)]
async fn a_new_time_zone_moves_the_classes_with_it(studio: Studio) {
    let house = House::with(
        studio
            .server(&[Scope::ClassesWrite, Scope::LocationsWrite, Scope::InstructorsWrite, Scope::ScheduleRead])
            .await,
    )
    .await;
    let class = house.class(weekly("tuesday", "18:30")).await;
    let before = house.occurrences(&class).await;
    let owner = studio.signed_in(Role::Owner).await;
    let slug = studio_of(&studio).await.fields.slug.to_string();
    owner.send(SETTINGS, &filled(&slug, "1", &[("time_zone", "Europe/Berlin")])).await.leads_to();
    let after = house.occurrences(&class).await;
    assert_eq!(before[1]["local_start"], after[1]["local_start"]);
    assert_eq!(after[1]["time_zone"], "Europe/Berlin");
    assert_ne!(before[1]["starts_at"], after[1]["starts_at"]);
}

#[apply(on_both_engines!)]
async fn neither_developer_nor_viewer_sees_or_changes_the_settings(studio: Studio) {
    let before = studio_of(&studio).await;
    for role in [Role::Developer, Role::Viewer] {
        let other = studio.signed_in(role).await;
        assert!(!other.open("/studio/api-keys").await.html().contains(SETTINGS), "no link leads there");
        let program = other.with("accept", "*/*");
        program.open(SETTINGS).await.is_problem(403, "insufficient_role");
        let form = filled(before.fields.slug.as_str(), "1", &[("name", "Stolen")]);
        program.send(SETTINGS, &form).await.is_problem(403, "insufficient_role");
    }
    assert_eq!(studio_of(&studio).await, before);
}

#[apply(on_both_engines!)]
async fn the_page_names_who_uses_keys_and_which_of_them_have_ended(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    assert!(owner.open(SETTINGS).await.html().contains("No key says who uses it"));
    let of = |vendor: &str| NewKey { used_by: Some(vendor.to_owned()), ..secret(&[Scope::ClassesRead]) };
    studio.key(of("Ledger Desk")).await;
    let ended = studio.key(of("Class Booker")).await.stored.id;
    keys::revoke(&studio.app.db, studio.id, ended, None, "a test", studio.clock.now()).await.unwrap();
    let neighbour = studio.neighbour().await;
    studio.key_of(neighbour, of("Their vendor")).await;
    let html = owner.open(SETTINGS).await.html();
    let row = |name: &str| html.split("</tr>").find(|row| row.contains(name)).expect(name).to_owned();
    assert!(row("Ledger Desk").contains("In use") && row("Class Booker").contains("No key works"), "{html}");
    assert!(!html.contains("Their vendor"), "{html}");
}

#[apply(on_both_engines!)]
async fn a_vendor_that_is_ended_loses_its_keys_and_stays_in_the_list(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let of = |vendor: &str| NewKey { used_by: Some(vendor.to_owned()), ..secret(&[Scope::ClassesRead]) };
    let (used, other) = (studio.key(of("Ledger & Desk")).await, studio.key(of("Class Booker")).await);
    studio.key(of("Ledger & Desk")).await;
    let server = studio.management_client().with_key(used.minted.reveal());
    server.get("/v1/classes").await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    let asking = owner.open("/studio/vendors/end?name=Ledger+%26+Desk").await.html();
    assert_eq!(asking.matches("/rotation\"").count(), 2, "each of its keys, one click from its replacement: {asking}");
    let form = |confirmed: bool| [("name", "Ledger & Desk"), ("confirmed", if confirmed { "true" } else { "" })];
    let refused = owner.send("/studio/vendors/end", &form(false)).await;
    assert_eq!(refused.status, 422);
    assert!(refused.html().contains("used in the last hour"), "{}", refused.html());
    server.get("/v1/classes").await.expect(200);
    for _ in 0..2 {
        assert_eq!(owner.send("/studio/vendors/end", &form(true)).await.leads_to(), "/studio/settings#vendors");
        studio.pass(std::time::Duration::from_millis(1));
    }
    server.get("/v1/classes").await.is_problem(401, "revoked_key");
    studio.management_client().with_key(other.minted.reveal()).get("/v1/classes").await.expect(200);
    let rows = audit::list(studio.app.db.of(studio.id), &AuditFilter::default(), LogOrder::Oldest(None), 100).await;
    let ends: Vec<_> = rows.unwrap().into_iter().filter(|row| row.action == "vendors.end").collect();
    assert_eq!((ends.len(), ends[0].subject.id.as_str()), (1, "Ledger & Desk"), "{ends:?}");
    let html = owner.open(SETTINGS).await.html();
    let row = html.split("</tr>").find(|row| row.contains("Ledger &#38; Desk")).expect("the row stays");
    assert!(row.contains("Ended") && row.contains("by owner@casa.example"), "{row}");
    assert_eq!(owner.send("/studio/vendors/end", &[("name", "Nobody")]).await.status, 404);
}
