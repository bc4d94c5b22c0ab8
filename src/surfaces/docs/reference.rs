//! The reference: a page for each tag of an OpenAPI document, read from the document alone. A schema that operations answer stands
//! once on its page, and they refer to it.

mod example;
pub mod fields;
mod samples;
mod shown;

use std::collections::BTreeSet;

use serde_json::Value;

use self::{
    example::example,
    fields::{FieldRow, or_null},
};
use super::markdown;

/// The methods, in the order of a page.
const METHODS: [&str; 5] = ["get", "post", "patch", "put", "delete"];

/// The page of a tag.
pub struct Chapter {
    /// Its name in paths.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub about: String,
    /// Its operations.
    pub operations: Vec<ShownOperation>,
    /// The schemas that these answer.
    pub objects: Vec<ShownObject>,
}

/// An operation.
pub struct ShownOperation {
    /// Its id, by which it is linked to.
    pub id: String,
    /// In capitals.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Its name.
    pub summary: String,
    /// What it does, in markdown.
    pub says: String,
    /// What stands in its path, its query and its headers.
    pub parameters: Vec<FieldRow>,
    /// The fields of its body.
    pub body: Vec<FieldRow>,
    /// What it answers when it does what it is asked.
    pub answers: Vec<ShownAnswer>,
    /// The problems beyond those of every operation: a status and its codes.
    pub problems: Vec<(String, String)>,
    /// Its samples, as HTML.
    pub samples: String,
    /// That in curl.
    pub curl: String,
}

/// An answer.
pub struct ShownAnswer {
    /// The status.
    pub status: String,
    /// What it means, in markdown.
    pub says: String,
    /// The schemas that it consists of: their names.
    pub objects: Vec<String>,
    /// The fields that no named schema has.
    pub fields: Vec<FieldRow>,
    /// An example of the body.
    pub example: Option<String>,
}

/// A schema with a name.
pub struct ShownObject {
    /// The name.
    pub name: String,
    /// What it is, in markdown.
    pub says: String,
    /// Its fields.
    pub fields: Vec<FieldRow>,
}

/// The pages of a document.
pub fn chapters(document: &Value) -> Vec<Chapter> {
    let always = of_every_operation(document);
    let chapter = |tag: &Value| {
        let name = text(&tag["name"]);
        let of_it = operations(document).into_iter().filter(|placed| placed.operation["tags"][0] == tag["name"]);
        let operations: Vec<_> = of_it.map(|placed| shown(document, placed, &always)).collect();
        let named: BTreeSet<_> =
            operations.iter().flat_map(|operation| &operation.answers).flat_map(|answer| &answer.objects).collect();
        let objects = named.into_iter().map(|name| object(document, name)).collect();
        Chapter { slug: markdown::slug(&name), about: text(&tag["description"]), name, operations, objects }
    };
    document["tags"].as_array().into_iter().flatten().map(chapter).collect()
}

/// An operation of the document, and where it stands.
#[derive(Clone, Copy)]
struct Placed<'d> {
    path: &'d str,
    method: &'static str,
    operation: &'d Value,
}

fn operations(document: &Value) -> Vec<Placed<'_>> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        let known = METHODS.into_iter().filter_map(|method| Some((method, methods.get(method)?)));
        all.extend(known.map(|(method, operation)| Placed { path, method, operation }));
    }
    all
}

/// The statuses that every operation may answer.
fn of_every_operation(document: &Value) -> BTreeSet<String> {
    let statuses = |operation: &Value| {
        operation["responses"].as_object().into_iter().flat_map(|all| all.keys().cloned()).collect()
    };
    let all = operations(document).into_iter().map(|placed| statuses(placed.operation));
    all.reduce(|some: BTreeSet<String>, others| some.intersection(&others).cloned().collect()).unwrap_or_default()
}

