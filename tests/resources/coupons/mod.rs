//! Coupons: Management alone.

mod create;
mod list;
mod remove;

use std::time::Duration;

use flow_gateway::access::scope::Scope::{self, CouponsRead, CouponsWrite, PlansWrite};
use serde_json::{Value, json};

use crate::{
    resources::classes::{id, with},
    support::studio::{Client, Studio},
};

/// Every scope that coupons have to do with.
const COUPONS: &[Scope] = &[CouponsRead, CouponsWrite, PlansWrite];

/// A coupon with nothing but what is required.
fn off(code: &str, percent: i64) -> Value {
    json!({"code": code, "percent_off": percent})
}

/// Makes a coupon that differs from the plain one by this.
async fn coupon(server: &Client, code: &str, more: Value) -> Value {
    server.post("/v1/coupons", with(off(code, 20), more)).await.expect(201)
}

/// The time of a studio's clock, so many hours on, as clients write it.
fn in_hours(studio: &Studio, hours: i64) -> String {
    let span = Duration::from_hours(hours.unsigned_abs());
    let now = studio.clock.now();
    if hours < 0 { now.minus(span) } else { now.plus(span) }.to_string()
}

/// Says that it was redeemed so often, as redemptions will.
async fn redeem(studio: &Studio, coupon: &Value, count: i64) {
    let mut tx = studio.app.db.begin().await.unwrap();
    let text = "update coupons set redeemed_count = $2 where id = $1";
    tx.on().query(text).bind(id(coupon)).bind(count).execute().await.unwrap();
    tx.commit().await.unwrap();
}
