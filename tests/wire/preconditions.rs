//! `If-Match` and `If-None-Match` on writes (RFC 9110, section 13.1).

use flow_gateway::access::scope::Scope::{PlansRead, PlansWrite};
use serde_json::json;

use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_list_of_tags_is_read_as_one_whatever_stands_between_them(studio: Studio) {
    let server = studio.server(&[PlansWrite]).await;
    let plan =
        server.post("/v1/plans", json!({"name": "A", "price": {"amount": 1, "currency": "EUR"}})).await.expect(201);
    let path = format!("/v1/plans/{}", plan["id"].as_str().unwrap());
    let matching = |tags: &str| server.clone().with("if-match", tags);
    for (edit, tags) in [r#""1","#, r#", "9" ,, "2""#, r#""a,b", "3""#].into_iter().enumerate() {
        matching(tags).patch(&path, json!({"position": edit + 1})).await.expect(200);
    }
    for none in [r#""a,b""#, r#"W/"4""#, r#""04""#, r#""""#, r#""9", "10""#] {
        matching(none).patch(&path, json!({"position": 9})).await.is_problem(412, "version_mismatch");
        matching(none).delete(&path).await.is_problem(412, "version_mismatch");
    }
    for no_list in ["4", r#""4"#, r#""4" "5""#, r#"*, "4""#] {
        matching(no_list).patch(&path, json!({"position": 9})).await.is_problem(400, "malformed_request");
    }
    let several = server.clone().with("if-match", r#""9""#).with_another("if-match", r#""4""#);
    several.patch(&path, json!({"position": 4})).await.expect(200);
    let stale = server.clone().with("if-match", r#""9""#).with_another("if-match", r#""8""#);
    stale.patch(&path, json!({"position": 5})).await.is_problem(412, "version_mismatch");
}

#[apply(on_both_engines!)]
async fn a_write_that_wants_no_such_row_is_refused_where_there_is_one(studio: Studio) {
    let server = studio.server(&[PlansRead, PlansWrite]).await;
    let plan =
        server.post("/v1/plans", json!({"name": "A", "price": {"amount": 1, "currency": "EUR"}})).await.expect(201);
    let path = format!("/v1/plans/{}", plan["id"].as_str().unwrap());
    for tags in ["*", r#""1""#, r#"W/"1""#, r#""7", "1","#] {
        let unless = server.clone().with("if-none-match", tags);
        unless.patch(&path, json!({"name": "B"})).await.is_problem(412, "version_mismatch");
        unless.delete(&path).await.is_problem(412, "version_mismatch");
    }
    assert_eq!(server.get("/v1/plans").await.rows(), [plan]);
    server
        .clone()
        .with("if-none-match", "1")
        .patch(&path, json!({"name": "B"}))
        .await
        .is_problem(400, "malformed_request");
    server.clone().with("if-none-match", r#""7""#).patch(&path, json!({"name": "B"})).await.expect(200);
}

#[apply(on_both_engines!)]
async fn the_storefront_finds_the_tag_that_a_client_holds_among_others(studio: Studio) {
    let page = studio.website().await;
    let tag = page.get("/v1/plans").await.header("etag").to_owned();
    for held in [format!("{tag},"), format!(r#""a,b", W/{tag}"#), "*".to_owned()] {
        assert_eq!(page.clone().with("if-none-match", &held).get("/v1/plans").await.status, 304, "{held}");
    }
    let several = page.clone().with("if-none-match", r#""x""#).with_another("if-none-match", &tag);
    assert_eq!(several.get("/v1/plans").await.status, 304);
    for other in [r#""x""#.to_owned(), tag.trim_matches('"').to_owned(), format!(r#""x,{}""#, tag.trim_matches('"'))] {
        page.clone().with("if-none-match", &other).get("/v1/plans").await.expect(200);
    }
}
