//! A document of ours as OpenAPI 3.0 has it, for tools that know no 3.1. It says the same, but for what 3.0 has no words for.

use serde_json::{Map, Value, json};

/// The document in OpenAPI 3.0.
pub fn as_3_0(mut document: Value) -> Value {
    document["openapi"] = json!("3.0.3");
    document["info"]["license"] = json!({"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"});
    // The scopes of a key stand in the descriptions; in 3.0 only OAuth has them.
    for methods in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for operation in methods.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let schemes = operation["security"].as_array_mut().into_iter().flatten();
            schemes.filter_map(Value::as_object_mut).flat_map(Map::values_mut).for_each(|scopes| *scopes = json!([]));
        }
    }
    walk(&mut document);
    document
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
            "paths": {"/v1/x": {"get": {"security": [{"secretKey": ["x:read"]}]}}},
            "components": {"schemas": {"X": {"type": "object", "examples": [{"type": ["kept"]}], "properties": {
                "name": {"type": ["string", "null"], "enum": ["a", null], "examples": ["a"]},
                "price": {"oneOf": [link, {"type": "null"}], "description": "What it costs."},
                "paid": {"$ref": link["$ref"], "description": "What was paid."},
                "plain": link,
            }}}},
        }));
        assert_eq!(document["openapi"], "3.0.3");
        assert!(document["info"]["license"].get("identifier").is_none() && document["info"]["title"] == "X");
        assert_eq!(document["paths"]["/v1/x"]["get"]["security"], json!([{"secretKey": []}]));
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
}
