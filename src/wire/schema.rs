//! Derives schemas from a resource's own: for creating it, for changing it, and for the returned row. Used by input validation and
//! the OpenAPI documents.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// The fields of every row, in order.
pub const ROW_FIELDS: &[&str] = &["id", "version", "created_at", "updated_at"];
/// The largest version: JSON numbers are exact up to here.
const MAX_VERSION: i64 = 1 << 53;
/// The largest version that a new row is imported with, so that it can be changed as often again.
const MAX_IMPORTED_VERSION: i64 = 1 << 52;
/// Beside the fields of an inlined object: its type's name and description, by which documents name it.
pub const INLINED: &str = "x-inlined";
/// A text that is not blank.
pub const NOT_BLANK: &str = r"\S";

/// A type's schema with all references inlined.
pub fn inlined<T: ToSchema>() -> Value {
    let mut named = Vec::new();
    T::schemas(&mut named);
    let named: BTreeMap<_, _> =
        named.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default())).collect();
    let mut schema = serde_json::to_value(T::schema()).unwrap_or_default();
    inline(&mut schema, &named);
    schema
}

fn inline(schema: &mut Value, named: &BTreeMap<String, Value>) {
    if let Some(link) = schema.get("$ref").and_then(Value::as_str).and_then(|link| link.rsplit('/').next())
        && let Some((name, meant)) = named.get_key_value(link)
    {
        let said = schema.as_object().cloned().unwrap_or_default();
        *schema = meant.clone();
        // A description next to a reference is more specific than the referenced one.
        if let Value::Object(fields) = schema {
            if fields.contains_key("properties") {
                let inlined = json!({"name": name, "description": fields.get("description")});
                fields.insert(INLINED.into(), inlined);
            }
            fields.extend(said.into_iter().filter(|(key, _)| key != "$ref"));
        }
    }
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(|field| inline(field, named));
            flatten_nullable(fields);
            // utoipa puts a list's `readOnly` on its items.
            if let Some(Value::Object(items)) = fields.get_mut("items")
                && let Some(read_only) = items.remove("readOnly")
            {
                fields.insert("readOnly".into(), read_only);
            }
            // OpenAPI 3.1 uses `examples`; utoipa's attribute writes the `example` of 3.0.
            if let Some(example) = fields.remove("example") {
                fields.insert("examples".into(), json!([example]));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| inline(item, named)),
        _ => {}
    }
}

/// Turns `oneOf [X, null]` into a nullable X: the same, but faults keep their position inside X.
fn flatten_nullable(schema: &mut Map<String, Value>) {
    let Some(mut meant) = or_null(schema).cloned() else { return };
    allow_null(&mut meant);
    schema.remove("oneOf");
    for (key, value) in meant {
        schema.entry(key).or_insert(value);
    }
}

/// The X of `oneOf [X, null]`.
fn or_null(schema: &Map<String, Value>) -> Option<&Map<String, Value>> {
    let is_null = |choice: &Value| choice == &json!({"type": "null"});
    match schema.get("oneOf")?.as_array()?.as_slice() {
        [meant, null] | [null, meant] if is_null(null) => meant.as_object(),
        _ => None,
    }
}

/// The schema of a query parameter, which may be absent and is never null.
pub fn for_query(mut schema: Value) -> Value {
    if let Some(meant) = schema.as_object().and_then(or_null) {
        return Value::Object(meant.clone());
    }
    if let Some([kind, null]) = schema["type"].as_array().map(Vec::as_slice)
        && null == "null"
    {
        schema["type"] = kind.clone();
    }
    schema
}

fn allow_null(schema: &mut Map<String, Value>) {
    match schema.get_mut("type") {
        Some(Value::String(one)) => {
            let both = json!([one, "null"]);
            schema.insert("type".into(), both);
        }
        Some(Value::Array(many)) if !many.contains(&json!("null")) => many.push(json!("null")),
        _ => {}
    }
    if let Some(Value::Array(options)) = schema.get_mut("enum")
        && !options.contains(&Value::Null)
    {
        options.push(Value::Null);
    }
}

