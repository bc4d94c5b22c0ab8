//! Plans, through both surfaces.

mod archive;
mod change;
mod create;
mod list;
mod storefront;

use serde_json::{Value, json};

use crate::{resources::classes::with, support::studio::Client};

/// A plan with every field.
fn unlimited() -> Value {
    json!({
        "external_id": "crm-1",
        "metadata": {"source": "crm"},
        "name": "Unlimited",
        "description": "Every class, as often as you like.",
        "kind": "membership",
        "price": {"amount": 9500, "currency": "EUR"},
        "billing_interval": "month",
        "billing_interval_count": 3,
        "class_credits": 24,
        "trial_days": 14,
        "program_ids": [],
        "visibility": "members",
        "position": 2,
        "status": "active",
    })
}

/// A plan with nothing but what is required.
pub fn plain(name: &str) -> Value {
    json!({"name": name, "price": {"amount": 1500, "currency": "EUR"}})
}

/// Makes a plan that differs from the plain one by this.
pub async fn plan(server: &Client, name: &str, more: Value) -> Value {
    server.post("/v1/plans", with(plain(name), more)).await.expect(201)
}
