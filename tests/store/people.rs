//! What a page of members costs, however many there are.

use flow_gateway::{
    access::scope::Scope,
    store::{db::Db, id::StudioId},
};
use serde_json::json;

use super::explain::{Judge, MANY};
use crate::{
    resources::{classes::id, members},
    support::{
        crowd::{analyze, copy, moment},
        plans,
        studio::{Client, Studio, on_both_engines},
    },
};

/// Fills a studio. One row in a thousand differs in what is filtered by, and each day ends ten memberships.
async fn crowd(studio: &Studio, of: StudioId) -> (Client, String) {
    let (db, server) = (&studio.app.db, studio.server_of(of, Scope::ALL).await);
    let plan = id(&members::monthly(&server).await);
    let member = id(&members::member(&server, "rui@member.example").await);
    let truth = if matches!(db, Db::Sqlite { .. }) { ["1", "0"] } else { ["true", "false"] };
    let day = match db {
        Db::Sqlite { .. } => "date('2030-01-01', '+' || (n / 10) || ' days')",
        Db::Postgres(_) => "to_char(date '2030-01-01' + (n / 10)::int, 'YYYY-MM-DD')",
    };
    let of_member = [
        ("email", "'m' || n || '@member.example'".to_owned()),
        ("email_key", "'m' || n || '@member.example'".to_owned()),
        ("status", "case when n % 1000 = 0 then 'paused' else 'active' end".to_owned()),
        ("plan_id", format!("case when n % 1000 = 0 then '{plan}' end")),
        ("marketing_consent", format!("case when n % 1000 = 0 then {} else {} end", truth[0], truth[1])),
        ("starts_on", day.to_owned()),
        ("ends_on", day.to_owned()),
        ("cancel_on", format!("case when n % 1000 = 0 then {day} end")),
        ("updated_at", moment(db, 1_700_000_000, "n")),
    ];
    copy(db, "members", &member, MANY, &of_member).await;
    (server, plan)
}

#[apply(on_both_engines!)]
async fn every_page_of_members_reads_what_it_shows(studio: Studio) {
    let (server, plan) = crowd(&studio, studio.id).await;
    crowd(&studio, studio.neighbour().await).await;
    let db = &studio.app.db;
    analyze(db).await;
    let mut judge = Judge { db, faults: Vec::new() };
    let (list, plan) = ("/v1/members", format!("plan_id={plan}"));
    for (filter, found) in [
        ("", "studio_id=?"),
        ("updated_since=2023-11-14T22:30:00Z", "updated_at>?"),
        ("external_id=000000000000000000000700", "external_id=?"),
        ("status=active", "status=?"),
        ("status=paused", "status=?"),
        (plan.as_str(), "plan_id=?"),
        ("email=M700@member.example", "email_key=?"),
        ("marketing_consent=true", "marketing_consent=?"),
        ("marketing_consent=false", "marketing_consent=?"),
    ] {
        judge.check(&server, list, filter, &[found]).await;
    }
    // A span of days is found by its days, and put in order.
    for (column, filter) in [
        ("starts_on", "starts_from=2030-02-01&starts_to=2030-02-02"),
        ("ends_on", "ends_from=2030-02-01&ends_to=2030-02-02"),
        ("cancel_on", "cancels_from=2030-02-01"),
        ("cancel_on", "cancels_to=2030-05-01"),
    ] {
        if matches!(db, Db::Postgres(_)) {
            judge.check(&server, list, filter, &[]).await;
            continue;
        }
        let (reply, plans) = plans::of(server.get(&format!("{list}?{filter}"))).await;
        assert!(!reply.rows().is_empty());
        assert!(plans[0].contains(&format!("studio_id=? AND {column}")), "{filter}: {}", plans[0]);
    }
    assert_eq!(
        server.get("/v1/members?email=m700@member.example").await.rows()[0]["email"],
        json!("m700@member.example")
    );
    assert!(judge.faults.is_empty(), "{}", judge.faults.join("\n\n"));
}
