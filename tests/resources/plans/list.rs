//! `GET /v1/plans`

use flow_gateway::access::scope::Scope::{PlansRead, PlansWrite};
use serde_json::{Value, json};

use super::plan;
use crate::{
    resources::classes::{each, id},
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn each_filter_narrows_the_list(studio: Studio) {
    let server = studio.server(&[PlansRead, PlansWrite]).await;
    let month = plan(&server, "Ilimitado", json!({})).await;
    let pack = plan(
        &server,
        "Dez aulas",
        json!({"kind": "class_pack", "billing_interval": "once", "visibility": "hidden", "external_id": "p-10"}),
    )
    .await;
    let gone = plan(&server, "Verão", json!({})).await;
    server.delete(&format!("/v1/plans/{}", id(&gone))).await.expect(200);
    let found = async |query: &str| each(&server.get(&format!("/v1/plans?{query}")).await.rows(), "id");
    for query in ["kind=class_pack", "billing_interval=once", "visibility=hidden", "external_id=p-10", "q=DEZ"] {
        assert_eq!(found(query).await, [pack["id"].clone()], "{query}");
    }
    for query in ["status=archived", "q=ver%C3%A3o"] {
        assert_eq!(found(query).await, [gone["id"].clone()], "{query}");
    }
    assert_eq!(found("status=active&kind=membership").await, [month["id"].clone()]);
    assert!(found("program_id=prg_01jdc9x0aetqt8q3yv0gcm1v5k").await.is_empty());
    assert_eq!(found("").await, [month["id"].clone(), pack["id"].clone(), gone["id"].clone()]);
    for wrong in ["status=gone", "kind=pass", "billing_interval=day", "program_id=x", "visibility=", "q="] {
        server.get(&format!("/v1/plans?{wrong}")).await.is_problem(400, "malformed_request");
    }
}

#[apply(on_both_engines!)]
async fn pages_lead_through_every_row_once_and_to_no_other_studios(studio: Studio) {
    let server = studio.server(&[PlansRead, PlansWrite]).await;
    let theirs = studio.server_of(studio.neighbour().await, &[PlansRead, PlansWrite]).await;
    plan(&theirs, "Theirs", json!({})).await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(plan(&server, &format!("Plan {number}"), json!({})).await["id"].clone());
    }
    let mut seen: Vec<Value> = Vec::new();
    let mut path = "/v1/plans?limit=2".to_owned();
    loop {
        let page = server.get(&path).await.expect(200);
        seen.extend(each(page["data"].as_array().unwrap(), "id"));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/plans?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, made);
}
