//! Names for the objects inside of schemas: a price is `Money` wherever it stands, so that generated clients have one type of it.
//! Called when a document is folded. Where what is sent differs from what is answered, the name says so: `RecurrenceChange`.

use serde_json::{Map, Value, json};

use crate::wire::schema::{INLINED, example};

/// How the schema of what creates a row ends, after the row's name.
pub const OF_CREATION: &str = "Create";
/// How the schema of a merge patch ends.
pub const OF_CHANGE: &str = "Change";

/// The schemas, and beside them those of the objects inside, to which they refer.
pub fn name_inner(schemas: Map<String, Value>) -> Map<String, Value> {
    let mut named = Map::new();
    // What is answered comes first: it has the plain names.
    let (of_changes, others): (Vec<_>, Vec<_>) = schemas.into_iter().partition(|(name, _)| name.ends_with(OF_CHANGE));
    let (of_creations, rows): (Vec<_>, Vec<_>) = others.into_iter().partition(|(name, _)| name.ends_with(OF_CREATION));
    for (ending, group) in [("", rows), (OF_CREATION, of_creations), (OF_CHANGE, of_changes)] {
        for (name, mut schema) in group {
            inside(&mut schema, ending, &mut named);
            named.insert(name, schema);
        }
    }
    named.sort_keys();
    named
}

fn inside(schema: &mut Value, ending: &str, named: &mut Map<String, Value>) {
    match schema {
        Value::Object(fields) => fields.values_mut().for_each(|field| name_one(field, ending, named)),
        Value::Array(items) => items.iter_mut().for_each(|item| name_one(item, ending, named)),
        _ => {}
    }
}

/// Names this object, if it was a type of its own, and what is inside of it.
fn name_one(schema: &mut Value, ending: &str, named: &mut Map<String, Value>) {
    let Some(inlined) = schema.as_object_mut().and_then(|schema| schema.shift_remove(INLINED)) else {
        return inside(schema, ending, named);
    };
    let shown = example(schema);
    inside(schema, ending, named);
    let Value::Object(mut whole) = schema.take() else { return };
    let mut beside: Map<_, _> =
        ["description", "default", "readOnly"].iter().filter_map(|word| whole.shift_remove_entry(*word)).collect();
    beside.retain(|word, said| word != "description" || *said != inlined["description"]);
    let is_nullable = whole.insert("type".into(), json!("object")).is_some_and(|kind| kind.is_array());
    whole.insert("description".into(), inlined["description"].clone());
    whole.insert("examples".into(), json!([shown]));
    let link = json!({"$ref": format!("#/components/schemas/{}", put(&inlined["name"], ending, whole, named))});
    let mut reference = if is_nullable { json!({"oneOf": [link, {"type": "null"}]}) } else { link };
    reference.as_object_mut().into_iter().for_each(|reference| reference.extend(beside.clone()));
    *schema = reference;
}

/// Puts a schema under its name, or under one with the ending where that is another's.
fn put(name: &Value, ending: &str, schema: Map<String, Value>, named: &mut Map<String, Value>) -> String {
    let name = name.as_str().unwrap_or_default();
    let rules = |schema: &Map<String, Value>| {
        let mut rules = schema.clone();
        rules.shift_remove("examples");
        rules
    };
    let is_taken = |known: &Value| known.as_object().map(rules) != Some(rules(&schema));
    let is_free = ending != OF_CHANGE || named.contains_key(name);
    let name =
        if is_free && !named.get(name).is_some_and(is_taken) { name.to_owned() } else { format!("{name}{ending}") };
    named.entry(name.clone()).or_insert(Value::Object(schema));
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(rules: &Value) -> Value {
        let mut price = json!({"type": ["object", "null"], "description": "The price of one visit.",
            INLINED: {"name": "Money", "description": "An amount."}, "properties": {"amount": {"type": "integer", "minimum": 1}}});
        price.as_object_mut().unwrap().extend(rules.as_object().unwrap().clone());
        json!({"type": "object", "properties": {"price": price}})
    }

    #[test]
    fn an_object_has_one_name_wherever_it_stands_and_another_where_its_rules_differ() {
        let strict = json!({"required": ["amount"]});
        let schemas = [("Plan", price(&strict)), ("PlanChange", price(&json!({}))), ("PlanCreate", price(&strict))];
        let named = name_inner(schemas.map(|(name, schema)| (name.to_owned(), schema)).into_iter().collect());
        assert_eq!(named.keys().collect::<Vec<_>>(), ["Money", "MoneyChange", "Plan", "PlanChange", "PlanCreate"]);
        let link = |name: &str| {
            json!({"oneOf": [{"$ref": format!("#/components/schemas/{name}")}, {"type": "null"}],
            "description": "The price of one visit."})
        };
        assert_eq!(named["Plan"]["properties"]["price"], link("Money"));
        assert_eq!(named["PlanCreate"]["properties"]["price"], link("Money"));
        assert_eq!(named["PlanChange"]["properties"]["price"], link("MoneyChange"));
        assert_eq!(named["Money"]["description"], "An amount.");
        assert_eq!(named["Money"]["examples"], json!([{"amount": 1}]));
    }
}
