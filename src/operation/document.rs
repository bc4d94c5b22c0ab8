//! The OpenAPI 3.1 document of a surface, folded from its rows.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

pub mod inner;
mod links;
mod problems;
pub mod tags;
pub mod three_zero;

use self::{
    inner::name_inner,
    tags::{tag, tags},
};
use super::{describe::Operation, endpoint::Endpoint};
use crate::{
    access::{
        caller::{Audience, KeyCaller},
        member_tokens::caller::MemberCaller,
        scope::Scope,
        table::Rule,
    },
    wire::{page::MANAGEMENT_ONLY_PARAMETER, problem::Code},
};

/// What a document says of its surface as a whole.
pub struct About {
    /// Its title.
    pub title: &'static str,
    /// What it is and how it is called, in markdown.
    pub description: &'static str,
    /// The name of its security scheme.
    pub credential: &'static str,
    /// What that credential is.
    pub credential_says: &'static str,
}

/// A caller whose operations a document describes.
pub trait Documented: Audience {
    /// The scope that an operation needs, if it needs one.
    fn scope(rule: &Rule<Self::Needs>) -> Option<Scope>;
    /// Whether an operation reads what is public.
    fn is_public(rule: &Rule<Self::Needs>) -> bool;
    /// Whether a call may be answered by a problem of this code.
    fn may_get(code: Code) -> bool;
    /// Whether answers carry what is left of a key's rate.
    const HAS_RATE_FIELDS: bool;
}

impl Documented for KeyCaller {
    fn scope(rule: &Rule) -> Option<Scope> {
        rule.needs
    }

    fn is_public(rule: &Rule) -> bool {
        rule.needs.is_none()
    }

    fn may_get(code: Code) -> bool {
        code.is_for_api_callers() && !code.is_about_tokens()
    }

    const HAS_RATE_FIELDS: bool = true;
}

impl Documented for MemberCaller {
    fn scope(_: &Rule<()>) -> Option<Scope> {
        None
    }

    fn is_public(_: &Rule<()>) -> bool {
        false
    }

    fn may_get(code: Code) -> bool {
        code.is_for_api_callers() && !code.is_about_keys()
    }

    const HAS_RATE_FIELDS: bool = false;
}

/// The problems that every call may be answered.
const ALWAYS: &[u16] = &[400, 401, 403, 404, 405, 422, 429, 500, 503, 504];

/// The document of these rows.
pub fn fold<C: Documented>(about: &About, endpoints: &[Endpoint<C>]) -> Value {
    let mut paths = Map::new();
    let rules: Vec<_> = endpoints.iter().map(|endpoint| &endpoint.rule).collect();
    let mut schemas = Map::from_iter(problems::schemas());
    for endpoint in endpoints {
        let described = endpoint.operation();
        schemas.extend(described.schemas.clone());
        let method = endpoint.rule.method.to_lowercase();
        let path = paths.entry(endpoint.rule.path).or_insert_with(|| json!({}));
        path[&method] = operation(about, endpoint, described);
        if let Some((status, links)) = links::of(&endpoint.rule, &rules) {
            path[&method]["responses"][status]["links"] = links;
        }
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": about.title,
            "version": env!("CARGO_PKG_VERSION"),
            "description": format!("{}\n\n{}", about.description.trim(), problems::told()),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This surface."}],
        "tags": tags(endpoints.iter().map(|endpoint| &endpoint.rule))
            .into_iter()
            .map(|tag| json!({"name": tag.name, "description": tag.says}))
            .collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": name_inner(schemas),
            "responses": problem_responses::<C>(),
            "headers": headers(),
            "securitySchemes": {about.credential: {"type": "http", "scheme": "bearer", "description": about.credential_says}},
        },
    });
    for kind in ["responses", "headers"] {
        drop_unused(&mut document, kind);
    }
    document
}

/// The document with the address at which its surface is reached.
pub fn served_at(mut document: Value, url: &str) -> Value {
    document["servers"][0]["url"] = json!(url);
    document
}

/// Drops the components that nothing refers to, nor anything that is left.
fn drop_unused(document: &mut Value, kind: &str) {
    loop {
        let mut used = BTreeSet::new();
        note_references(document, &mut used);
        let Some(all) = document["components"][kind].as_object_mut() else { return };
        let before = all.len();
        all.retain(|name, _| used.contains(&format!("#/components/{kind}/{name}")));
        if all.len() == before {
            return;
        }
    }
}

fn note_references(value: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            used.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| note_references(field, used));
        }
        Value::Array(items) => items.iter().for_each(|item| note_references(item, used)),
        _ => {}
    }
}

