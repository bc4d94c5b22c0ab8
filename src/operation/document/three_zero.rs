//! A document of ours as OpenAPI 3.0 has it, for tools that know no 3.1. It says the same, but for what 3.0 has no words for, and
//! for what such tools do not take: bodies of several media types, and successes of several types.

use serde_json::{Map, Value, json};

use super::drop_unused;

const JSON: &str = "application/json";

/// The document in OpenAPI 3.0.
pub fn as_3_0(mut document: Value) -> Value {
    document["openapi"] = json!("3.0.3");
    document["info"]["license"] = json!({"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"});
    // The scopes of a key stand in the descriptions; in 3.0 only OAuth has them.
    for methods in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for operation in methods.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let schemes = operation["security"].as_array_mut().into_iter().flatten();
            schemes.filter_map(Value::as_object_mut).flat_map(Map::values_mut).for_each(|scopes| *scopes = json!([]));
            if let Some(Value::Object(bodies)) = operation.pointer_mut("/requestBody/content")
                && bodies.contains_key(JSON)
            {
                bodies.retain(|kind, _| kind == JSON);
            }
            if let Some(answers) = operation["responses"].as_object_mut() {
                one_success(answers);
            }
        }
    }
    drop_unused(&mut document, "schemas");
    walk(&mut document);
    document
}

/// Gives all successes of an operation one type. The type of a dry run's answer describes the row as well; where one success has no
/// body, none is described.
fn one_success(answers: &mut Map<String, Value>) {
    let successes = || answers.iter().filter(|(status, _)| status.starts_with('2'));
    if successes().count() < 2 {
        return;
    }
    let all_have_a_body = successes().all(|(_, answer)| answer.get("content").is_some());
    let body = answers.get("200").and_then(|tried| tried.get("content")).filter(|_| all_have_a_body).cloned();
    for answer in answers.iter_mut().filter(|(status, _)| status.starts_with('2')).map(|(_, answer)| answer) {
        match &body {
            Some(body) => answer["content"] = body.clone(),
            None => drop(answer.as_object_mut().and_then(|answer| answer.shift_remove("content"))),
        }
    }
}

fn walk(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            schema(fields);
            // Examples are values, not schemas.
            let inner = fields
                .iter_mut()
                .filter(|(name, _)| !["example", "examples", "default", "enum"].contains(&name.as_str()));
            inner.for_each(|(_, field)| walk(field));
        }
        Value::Array(items) => items.iter_mut().for_each(walk),
        _ => {}
    }
}

fn has_null(fields: &Map<String, Value>) -> bool {
    fields.get("oneOf").and_then(Value::as_array).is_some_and(|choices| choices.contains(&json!({"type": "null"})))
}

fn schema(fields: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = fields.get("type") {
        let one = types.iter().find(|kind| *kind != "null").cloned().unwrap_or_default();
        fields.insert("type".into(), one);
        fields.insert("nullable".into(), json!(true));
    }
    if has_null(fields)
        && let Some(Value::Array(mut choices)) = fields.shift_remove("oneOf")
    {
        choices.retain(|choice| choice != &json!({"type": "null"}));
        // Strictly, `nullable` counts beside a `type` alone; but with one, generators forget what is referred to.
        fields.insert("allOf".into(), Value::Array(choices));
        fields.insert("nullable".into(), json!(true));
    }
    // What stands beside a reference counts for nothing in 3.0.
    if fields.len() > 1
        && let Some(link) = fields.shift_remove("$ref")
    {
        fields.insert("allOf".into(), json!([{"$ref": link}]));
    }
    if fields.get("examples").is_some_and(Value::is_array)
        && let Some(Value::Array(examples)) = fields.shift_remove("examples")
    {
        fields.extend(examples.into_iter().take(1).map(|example| ("example".to_owned(), example)));
    }
    fields.shift_remove("propertyNames");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_3_1_says_is_said_as_3_0_does() {
        let link = json!({"$ref": "#/components/schemas/Money"});
        let document = as_3_0(json!({
            "openapi": "3.1.0", "info": {"license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}, "title": "X"},
            "paths": {"/v1/x": {"get": {
                "security": [{"secretKey": ["x:read"]}],
                "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/X"}}}}},
            }}},
            "components": {"schemas": {"Y": {}, "X": {"type": "object", "examples": [{"type": ["kept"]}], "properties": {
                "name": {"type": ["string", "null"], "enum": ["a", null], "examples": ["a"]},
                "price": {"oneOf": [link, {"type": "null"}], "description": "What it costs."},
                "paid": {"$ref": link["$ref"], "description": "What was paid."},
                "plain": link,
            }}}},
        }));
        assert_eq!(document["openapi"], "3.0.3");
        assert!(document["info"]["license"].get("identifier").is_none() && document["info"]["title"] == "X");
        assert_eq!(document["paths"]["/v1/x"]["get"]["security"], json!([{"secretKey": []}]));
        assert_eq!(document["components"]["schemas"].as_object().map(Map::len), Some(1), "nothing refers to Y");
        let of = &document["components"]["schemas"]["X"];
        assert_eq!(of["example"], json!({"type": ["kept"]}));
        assert_eq!(
            of["properties"],
            json!({
                "name": {"type": "string", "enum": ["a", null], "nullable": true, "example": "a"},
                "price": {"description": "What it costs.", "allOf": [link], "nullable": true},
                "paid": {"description": "What was paid.", "allOf": [link]},
                "plain": link,
            })
        );
    }

    #[test]
    fn a_call_takes_one_body_and_has_one_type_of_success() {
        let body =
            |name: &str| json!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}});
        let patch =
            json!({"application/merge-patch+json": {"schema": {}}, "application/json": {"schema": {"type": "object"}}});
        let document = as_3_0(json!({"info": {}, "paths": {"/v1/x": {
            "post": {"responses": {"201": {"content": body("X")}, "200": {"content": body("XResult")}, "404": {"content": body("Problem")}}},
            "patch": {"requestBody": {"content": patch}, "responses": {"200": {"content": body("XResult")}}},
            "delete": {"responses": {"200": {"content": body("DryRun"), "description": "Tried."}, "204": {"description": "Gone."}}},
            "put": {"requestBody": {"content": {"text/csv": {}}}, "responses": {"201": {"content": body("X")}}},
        }}}));
        let of = &document["paths"]["/v1/x"];
        for status in ["200", "201"] {
            assert_eq!(of["post"]["responses"][status]["content"], body("XResult"));
        }
        assert_eq!(of["post"]["responses"]["404"]["content"], body("Problem"));
        assert_eq!(of["patch"]["requestBody"]["content"], json!({"application/json": {"schema": {"type": "object"}}}));
        assert_eq!(of["patch"]["responses"]["200"]["content"], body("XResult"));
        assert_eq!(
            of["delete"]["responses"],
            json!({"200": {"description": "Tried."}, "204": {"description": "Gone."}})
        );
        assert_eq!(of["put"]["responses"]["201"]["content"], body("X"));
        assert_eq!(of["put"]["requestBody"]["content"], json!({"text/csv": {}}));
    }
}
