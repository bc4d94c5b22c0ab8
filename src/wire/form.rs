//! A form as a browser sends it (`application/x-www-form-urlencoded`), read as the JSON that the same schema checks: a page
//! and an API share one schema, one draft and one set of rules. A field's name is the JSON pointer of its place without the
//! first slash (`name`, `address/city`, `weekly/0/weekday`), so that a fault's pointer finds its field.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::problem::Problem;

/// Fields of one form at the most.
const MOST_FIELDS: usize = 1000;
/// Parts of a field's name at the most: no schema of ours is as deep, and each part is a call within a call.
const MOST_PARTS: usize = 8;

/// The fields of a form, in the order in which they were sent.
#[derive(Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a body.
    ///
    /// # Errors
    /// `malformed_request` when it is not UTF-8, or has more fields than any form of ours.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        if percent_encoding::percent_decode(body).decode_utf8().is_err() {
            return Err(Problem::malformed("The form is not valid UTF-8 after percent-decoding."));
        }
        // Neither database can hold it in a text.
        if body.contains(&0) || body.windows(3).any(|encoded| encoded == b"%00") {
            return Err(Problem::malformed("The form contains the character U+0000."));
        }
        let mut fields = url::form_urlencoded::parse(body);
        let read: Vec<_> = fields.by_ref().take(MOST_FIELDS).map(|(name, text)| (name.into(), text.into())).collect();
        if fields.next().is_some() {
            return Err(Problem::malformed(format!("The form has more than {MOST_FIELDS} fields.")));
        }
        Ok(Self(read))
    }

    /// What was sent for a field; the last, where it came several times.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(sent, _)| sent == name).map(|(_, text)| text.as_str())
    }

    /// Everything that was sent for a field, as by check boxes of one name.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(sent, _)| sent == name).map(|(_, text)| text.as_str())
    }

    /// Every field that was sent, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The names of the fields that were sent, each once.
    pub fn names(&self) -> BTreeSet<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Takes a field out.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(sent, _)| sent != name);
    }

    /// Puts a text in place of what was sent for a field.
    pub fn set(&mut self, name: &str, text: &str) {
        self.remove(name);
        self.0.push((name.to_owned(), text.to_owned()));
    }

    /// The JSON of this schema that the fields fill in. What does not fit stays as it was typed, for the schema to name.
    pub fn into_json(self, schema: &Value) -> Value {
        let mut whole = json!({});
        for (name, text) in self.0 {
            if name.split('/').count() > MOST_PARTS {
                whole[name] = Value::String(text);
            } else {
                put(&mut whole, schema, &name, &text);
            }
        }
        whole
    }
}

/// Puts a text at the place that a name says.
fn put(into: &mut Value, schema: &Value, name: &str, text: &str) {
    let (first, rest) = name.split_once('/').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let key = first.replace("~1", "/").replace("~0", "~");
    let inner = match into {
        Value::Array(_) => &schema["items"],
        _ => schema["properties"].get(&key).unwrap_or(&schema["additionalProperties"]),
    };
    let inner = present(inner);
    let place = match into {
        Value::Array(items) => {
            // Entries come in order, so that a number beyond the next one makes no room.
            let at = key.parse().unwrap_or(usize::MAX).min(items.len());
            if at == items.len() {
                items.push(Value::Null);
            }
            &mut items[at]
        }
        Value::Object(fields) => fields.entry(key).or_insert(Value::Null),
        _ => return,
    };
    match rest {
        Some(rest) => {
            if place.is_null() {
                *place = if has_type(inner, "array") { json!([]) } else { json!({}) };
            }
            put(place, inner, rest, text);
        }
        None if has_type(inner, "array") => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let items = lines.map(|line| typed(present(&inner["items"]), line));
            match place {
                Value::Array(before) => before.extend(items),
                _ => *place = items.collect(),
            }
        }
        None => *place = typed(inner, text),
    }
}

/// What a text says by the type of its place.
fn typed(schema: &Value, text: &str) -> Value {
    let plain = text.trim();
    let as_text = || Value::String(text.to_owned());
    if has_type(schema, "boolean") {
        return match plain {
            "true" | "on" => json!(true),
            "false" | "" => json!(false),
            _ => as_text(),
        };
    }
    if plain.is_empty() && schema["type"] != "string" {
        return Value::Null;
    }
    if has_type(schema, "integer") || has_type(schema, "number") {
        let number = plain.parse::<i64>().map(Value::from).ok();
        return number
            .or_else(|| plain.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from))
            .unwrap_or_else(as_text);
    }
    if has_type(schema, "object") && plain.is_empty() { Value::Object(Map::new()) } else { as_text() }
}

/// The schema of what is there, where it may be null as well.
fn present(schema: &Value) -> &Value {
    let choices = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    choices.and_then(|choices| choices.iter().find(|choice| choice["type"] != "null")).unwrap_or(schema)
}

fn has_type(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::String(only) => only == kind,
        Value::Array(kinds) => kinds.iter().any(|known| known == kind),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Value {
        let schema = json!({"type": "object", "properties": {
            "name": {"type": "string"}, "note": {"type": ["string", "null"]}, "count": {"type": ["integer", "null"]},
            "price": {"type": "number"}, "on": {"type": "boolean"}, "tags": {"type": "array", "items": {"type": "string"}},
            "address": {"oneOf": [{"type": "null"}, {"type": "object", "properties": {"city": {"type": "string"}}}]},
            "weekly": {"type": "array", "items": {"type": "object", "properties": {"minute": {"type": "integer"}}}},
        }});
        Fields::parse(body.as_bytes()).expect("a form").into_json(&schema)
    }

    #[test]
    fn a_text_becomes_what_its_place_holds() {
        let sent = "name=A+b&note=&count=12&price=2.5&on=false&on=true&tags=x&tags=y%0D%0A+z%0D%0A&address/city=Porto";
        let json = json!({"name": "A b", "note": null, "count": 12, "price": 2.5, "on": true, "tags": ["x", "y", "z"],
            "address": {"city": "Porto"}});
        assert_eq!(read(sent), json);
        assert_eq!(read("tags=&name="), json!({"tags": [], "name": ""}), "an empty field empties a list");
        assert_eq!(read("weekly/0/minute=5&weekly/1/minute=6"), json!({"weekly": [{"minute": 5}, {"minute": 6}]}));
    }

    #[test]
    fn what_does_not_fit_stays_as_it_was_typed() {
        assert_eq!(
            read("count=many&on=perhaps&other=1&price=NaN"),
            json!({"count": "many", "on": "perhaps", "other": "1", "price": "NaN"})
        );
        assert_eq!(read("weekly/4000000000/minute=5"), json!({"weekly": [{"minute": 5}]}), "no room is made");
        assert_eq!(read("name=a&name/b=c"), json!({"name": "a"}));
    }

    #[test]
    fn a_name_of_very_many_parts_is_one_unknown_field() {
        let deep = "a/".repeat(500_000);
        assert_eq!(read(&format!("{deep}=1")), json!({ deep: "1" }));
    }

    #[test]
    fn a_form_is_bounded_and_is_text() {
        assert!(Fields::parse("a=1&".repeat(MOST_FIELDS + 1).as_bytes()).is_err());
        assert!(Fields::parse(b"name=%ff").is_err());
        assert!(Fields::parse(b"name=a%00").is_err() && Fields::parse(b"name=\0").is_err());
    }
}
