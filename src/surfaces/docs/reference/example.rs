//! An example of what a schema describes: the one that it names, else one made of its parts.

use serde_json::{Map, Value, json};

use super::resolve;
use crate::wire::schema;

/// The example.
pub fn example(document: &Value, schema: &Value) -> Value {
    let schema = resolve(document, schema);
    if let Some(told) = schema.pointer("/examples/0") {
        return told.clone();
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = Map::new();
        for part in parts {
            if let Value::Object(fields) = example(document, part) {
                whole.extend(fields);
            }
        }
        return Value::Object(whole);
    }
    if let Some(first) = ["anyOf", "oneOf"].iter().find_map(|word| schema[word].get(0)) {
        return example(document, first);
    }
    if let Some(fields) = schema["properties"].as_object() {
        return fields
            .iter()
            .map(|(name, field)| (name.clone(), example(document, field)))
            .collect::<Map<_, _>>()
            .into();
    }
    match schema.get("items") {
        Some(item) => json!([example(document, item)]),
        None => schema::example(schema),
    }
}