/// The fields that the gateway sets.
pub fn read_only(whole: &Value) -> BTreeSet<String> {
    let is_read_only = |schema: &Value| schema.get("readOnly") == Some(&json!(true));
    properties(whole).filter(|(_, schema)| is_read_only(schema)).map(|(name, _)| name.clone()).collect()
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// The schema for creating: without the fields that the gateway sets; null means absent.
pub fn for_creation(whole: &Value) -> Value {
    let read_only = read_only(whole);
    let mut schema = whole.clone();
    if let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        fields.retain(|name, _| !read_only.contains(name));
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name.as_str().is_none_or(|name| !read_only.contains(name)));
    }
    allow_null_for_absent(&mut schema);
    schema
}

/// The schema for changing: every field is optional, null clears one that is not required. `clears` are fields that the gateway
/// sets and a change may clear.
pub fn for_change(whole: &Value, clears: &[&str]) -> Value {
    let mut schema = for_creation(whole);
    for (name, field) in properties(whole).filter(|(name, _)| clears.contains(&name.as_str())) {
        schema["properties"][name] = field.clone();
        schema["properties"][name].as_object_mut().map(|field| field.remove("readOnly"));
    }
    loosen(&mut schema);
    schema
}

/// The documented schema of a merge patch: also the fields that the gateway sets, which may be sent back unchanged.
pub fn with_read_only(change: &Value, row: &Value) -> Value {
    let is_read_only = |(name, field): &(&String, &Value)| {
        field["readOnly"] == true && change["properties"].get(name.as_str()).is_none()
    };
    let mut fields: Map<_, _> =
        properties(row).filter(is_read_only).map(|(name, field)| (name.clone(), field.clone())).collect();
    fields.extend(properties(change).map(|(name, field)| (name.clone(), field.clone())));
    let mut schema = change.clone();
    schema["properties"] = Value::Object(fields);
    schema
}

/// The schema of an import line: all fields of a row.
pub fn for_import(whole: &Value, id: Value) -> Value {
    let mut schema = for_row(whole, id);
    schema["required"] = whole.get("required").cloned().unwrap_or_default();
    schema["additionalProperties"] = json!(false);
    schema["properties"]["version"]["maximum"] = json!(MAX_IMPORTED_VERSION);
    allow_null_for_absent(&mut schema);
    schema
}

/// The schema of an import line for an existing row: every field is optional.
pub fn for_import_of_known(of_new: &Value) -> Value {
    let mut schema = of_new.clone();
    // The row keeps its own version, whatever the line says.
    schema["properties"]["version"]["maximum"] = json!(MAX_VERSION);
    loosen(&mut schema);
    schema
}

/// Lets null mean absent, at every depth.
fn allow_null_for_absent(schema: &mut Value) {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(Value::Object(fields)) = schema.get_mut("properties") {
        for (name, field) in fields {
            allow_null_for_absent(field);
            if !required.contains(&json!(name)) {
                field.as_object_mut().into_iter().for_each(allow_null);
            }
        }
    } else if let Some(Value::Object(entry)) = schema.get_mut("additionalProperties") {
        // A map with free names, such as metadata.
        allow_null(entry);
    }
}

/// Makes everything optional, at every depth.
fn loosen(schema: &mut Value) {
    let Value::Object(schema) = schema else { return };
    schema.remove("required");
    schema.remove("minProperties");
    if let Some(Value::Object(fields)) = schema.get_mut("properties") {
        for field in fields.values_mut() {
            field.as_object_mut().map(|field| field.remove("default"));
            loosen(field);
        }
    }
}

/// The schema of a returned row: the fields of every row, then the resource's; all present.
pub fn for_row(whole: &Value, id: Value) -> Value {
    let mut id = id;
    id["readOnly"] = json!(true);
    let instant = |says: &str| json!({"type": "string", "format": "date-time", "description": says, "readOnly": true});
    let mut fields = Map::new();
    fields.insert("id".into(), id);
    fields.insert("version".into(), json!({"type": "integer", "minimum": 1, "maximum": MAX_VERSION, "readOnly": true,
        "description": "Increases with each change. The row's `ETag` is this number in quotes. Send it as `If-Match` to change only the version you read."}));
    fields.insert("created_at".into(), instant("When the row was created."));
    fields.insert("updated_at".into(), instant("When the row was last changed."));
    fields.extend(properties(whole).map(|(name, schema)| (name.clone(), schema.clone())));
    let mut schema = whole.clone();
    schema["required"] = fields.keys().map(|name| json!(name)).collect();
    schema["properties"] = Value::Object(fields);
    schema.as_object_mut().map(|schema| schema.remove("additionalProperties"));
    if let Some(Value::Object(told)) = whole.pointer("/examples/0") {
        schema.as_object_mut().map(|schema| schema.remove("examples"));
        schema["examples"] = json!([answered(&schema, told)]);
    }
    schema
}

