//! The types of `flow.js`, beside the OpenAPI documents: each interface has the fields of its schema, in camelCase, with `null` where
//! the schema allows it and the same words where it lists some.

use std::collections::{BTreeMap, BTreeSet};

use flow_gateway::surfaces::{members, storefront};
use serde_json::Value;

const TYPES: &str = include_str!("../../web/flow.d.ts");
const SCRIPT: &str = include_str!("../../web/flow.js");
const WIDGET: &str = include_str!("../../web/members/widget.js");

/// The interfaces: the type of each field, by its name, with the fields of the interface that it extends.
fn interfaces() -> BTreeMap<&'static str, BTreeMap<&'static str, &'static str>> {
    let mut interfaces = BTreeMap::<_, BTreeMap<_, _>>::new();
    for block in TYPES.split("export interface ").skip(1) {
        let (head, rest) = block.split_once('{').expect("a body");
        let (name, base) = head.trim().split_once(" extends ").unwrap_or((head.trim(), ""));
        let fields = rest.lines().take_while(|line| *line != "}").filter_map(|line| line.trim().split_once(": "));
        let mut all = interfaces.get(base).cloned().unwrap_or_default();
        all.extend(fields.map(|(name, kind)| (name, kind.trim_end_matches(';'))));
        interfaces.insert(name, all);
    }
    interfaces
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |whole, part| {
        let (head, tail) = part.split_at(1.min(part.len()));
        whole + &head.to_uppercase() + tail
    })
}

fn properties(schema: &Value) -> BTreeMap<String, &Value> {
    let fields = schema["properties"].as_object().expect("properties");
    fields.iter().map(|(name, schema)| (camel(name), schema)).collect()
}

fn is_nullable(schema: &Value) -> bool {
    let is_null = |kind: &Value| kind == "null";
    let choices = ["oneOf", "anyOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten();
    schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(is_null))
        || choices.into_iter().any(|choice| is_null(&choice["type"]))
}

#[test]
fn each_interface_has_the_fields_of_its_schema() {
    let interfaces = interfaces();
    let documents = [storefront::document(), members::document()];
    let mut compared = 0;
    for document in &documents {
        for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
            let Some(fields) = interfaces.get(name.as_str()) else { continue };
            let required: BTreeSet<_> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).map(camel).collect();
            let schema = properties(schema);
            let names: BTreeSet<_> = schema.keys().map(String::as_str).collect();
            assert_eq!(
                fields.keys().map(|field| field.trim_end_matches('?')).collect::<BTreeSet<_>>(),
                names,
                "{name}"
            );
            for (field, kind) in fields {
                let schema = schema[field.trim_end_matches('?')];
                assert!(!field.ends_with('?') || !required.contains(field.trim_end_matches('?')), "{name}.{field}");
                assert_eq!(kind.ends_with("| null"), is_nullable(schema), "{name}.{field}: {kind} beside {schema}");
                for word in schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    assert!(kind.contains(&format!("\"{word}\"")), "{name}.{field} lacks {word}");
                }
            }
            compared += 1;
        }
    }
    assert!(compared >= 13, "{compared} were found");
}

/// The methods of an object that `flow.js` returns.
fn methods_of(interface: &str) -> BTreeSet<&'static str> {
    let (_, rest) = TYPES.split_once(&format!("export interface {interface} {{")).expect("an interface");
    let lines = rest.lines().take_while(|line| *line != "}");
    lines.filter_map(|line| line.trim().split_once('(').map(|(name, _)| name)).collect()
}

#[test]
fn the_types_name_what_the_script_has() {
    for (interface, function) in [("Storefront", "function storefront("), ("Members", "function members(")] {
        let (_, body) = SCRIPT.split_once(function).expect("the function");
        let (_, returned) = body.split_once("    return {\n").expect("what it returns");
        let lines = returned.lines().take_while(|line| *line != "    };").filter(|line| line.starts_with("      "));
        let names = lines.filter(|line| !line.starts_with("       ")).filter_map(|line| line.trim().split_once(':'));
        assert_eq!(names.map(|(name, _)| name).collect::<BTreeSet<_>>(), methods_of(interface), "{interface}");
    }
}

#[test]
fn each_code_that_flow_js_gives_itself_is_listed_and_no_other() {
    let (_, list) = TYPES.split_once("export type FlowCode =").expect("the list");
    let list = list.split(';').next().expect("its end");
    let listed: BTreeSet<_> = list.split('"').skip(1).step_by(2).collect();
    let given: BTreeSet<_> =
        SCRIPT.split("new FlowError(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(given.is_subset(&listed), "{given:?} beside {listed:?}");
    for code in listed {
        let quoted = format!("\"{code}\"");
        assert!(SCRIPT.contains(&quoted) || WIDGET.contains(&quoted), "{code}");
        assert!(TYPES.contains(&format!("`{code}`")), "{code} is not described");
    }
}
