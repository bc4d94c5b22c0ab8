//! Content: everybody of the staff sees it, developers and owners make, change and publish it.

use flow_gateway::{
    access::{scope::Scope, sessions::stored::Role},
    store::{
        audit::{self, AuditFilter, Entry},
        filter::LogOrder,
    },
};
use serde_json::{Value, json};

use crate::{
    resources::classes::id,
    resources::plans,
    support::{
        made,
        studio::{Studio, on_both_engines},
    },
};

const CONTENT: &str = "/studio/content";

async fn rows(studio: &Studio) -> Vec<Value> {
    studio.server(&[Scope::ContentRead]).await.get("/v1/content").await.rows()
}

async fn entries(studio: &Studio) -> Vec<Entry> {
    let filter = AuditFilter::default();
    let mut rows = audit::list(studio.app.db.of(studio.id), &filter, LogOrder::Oldest(None), 100).await.unwrap();
    rows.retain(|row| row.action.starts_with("content."));
    rows
}

#[apply(on_both_engines!)]
async fn a_developer_makes_changes_and_publishes_content_as_the_api_shows_it_and_the_audit_log_says_who(
    studio: Studio,
) {
    let plan = id(&plans::plan(&studio.server(&[Scope::PlansWrite]).await, "Unlimited", json!({})).await);
    let developer = studio.signed_in(Role::Developer).await;
    let sent = [
        ("title", "Neck"),
        ("kind", "audio"),
        ("description", "One.\r\nTwo."),
        ("instructor_id", ""),
        ("tags", "Mobility\r\n\r\nDesk"),
        ("duration_seconds", "612"),
        ("access", "plans"),
        ("plan_ids", ""),
        ("plan_ids", &plan),
        ("published_at", "2026-07-01T09:30"),
    ];
    let page = developer.send(CONTENT, &sent).await.leads_to().to_owned();
    let made = rows(&studio).await.remove(0);
    assert_eq!(page, format!("{CONTENT}/{}", id(&made)));
    for (field, value) in [
        ("title", json!("Neck")),
        ("kind", json!("audio")),
        ("description", json!("One.\nTwo.")),
        ("instructor_id", json!(null)),
        ("tags", json!(["Mobility", "Desk"])),
        ("duration_seconds", json!(612)),
        ("plan_ids", json!([plan])),
        ("status", json!("draft")),
        ("published_at", json!("2026-07-01T08:30:00.000000Z")),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    let form = developer.open(&format!("{page}/edit")).await;
    assert_eq!(form.between("name=\"published_at\" type=\"datetime-local\" value=\"", "\""), "2026-07-01T09:30");
    let change = [("version", "1"), ("title", "Neck"), ("access", "members"), ("plan_ids", &plan), ("tags", "Desk")];
    assert_eq!(developer.send(&page, &change).await.leads_to(), page);
    let changed = rows(&studio).await.remove(0);
    assert_eq!((&changed["plan_ids"], &changed["tags"]), (&json!([]), &json!(["Desk"])));
    assert_eq!(changed["description"], made["description"], "what the form does not hold is kept");
    for (version, status) in [("2", "published"), ("3", "draft"), ("4", "archived")] {
        developer.send(&format!("{page}/status"), &[("version", version), ("status", status)]).await.leads_to();
        assert_eq!(rows(&studio).await[0]["status"], status);
    }
    let entries = entries(&studio).await;
    let actions: Vec<_> = entries.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, ["content.create", "content.change", "content.change", "content.change", "content.change"]);
    assert!(entries.iter().all(|row| row.by.starts_with("usr_") && row.from.is_some() && row.subject.id == id(&made)));
    assert_eq!(entries[2].before.as_ref().unwrap()["status"], "draft");
    assert_eq!(entries[2].after, Some(json!({"status": "published"})));
}

#[apply(on_both_engines!)]
async fn a_form_that_says_what_is_there_changes_nothing_and_leaves_no_row(studio: Studio) {
    let sent = json!({"title": "Neck", "description": "One.\nTwo.", "published_at": "2026-07-01T08:30:12.345678Z"});
    let piece = made::content(&studio, studio.id, sent).await.unwrap();
    let developer = studio.signed_in(Role::Developer).await;
    let page = format!("{CONTENT}/{}", id(&piece));
    let same = [
        ("version", "1"),
        ("title", "Neck"),
        ("kind", "video"),
        ("description", "One.\r\nTwo."),
        ("tags", ""),
        ("media_url", ""),
        ("duration_seconds", ""),
        ("access", "public"),
        ("plan_ids", ""),
        ("published_at", "2026-07-01T09:30"),
    ];
    assert_eq!(developer.send(&page, &same).await.leads_to(), page);
    assert_eq!(rows(&studio).await, [piece]);
    assert!(entries(&studio).await.is_empty());
}

