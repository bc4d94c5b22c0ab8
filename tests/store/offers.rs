//! What a page of plans, coupons and content costs, however many there are.

use flow_gateway::access::scope::Scope;
use serde_json::json;

use super::explain::{Judge, MANY};
use crate::{
    resources::{classes::id, plans},
    support::{
        crowd::{analyze, copy, moment},
        made,
        studio::{Client, Studio, on_both_engines},
    },
};

/// Fills a studio. One row in a thousand differs in what is filtered by.
async fn crowd(studio: &Studio, of: flow_gateway::store::id::StudioId) -> (Client, String) {
    let (db, server) = (&studio.app.db, studio.server_of(of, Scope::ALL).await);
    let rarely = |rare: &str, usual: &str| format!("case when n % 1000 = 0 then '{rare}' else '{usual}' end");
    let changed = ("updated_at", moment(db, 1_700_000_000, "n"));
    let plan = id(&plans::plan(&server, "Unlimited", json!({})).await);
    let coupon = id(&server.post("/v1/coupons", json!({"code": "SPRING-20", "percent_off": 20})).await.expect(201));
    let instructor = id(&server.post("/v1/instructors", json!({"display_name": "Anna"})).await.expect(201));
    let piece = json!({"title": "Neck", "status": "published", "instructor_id": instructor});
    let piece = id(&made::content(studio, of, piece).await.expect("content"));
    let of_plan = [
        ("billing_interval", rarely("once", "month")),
        ("kind", rarely("drop_in", "membership")),
        ("visibility", rarely("hidden", "public")),
        ("status", rarely("archived", "active")),
        changed.clone(),
    ];
    copy(db, "plans", &plan, MANY, &of_plan).await;
    let of_coupon = [
        ("code", "'CODE-' || n".to_owned()),
        ("kind", rarely("amount", "percent")),
        ("duration", rarely("forever", "once")),
        changed.clone(),
    ];
    copy(db, "coupons", &coupon, MANY, &of_coupon).await;
    let of_content = [
        ("kind", rarely("audio", "video")),
        ("access", rarely("members", "public")),
        ("status", rarely("draft", "published")),
        ("instructor_id", "case when n % 1000 = 0 then t.instructor_id end".to_owned()),
        changed,
    ];
    copy(db, "content", &piece, MANY, &of_content).await;
    (server, instructor)
}

#[apply(on_both_engines!)]
async fn every_page_of_plans_coupons_and_content_reads_what_it_shows(studio: Studio) {
    let studio = studio.instance_without_cache().await;
    let (server, instructor) = crowd(&studio, studio.id).await;
    crowd(&studio, studio.neighbour().await).await;
    let db = &studio.app.db;
    analyze(db).await;
    let mut judge = Judge { db, faults: Vec::new() };
    for list in ["/v1/plans", "/v1/coupons", "/v1/content"] {
        judge.check(&server, list, "", &["studio_id=?"]).await;
        judge.check(&server, list, "updated_since=2023-11-14T22:30:00Z", &["updated_at>?"]).await;
        judge.check(&server, list, "external_id=000000000000000000000700", &["external_id=?"]).await;
    }
    let by_instructor = format!("instructor_id={instructor}");
    for (list, filters) in [
        (
            "/v1/plans",
            &[
                "billing_interval=month",
                "billing_interval=once",
                "kind=membership",
                "kind=drop_in",
                "visibility=public",
                "visibility=hidden",
                "status=active",
                "status=archived",
            ][..],
        ),
        ("/v1/coupons", &["kind=percent", "kind=amount", "duration=once", "duration=forever"]),
        (
            "/v1/content",
            &[
                "kind=video",
                "kind=audio",
                "access=public",
                "access=members",
                "status=published",
                "status=draft",
                &by_instructor,
                "program_id=prg_01jdc9x0aetqt8q3yv0gcm1v5k",
            ],
        ),
    ] {
        for filter in filters {
            let found = format!("{}=?", filter.split_once('=').unwrap().0);
            judge.check(&server, list, filter, &[&found]).await;
        }
    }
    judge.check(&server, "/v1/coupons", "code=code-700", &["<expr>=?"]).await;
    judge.check(&server, "/v1/coupons", "status=active", &["studio_id=?"]).await;
    let website = studio.website().await;
    judge.check(&website, "/v1/plans", "", &["status=?"]).await;
    judge.check(&website, "/v1/content", "", &["status=?"]).await;
    judge.check(&website, "/v1/content", &by_instructor, &["instructor_id=?"]).await;
    assert!(judge.faults.is_empty(), "{}", judge.faults.join("\n\n"));
}
