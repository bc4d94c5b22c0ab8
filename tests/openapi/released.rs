//! The documents of the last release, and what may differ from them: within v1, changes only add. `docs/api-changelog.md`
//! lists what was added.

use std::{collections::BTreeMap, fmt::Write as _};

use flow_gateway::surfaces::{management, members, storefront};
use serde_json::{Value, json};

use super::compatibility::{Differences, compare};

const CHANGELOG: &str = include_str!("../../docs/api-changelog.md");

/// Each surface with its document of the last release, and that of now.
fn documents() -> [(&'static str, Value, Value); 3] {
    let read = |text: &str| serde_json::from_str(text).expect("JSON");
    [
        ("Storefront", read(include_str!("released/storefront.json")), storefront::document()),
        ("Management", read(include_str!("released/management.json")), management::document()),
        ("Members", read(include_str!("released/members.json")), members::document()),
    ]
}

#[test]
fn no_client_of_the_last_release_is_broken() {
    for (surface, old, new) in documents() {
        let broken = compare(&old, &new).broken;
        assert!(broken.is_empty(), "{surface}: clients of the last release would fail: {broken:#?}");
    }
}

#[test]
fn the_api_changelog_lists_what_was_added_since_the_last_release_and_nothing_else() {
    let (_, since) = CHANGELOG.split_once("\n## Since 0.1.0\n\n").expect("a part for the next release");
    let (since, _) = since.split_once("\n## ").expect("a part for the last release");
    let mut wanted = String::new();
    for (surface, old, new) in documents() {
        let added = compare(&old, &new).added;
        if !added.is_empty() {
            write!(wanted, "### {surface}\n\n").expect("written");
            for line in added {
                writeln!(wanted, "- {line}").expect("written");
            }
            wanted.push('\n');
        }
    }
    let wanted = if wanted.is_empty() { "Nothing yet." } else { wanted.trim_end() };
    assert_eq!(since.trim_end(), wanted, "docs/api-changelog.md has to say:\n{wanted}\n");
}

/// A small document with a thing of each kind.
fn small() -> Value {
    json!({
        "paths": {"/v1/classes": {
            "get": {
                "operationId": "listClasses", "security": [{"secretKey": ["classes:read"]}], "summary": "List classes",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 25, "maximum": 100}},
                    {"name": "status", "in": "query", "schema": {"type": "string", "enum": ["active", "cancelled"]}},
                ],
                "responses": {
                    "200": {"headers": {"ETag": {"schema": {"type": "string"}}}, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Class"}}}},
                    "404": {"$ref": "#/components/responses/Problem404"},
                },
            },
            "post": {
                "operationId": "createClass", "security": [{"secretKey": ["classes:write"]}], "parameters": [],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ClassCreate"}}}},
                "responses": {"201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Class"}}}}},
            },
        }},
        "components": {
            "securitySchemes": {"secretKey": {"type": "http", "scheme": "bearer", "description": "A key."}},
            "responses": {"Problem404": {"content": {"application/problem+json": {"schema": {"type": "object"}}}}},
            "schemas": {
                "Class": {
                    "type": "object", "required": ["name", "status"],
                    "properties": {
                        "name": {"type": "string", "maxLength": 200, "description": "Its name."},
                        "status": {"type": "string", "enum": ["active", "cancelled"]},
                        "capacity": {"type": ["integer", "null"], "minimum": 1},
                        "level": {"oneOf": [{"type": "string"}, {"type": "null"}]},
                        "tags": {"type": "array", "items": {"type": "string", "format": "slug"}},
                        "twin": {"$ref": "#/components/schemas/Class"},
                    },
                },
                "ClassCreate": {
                    "type": "object", "required": ["name"], "additionalProperties": false,
                    "properties": {
                        "name": {"type": "string", "maxLength": 200, "minLength": 1},
                        "capacity": {"type": "integer", "minimum": 1},
                        "status": {"type": "string", "enum": ["active", "cancelled"]},
                    },
                },
            },
        },
    })
}

/// What differs once the value at this pointer is another, or is gone.
fn changed(pointer: &str, value: Option<Value>) -> Differences {
    let mut new = small();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let name = name.replace("~1", "/");
    let parent = new.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer} leads somewhere"));
    match (parent, value) {
        (Value::Object(fields), Some(value)) => drop(fields.insert(name, value)),
        (Value::Object(fields), None) => assert!(fields.remove(&name).is_some(), "{pointer}"),
        (Value::Array(items), Some(value)) if name == "-" => items.push(value),
        (Value::Array(items), None) => drop(items.remove(name.parse().expect("a place"))),
        (parent, _) => panic!("{parent}"),
    }
    compare(&small(), &new)
}

const GET: &str = "/paths/~1v1~1classes/get";
const POST: &str = "/paths/~1v1~1classes/post";
const ROW: &str = "/components/schemas/Class";
const SENT: &str = "/components/schemas/ClassCreate";

