//! What was sent, written as it is kept: a web address as the URL standard writes it, a phone number without what was pasted
//! with it, and nothing in place of an optional text of spaces. Called before the check, with the same schema, and by the
//! import.

use serde_json::{Map, Value, json};

use crate::wire::{
    schema::NOT_BLANK,
    text::{LINE, LINES, TextFormat, VISIBLE},
};

/// A text that may be longer than this has several lines.
const LONGEST_LINE: u64 = 300;

/// Writes each text as it is kept.
pub fn tidy(sent: &mut Value, schema: &Value) {
    match sent {
        Value::Object(fields) => {
            for (name, field) in fields {
                match schema["properties"].get(name) {
                    Some(property) if is_blank(field) && may_be_absent(property) => *field = Value::Null,
                    Some(property) => tidy(field, property),
                    None => tidy(field, &schema["additionalProperties"]),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| tidy(item, &schema["items"])),
        Value::String(text) => {
            let tidy = schema["format"].as_str().and_then(TextFormat::named).and_then(|format| format.tidy);
            if let Some(plain) = tidy.and_then(|tidy| tidy(text)) {
                *text = plain;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_blank(field: &Value) -> bool {
    field.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Whether a text of people's own words, an address or a number may be left out.
fn may_be_absent(schema: &Value) -> bool {
    let is_optional = schema["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
    is_optional && (is_free_text(schema) || matches!(schema["format"].as_str(), Some("uri" | "phone" | "email")))
}

/// Whether a text has no form of its own.
fn is_free_text(schema: &Value) -> bool {
    let is_text = match &schema["type"] {
        Value::String(kind) => kind == "string",
        Value::Array(kinds) => kinds.contains(&json!("string")),
        _ => false,
    };
    let pattern = schema.get("pattern").is_none_or(|pattern| pattern == NOT_BLANK);
    is_text && pattern && ["format", "enum", "const"].iter().all(|word| schema.get(word).is_none())
}

/// A schema in which each free text has the format of a line, or of several. The documents do not show it.
pub(super) fn with_text_formats(schema: &Value) -> Value {
    let mut schema = schema.clone();
    add(&mut schema, true);
    schema
}

/// `is_field`: not a value under a free name, which may be anything that can be written.
fn add(schema: &mut Value, is_field: bool) {
    if is_free_text(schema) {
        let formats = match schema["maxLength"].as_u64() {
            Some(..=LONGEST_LINE) if is_field => vec![LINE, VISIBLE],
            _ => vec![LINES],
        };
        schema["allOf"] = formats.into_iter().map(|format| json!({"format": format})).collect();
    }
    let Value::Object(words) = schema else { return };
    for (word, inner) in words {
        match (word.as_str(), inner) {
            ("properties", Value::Object(fields)) => add_to_all(fields),
            ("items" | "propertyNames", inner) => add(inner, true),
            ("additionalProperties", inner) => add(inner, false),
            ("oneOf" | "anyOf", Value::Array(choices)) => choices.iter_mut().for_each(|choice| add(choice, is_field)),
            _ => {}
        }
    }
}

fn add_to_all(fields: &mut Map<String, Value>) {
    fields.values_mut().for_each(|field| add(field, true));
}
