//! Programs on the Storefront

use serde_json::json;

use super::{class_of, create, house, id, spring, with};
use crate::{
    resources::classes::{each, on_a_sunday},
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn a_website_sees_public_fields_of_what_is_published_and_public(studio: Studio) {
    let house = house(&studio).await;
    let website = studio.website().await;
    let public = create(&house.server, with(spring(), json!({"instructor_ids": [house.instructor]}))).await;
    let mut others = Vec::new();
    for more in [
        json!({"status": "draft"}),
        json!({"status": "archived"}),
        json!({"visibility": "members"}),
        json!({"visibility": "hidden"}),
    ] {
        let other = with(with(spring(), json!({"slug": null, "external_id": null})), more);
        others.push(create(&house.server, other).await);
    }
    let seen = json!({
        "id": public["id"], "name": "Spring course", "slug": "spring", "description": "Ten evenings.", "kind": "workshop",
        "starts_on": "2026-03-02", "ends_on": "2026-05-11", "image_url": "https://studio.example/spring.jpg",
        "instructor_ids": [house.instructor], "price": {"amount": 18000, "currency": "EUR"}, "capacity": 14,
    });
    let listed = website.get("/v1/programs").await;
    assert_eq!(listed.rows(), std::slice::from_ref(&seen));
    let shown = website.get(&format!("/v1/programs/{}", id(&public))).await.expect(200);
    assert_eq!(shown, with(seen.clone(), json!({"classes": [], "more_classes": false})));
    for other in &others {
        website.get(&format!("/v1/programs/{}", id(other))).await.is_problem(404, "not_found");
    }
    for query in [
        "slug=spring",
        "kind=workshop",
        "starts_from=2026-03-01",
        "starts_to=2026-03-02",
        &format!("instructor_id={}", house.instructor),
    ] {
        assert_eq!(website.get(&format!("/v1/programs?{query}")).await.rows(), std::slice::from_ref(&seen), "{query}");
    }
    for query in ["slug=spring-course", "kind=course", "starts_from=2026-03-03", &format!("id={}", id(&others[0]))] {
        assert!(website.get(&format!("/v1/programs?{query}")).await.rows().is_empty(), "{query}");
    }
    website.get("/v1/programs?status=draft").await.is_problem(400, "malformed_request");
}

#[apply(on_both_engines!)]
async fn a_public_program_shows_its_public_classes_alone(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = house(&studio).await;
    let website = studio.website().await;
    let program = create(&house.server, spring()).await;
    let public = class_of(&house, &program, json!({"metadata": {"secret": "x"}})).await;
    class_of(&house, &program, json!({"visibility": "hidden"})).await;
    class_of(&house, &program, json!({"visibility": "members"})).await;
    let gone = class_of(&house, &program, json!({})).await;
    house.server.delete(&format!("/v1/classes/{}", id(&gone))).await.expect(200);
    let path = format!("/v1/programs/{}", id(&program));
    let shown = website.get(&path).await.expect(200);
    let listed = website.get(&format!("/v1/classes?program_id={}", id(&program))).await.rows();
    assert_eq!(each(&listed, "id"), [public["id"].clone()]);
    assert_eq!((&shown["classes"], &shown["more_classes"]), (&json!(listed), &json!(false)));
    assert!(!shown.to_string().contains("secret"));
}

#[apply(on_both_engines!)]
async fn a_website_that_holds_the_bytes_is_told_so_until_a_class_changes(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = house(&studio).await;
    let program = create(&house.server, spring()).await;
    let class = class_of(&house, &program, json!({})).await;
    let path = format!("/v1/programs/{}", id(&program));
    let website = studio.website().await;
    let tag = website.get(&path).await.header("etag").to_owned();
    let holding = website.with("if-none-match", &tag);
    assert_eq!(holding.get(&path).await.status, 304);
    house.change(&class, json!({"name": "Renamed"})).await;
    assert_eq!(holding.get(&path).await.expect(200)["classes"][0]["name"], "Renamed");
}

#[apply(on_both_engines!)]
async fn a_class_of_a_draft_tells_nothing_of_it_but_that_it_is_there(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = house(&studio).await;
    let website = studio.website().await;
    let draft = create(&house.server, json!({"name": "Secret plans"})).await;
    class_of(&house, &draft, json!({})).await;
    let classes = website.get("/v1/classes").await;
    assert_eq!(classes.rows()[0]["program_id"], draft["id"]);
    assert!(!String::from_utf8_lossy(&classes.body).contains("Secret plans"));
    website.get(&format!("/v1/programs/{}", id(&draft))).await.is_problem(404, "not_found");
}
