//! The fields of a schema and the parameters of an operation, as rows: a name, a type in words, its limits, and what is inside.

use serde_json::Value;

use super::{resolve, row_name, text};

/// A schema inside of this many others is named, not shown.
const MAX_DEPTH: usize = 4;

/// A field.
pub struct FieldRow {
    /// Its name.
    pub name: String,
    /// Its type in words.
    pub kind: String,
    /// Where a parameter stands; empty for a field.
    pub place: String,
    /// Whether it has to be sent.
    pub is_required: bool,
    /// Whether it is shown alone: what is sent of it changes nothing.
    pub is_read_only: bool,
    /// What it is, in markdown.
    pub says: String,
    /// Its limits, its default, an example.
    pub facts: Vec<String>,
    /// The fields inside of it.
    pub inner: Vec<FieldRow>,
}

/// The parameters of an operation.
pub fn parameters(document: &Value, parameters: &Value) -> Vec<FieldRow> {
    let row = |parameter: &Value| {
        let parameter = resolve(document, parameter);
        let mut row = field(document, &text(&parameter["name"]), &parameter["schema"], 0);
        row.place = text(&parameter["in"]);
        row.is_required = parameter["required"] == true;
        row.says = text(&parameter["description"]);
        row
    };
    parameters.as_array().into_iter().flatten().map(row).collect()
}

/// The fields of what is sent: those that may be written, then those that are only read.
pub fn of_body(document: &Value, schema: &Value) -> Vec<FieldRow> {
    let mut rows = of(document, schema);
    rows.sort_by_key(|row| row.is_read_only);
    rows
}

/// The fields of a schema.
pub fn of(document: &Value, schema: &Value) -> Vec<FieldRow> {
    inside(document, schema, 0)
}

fn inside(document: &Value, schema: &Value, depth: usize) -> Vec<FieldRow> {
    let schema = resolve(document, schema);
    let is_required =
        |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|required| required == name));
    let fields = schema["properties"].as_object().into_iter().flatten();
    let mut rows: Vec<_> = fields
        .map(|(name, of)| FieldRow { is_required: is_required(name), ..field(document, name, of, depth) })
        .collect();
    for part in ["allOf", "anyOf", "oneOf"].iter().filter_map(|word| schema[word].as_array()).flatten() {
        rows.extend(inside(document, part, depth));
    }
    rows
}

fn field(document: &Value, name: &str, reference: &Value, depth: usize) -> FieldRow {
    let meant = or_null(reference).unwrap_or(reference);
    let schema = resolve(document, meant);
    let items = schema.get("items").unwrap_or(meant);
    // Rows, and lists of them, stand on the page under their own names.
    let is_row = row_name(document, items).is_some();
    let inner = if is_row || depth >= MAX_DEPTH { vec![] } else { inside(document, items, depth + 1) };
    let says = reference.get("description").unwrap_or(&schema["description"]);
    FieldRow {
        name: name.to_owned(),
        kind: kind(document, reference, schema),
        place: String::new(),
        is_required: false,
        is_read_only: reference["readOnly"] == true || schema["readOnly"] == true,
        says: text(says),
        facts: facts(schema),
        inner,
    }
}

/// What a reference that may also be null refers to.
pub fn or_null(schema: &Value) -> Option<&Value> {
    let choices = schema["oneOf"].as_array()?;
    choices.iter().any(|choice| choice["type"] == "null").then(|| choices.first())?
}

fn kind(document: &Value, reference: &Value, schema: &Value) -> String {
    let or_nothing = if or_null(reference).is_some() { " or null" } else { "" };
    if let Some(name) = row_name(document, or_null(reference).unwrap_or(reference)) {
        return name + or_nothing;
    }
    let types: Vec<_> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let named_type = |name: &str| match name {
        "array" => format!("list of {}", plural(document, &schema["items"])),
        "object" if schema.get("additionalProperties").is_some_and(Value::is_object) => "map of strings".to_owned(),
        "string" => text_kind(schema["format"].as_str()).to_owned(),
        other => other.to_owned(),
    };
    let words: Vec<_> = types.into_iter().map(named_type).collect();
    if words.is_empty() { "any".to_owned() } else { words.join(" or ") + or_nothing }
}

fn text_kind(format: Option<&str>) -> &str {
    match format {
        Some("date-time") => "instant",
        Some("date") => "date",
        Some("instant-or-date") => "instant or date",
        Some("uri") => "URL",
        Some("email") => "e-mail address",
        Some("time-of-day") => "time of day",
        Some("currency") => "currency",
        _ => "string",
    }
}

fn plural(document: &Value, items: &Value) -> String {
    match row_name(document, items) {
        Some(name) => name,
        None => match kind(document, items, resolve(document, items)).as_str() {
            "any" => "values".to_owned(),
            "e-mail address" => "e-mail addresses".to_owned(),
            "currency" => "currencies".to_owned(),
            "time of day" => "times of day".to_owned(),
            one => format!("{one}s"),
        },
    }
}

/// In markdown.
fn facts(schema: &Value) -> Vec<String> {
    let code = |value: &Value| match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    };
    let mut facts = Vec::new();
    let allowed = schema.get("enum").or_else(|| schema["items"].get("enum")).and_then(Value::as_array);
    if let Some(values) = allowed {
        let values: Vec<_> = values.iter().filter(|value| !value.is_null()).map(code).collect();
        facts.push(format!("one of {}", values.join(", ")));
    }
    for (least, most, unit) in [
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
        ("minProperties", "maxProperties", " pairs"),
    ] {
        // The largest exact number of JSON is no limit that anybody meets.
        let most = schema.get(most).filter(|most| most.as_u64().is_none_or(|most| most < 1 << 53));
        facts.extend(match (schema.get(least), most) {
            (Some(least), Some(most)) => Some(format!("{least} to {most}{unit}")),
            (None, Some(most)) => Some(format!("at most {most}{unit}")),
            (Some(least), None) if unit.is_empty() => Some(format!("at least {least}")),
            _ => None,
        });
    }
    facts.extend(schema.get("default").map(|value| format!("default {}", code(value))));
    let example = schema.pointer("/examples/0").filter(|value| !value.is_object() && !value.is_array());
    facts.extend(example.map(|value| format!("for example {}", code(value))));
    facts
}