#[apply(on_both_engines!)]
async fn a_form_names_every_fault_at_its_field_and_keeps_what_was_typed(studio: Studio) {
    let developer = studio.signed_in(Role::Developer).await;
    let sent = [
        ("title", ""),
        ("media_url", "neck.mp3"),
        ("duration_seconds", "ten"),
        ("access", "plans"),
        ("published_at", "soon"),
        ("description", "Kept."),
        ("nonsense", "1"),
    ];
    let reply = developer.send(CONTENT, &sent).await;
    assert_eq!(reply.status, 422);
    let html = reply.html();
    for field in ["title", "media_url", "duration_seconds", "plan_ids", "published_at"] {
        assert!(html.contains(&format!("<a href=\"#f-{field}\">")), "{field} in {html}");
        assert!(html.contains(&format!("id=\"fault-{field}\"")), "{field} in {html}");
    }
    assert!(html.contains("value=\"neck.mp3\"") && html.contains("Kept.") && html.contains("value=\"ten\""), "{html}");
    assert!(html.contains("/nonsense"), "{html}");
    assert!(rows(&studio).await.is_empty() && entries(&studio).await.is_empty());
}

#[apply(on_both_engines!)]
async fn who_saves_what_somebody_changed_meanwhile_is_told_and_loses_nothing(studio: Studio) {
    let piece = made::content(&studio, studio.id, json!({"title": "Neck", "tags": ["Desk"]})).await.unwrap();
    let page = format!("{CONTENT}/{}", id(&piece));
    let server = studio.server(&[Scope::ContentRead, Scope::ContentWrite]).await;
    server.patch(&format!("/v1/content/{}", id(&piece)), json!({"title": "Neck & jaw"})).await.expect(200);
    let developer = studio.signed_in(Role::Developer).await;
    let mine = |version| [("version", version), ("title", "My neck"), ("description", "Mine"), ("tags", "Desk")];
    let reply = developer.send(&page, &mine("1")).await;
    assert_eq!(reply.status, 412);
    let html = reply.html();
    assert!(html.contains("Somebody changed this while you were editing it"), "{html}");
    assert!(html.contains("value=\"My neck\"") && html.contains(">\nMine</textarea>"), "what I typed: {html}");
    assert_eq!(reply.between("id=\"saved-title\"><b>Saved meanwhile:</b> ", "</p>"), "Neck &#38; jaw");
    assert!(!html.contains("id=\"saved-tags\""), "only where it differs: {html}");
    assert_eq!(reply.between("name=\"version\" value=\"", "\""), "2");
    assert_eq!(rows(&studio).await[0]["title"], "Neck & jaw", "nothing was written");
    assert_eq!(developer.send(&page, &mine("2")).await.leads_to(), page);
    assert_eq!(rows(&studio).await[0]["title"], "My neck");
    let reply = developer.send(&format!("{page}/status"), &[("version", "2"), ("status", "published")]).await;
    assert_eq!((reply.status.as_u16(), reply.html().contains("Look at it again")), (412, true), "{}", reply.html());
    assert_eq!(rows(&studio).await[0]["status"], "draft");
}

#[apply(on_both_engines!)]
async fn a_viewer_sees_content_without_buttons_and_is_refused(studio: Studio) {
    let piece = made::content(&studio, studio.id, json!({"title": "Neck"})).await.unwrap();
    let page = format!("{CONTENT}/{}", id(&piece));
    let viewer = studio.signed_in(Role::Viewer).await;
    for (open, shown) in [(CONTENT, "Neck"), (page.as_str(), "Neck")] {
        let html = viewer.open(open).await.html();
        assert!(html.contains(shown), "{html}");
        for hidden in ["/studio/content/new", "/edit\"", "/status\"", "Publish</button>"] {
            assert!(!html.contains(hidden), "{hidden} in {html}");
        }
    }
    let program = viewer.with("accept", "*/*");
    for form in [CONTENT.to_owned(), page.clone(), format!("{page}/status")] {
        let fields = [("version", "1"), ("title", "Stolen"), ("status", "published")];
        program.send(&form, &fields).await.is_problem(403, "insufficient_role");
    }
    for form in [format!("{CONTENT}/new"), format!("{page}/edit")] {
        program.open(&form).await.is_problem(403, "insufficient_role");
    }
    assert_eq!(rows(&studio).await, [piece]);
}

#[apply(on_both_engines!)]
async fn another_studios_content_is_not_found(studio: Studio) {
    let neighbour = studio.neighbour().await;
    let theirs = made::content(&studio, neighbour, json!({"title": "Their secret"})).await.unwrap();
    let owner = studio.signed_in(Role::Owner).await;
    let page = format!("{CONTENT}/{}", id(&theirs));
    assert!(!owner.open(CONTENT).await.html().contains("Their secret"));
    let fields = [("version", "1"), ("title", "Ours"), ("status", "published")];
    for reply in [
        owner.open(&page).await,
        owner.open(&format!("{page}/edit")).await,
        owner.send(&page, &fields).await,
        owner.send(&format!("{page}/status"), &fields).await,
    ] {
        assert_eq!(reply.status, 404, "{reply:?}");
        assert!(!reply.html().contains("Their secret"));
    }
    // Nor can it be named.
    let theirs = id(&plans::plan(&studio.server_of(neighbour, &[Scope::PlansWrite]).await, "Theirs", json!({})).await);
    let sent = [("title", "Neck"), ("access", "plans"), ("plan_ids", theirs.as_str())];
    assert_eq!(owner.send(CONTENT, &sent).await.status, 422);
    assert!(rows(&studio).await.is_empty());
}
