//! What is wrong with the form of what was sent, in words that help its sender to correct it.

use std::collections::BTreeSet;

use jsonschema::{Validator, error::ValidationErrorKind};
use serde_json::Value;

use super::FAULTS;
use crate::wire::{
    mask::{contains_secret_key, mask_keys},
    problem::Fault,
    schema,
    text::{LINE, LINES, TextFormat, VISIBLE},
};

/// The fault of a text that contains a secret key.
const LIKE_A_KEY: &str = "looks like a secret key, which must not be stored: revoke that key, and send something else";

/// What is wrong with what was sent, up to 100 faults; `read_only` are the fields that the gateway sets, which the fault says.
pub fn faults(validator: &Validator, sent: &Value, read_only: &BTreeSet<String>) -> Vec<Fault> {
    let mut faults = Vec::new();
    find_forbidden(sent, &mut String::new(), &mut faults);
    for error in validator.iter_errors(sent) {
        if faults.len() >= FAULTS {
            break;
        }
        explain(&error, read_only, &mut faults);
    }
    faults.truncate(FAULTS);
    faults
}

fn explain(error: &jsonschema::ValidationError<'_>, read_only: &BTreeSet<String>, faults: &mut Vec<Fault>) {
    let at = mask_keys(&error.instance_path().to_string()).into_owned();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            faults.extend(unexpected.iter().take(FAULTS).map(|name| {
                let known = at.is_empty() && (read_only.contains(name) || schema::ROW_FIELDS.contains(&name.as_str()));
                let detail = if known { "is read-only" } else { "is not a field here" };
                Fault::at(format!("{at}/{}", escape(&mask_keys(name))), detail)
            }));
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            faults.push(Fault::at(format!("{at}/{}", escape(&mask_keys(name))), "is required"));
        }
        ValidationErrorKind::PropertyNames { error } => {
            let at = format!("{at}/{}", escape(&mask_keys(error.instance().as_str().unwrap_or_default())));
            if !faults.iter().any(|fault| fault.pointer == at) {
                faults.push(Fault::at(
                    at,
                    "has a name that is empty, too long, or not one line of text that can be seen",
                ));
            }
        }
        // The minimum length has already reported an empty text.
        ValidationErrorKind::Pattern { pattern }
            if pattern == schema::NOT_BLANK && error.instance().as_str() == Some("") => {}
        // What is no line may be nothing that is seen, too: of a free text, one of them is told.
        ValidationErrorKind::Format { format }
            if [LINE, LINES, VISIBLE].contains(&format.as_str()) && faults.iter().any(|fault| fault.pointer == at) => {}
        ValidationErrorKind::Format { format } => {
            let text = error.instance().as_str().unwrap_or_default();
            let advice = TextFormat::named(format).and_then(|format| (format.check)(text).err());
            faults.push(Fault::at(at, advice.unwrap_or("is not valid")));
        }
        kind => faults.push(Fault::at(at, advice(kind))),
    }
}

/// A sentence's end for each way to be wrong. The value itself is never repeated: it may be personal.
fn advice(kind: &ValidationErrorKind) -> String {
    match kind {
        ValidationErrorKind::Type { kind } => format!("must be {}", types(kind)),
        ValidationErrorKind::MinLength { limit: 1 } => "must not be empty".to_owned(),
        ValidationErrorKind::MinLength { limit } => format!("must have at least {limit} characters"),
        ValidationErrorKind::MaxLength { limit } => format!("must have at most {limit} characters"),
        ValidationErrorKind::Minimum { limit } => format!("must be at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("must be at most {limit}"),
        ValidationErrorKind::MinItems { limit } => format!("must have at least {limit} entries"),
        ValidationErrorKind::MaxItems { limit } | ValidationErrorKind::MaxProperties { limit } => {
            format!("must have at most {limit} entries")
        }
        ValidationErrorKind::UniqueItems => "must not have duplicates".to_owned(),
        ValidationErrorKind::Enum { options } => format!("must be one of {}", listed(options)),
        ValidationErrorKind::Pattern { pattern } if pattern == schema::NOT_BLANK => "must not be blank".to_owned(),
        ValidationErrorKind::Pattern { pattern } => format!("must match {pattern}"),
        _ => "is not valid".to_owned(),
    }
}

fn types(kind: &jsonschema::error::TypeKind) -> String {
    use jsonschema::error::TypeKind;
    let words = match kind {
        TypeKind::Single(one) => vec![one.to_string()],
        TypeKind::Multiple(many) => many.iter().map(|one| one.to_string()).collect(),
    };
    words
        .iter()
        .map(|word| if word == "null" { word.clone() } else { format!("{} {word}", article(word)) })
        .collect::<Vec<_>>()
        .join(" or ")
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

fn listed(options: &Value) -> String {
    let words = options.as_array().into_iter().flatten().filter_map(Value::as_str);
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// What no text may contain, in any field: U+0000, which PostgreSQL's text has not, and a whole secret key, which would
/// be shown to everybody who may read the row. A name that holds one is masked in the pointer. The place grows and shrinks on the way, so that looking costs
/// no more than what was sent.
fn find_forbidden(value: &Value, at: &mut String, faults: &mut Vec<Fault>) {
    if faults.len() >= FAULTS {
        return;
    }
    let before = at.len();
    match value {
        Value::String(text) if text.contains('\0') => faults.push(Fault::at(at.as_str(), "must not contain U+0000")),
        Value::String(text) if contains_secret_key(text) => faults.push(Fault::at(at.as_str(), LIKE_A_KEY)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                at.push('/');
                *at += &index.to_string();
                find_forbidden(item, at, faults);
                at.truncate(before);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                at.push('/');
                *at += &escape(&mask_keys(name));
                if name.contains('\0') {
                    faults.push(Fault::at(at.as_str(), "has a name that contains U+0000"));
                }
                if contains_secret_key(name) {
                    faults.push(Fault::at(at.as_str(), LIKE_A_KEY));
                }
                find_forbidden(field, at, faults);
                at.truncate(before);
            }
        }
        _ => {}
    }
}

/// A name inside a JSON pointer (RFC 6901, section 3).
pub(in crate::wire) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pointer_escapes_what_would_split_it() {
        assert_eq!(escape("a/b~c"), "a~1b~0c");
    }

    #[test]
    fn a_nul_is_found_wherever_it_hides() {
        let mut faults = Vec::new();
        find_forbidden(&json!({"a": ["x", {"b\u{0}": "y"}], "c": "\u{0}"}), &mut String::new(), &mut faults);
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a/1/b\u{0}", "/c"]);
    }

    #[test]
    fn many_faults_under_a_long_name_cost_no_more_than_was_sent() {
        let name = "k".repeat(100_000);
        let mut faults = Vec::new();
        find_forbidden(&json!({name: vec!["\u{0}"; 10_000]}), &mut String::new(), &mut faults);
        assert_eq!(faults.len(), FAULTS);
        assert!(faults.iter().all(|fault| fault.pointer.len() < 1000));
    }
}
