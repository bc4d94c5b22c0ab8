//! `GET /v1/plans` on the Storefront

use flow_gateway::access::scope::Scope::PlansWrite;
use serde_json::json;

use super::{plan, unlimited};
use crate::{
    resources::classes::{each, with},
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn a_website_sees_public_fields_of_public_plans_on_sale_and_nothing_else(studio: Studio) {
    let server = studio.server(&[PlansWrite]).await;
    let row = server.post("/v1/plans", with(unlimited(), json!({"visibility": "public"}))).await.expect(201);
    for (name, more) in [
        ("members", json!({"visibility": "members"})),
        ("hidden", json!({"visibility": "hidden"})),
        ("gone", json!({"status": "archived"})),
    ] {
        plan(&server, name, more).await;
    }
    let website = studio.website().await;
    assert_eq!(
        website.get("/v1/plans").await.rows(),
        [json!({
            "id": row["id"], "name": "Unlimited", "description": "Every class, as often as you like.", "kind": "membership",
            "price": {"amount": 9500, "currency": "EUR"}, "billing_interval": "month", "billing_interval_count": 3, "class_credits": 24,
            "trial_days": 14, "program_ids": [], "position": 2,
        })]
    );
    let pack = plan(&server, "Pack", json!({"kind": "class_pack"})).await;
    assert_eq!(each(&website.get("/v1/plans?kind=class_pack").await.rows(), "id"), [pack["id"].clone()]);
    assert!(website.get("/v1/plans?program_id=prg_01jdc9x0aetqt8q3yv0gcm1v5k").await.rows().is_empty());
    website.get("/v1/plans?status=archived").await.is_problem(400, "malformed_request");
}
