//! `GET /v1/instructors` on the Storefront

use flow_gateway::access::scope::Scope::InstructorsWrite;
use serde_json::json;

use super::anna;
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_website_sees_public_fields_of_active_instructors_and_nothing_else(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    let row = server.post("/v1/instructors", anna()).await.expect(201);
    server.post("/v1/instructors", json!({"display_name": "Gone", "status": "inactive"})).await.expect(201);
    let shown = studio.website().await.get("/v1/instructors").await.rows();
    assert_eq!(
        shown,
        [json!({
            "id": row["id"], "display_name": "Anna Berg", "slug": "anna", "bio": "Vinyasa since 2009.",
            "photo_url": "https://studio.example/anna.jpg", "specialties": ["Vinyasa", "Yin"],
            "links": {"instagram": "https://instagram.com/anna"}, "position": 3,
        })]
    );
}

#[apply(on_both_engines!)]
async fn a_website_that_holds_the_bytes_is_told_so(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    server.post("/v1/instructors", anna()).await.expect(201);
    let website = studio.website().await;
    let first = website.get("/v1/instructors").await;
    let tag = first.header("etag").to_owned();
    let again = website.clone().with("if-none-match", &format!("\"other\", W/{tag}")).get("/v1/instructors").await;
    assert_eq!((again.status.as_u16(), again.body.len(), again.header("etag")), (304, 0, tag.as_str()));
    assert_eq!(again.header("vary"), "Origin, Authorization");
    server.post("/v1/instructors", json!({"display_name": "New"})).await.expect(201);
    assert_eq!(website.with("if-none-match", &tag).get("/v1/instructors").await.rows().len(), 2);
}

#[apply(on_both_engines!)]
async fn head_says_what_get_would_without_the_body(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    server.post("/v1/instructors", anna()).await.expect(201);
    let website = studio.website().await;
    let (get, head) = (website.get("/v1/instructors").await, website.head("/v1/instructors").await);
    assert_eq!((head.status, head.body.len()), (get.status, 0));
    assert_eq!(head.header("etag"), get.header("etag"));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
}
