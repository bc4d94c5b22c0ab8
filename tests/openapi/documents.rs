//! The documents: frozen, whole, and true of the tables.

use std::collections::{BTreeMap, BTreeSet};

use flow_gateway::{
    access::scope::Scope,
    operation::{document::Documented, endpoint::Endpoint},
    surfaces::{management, members, storefront},
};
use serde_json::{Value, json};

/// What a table says of an operation.
struct TableRow {
    id: &'static str,
    method: &'static str,
    path: &'static str,
    scopes: Vec<&'static str>,
}

fn table<C: Documented>(endpoints: Vec<Endpoint<C>>) -> Vec<TableRow> {
    let row = |endpoint: Endpoint<C>| {
        let scopes = C::scope(&endpoint.rule).map(Scope::name).into_iter().collect();
        TableRow { id: endpoint.rule.id, method: endpoint.rule.method, path: endpoint.rule.path, scopes }
    };
    endpoints.into_iter().map(row).collect()
}

fn documents() -> [(&'static str, Value, Vec<TableRow>); 3] {
    [
        ("storefront", storefront::document(), table(storefront::endpoints())),
        ("management", management::document(), table(management::endpoints())),
        ("members", members::document(), table(members::endpoints())),
    ]
}

/// Calls `look` with every object in the document and the place where it stands.
fn walk<'d>(value: &'d Value, place: &str, look: &mut impl FnMut(&str, &'d Value)) {
    let mut into = |name: &str, inner| walk(inner, &format!("{place}/{name}"), look);
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| into(name, field)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, item)| into(&at.to_string(), item)),
        _ => return,
    }
    look(place, value);
}

/// The parts of a document that are frozen, each in a file of its own: every operation by its id, and `document` for the
/// rest, in which the paths name their operations.
fn parts(mut document: Value) -> BTreeMap<String, Value> {
    let mut parts = BTreeMap::new();
    for (_, methods) in document["paths"].as_object_mut().expect("paths") {
        for (_, operation) in methods.as_object_mut().expect("methods") {
            let id = operation["operationId"].as_str().expect("an id").to_owned();
            let operation = std::mem::replace(operation, json!(id));
            assert!(parts.insert(id, operation).is_none(), "an id stands for one operation");
        }
    }
    parts.insert("document".to_owned(), document);
    parts
}

/// A change of a document is a change of the contract: read it, then accept it with `INSTA_UPDATE=always`.
#[test]
fn a_document_changes_only_when_somebody_means_it() {
    for (surface, document, _) in documents() {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(format!("snapshots/{surface}"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| {
            for (name, part) in parts(document) {
                insta::assert_json_snapshot!(name, part);
            }
        });
    }
}

#[test]
fn no_frozen_operation_is_missing_from_its_document() {
    for (surface, document, _) in documents() {
        let folder = format!("{}/tests/openapi/snapshots/{surface}", env!("CARGO_MANIFEST_DIR"));
        let frozen = std::fs::read_dir(folder).expect("a folder").filter_map(|file| {
            let name = file.expect("a file").file_name().into_string().expect("a name");
            name.strip_suffix(".snap").map(str::to_owned)
        });
        assert_eq!(frozen.collect::<BTreeSet<_>>(), parts(document).into_keys().collect::<BTreeSet<_>>());
    }
}

#[test]
fn every_link_leads_somewhere() {
    for (surface, document, _) in documents() {
        walk(&document, "", &mut |place, object| {
            let Some(link) = object.get("$ref").and_then(Value::as_str) else { return };
            let target = link.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
            assert!(target.is_some(), "{surface} {place}: {link} leads nowhere");
        });
    }
}

#[test]
fn a_document_has_the_operations_and_scopes_of_its_table_and_no_others() {
    for (surface, document, endpoints) in documents() {
        let mut described = BTreeMap::new();
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for (method, operation) in methods.as_object().expect("methods") {
                let scopes = operation["security"][0].as_object().expect("a scheme").values().next().cloned();
                let id = operation["operationId"].as_str().expect("an id");
                described.insert(id.to_owned(), (method.to_uppercase(), path.clone(), scopes));
            }
        }
        let in_the_table = endpoints
            .iter()
            .map(|row| (row.id.to_owned(), (row.method.to_owned(), row.path.to_owned(), Some(json!(row.scopes)))));
        assert_eq!(described, in_the_table.collect(), "{surface}");
    }
}

/// Every schema of a document with its place, examples left out.
fn schemas(document: &Value, look: &mut impl FnMut(&str, &Value)) {
    walk(document, "", &mut |place, object| {
        let is_value = ["/example", "/default", "/enum"].iter().any(|word| place.contains(word));
        if !is_value && !place.ends_with("/properties") {
            look(place, object);
        }
    });
}

