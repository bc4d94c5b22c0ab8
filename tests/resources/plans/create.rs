//! `POST /v1/plans`

use flow_gateway::access::scope::Scope::{PlansRead, PlansWrite};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{plain, unlimited};
use crate::{
    resources::classes::{persist, with},
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn a_created_plan_has_what_was_sent_and_is_listed(studio: Studio) {
    let server = studio.server(&[PlansRead, PlansWrite]).await;
    let reply = server.post("/v1/plans", unlimited()).await;
    let row = reply.expect(201);
    for (field, value) in unlimited().as_object().unwrap() {
        assert_eq!(&row[field], value, "{field}");
    }
    assert_eq!((&row["version"], reply.header("etag")), (&json!(1), "\"1\""));
    assert!(row["id"].as_str().unwrap().starts_with("pln_"));
    assert_eq!(server.get("/v1/plans").await.rows(), [row]);
}

#[apply(on_both_engines!)]
async fn a_plan_that_says_nothing_more_is_a_membership_by_the_month(studio: Studio) {
    let server = studio.server(&[PlansWrite]).await;
    let row = server.post("/v1/plans", plain("Unlimited")).await.expect(201);
    let mut rest = row.as_object().unwrap().clone();
    for known in ["id", "version", "created_at", "updated_at"] {
        rest.remove(known);
    }
    let defaults = json!({
        "external_id": null, "metadata": {}, "name": "Unlimited", "description": null, "kind": "membership",
        "price": {"amount": 1500, "currency": "EUR"}, "billing_interval": "month", "billing_interval_count": 1,
        "class_credits": null, "trial_days": null, "program_ids": [], "visibility": "public", "position": 0, "status": "active",
    });
    assert_eq!(Value::Object(rest), defaults);
    let nulls = json!({"kind": null, "billing_interval": null, "billing_interval_count": null, "program_ids": null, "visibility": null, "status": null});
    let row = server.post("/v1/plans", with(plain("Unlimited"), nulls)).await.expect(201);
    for field in ["kind", "billing_interval", "billing_interval_count", "program_ids", "visibility", "status"] {
        assert_eq!(row[field], defaults[field], "{field}");
    }
}

#[apply(on_both_engines!)]
async fn every_kind_and_interval_is_taken(studio: Studio) {
    let server = studio.server(&[PlansWrite]).await;
    for (kind, interval, credits) in [
        ("membership", "year", None),
        ("class_pack", "once", Some(10)),
        ("drop_in", "once", Some(1)),
        ("trial", "week", None),
    ] {
        let sent = json!({"kind": kind, "billing_interval": interval, "class_credits": credits});
        let row = server.post("/v1/plans", with(plain(kind), sent.clone())).await.expect(201);
        assert_eq!(
            (&row["kind"], &row["billing_interval"], &row["class_credits"]),
            (&sent["kind"], &sent["billing_interval"], &sent["class_credits"])
        );
    }
    let free = json!({"name": "Free", "price": {"amount": 0, "currency": "JPY"}, "trial_days": 0});
    assert_eq!(server.post("/v1/plans", free).await.expect(201)["trial_days"], 0);
}

#[apply(on_both_engines!)]
async fn every_fault_is_named_at_once(studio: Studio) {
    let server = studio.server(&[PlansRead, PlansWrite]).await;
    let faults = server.post("/v1/plans", json!({
        "id": "pln_1", "nmae": "typo", "price": {"amount": -1, "currency": "EURO", "cents": 1}, "kind": "pass", "billing_interval": "day",
        "billing_interval_count": 0, "class_credits": 0, "trial_days": -1, "program_ids": ["ins_01jdc9x0aetqt8q3yv0gcm1v5k", 7],
        "visibility": "nobody", "position": -1, "status": "gone", "description": "nul \u{0}",
    })).await.faults();
    assert_eq!(
        faults,
        [
            "/billing_interval",
            "/billing_interval_count",
            "/class_credits",
            "/description",
            "/id",
            "/kind",
            "/name",
            "/nmae",
            "/position",
            "/price/amount",
            "/price/cents",
            "/price/currency",
            "/price/currency",
            "/program_ids/0",
            "/program_ids/1",
            "/status",
            "/trial_days",
            "/visibility"
        ]
    );
    assert_eq!(
        server.post("/v1/plans", json!({"name": "A", "price": {"amount": 15.5, "currency": "EUR"}})).await.faults(),
        ["/price/amount"]
    );
    assert_eq!(server.post("/v1/plans", json!({"name": "A", "price": 15})).await.faults(), ["/price"]);
    assert_eq!(server.post("/v1/plans", json!({"name": " "})).await.faults(), ["/name", "/price"]);
    assert!(server.get("/v1/plans").await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn what_is_billed_once_is_not_billed_every_so_often_and_opens_programs_that_there_are(studio: Studio) {
    let server = studio.server(&[PlansWrite]).await;
    let sent = json!({"billing_interval": "once", "billing_interval_count": 2, "program_ids": ["prg_01jdc9x0aetqt8q3yv0gcm1v5k"]});
    assert_eq!(
        server.post("/v1/plans", with(plain("Pack"), sent)).await.faults(),
        ["/billing_interval_count", "/program_ids/0"]
    );
    let many: Vec<_> = (0..1000).map(|_| "prg_01jdc9x0aetqt8q3yv0gcm1v5k").collect();
    assert_eq!(
        server.post("/v1/plans", with(plain("Pack"), json!({"program_ids": many}))).await.faults(),
        ["/program_ids"]
    );
}

#[apply(on_both_engines!)]
async fn of_many_with_one_external_id_at_once_one_is_created(studio: Studio) {
    let server = studio.server(&[PlansRead, PlansWrite]).await;
    let body = with(plain("Pack"), json!({"external_id": "one"}));
    let replies = join_all((0..20).map(|_| persist(async || server.post("/v1/plans", body.clone()).await))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        reply.is_problem(409, "conflict");
    }
    let reply = server.post("/v1/plans", body.clone()).await;
    assert_eq!(reply.is_problem(409, "conflict")["errors"][0]["pointer"], "/external_id");
    assert_eq!(server.get("/v1/plans").await.rows().len(), 1);
    let theirs = studio.server_of(studio.neighbour().await, &[PlansWrite]).await;
    theirs.post("/v1/plans", body).await.expect(201);
}

#[apply(on_both_engines!)]
async fn a_dry_run_creates_nothing_and_a_retry_creates_one(studio: Studio) {
    let server = studio.server(&[PlansRead, PlansWrite]).await;
    let told = server.post("/v1/plans?dry_run=true", plain("Pack")).await.expect(200);
    assert_eq!(
        (&told["dry_run"], &told["result"]["name"], &told["effects"]),
        (&json!(true), &json!("Pack"), &json!({}))
    );
    assert!(server.get("/v1/plans").await.rows().is_empty());
    let retrying = server.clone().with("idempotency-key", "once");
    let first = retrying.post("/v1/plans", plain("Pack")).await;
    let again = retrying.post("/v1/plans", plain("Pack")).await;
    assert_eq!((first.expect(201), again.header("idempotency-replayed")), (again.expect(201), "true"));
    assert_eq!(server.get("/v1/plans").await.rows().len(), 1);
}
