//! What a body is, before its fields are looked at: plain JSON that names each member once.

use axum::{body::Body, http::Method};
use flow_gateway::access::scope::Scope::{InstructorsRead, InstructorsWrite};
use serde_json::json;

use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_member_that_stands_twice_is_refused_at_any_depth_and_changes_nothing(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let row = server.post("/v1/instructors", json!({"display_name": "Anna"})).await.expect(201);
    let path = format!("/v1/instructors/{}", row["id"].as_str().unwrap());
    for (body, pointer) in [
        (r#"{"display_name": "Rui", "display_name": "Eva"}"#, "/display_name"),
        (r#"{"metadata": {"a": "1", "b": "2", "a": "1"}}"#, "/metadata/a"),
        (r#"{"display_name": "Rui", "display\u005fname": "Rui"}"#, "/display_name"),
    ] {
        for (method, path) in [(Method::PATCH, path.as_str()), (Method::POST, "/v1/instructors")] {
            let told = server
                .send(method, path, Body::from(body), Some("application/json"))
                .await
                .is_problem(400, "malformed_request");
            assert!(told["detail"].as_str().unwrap().contains(pointer), "{told}");
            assert_eq!(told["errors"][0]["pointer"], pointer, "{told}");
        }
    }
    assert_eq!(server.get("/v1/instructors").await.rows(), [row]);
}

#[apply(on_both_engines!)]
async fn a_compressed_body_is_not_passed_over(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let coded = |coding: &str| server.clone().with("content-encoding", coding);
    for coding in ["gzip", "br", "identity, gzip", "x-made-up", "gzip, identity"] {
        let told = coded(coding).post("/v1/instructors", json!({"display_name": "Anna"})).await;
        told.is_problem(415, "unsupported_media_type");
    }
    assert_eq!(server.get("/v1/instructors").await.rows().len(), 0);
    let row = coded("identity").post("/v1/instructors", json!({"display_name": "Anna"})).await.expect(201);
    let path = format!("/v1/instructors/{}", row["id"].as_str().unwrap());
    coded("deflate").patch(&path, json!({"bio": "x"})).await.is_problem(415, "unsupported_media_type");
    let nobody = studio.management_client().with("content-encoding", "gzip");
    nobody.post("/v1/instructors", json!({})).await.is_problem(401, "missing_key");
}