#[test]
fn what_only_adds_breaks_nobody_and_is_listed() {
    let text = || json!({"type": "string"});
    let cases = [
        (format!("{GET}/deprecated"), json!(true), "`GET /v1/classes`: is deprecated"),
        (format!("{ROW}/properties/name/deprecated"), json!(true), "`Class`, the field `name`: is deprecated"),
        ("/paths/~1v1~1plans".into(), json!({"get": {}}), "`GET /v1/plans`"),
        (
            format!("{GET}/parameters/-"),
            json!({"name": "q", "in": "query", "schema": text()}),
            "`GET /v1/classes`: the parameter `q`",
        ),
        (
            format!("{GET}/parameters/0/schema/maximum"),
            json!(200),
            "`GET /v1/classes`, the parameter `limit`: maximum was 100, is 200",
        ),
        (
            format!("{GET}/parameters/1/schema/enum/-"),
            json!("full"),
            "`GET /v1/classes`, the parameter `status`: the value `full`",
        ),
        (format!("{GET}/responses/409"), json!({}), "`GET /v1/classes`: the answer `409`"),
        (
            format!("{GET}/responses/200/headers/Link"),
            json!({"schema": text()}),
            "`GET /v1/classes`, 200: the header `Link`",
        ),
        (
            format!("{POST}/requestBody/content/text~1csv"),
            json!({"schema": text()}),
            "`POST /v1/classes`: the body `text/csv`",
        ),
        (format!("{ROW}/properties/room"), text(), "`Class`: the field `room`"),
        (format!("{ROW}/properties/status/enum/-"), json!("full"), "`Class`, the field `status`: the value `full`"),
        (
            format!("{ROW}/properties/name/maxLength"),
            json!(100),
            "`Class`, the field `name`: maxLength was 200, is 100",
        ),
        (
            format!("{ROW}/properties/capacity/type"),
            json!("integer"),
            r#"`Class`, the field `capacity`: type was ["integer","null"], is "integer""#,
        ),
        (format!("{SENT}/properties/room"), text(), "`ClassCreate`: the field `room`"),
        (
            format!("{SENT}/properties/name/minLength"),
            json!(0),
            "`ClassCreate`, the field `name`: minLength was 1, is 0",
        ),
        (
            format!("{SENT}/properties/capacity/type"),
            json!(["integer", "null"]),
            r#"`ClassCreate`, the field `capacity`: type was "integer", is ["integer","null"]"#,
        ),
    ];
    for (pointer, value, listed) in cases {
        let found = changed(&pointer, Some(value));
        assert_eq!(found.added.iter().collect::<Vec<_>>(), [listed], "{pointer}");
        assert_eq!(found.broken.len(), 0, "{pointer}: {found:?}");
    }
}

#[test]
fn texts_and_examples_may_change_as_they_like() {
    for pointer in
        [format!("{ROW}/description"), format!("{ROW}/properties/name/description"), format!("{GET}/summary")]
    {
        assert_eq!(changed(&pointer, Some(json!("Other words."))), Differences::default(), "{pointer}");
    }
    assert_eq!(changed(&format!("{ROW}/examples"), Some(json!([1]))), Differences::default());
    assert_eq!(changed("/components/securitySchemes/secretKey/description", None), Differences::default());
}

#[test]
fn what_a_client_may_fail_on_is_found() {
    let name = || json!({"type": "string", "maxLength": 200, "minLength": 1});
    let cases: BTreeMap<String, Option<Value>> = BTreeMap::from([
        (POST.into(), None),
        (format!("{GET}/operationId"), Some(json!("getClasses"))),
        (format!("{GET}/security"), Some(json!([{"secretKey": ["classes:write"]}]))),
        ("/components/securitySchemes/secretKey/scheme".into(), Some(json!("basic"))),
        (format!("{GET}/parameters/1"), None),
        (format!("{GET}/parameters/0/required"), Some(json!(true))),
        (format!("{GET}/parameters/0/schema/default"), Some(json!(50))),
        (format!("{GET}/parameters/0/schema/maximum"), Some(json!(50))),
        (format!("{GET}/parameters/0/schema/type"), Some(json!("string"))),
        (format!("{GET}/parameters/1/schema/enum/0"), None),
        (format!("{GET}/parameters/-"), Some(json!({"name": "q", "in": "query", "required": true, "schema": {}}))),
        (format!("{GET}/parameters/1/explode"), Some(json!(false))),
        (format!("{GET}/responses/202"), Some(json!({}))),
        (format!("{GET}/responses/404"), None),
        (format!("{GET}/responses/200/headers/ETag"), None),
        (format!("{GET}/responses/200/content/application~1json"), None),
        (
            format!("{GET}/responses/200/content/application~1json/schema"),
            Some(json!({"$ref": SENT.replacen("/comp", "#/comp", 1)})),
        ),
        (
            "/components/responses/Problem404/content/application~1problem+json/schema/type".into(),
            Some(json!("string")),
        ),
        (format!("{POST}/requestBody/required"), Some(json!(true))),
        (format!("{POST}/requestBody/content/application~1json"), None),
        (format!("{ROW}/properties/name"), None),
        (format!("{ROW}/properties/name/maxLength"), Some(json!(300))),
        (format!("{ROW}/properties/name/type"), Some(json!(["string", "null"]))),
        (format!("{ROW}/properties/capacity/minimum"), None),
        (format!("{ROW}/properties/status/enum/0"), None),
        (format!("{ROW}/properties/status/enum/-"), Some(json!(null))),
        (format!("{ROW}/properties/level/oneOf/-"), Some(json!({"type": "integer"}))),
        (format!("{ROW}/properties/level/oneOf/0/type"), Some(json!("integer"))),
        (format!("{ROW}/properties/tags/items/format"), None),
        (format!("{ROW}/required/0"), None),
        (format!("{SENT}/required/-"), Some(json!("capacity"))),
        (format!("{SENT}/properties/name"), None),
        (format!("{SENT}/properties/name/maxLength"), Some(json!(100))),
        (format!("{SENT}/properties/name/pattern"), Some(json!("^[A-Z]"))),
        (format!("{SENT}/properties/status/enum/0"), None),
        (format!("{SENT}/additionalProperties"), Some(json!(true))),
        (format!("{SENT}/x-unheard-of"), Some(json!(true))),
    ]);
    for (pointer, value) in cases {
        let found = changed(&pointer, value.clone());
        assert!(!found.broken.is_empty(), "{pointer} to {value:?} is not found");
    }
    assert_eq!(changed(&format!("{SENT}/properties/name"), Some(name())), Differences::default(), "nothing changed");
}
