//! What is private stays private: every private field of every resource is filled with a mark, and so is every row that
//! is not public; no answer of the Storefront has it.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use flow_gateway::{
    access::scope::Scope,
    surfaces::{management, storefront},
};
use serde_json::{Map, Value, json};

use super::rows::{Rows, recipes, storefront_rules};
use crate::support::{made, studio::on_both_engines};

/// What private texts say. The second is for fields that take digits alone.
const MARKS: [&str; 2] = ["zzprivatezz", "+351 66 778 899 00"];

/// The properties of the rows that a document's list has, by the list's path.
fn properties<'d>(document: &'d Value, path: &str) -> Option<&'d Map<String, Value>> {
    let page = document["paths"][path]["get"]["responses"]["200"].pointer("/content/application~1json/schema")?;
    referred(document, referred(document, page)?.pointer("/properties/data/items")?)?["properties"].as_object()
}

fn referred<'d>(document: &'d Value, reference: &Value) -> Option<&'d Value> {
    document.pointer(&reference["$ref"].as_str()?[1..])
}

/// A value for a private field that a client may set and that can hold a mark.
fn mark(schema: &Value) -> Option<Value> {
    let is = |kind: &str| {
        schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.contains(&json!(kind)))
    };
    if schema["readOnly"] == true
        || schema.get("enum").is_some()
        || schema["pattern"].as_str().is_some_and(|text| text.contains("_[0-7]"))
    {
        return None;
    }
    let [text, digits] = MARKS;
    match schema["format"].as_str() {
        Some("email") => Some(json!(format!("{text}@private.example"))),
        Some("phone") => Some(json!(digits)),
        Some("uri") => Some(json!(format!("https://private.example/{text}"))),
        Some("date" | "date-time") => None,
        _ if is("string") => Some(json!(text)),
        _ if schema["additionalProperties"].is_object() => Some(json!({text: text})),
        _ if is("array") && schema["items"]["type"] == "string" => mark(&schema["items"]).map(|item| json!([item])),
        _ => None,
    }
}

/// A resource's private fields, each with a mark in it; the integrator's own id is another one each time.
fn private_fields(path: &str) -> Map<String, Value> {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let (all, public) = (management::document(), storefront::document());
    // The Storefront shows rooms inside of their locations.
    let shown = match path.strip_suffix("/{locationId}/rooms") {
        Some(outer) => {
            let rooms = properties(&public, outer).and_then(|location| referred(&public, &location["rooms"]["items"]));
            rooms.and_then(|room| room["properties"].as_object())
        }
        None => properties(&public, path),
    };
    let shown: BTreeSet<_> = shown.into_iter().flat_map(Map::keys).collect();
    let fields = properties(&all, path).unwrap_or_else(|| panic!("{path} lists rows"));
    let private = fields.iter().filter(|(name, _)| !shown.contains(name));
    let mut marked: Map<_, _> = private.filter_map(|(name, schema)| Some((name.clone(), mark(schema)?))).collect();
    let own = format!("{} {}", MARKS[0], MADE.fetch_add(1, Ordering::Relaxed));
    marked.get_mut("external_id").expect("every row has one").clone_from(&json!(own));
    marked
}

/// Rows that no website may see, each with a mark where everyone would look.
fn hidden() -> Vec<(&'static str, Value)> {
    let [text, _] = MARKS;
    let price = json!({"amount": 100, "currency": "EUR"});
    let weekly = json!({"starts_on": "2026-01-05", "weekly": [{"weekday": "friday", "start_time": "07:00"}]});
    let class = |visibility: &str| json!({"name": text, "duration_minutes": 60, "recurrence": weekly, "visibility": visibility});
    vec![
        ("/v1/classes", class("hidden")),
        ("/v1/classes", class("members")),
        ("/v1/instructors", json!({"display_name": text, "status": "inactive"})),
        ("/v1/locations", json!({"name": text, "status": "archived"})),
        ("/v1/plans", json!({"name": text, "price": price, "visibility": "hidden"})),
        ("/v1/plans", json!({"name": text, "price": price, "status": "archived"})),
        ("/v1/programs", json!({"name": text, "status": "draft"})),
        ("/v1/programs", json!({"name": text, "status": "archived"})),
        ("/v1/programs", json!({"name": text, "status": "published", "visibility": "hidden"})),
    ]
}

fn with(mut body: Value, more: Map<String, Value>) -> Value {
    body.as_object_mut().expect("an object").extend(more);
    body
}

#[apply(on_both_engines!)]
async fn no_answer_of_the_storefront_has_anything_private(studio: Studio) {
    let rows = Rows::of(&studio).await;
    let server = studio.server(Scope::ALL).await;
    let mut marked = 0;
    for (_, path, body) in recipes() {
        let listed = path.trim_end_matches("/invites");
        let private = private_fields(listed);
        marked += private.len();
        server.post(&rows.path(path), with(body, private)).await.expect(201);
    }
    let note = private_fields("/v1/schedule");
    server.patch(&rows.path("/v1/schedule/{occurrenceId}"), Value::Object(note)).await.expect(200);
    let [text, _] = MARKS;
    let address = format!("https://private.example/{text}");
    for more in [
        json!({"title": "For everyone", "status": "published"}),
        json!({"title": text, "status": "draft"}),
        json!({"title": text, "status": "archived"}),
        json!({"title": text, "status": "published", "published_at": "2199-01-01T00:00:00Z"}),
        json!({"title": "For members", "status": "published", "access": "members", "media_url": address}),
    ] {
        made::content(&studio, studio.id, with(more, private_fields("/v1/content"))).await.expect("content");
    }
    let mut ids = Vec::new();
    for (path, body) in hidden() {
        let row = server.post(path, with(body, private_fields(path))).await.expect(201);
        ids.push(row["id"].as_str().expect("an id").to_owned());
    }
    assert!(marked > 20, "{marked} fields are private and hold a mark");

    let website = studio.website().await;
    for rule in storefront_rules() {
        let path = rows.path(rule.path);
        let limited = if rule.id.contains("List") { format!("{path}?limit=100") } else { path };
        let answer = website.get(&limited).await;
        let body = answer.expect(200).to_string();
        assert!(!rule.id.contains("List") || !answer.rows().is_empty(), "{limited} shows what is public");
        for private in MARKS.iter().copied().chain(ids.iter().map(String::as_str)) {
            assert!(!body.contains(private), "{limited}: {private} in {body}");
        }
    }
    for id in ids.iter().filter(|id| id.starts_with("prg_")) {
        website.get(&format!("/v1/programs/{id}")).await.is_problem(404, "not_found");
    }
}