fn operation<C: Documented>(about: &About, endpoint: &Endpoint<C>, operation: Operation) -> Value {
    let Endpoint { rule, more, summary, .. } = endpoint;
    let scopes: Vec<_> = C::scope(rule).map(Scope::name).into_iter().collect();
    let Operation { mut parameters, body, answers, problems, .. } = operation;
    if C::scope(rule).is_none() {
        parameters.retain(|parameter| parameter["name"] != MANAGEMENT_ONLY_PARAMETER);
    }
    if C::is_public(rule) {
        parameters.push(
            json!({"name": "If-None-Match", "in": "header", "schema": {"type": "string", "examples": ["\"8c1f3a5d77e0b2c49a61\""]},
            "description": "The `ETag` of an answer you have. If it is still the same, you get 304 without a body."}),
        );
    }
    let mut described = json!({
        "operationId": rule.id,
        "summary": summary.map_or_else(|| words_of(rule.id), str::to_owned),
        "tags": [tag(rule.path).name],
        "security": [{about.credential: scopes}],
        "parameters": parameters,
        "responses": responses::<C>(answers, &problems, C::is_public(rule)),
    });
    let needs = C::scope(rule).map(|scope| format!("Needs the scope `{scope}`: {}", lower_first(scope.meaning())));
    let says: Vec<_> = needs.into_iter().chain(more.map(str::to_owned)).collect();
    if !says.is_empty() {
        described["description"] = json!(says.join("\n\n"));
    }
    if let Some(body) = body {
        described["requestBody"] = body;
    }
    described
}

fn responses<C: Documented>(mut responses: Map<String, Value>, problems: &[u16], is_public: bool) -> Value {
    if is_public {
        responses.insert("304".into(), json!({"description": "Your copy is current: `If-None-Match` has its `ETag`."}));
    }
    for (status, response) in &mut responses {
        describe_headers::<C>(response, status, is_public);
    }
    let problems = ALWAYS.iter().chain(problems);
    responses.extend(
        problems.map(|status| (status.to_string(), json!({"$ref": format!("#/components/responses/Problem{status}")}))),
    );
    responses.sort_keys();
    // What a call is made for comes first; then what a dry run answers.
    if let Some(created) = responses.remove("201") {
        responses.shift_insert(0, "201".into(), created);
    }
    Value::Object(responses)
}

/// The refusals and failures, each once: every operation that may be answered so refers to it.
fn problem_responses<C: Documented>() -> Value {
    let statuses: BTreeSet<_> = Code::ALL.iter().map(|code| code.status()).collect();
    let response = |status: u16| {
        let codes = Code::ALL
            .iter()
            .filter(|code| C::may_get(**code) && code.status() == status)
            .map(|code| format!("`{}`", code.name()));
        let mut response = json!({
            "description": codes.collect::<Vec<_>>().join(", "),
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        });
        describe_headers::<C>(&mut response, &status.to_string(), false);
        (format!("Problem{status}"), response)
    };
    Value::Object(statuses.into_iter().map(response).collect())
}

fn describe_headers<C: Documented>(response: &mut Value, status: &str, is_public: bool) {
    let mut told = response["headers"].as_object().cloned().unwrap_or_default();
    for name in carried::<C>(status, is_public) {
        told.entry(name).or_insert_with(|| json!({"$ref": format!("#/components/headers/{name}")}));
    }
    response["headers"] = Value::Object(told);
}

/// The headers that answers of a status carry.
fn carried<C: Documented>(status: &str, is_public: bool) -> Vec<&'static str> {
    let mut names = vec!["X-Request-Id"];
    match status {
        "401" | "403" => names.push("WWW-Authenticate"),
        "405" => names.push("Allow"),
        "429" | "503" => names.push("Retry-After"),
        "200" | "304" if is_public => names.push("ETag"),
        _ => {}
    }
    if C::HAS_RATE_FIELDS && status != "401" {
        names.extend(["RateLimit", "RateLimit-Policy", "Deprecation", "Sunset"]);
    }
    names
}

fn headers() -> Value {
    let text =
        |says: &str, example: &str| json!({"description": says, "schema": {"type": "string", "examples": [example]}});
    json!({
        "X-Request-Id": text("The id of this request in the gateway's log: the one you sent, or a new one.", "3adb8ce23c50f104173852e9"),
        "RateLimit": text("What is left of the key's rate: `r` requests now, and `t` seconds until it is full again. A page of more than 25 rows takes one for each 25 of its `limit`; a search takes four more, and two for each word after its first. On answers to a key that was found, where rates are on.", "\"key\";r=199;t=1"),
        "RateLimit-Policy": text("The key's rate limit: `q` requests in `w` seconds.", "\"key\";q=200;w=2"),
        "Deprecation": text("When this key was replaced (RFC 9745). Absent if it has no replacement.", "@1764580000"),
        "Sunset": text("When a replaced key expires (RFC 8594). Absent if it does not expire.", "Tue, 01 Dec 2026 18:00:00 GMT"),
        "Retry-After": {"description": "Seconds to wait before the next try.", "schema": {"type": "integer", "minimum": 1, "examples": [1]}},
        "WWW-Authenticate": text("What is wrong with the credential (RFC 6750).", "Bearer realm=\"flow\""),
        "Allow": text("The methods that this path takes.", "GET, HEAD"),
        "ETag": text("Identifies this answer. Send it as `If-None-Match`: while the answer is the same, you get 304.", "\"8c1f3a5d77e0b2c49a61\""),
    })
}

/// `managementListClasses` reads as "List classes".
fn words_of(id: &str) -> String {
    let words = id.trim_start_matches("management").trim_start_matches("storefront").trim_start_matches("members");
    let mut text = String::new();
    for letter in words.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(if text.is_empty() { letter } else { letter.to_ascii_lowercase() });
    }
    text
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
