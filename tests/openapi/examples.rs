//! What the documents show is what the server takes: every example of a body, and every default.

use std::collections::BTreeSet;

use flow_gateway::{access::scope::Scope, surfaces::management};
use serde_json::{Value, json};

use crate::{
    access::rows::{Rows, recipes},
    support::studio::on_both_engines,
};

/// The schema of an operation's body, by its name.
fn body(document: &Value, path: &str, method: &str) -> Value {
    let body = &document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    let pointer = body.as_str().expect("a named schema").trim_start_matches('#').to_owned();
    document.pointer(&pointer).expect("the schema").clone()
}

/// Every operation that takes a body: its path and its method.
fn with_a_body(document: &Value) -> Vec<(String, String)> {
    let paths = document["paths"].as_object().expect("paths").iter();
    let all = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("methods").iter();
        methods.map(move |(method, operation)| (path.clone(), method.clone(), operation))
    });
    all.filter(|(_, _, operation)| operation.get("requestBody").is_some())
        .map(|(path, method, _)| (path, method))
        .collect()
}

/// Makes of a body one for another row than that which is there.
fn of_another(mut body: Value) -> Value {
    for unique in ["code", "email"] {
        if let Some(value) = body.get_mut(unique) {
            *value = json!(format!("x{}", value.as_str().expect("a text")));
        }
    }
    body
}

#[apply(on_both_engines!)]
async fn every_example_of_a_body_is_taken_but_for_the_rows_that_it_names(studio: Studio) {
    let rows = Rows::of(&studio).await;
    let server = studio.server(Scope::ALL).await;
    let document = management::document();
    let operations = with_a_body(&document);
    assert_eq!(operations.len(), 18);
    for (path, method) in operations {
        let example = of_another(body(&document, &path, &method)["examples"][0].clone());
        let at = format!("{}?dry_run=true", rows.path(&path));
        let reply = if method == "post" {
            server.post(&at, example.clone()).await
        } else {
            server.patch(&at, example.clone()).await
        };
        let faults = reply.json()["errors"].as_array().cloned().unwrap_or_default();
        let of_a_reference = |fault: &Value| {
            let field = fault["pointer"].as_str().unwrap_or_default().split('/').nth(1).unwrap_or_default().to_owned();
            field.ends_with("_id") || field.ends_with("_ids")
        };
        let only_rows = reply.status == 422 && !faults.is_empty() && faults.iter().all(of_a_reference);
        assert!(reply.status == 200 || only_rows, "{method} {path}: {example}: {reply:?}");
    }
}

#[apply(on_both_engines!)]
async fn a_dry_run_answers_the_row_as_the_call_itself_does(studio: Studio) {
    let rows = Rows::of(&studio).await;
    let server = studio.server(Scope::ALL).await;
    for (name, path, least) in recipes() {
        let least = of_another(least);
        let tried = server.post(&format!("{}?dry_run=true", rows.path(path)), least.clone()).await.expect(200);
        assert_eq!(tried["dry_run"], true, "{name}");
        for (field, value) in tried["result"].as_object().expect("the row") {
            assert_eq!(&tried[field], value, "{name}: {field}");
        }
        let made = server.post(&rows.path(path), least).await.expect(201);
        let fields = |row: &Value| row.as_object().expect("a row").keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(fields(&tried["result"]), fields(&made), "{name}");
        assert!(made.get("dry_run").is_none(), "{name}");
    }
}

#[apply(on_both_engines!)]
async fn what_is_absent_is_what_the_document_says(studio: Studio) {
    let rows = Rows::of(&studio).await;
    let document = management::document();
    let server = studio.server(Scope::ALL).await;
    let mut told = BTreeSet::new();
    for (name, path, least) in recipes() {
        let defaults = body(&document, path, "post")["properties"].clone();
        let least = of_another(least);
        let made = server.post(&format!("{}?dry_run=true", rows.path(path)), least.clone()).await.expect(200);
        for (field, schema) in defaults.as_object().unwrap() {
            let says = schema["description"].as_str().expect("a description");
            let default = says.split_once("Default: `").and_then(|(_, rest)| rest.strip_suffix("`."));
            if let (Some(default), None) = (default, least.get(field)) {
                let default = serde_json::from_str(default).unwrap_or_else(|_| json!(default));
                assert_eq!(made["result"][field], default, "{name}: {field}");
                told.insert(field.clone());
            }
        }
    }
    for field in ["kind", "status", "visibility", "level", "duration", "billing_interval", "billing_interval_count"] {
        assert!(told.contains(field), "{field}");
    }
}