fn shown(document: &Value, placed: Placed<'_>, always: &BTreeSet<String>) -> ShownOperation {
    let Placed { path, method, operation } = placed;
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    let responses = || operation["responses"].as_object().into_iter().flatten();
    let (mut answers, mut problems) = (Vec::new(), Vec::new());
    for (status, response) in responses() {
        let response = resolve(document, response);
        if status.starts_with(['2', '3']) {
            answers.push(answer(document, status, response));
        } else if !always.contains(status) {
            problems.push((status.clone(), text(&response["description"])));
        }
    }
    let samples = samples::of(document, placed);
    ShownOperation {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        says: text(&operation["description"]),
        parameters: fields::parameters(document, &operation["parameters"]),
        body: fields::of_body(document, body),
        answers,
        problems,
        samples: markdown::sample_group(&samples),
        curl: samples.into_iter().next().map(|sample| sample.text).unwrap_or_default(),
    }
}

fn answer(document: &Value, status: &str, response: &Value) -> ShownAnswer {
    let content = &response["content"]["application/json"];
    let schema = &content["schema"];
    let mut objects = Vec::new();
    let fields = own_fields(document, schema, &mut objects);
    let told = || content.get("example").cloned().unwrap_or_else(|| example(document, schema));
    let example = (!schema.is_null()).then(|| pretty(&told()));
    ShownAnswer { status: status.to_owned(), says: text(&response["description"]), objects, fields, example }
}

/// The fields of a schema that stand in no named one; the named ones are noted. A page of a list, and a row with something beside it,
/// are shown where they stand.
fn own_fields(document: &Value, schema: &Value, objects: &mut Vec<String>) -> Vec<FieldRow> {
    let (name, schema) = (named(schema), resolve(document, schema));
    let is_around_a_row =
        schema.get("allOf").is_some() || row_name(document, &schema["properties"]["data"]["items"]).is_some();
    if let Some(name) = name.filter(|_| !is_around_a_row) {
        note(document, name, objects);
        return vec![];
    }
    let parts = ["allOf", "anyOf", "oneOf"].iter().filter_map(|word| schema.get(word)?.as_array()).flatten();
    let mut own: Vec<_> = parts.flat_map(|part| own_fields(document, part, objects)).collect();
    note_rows_inside(document, schema, objects);
    own.extend(fields::of(document, &without_parts(schema)));
    own
}

/// Notes a named schema, and the rows inside of it.
fn note(document: &Value, name: String, objects: &mut Vec<String>) {
    if !objects.contains(&name) {
        let schema = &document["components"]["schemas"][&name];
        objects.push(name);
        note_rows_inside(document, schema, objects);
    }
}

fn note_rows_inside(document: &Value, schema: &Value, objects: &mut Vec<String>) {
    for (_, field) in schema["properties"].as_object().into_iter().flatten() {
        let inner = field.get("items").or_else(|| or_null(field)).unwrap_or(field);
        if let Some(name) = row_name(document, inner) {
            note(document, name, objects);
        }
    }
}

fn without_parts(schema: &Value) -> Value {
    let mut own = schema.clone();
    if let Some(own) = own.as_object_mut() {
        own.retain(|word, _| !["allOf", "anyOf", "oneOf"].contains(&word.as_str()));
    }
    own
}

fn object(document: &Value, name: &str) -> ShownObject {
    let schema = &document["components"]["schemas"][name];
    ShownObject { name: name.to_owned(), says: text(&schema["description"]), fields: fields::of(document, schema) }
}

/// What a reference refers to.
fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let target = value["$ref"].as_str().and_then(|target| document.pointer(target.trim_start_matches('#')));
    target.unwrap_or(value)
}

/// The name of the schema that this refers to.
fn named(schema: &Value) -> Option<String> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/").map(str::to_owned)
}

/// That of a row, which has an id.
fn row_name(document: &Value, schema: &Value) -> Option<String> {
    named(schema).filter(|_| resolve(document, schema)["properties"].get("id").is_some())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