#[test]
fn every_object_has_a_name_and_no_name_is_that_of_a_constructor() {
    for (surface, document, _) in documents() {
        for name in document["components"]["schemas"].as_object().expect("schemas").keys() {
            assert!(!name.starts_with("New"), "{surface}: generated Go has a function {name}");
        }
        schemas(&document, &mut |place, schema| {
            if schema.get("properties").is_some() && !place.contains("/allOf/") {
                let home = place.strip_prefix("/components/schemas/").unwrap_or("/");
                assert!(!home.contains('/'), "{surface} {place} is an object without a name");
            }
        });
        walk(&document, "", &mut |place, content| {
            let Some(body) = content.get("application/json") else { return };
            let body = body["schema"]["$ref"].as_str().unwrap_or_default();
            assert!(body.starts_with("#/components/schemas/"), "{surface} {place} has no name");
            let is_list =
                content["application/json"]["schema"]["$ref"].as_str().is_some_and(|name| name.ends_with("List"));
            let data = document.pointer(&format!("{}/properties/data/items/$ref", body.trim_start_matches('#')));
            assert_eq!(
                data.and_then(Value::as_str).map(|row| format!("{row}List") == body),
                is_list.then_some(true),
                "{place}"
            );
        });
    }
}

#[test]
fn no_schema_has_what_generators_trip_over() {
    for (surface, document, _) in documents() {
        schemas(&document, &mut |place, schema| {
            assert!(schema.get("const").is_none(), "{surface} {place}");
            // openapi-typescript requires a field that has one; the descriptions say them.
            assert!(schema.get("default").is_none() || place.starts_with("/paths/"), "{surface} {place}");
            assert!(schema.get("x-inlined").is_none(), "{surface} {place}");
        });
    }
}

#[test]
fn every_write_answers_the_row_whatever_the_status_and_so_does_its_dry_run() {
    for (surface, document, _) in documents() {
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for (method, operation) in methods.as_object().expect("methods") {
                let answers = operation["responses"].as_object().expect("answers");
                assert!(answers.contains_key("422"), "{surface} {method} {path}: a query is refused with 422 as well");
                let done: Vec<_> = answers.iter().filter(|(status, _)| status.starts_with('2')).collect();
                let named = |answer: &Value| {
                    let name = answer.pointer("/content/application~1json/schema/$ref").and_then(Value::as_str);
                    name.map(|name| name.trim_start_matches("#/components/schemas/").to_owned())
                };
                let rows: BTreeSet<_> = done.iter().filter_map(|(_, answer)| named(answer)).collect();
                let row = |name: &String| name.replace("WithEffects", "").replace("Result", "").replace("Removed", "");
                assert!(
                    rows.iter().map(row).collect::<BTreeSet<_>>().len() <= 1,
                    "{surface} {method} {path}: {rows:?}"
                );
                if answers.contains_key("201") {
                    assert_eq!(done[0].0, "201", "{surface} {method} {path}");
                }
            }
        }
    }
}

#[test]
fn every_property_and_every_parameter_says_what_it_is() {
    for (surface, document, _) in documents() {
        let says = |value: &Value| value["description"].as_str().is_some_and(|text| !text.is_empty());
        walk(&document, "", &mut |place, object| {
            if place.contains("/examples/") {
                return;
            }
            for (name, property) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
                assert!(says(property) || property.get("$ref").is_some(), "{surface} {place}: {name}");
            }
            for parameter in object.get("parameters").and_then(Value::as_array).into_iter().flatten() {
                assert!(says(parameter), "{surface} {place}: {parameter}");
            }
        });
    }
}

#[test]
fn every_named_schema_has_an_example_and_every_example_fits_its_schema() {
    for (surface, document, _) in documents() {
        for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
            assert!(schema.pointer("/examples/0").is_some(), "{surface}: {name} has no example");
        }
        walk(&document, "", &mut |place, schema| {
            let Some(examples) = schema.get("examples").and_then(Value::as_array) else { return };
            let mut whole = schema.clone();
            whole["components"] = document["components"].clone();
            let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&whole);
            let validator = validator.unwrap_or_else(|error| panic!("{surface} {place}: {error}"));
            for example in examples {
                let faults: Vec<_> = validator.iter_errors(example).map(|error| error.to_string()).collect();
                assert!(faults.is_empty(), "{surface} {place}: {example}: {faults:?}");
            }
        });
    }
}
