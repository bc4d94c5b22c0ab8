//! `GET /v1/coupons`, and the status that time and redemptions give a coupon.

use std::time::Duration;

use serde_json::{Value, json};

use super::{COUPONS, coupon, in_hours, redeem};
use crate::{
    resources::{
        classes::{each, id},
        plans,
    },
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn the_status_is_worked_out_at_the_time_of_the_answer(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = studio.server(COUPONS).await;
    let row = coupon(
        &server,
        "SPRING",
        json!({"valid_from": in_hours(&studio, 1), "valid_until": in_hours(&studio, 3), "max_redemptions": 2}),
    )
    .await;
    let status = async || {
        let rows = server.get("/v1/coupons").await.rows();
        let told = rows[0]["status"].as_str().unwrap().to_owned();
        assert_eq!(server.get(&format!("/v1/coupons?status={told}")).await.rows(), rows, "the filter says the same");
        for other in ["active", "scheduled", "expired", "exhausted"].into_iter().filter(|other| *other != told) {
            assert!(server.get(&format!("/v1/coupons?status={other}")).await.rows().is_empty(), "{other}");
        }
        assert_eq!((&rows[0]["version"], &rows[0]["updated_at"]), (&row["version"], &row["updated_at"]), "no edit");
        told
    };
    assert_eq!((row["status"].as_str().unwrap(), status().await.as_str()), ("scheduled", "scheduled"));
    studio.pass(Duration::from_hours(1) - Duration::from_micros(1));
    assert_eq!(status().await, "scheduled");
    studio.pass(Duration::from_micros(1));
    assert_eq!(status().await, "active", "from the instant on");
    redeem(&studio, &row, 1).await;
    assert_eq!(status().await, "active");
    redeem(&studio, &row, 2).await;
    assert_eq!(status().await, "exhausted");
    studio.pass(Duration::from_hours(2) - Duration::from_micros(1));
    assert_eq!(status().await, "exhausted");
    studio.pass(Duration::from_micros(1));
    assert_eq!(status().await, "expired", "until the instant, and first of all that hold");
}

#[apply(on_both_engines!)]
async fn what_is_over_for_good_is_told_before_what_has_not_begun(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = studio.server(COUPONS).await;
    let row = coupon(&server, "SPRING", json!({"valid_from": in_hours(&studio, 1), "max_redemptions": 1})).await;
    redeem(&studio, &row, 5).await;
    assert_eq!(server.get("/v1/coupons?status=exhausted").await.rows()[0]["status"], "exhausted");
    let gone = coupon(&server, "GONE", json!({"valid_until": in_hours(&studio, -1)})).await;
    assert_eq!(gone["status"], "expired");
}

#[apply(on_both_engines!)]
async fn pages_of_a_status_are_full_and_lead_through_every_row_once(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = studio.server(COUPONS).await;
    let mut active = Vec::new();
    for number in 0..12 {
        studio.pass(Duration::from_micros(1));
        let until = in_hours(&studio, if number % 3 == 0 { 1 } else { -1 });
        let row = coupon(&server, &format!("CODE-{number}"), json!({"valid_until": until})).await;
        active.extend((number % 3 == 0).then(|| row["id"].clone()));
    }
    let first = server.get("/v1/coupons?status=active&limit=3").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server.get(&format!("/v1/coupons?status=active&limit=3&cursor={cursor}")).await.expect(200);
    let seen: Vec<Value> =
        [&first, &second].iter().flat_map(|page| each(page["data"].as_array().unwrap(), "id")).collect();
    assert_eq!((seen, &second["next_cursor"]), (active, &json!(null)));
    server.get(&format!("/v1/coupons?status=expired&cursor={cursor}")).await.is_problem(400, "malformed_request");
}

#[apply(on_both_engines!)]
async fn each_filter_narrows_the_list(studio: Studio) {
    let server = studio.server(COUPONS).await;
    let plan = id(&plans::plan(&server, "Unlimited", json!({})).await);
    let other = id(&plans::plan(&server, "Pack", json!({})).await);
    let wide = coupon(&server, "Spring-20", json!({})).await;
    let narrow = coupon(&server, "TEN_OFF", json!({"percent_off": null, "amount_off": {"amount": 1000, "currency": "EUR"}, "duration": "forever",
        "plan_ids": [other, plan], "external_id": "c-1", "valid_from": "2027-01-01T00:00:00Z", "valid_until": "2027-02-01T00:00:00Z"})).await;
    let found = async |query: &str| each(&server.get(&format!("/v1/coupons?{query}")).await.rows(), "id");
    for query in [
        "kind=amount",
        "duration=forever",
        "code=ten_off",
        "code=Ten_Off",
        &format!("plan_id={plan}"),
        "external_id=c-1",
        "q=ten",
    ] {
        assert_eq!(found(query).await, [narrow["id"].clone()], "{query}");
    }
    for query in
        ["kind=percent", "code=SPRING-20", "q=RING", "valid_at=2026-12-31T23:59:59Z", "valid_at=2027-02-01T00:00:00Z"]
    {
        assert_eq!(found(query).await, [wide["id"].clone()], "{query}");
    }
    for within in ["2027-01-01T00:00:00Z", "2027-01-31T23:59:59.999999Z"] {
        assert_eq!(found(&format!("valid_at={within}")).await.len(), 2, "{within}");
    }
    for none in ["code=spring", "code=%25", "plan_id=pln_01jdc9x0aetqt8q3yv0gcm1v5k"] {
        assert!(found(none).await.is_empty(), "{none}");
    }
    for wrong in ["status=gone", "kind=", "valid_at=now", "plan_id=x", "first_time_only=true", "code=a&code=b"] {
        server.get(&format!("/v1/coupons?{wrong}")).await.is_problem(400, "malformed_request");
    }
    let theirs = studio.server_of(studio.neighbour().await, COUPONS).await;
    assert!(theirs.get("/v1/coupons").await.rows().is_empty());
    assert!(theirs.get("/v1/coupons?code=spring-20").await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn no_website_reads_coupons(studio: Studio) {
    coupon(&studio.server(COUPONS).await, "SPRING-20", json!({})).await;
    studio.website().await.get("/v1/coupons").await.is_problem(404, "unknown_operation");
}
