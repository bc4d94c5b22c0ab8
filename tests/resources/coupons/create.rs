//! `POST /v1/coupons`

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{COUPONS, coupon, off};
use crate::{
    resources::{
        classes::{id, persist, with},
        plans,
    },
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn a_created_coupon_has_what_was_sent_and_is_listed(studio: Studio) {
    let server = studio.server(COUPONS).await;
    let plan = id(&plans::plan(&server, "Unlimited", json!({})).await);
    let sent = json!({"external_id": "c-1", "metadata": {"source": "flyer"}, "code": "Zwei-Monate_50", "kind": "amount",
        "amount_off": {"amount": 1500, "currency": "EUR"}, "duration": "repeating", "duration_months": 2, "max_redemptions": 50,
        "valid_from": "2026-01-01T00:00:00.000000Z", "valid_until": "2199-01-01T00:00:00.000000Z", "plan_ids": [plan], "first_time_only": true});
    let reply = server.post("/v1/coupons", sent.clone()).await;
    let row = reply.expect(201);
    for (field, value) in sent.as_object().unwrap() {
        assert_eq!(&row[field], value, "{field}");
    }
    assert_eq!(
        (&row["status"], &row["redeemed_count"], &row["percent_off"]),
        (&json!("active"), &json!(0), &json!(null))
    );
    assert_eq!((&row["version"], reply.header("etag")), (&json!(1), "\"1\""));
    assert!(row["id"].as_str().unwrap().starts_with("cpn_"));
    assert_eq!(server.get("/v1/coupons").await.rows(), [row]);
}

#[apply(on_both_engines!)]
async fn what_is_not_sent_has_its_default_and_the_kind_follows_from_the_rest(studio: Studio) {
    let server = studio.server(COUPONS).await;
    let row = server.post("/v1/coupons", off("SPRING-20", 20)).await.expect(201);
    let mut rest = row.as_object().unwrap().clone();
    for known in ["id", "version", "created_at", "updated_at"] {
        rest.remove(known);
    }
    assert_eq!(
        Value::Object(rest),
        json!({
            "external_id": null, "metadata": {}, "code": "SPRING-20", "kind": "percent", "percent_off": 20, "amount_off": null,
            "duration": "once", "duration_months": null, "max_redemptions": null, "redeemed_count": 0, "valid_from": null,
            "valid_until": null, "plan_ids": [], "first_time_only": false, "status": "active",
        })
    );
    let amount = json!({"code": "TEN", "amount_off": {"amount": 1000, "currency": "EUR"}, "first_time_only": null, "duration": null});
    let row = server.post("/v1/coupons", amount).await.expect(201);
    assert_eq!(
        (&row["kind"], &row["duration"], &row["first_time_only"]),
        (&json!("amount"), &json!("once"), &json!(false))
    );
}

#[apply(on_both_engines!)]
async fn every_fault_is_named_at_once(studio: Studio) {
    let server = studio.server(COUPONS).await;
    let faults = server.post("/v1/coupons", json!({"code": "no spaces", "kind": "gift", "percent_off": 101, "amount_off": {"amount": -5, "currency": "eur"},
        "duration": "always", "duration_months": 0, "max_redemptions": 0, "redeemed_count": 3, "valid_from": "tomorrow", "plan_ids": ["cpn_x"],
        "first_time_only": "yes", "status": "active", "version": 1, "percent": 5})).await.faults();
    assert_eq!(
        faults,
        [
            "/amount_off/amount",
            "/amount_off/currency",
            "/code",
            "/duration",
            "/duration_months",
            "/first_time_only",
            "/kind",
            "/max_redemptions",
            "/percent",
            "/percent_off",
            "/plan_ids/0",
            "/redeemed_count",
            "/status",
            "/valid_from",
            "/version"
        ]
    );
    let codes = ["", "ab", &"x".repeat(41), "a b c", "abc\n", "\nabc", "héllo", "abc!", "abc\u{0}", "ａｂｃ"];
    for code in codes {
        let faults = server.post("/v1/coupons", off(code, 20)).await.faults();
        assert!(faults.iter().all(|pointer| pointer == "/code") && !faults.is_empty(), "{code}: {faults:?}");
    }
    for percent in [json!(0), json!(101), json!(1.5), json!(-1), json!("20")] {
        assert_eq!(
            server.post("/v1/coupons", json!({"code": "ABC", "percent_off": percent})).await.faults(),
            ["/percent_off"]
        );
    }
    assert_eq!(server.post("/v1/coupons", json!({"percent_off": 5})).await.faults(), ["/code"]);
    let beyond = json!({"valid_from": "0000-01-01T00:00:00Z", "valid_until": "9999-12-31T23:59:59Z", "code": "a"});
    assert_eq!(
        server.post("/v1/coupons", with(off("ABC", 5), beyond)).await.faults(),
        ["/code", "/valid_from", "/valid_until"]
    );
    coupon(&server, "EVER", json!({"valid_from": "1900-01-01T00:00:00Z", "valid_until": "2199-12-30T00:00:00Z"})).await;
    server.delete(&format!("/v1/coupons/{}", id(&server.get("/v1/coupons").await.rows()[0]))).await.expect(204);
    assert!(server.get("/v1/coupons").await.rows().is_empty());
    for (code, percent) in [("abc", 1), (&"x".repeat(40), 100), ("-_-", 50), ("007", 7)] {
        assert_eq!(server.post("/v1/coupons", off(code, percent)).await.expect(201)["code"], *code);
    }
}

#[apply(on_both_engines!)]
async fn the_kind_says_what_must_be_there_and_the_duration_too(studio: Studio) {
    let server = studio.server(COUPONS).await;
    let money = json!({"amount": 1000, "currency": "EUR"});
    for (sent, wanted) in [
        (json!({"kind": "percent"}), vec!["/percent_off"]),
        (json!({"kind": "amount"}), vec!["/amount_off"]),
        (json!({}), vec!["/percent_off"]),
        (json!({"kind": "percent", "amount_off": money}), vec!["/amount_off", "/percent_off"]),
        (json!({"kind": "amount", "percent_off": 5}), vec!["/amount_off", "/percent_off"]),
        (json!({"kind": "amount", "percent_off": 5, "amount_off": money}), vec!["/percent_off"]),
        (json!({"percent_off": 5, "amount_off": money}), vec!["/amount_off"]),
        (json!({"amount_off": {"amount": 0, "currency": "EUR"}}), vec!["/amount_off/amount"]),
        (json!({"percent_off": 5, "duration": "repeating"}), vec!["/duration_months"]),
        (json!({"percent_off": 5, "duration": "forever", "duration_months": 3}), vec!["/duration_months"]),
        (json!({"percent_off": 5, "duration_months": 3}), vec!["/duration_months"]),
        (
            json!({"percent_off": 5, "valid_from": "2026-05-01T00:00:00Z", "valid_until": "2026-05-01T02:00:00+02:00"}),
            vec!["/valid_until"],
        ),
        (
            json!({"kind": "amount", "duration": "repeating", "valid_from": "2026-05-01T00:00:00Z", "valid_until": "2026-04-01T00:00:00Z",
            "plan_ids": ["pln_01jdc9x0aetqt8q3yv0gcm1v5k"]}),
            vec!["/amount_off", "/duration_months", "/plan_ids/0", "/valid_until"],
        ),
    ] {
        assert_eq!(
            server.post("/v1/coupons", with(json!({"code": "ABC"}), sent.clone())).await.faults(),
            wanted,
            "{sent}"
        );
    }
    assert!(server.get("/v1/coupons").await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn it_is_for_plans_of_the_studio_each_named_once(studio: Studio) {
    let server = studio.server(COUPONS).await;
    let theirs = studio.server_of(studio.neighbour().await, COUPONS).await;
    let (one, two) =
        (id(&plans::plan(&server, "One", json!({})).await), id(&plans::plan(&server, "Two", json!({})).await));
    let stranger = id(&plans::plan(&theirs, "Theirs", json!({})).await);
    let faults =
        server.post("/v1/coupons", with(off("ABC", 5), json!({"plan_ids": [two, stranger, one, two]}))).await.faults();
    assert_eq!(faults, ["/plan_ids/1", "/plan_ids/3"]);
    let many: Vec<_> = (0..1000).map(|_| one.clone()).collect();
    assert_eq!(
        server.post("/v1/coupons", with(off("ABC", 5), json!({"plan_ids": many}))).await.faults(),
        ["/plan_ids"]
    );
    assert_eq!(coupon(&server, "ABC", json!({"plan_ids": [two, one]})).await["plan_ids"], json!([two, one]));
}

#[apply(on_both_engines!)]
async fn a_hundred_plans_are_checked_in_one_go(studio: Studio) {
    let server = studio.server(COUPONS).await;
    let plans = join_all((0..100).map(|number| plans::plan(&server, "Plan", json!({"position": number})))).await;
    let mut ids: Vec<_> = plans.iter().map(id).collect();
    assert_eq!(coupon(&server, "ALL", json!({"plan_ids": ids})).await["plan_ids"], json!(ids));
    ids[99] = "pln_01jdc9x0aetqt8q3yv0gcm1v5k".into();
    assert_eq!(
        server.post("/v1/coupons", with(off("MOST", 5), json!({"plan_ids": ids}))).await.faults(),
        ["/plan_ids/99"]
    );
}

#[apply(on_both_engines!)]
async fn a_code_is_taken_whatever_its_case_and_in_its_own_studio(studio: Studio) {
    let server = studio.server(COUPONS).await;
    let row = coupon(&server, "Spring-20", json!({"external_id": "one"})).await;
    for code in ["Spring-20", "SPRING-20", "spring-20"] {
        let reply = server.post("/v1/coupons", off(code, 10)).await;
        assert_eq!(reply.is_problem(409, "conflict")["errors"][0]["pointer"], "/code");
    }
    let reply = server.post("/v1/coupons", with(off("OTHER", 5), json!({"external_id": "one"}))).await;
    assert_eq!(reply.is_problem(409, "conflict")["errors"][0]["pointer"], "/external_id");
    assert_eq!(server.get("/v1/coupons").await.rows(), [row]);
    let theirs = studio.server_of(studio.neighbour().await, COUPONS).await;
    coupon(&theirs, "SPRING-20", json!({})).await;
    for code in ["SPRING_20", "SPRING-2", "SPRING20"] {
        coupon(&server, code, json!({})).await;
    }
}

#[apply(on_both_engines!)]
async fn of_three_hundred_with_one_code_in_every_case_at_once_one_is_created(studio: Studio) {
    let server = studio.server(COUPONS).await;
    let spelt = |number: u32| -> String {
        let letters = "istanbul".chars().enumerate();
        letters
            .map(|(place, letter)| if number >> place & 1 == 1 { letter.to_ascii_uppercase() } else { letter })
            .collect()
    };
    let replies = join_all(
        (0..300).map(async |number| persist(async || server.post("/v1/coupons", off(&spelt(number), 20)).await).await),
    )
    .await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.is_problem(409, "conflict")["errors"][0]["pointer"], "/code");
    }
    assert_eq!(server.get("/v1/coupons").await.rows().len(), 1);
}

#[apply(on_both_engines!)]
async fn a_dry_run_creates_nothing_and_a_retry_creates_one(studio: Studio) {
    let server = studio.server(COUPONS).await;
    let told = server.post("/v1/coupons?dry_run=true", off("ABC", 20)).await.expect(200);
    assert_eq!(
        (&told["dry_run"], &told["result"]["status"], &told["effects"]),
        (&json!(true), &json!("active"), &json!({}))
    );
    assert!(server.get("/v1/coupons").await.rows().is_empty());
    let retrying = server.clone().with("idempotency-key", "once");
    let replies = join_all((0..20).map(|_| persist(async || retrying.post("/v1/coupons", off("ABC", 20)).await))).await;
    let done: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
    assert!(!done.is_empty() && done.iter().all(|reply| reply.body == done[0].body));
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        reply.is_problem(409, "idempotency_in_progress");
    }
    assert_eq!(retrying.post("/v1/coupons", off("ABC", 20)).await.header("idempotency-replayed"), "true");
    retrying.post("/v1/coupons", off("ABC", 21)).await.is_problem(422, "idempotency_key_reused");
    server.post("/v1/coupons?dry_run=true", off("abc", 20)).await.is_problem(409, "conflict");
    assert_eq!(server.get("/v1/coupons").await.rows().len(), 1);
}
