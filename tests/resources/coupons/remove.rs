//! `DELETE /v1/coupons/{couponId}`

use std::time::Duration;

use serde_json::{Value, json};

use super::{COUPONS, coupon, in_hours, off, redeem};
use crate::{resources::classes::id, support::studio::on_both_engines};

#[apply(on_both_engines!)]
async fn one_that_nobody_redeemed_is_gone_and_its_code_is_free_again(studio: Studio) {
    let server = studio.server(COUPONS).await;
    let row = coupon(&server, "SPRING-20", json!({"external_id": "c-1"})).await;
    let path = format!("/v1/coupons/{}", id(&row));
    let reply = server.delete(&path).await;
    assert_eq!((reply.status.as_u16(), reply.body.len(), reply.header("etag")), (204, 0, ""));
    assert!(server.get("/v1/coupons").await.rows().is_empty());
    server.delete(&path).await.is_problem(404, "not_found");
    coupon(&server, "spring-20", json!({"external_id": "c-1"})).await;
}

#[apply(on_both_engines!)]
async fn one_that_was_redeemed_ends_now_is_kept_and_keeps_its_code(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = studio.server(COUPONS).await;
    let row =
        coupon(&server, "SPRING-20", json!({"valid_from": in_hours(&studio, -2), "valid_until": in_hours(&studio, 2)}))
            .await;
    redeem(&studio, &row, 1).await;
    studio.pass(Duration::from_mins(1));
    let path = format!("/v1/coupons/{}", id(&row));
    let reply = server.delete(&path).await;
    let kept = reply.expect(200);
    assert_eq!(
        (&kept["status"], &kept["redeemed_count"], &kept["version"], reply.header("etag")),
        (&json!("expired"), &json!(1), &json!(2), "\"2\"")
    );
    assert_eq!((&kept["valid_until"], &kept["valid_from"]), (&json!(in_hours(&studio, 0)), &row["valid_from"]));
    assert_eq!(kept["updated_at"], kept["valid_until"]);
    assert_eq!(server.get("/v1/coupons?status=expired").await.rows(), std::slice::from_ref(&kept));
    studio.pass(Duration::from_mins(1));
    assert_eq!(server.delete(&path).await.expect(200), kept, "again, nothing changes");
    let reply = server.post("/v1/coupons", off("spring-20", 20)).await;
    assert_eq!(reply.is_problem(409, "conflict")["errors"][0]["pointer"], "/code");
}

#[apply(on_both_engines!)]
async fn an_exhausted_one_ends_and_one_that_had_ended_stays_as_it_was(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = studio.server(COUPONS).await;
    let full = coupon(&server, "FULL", json!({"max_redemptions": 1, "valid_from": in_hours(&studio, 1)})).await;
    let over = coupon(&server, "OVER", json!({"valid_until": in_hours(&studio, -1)})).await;
    for row in [&full, &over] {
        redeem(&studio, row, 1).await;
    }
    let ended = server.delete(&format!("/v1/coupons/{}", id(&full))).await.expect(200);
    assert_eq!(
        (&ended["status"], &ended["valid_from"], &ended["version"]),
        (&json!("expired"), &Value::Null, &json!(2))
    );
    let kept = server.delete(&format!("/v1/coupons/{}", id(&over))).await.expect(200);
    assert_eq!(
        (&kept["valid_until"], &kept["version"], &kept["status"]),
        (&over["valid_until"], &json!(1), &json!("expired"))
    );
}

#[apply(on_both_engines!)]
async fn only_what_is_ours_and_as_we_saw_it_is_removed(studio: Studio) {
    let server = studio.server(COUPONS).await;
    let row = coupon(&server, "SPRING-20", json!({})).await;
    let path = format!("/v1/coupons/{}", id(&row));
    studio.server_of(studio.neighbour().await, COUPONS).await.delete(&path).await.is_problem(404, "not_found");
    server.clone().with("if-match", "\"2\"").delete(&path).await.is_problem(412, "version_mismatch");
    let told = server.delete(&format!("{path}?dry_run=true")).await.expect(200);
    assert_eq!((&told["dry_run"], &told["result"]), (&json!(true), &Value::Null));
    redeem(&studio, &row, 1).await;
    let told = server.delete(&format!("{path}?dry_run=true")).await.expect(200);
    assert_eq!(told["result"]["status"], "expired");
    assert_eq!(server.get("/v1/coupons").await.rows()[0]["status"], "active");
    redeem(&studio, &row, 0).await;
    let retrying = server.clone().with("idempotency-key", "once").with("if-match", "\"1\"");
    retrying.delete(&path).await.expect(204);
    assert_eq!(retrying.delete(&path).await.header("idempotency-replayed"), "true");
    server.patch(&path, json!({"code": "OTHER"})).await.is_problem(405, "method_not_allowed");
}
