//! What was sent, without what is wrong in it, so that the rest of it can be judged all the same. What is at fault is
//! taken out, and a required value is replaced by the schema's example. Nothing that was mended is ever written: its
//! faults go with it, and refuse it.

use serde_json::{Value, json};

use super::FAULTS;
use crate::wire::{problem::Fault, schema};

/// Takes out what is at fault, and fills in what is missing. Of what has more faults than an answer names, nothing is
/// left.
pub(super) fn mend(sent: &mut Value, schema: &Value, faults: &[Fault]) {
    if faults.is_empty() {
        return;
    }
    if faults.len() >= FAULTS {
        *sent = json!({});
    }
    for fault in faults {
        take_out(sent, &fault.pointer);
    }
    fill(sent, schema);
}

/// An entry of a list leaves a null, so that those behind it keep their places.
fn take_out(sent: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        *sent = json!({});
        return;
    };
    match sent.pointer_mut(parent) {
        Some(Value::Object(fields)) => drop(fields.remove(&name.replace("~1", "/").replace("~0", "~"))),
        Some(Value::Array(items)) => {
            name.parse().ok().and_then(|index: usize| items.get_mut(index)).map(Value::take);
        }
        _ => {}
    }
}

/// Puts examples where something has to be.
pub(super) fn fill(sent: &mut Value, schema: &Value) {
    match (sent, &schema["items"]) {
        (Value::Object(fields), _) => {
            let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
            for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
                match fields.get_mut(name) {
                    Some(field) => fill(field, schema),
                    None if required.iter().any(|known| known == name) => {
                        fields.insert(name.clone(), schema::example(schema));
                    }
                    None => {}
                }
            }
        }
        (Value::Array(items), schema @ Value::Object(_)) => {
            for item in items {
                if item.is_null() {
                    *item = schema::example(schema);
                } else {
                    fill(item, schema);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_at_fault_goes_and_what_has_to_be_there_stays() {
        let schema = json!({"required": ["name"], "properties": {
            "name": {"type": "string", "examples": ["Anna"]},
            "slots": {"items": {"required": ["day"], "properties": {"day": {"enum": ["monday"], "type": "string"}}}},
            "ids": {"items": {"type": "string", "examples": ["ins_1"]}},
        }});
        let mut sent = json!({"name": 5, "a/b": 1, "slots": [{"day": 1}, {"day": "monday"}], "ids": [null, "ins_2"],
            "note": null});
        let at = ["/name", "/a~1b", "/slots/0/day", "/ids/0", "/none/of/these"];
        mend(&mut sent, &schema, &at.map(|at| Fault::at(at, "")));
        let mended = json!({"name": "Anna", "slots": [{"day": "monday"}, {"day": "monday"}], "ids": ["ins_1", "ins_2"],
            "note": null});
        assert_eq!(sent, mended);
    }

    #[test]
    fn of_what_is_no_object_stand_ins_are_left() {
        let schema = json!({"required": ["name"], "properties": {"name": {"type": "string", "examples": ["Anna"]}}});
        let mut sent = json!([1]);
        mend(&mut sent, &schema, &[Fault::at("", "must be an object")]);
        assert_eq!(sent, json!({"name": "Anna"}));
    }
}