/// The example row for an example input: missing fields are null if they may be.
fn answered(row: &Value, told: &Map<String, Value>) -> Value {
    let answer = |(name, field): (&String, &Value)| {
        let nothing = field["type"].as_array().map(|_| Value::Null);
        (name.clone(), told.get(name).cloned().or(nothing).unwrap_or_else(|| example(field)))
    };
    properties(row).map(answer).collect::<Map<_, _>>().into()
}

/// An example value, from the examples of its fields. An optional field is included if it has an example.
pub fn example(schema: &Value) -> Value {
    let told = schema.pointer("/examples/0").or_else(|| schema.get("const")).or_else(|| schema.get("default"));
    if let Some(told) = told {
        return told.clone();
    }
    if schema.get("properties").is_some() {
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &String| required.is_some_and(|names| names.contains(&json!(name)));
        let shown = properties(schema).filter(|(name, field)| is_required(name) || has_example(field));
        return shown.map(|(name, field)| (name.clone(), example(field))).collect::<Map<_, _>>().into();
    }
    let types = schema.get("type").cloned().unwrap_or_default();
    let may_be_null = types.as_array().is_some_and(|types| types.contains(&json!("null")));
    match types.as_str().or_else(|| types.get(0)?.as_str()) {
        _ if may_be_null => Value::Null,
        Some("array") => schema.get("items").map(|item| json!([example(item)])).unwrap_or_default(),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(false),
        Some("object") => json!({}),
        Some("string") if schema.get("format") == Some(&json!("date-time")) => json!("2026-01-31T18:00:00.000000Z"),
        Some("string") => schema.pointer("/enum/0").cloned().unwrap_or_else(|| json!("text")),
        _ => Value::Null,
    }
}

/// An example merge patch with a few fields: the required ones.
pub fn example_of_change(create: &Value) -> Value {
    let required = create.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut whole = example(create);
    if let Value::Object(fields) = &mut whole {
        fields.retain(|name, _| required.contains(&json!(name)));
    }
    whole
}

/// Says the default of each optional field in its description, from a row created with the required ones only. Not as a `default`:
/// generators of clients then require the field. Not for objects, whose fields say their own.
pub fn note_defaults(create: &mut Value, least: &Map<String, Value>) {
    let required = create.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for (name, field) in create.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        let Value::Object(field) = field else { continue };
        field.remove("default");
        if let Some(default) = least.get(name)
            && !default.is_null()
            && !default.is_object()
            && !required.contains(&json!(name))
        {
            let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
            let says = field.get("description").and_then(Value::as_str).unwrap_or_default();
            let says = format!("{says} Default: `{default}`.").trim_start().to_owned();
            field.insert("description".into(), says.into());
        }
    }
}

fn has_example(schema: &Value) -> bool {
    schema.get("examples").is_some() || properties(schema).any(|(_, field)| has_example(field))
}

/// A schema with the fields of another, and its example with theirs, for what this says.
pub fn with_fields(says: &str, mut schema: Value, more: &Value) -> Value {
    schema["description"] = says.into();
    for place in ["/properties", "/examples/0"] {
        if let (Some(Value::Object(fields)), Some(Value::Object(more))) =
            (schema.pointer_mut(place), more.pointer(place))
        {
            fields.extend(more.clone());
        }
    }
    schema
}

/// The schema of a response: all fields are present, and later versions may add more.
pub fn for_answer(mut schema: Value) -> Value {
    if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
        schema["required"] = fields.keys().map(|name| json!(name)).collect();
    }
    schema.as_object_mut().map(|schema| schema.remove("additionalProperties"));
    schema
}
