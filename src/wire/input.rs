//! What comes in: JSON that is checked against the very schema that the documents show, so that the two cannot
//! disagree, and so that every fault is named at once. Called by the write path for each resource.

use std::collections::BTreeSet;

use jsonschema::{Validator, error::ValidationErrorKind};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    problem::{Fault, Problem},
    schema,
    text::FORMATS,
};
use crate::store::row::Resource;

/// Faults that one answer names at the most.
const FAULTS: usize = 100;

/// A resource that clients may send. `Default`-free: what is absent is decided by its serde attributes.
pub trait Input: Resource {
    /// Its compiled schemas, made once.
    fn input() -> &'static InputSchemas;
}

/// What a word of a resource's own is told, such as when a membership is cancelled.
pub trait Form: ToSchema + DeserializeOwned + Send + 'static {
    /// Its compiled schemas, made once.
    fn form() -> &'static InputSchemas;
}

/// Implements [`Form`].
#[macro_export]
macro_rules! form {
    ($form:ty) => {
        impl $crate::wire::input::Form for $form {
            fn form() -> &'static $crate::wire::input::InputSchemas {
                static SCHEMAS: std::sync::LazyLock<$crate::wire::input::InputSchemas> =
                    std::sync::LazyLock::new($crate::wire::input::InputSchemas::of::<$form>);
                &SCHEMAS
            }
        }
    };
}

/// Implements [`Input`] for a resource.
#[macro_export]
macro_rules! input {
    ($resource:ty) => {
        impl $crate::wire::input::Input for $resource {
            fn input() -> &'static $crate::wire::input::InputSchemas {
                static SCHEMAS: std::sync::LazyLock<$crate::wire::input::InputSchemas> =
                    std::sync::LazyLock::new($crate::wire::input::InputSchemas::of::<$resource>);
                &SCHEMAS
            }
        }
    };
}

/// What may be sent to create a resource, and to change one.
pub struct InputSchemas {
    create: Validator,
    change: Validator,
    /// The schema of a creation, for the document.
    pub create_schema: Value,
    /// The schema of a merge patch, for the document.
    pub change_schema: Value,
    read_only: BTreeSet<String>,
}

impl InputSchemas {
    /// Derives both from a resource's schema.
    ///
    /// # Panics
    /// When a schema of ours does not compile; the tests compile each.
    #[must_use]
    pub fn of<T: ToSchema>() -> Self {
        let whole = schema::inlined::<T>();
        let (create_schema, change_schema) = (schema::for_creation(&whole), schema::for_change(&whole));
        Self {
            create: compile(&create_schema),
            change: compile(&change_schema),
            read_only: schema::read_only(&whole),
            create_schema,
            change_schema,
        }
    }

    /// Reads a new resource.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn create<T: DeserializeOwned>(&self, mut sent: Value) -> Result<T, Problem> {
        self.check(&self.create, &sent)?;
        strip_nulls(&mut sent);
        decode(sent)
    }

    /// Checks a merge patch by itself, before the row that it changes is read.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn check_change(&self, patch: &Value) -> Result<(), Problem> {
        self.check(&self.change, patch)
    }

    /// Applies a checked merge patch (RFC 7396) to a resource.
    ///
    /// # Errors
    /// Every fault of the result: a required field that was cleared, a limit that only the whole can break.
    pub fn change<T: Serialize + DeserializeOwned>(&self, current: &T, patch: &Value) -> Result<T, Problem> {
        let mut merged = serde_json::to_value(current).map_err(Problem::internal)?;
        let kept = self.set_aside(&mut merged);
        json_patch::merge(&mut merged, patch);
        strip_nulls(&mut merged);
        self.check(&self.create, &merged)?;
        if let Value::Object(merged) = &mut merged {
            merged.extend(kept);
        }
        decode(merged)
    }

    /// Takes the read-only fields out, which no patch may touch and no creation may name.
    fn set_aside(&self, whole: &mut Value) -> Map<String, Value> {
        let Value::Object(whole) = whole else { return Map::new() };
        self.read_only.iter().filter_map(|name| whole.remove_entry(name)).collect()
    }

    fn check(&self, validator: &Validator, sent: &Value) -> Result<(), Problem> {
        let faults = faults(validator, sent, &self.read_only);
        if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
    }
}

/// What is wrong with what was sent; `read_only` are the fields of which it is told that the gateway sets them.
#[must_use]
pub fn faults(validator: &Validator, sent: &Value, read_only: &BTreeSet<String>) -> Vec<Fault> {
    let mut faults = Vec::new();
    find_nuls(sent, String::new(), &mut faults);
    for error in validator.iter_errors(sent) {
        explain(&error, read_only, &mut faults);
        if faults.len() >= FAULTS {
            break;
        }
    }
    faults
}

fn explain(error: &jsonschema::ValidationError<'_>, read_only: &BTreeSet<String>, faults: &mut Vec<Fault>) {
    let at = error.instance_path().to_string();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => faults.extend(unexpected.iter().map(|name| {
            let known = at.is_empty() && (read_only.contains(name) || schema::ROW_FIELDS.contains(&name.as_str()));
            let detail = if known { "is set by the gateway, not by a request" } else { "is not a field here" };
            Fault::at(format!("{at}/{}", escape(name)), detail)
        })),
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            faults.push(Fault::at(format!("{at}/{}", escape(name)), "is required"));
        }
        // An empty text has been told so by its least length.
        ValidationErrorKind::Pattern { pattern }
            if pattern == schema::NOT_BLANK && error.instance().as_str() == Some("") => {}
        kind => faults.push(Fault::at(at, advice(kind))),
    }
}

/// Compiles a schema of ours, with the formats that it may name.
///
/// # Panics
/// When it does not compile; the tests compile each.
#[must_use]
pub fn compile(schema: &Value) -> Validator {
    let options =
        FORMATS.iter().fold(jsonschema::draft202012::options().should_validate_formats(true), |options, format| {
            options.with_format(format.name, format.check)
        });
    options.build(schema).expect("a schema of ours compiles")
}

/// Reads what a schema has passed, without nulls.
///
/// # Errors
/// What only the type knows.
pub fn decode<T: DeserializeOwned>(mut checked: Value) -> Result<T, Problem> {
    write_whole_numbers_whole(&mut checked);
    serde_json::from_value(checked).map_err(|error| Problem::invalid(vec![Fault::at("", error.to_string())]))
}

/// JSON Schema takes 3.0 for an integer (section 4.2.3), serde does not.
fn write_whole_numbers_whole(value: &mut Value) {
    match value {
        #[expect(clippy::cast_possible_truncation, reason = "within 53 bits, a whole number is exact in both")]
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => {
                *number = (float as i64).into();
            }
            _ => {}
        },
        Value::Array(items) => items.iter_mut().for_each(write_whole_numbers_whole),
        Value::Object(fields) => fields.values_mut().for_each(write_whole_numbers_whole),
        _ => {}
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
        ValidationErrorKind::UniqueItems => "must not name anything twice".to_owned(),
        ValidationErrorKind::Enum { options } => format!("must be one of {}", listed(options)),
        ValidationErrorKind::Format { format } => FORMATS
            .iter()
            .find(|known| known.name == format)
            .map_or_else(|| format!("must be a {format}"), |known| known.advice.to_owned()),
        ValidationErrorKind::Pattern { pattern } if pattern == schema::NOT_BLANK => "must not be blank".to_owned(),
        ValidationErrorKind::Pattern { pattern } => format!("must match {pattern}"),
        ValidationErrorKind::PropertyNames { .. } => "has a name that is empty or too long".to_owned(),
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

/// PostgreSQL's text has no U+0000, so no engine takes it.
fn find_nuls(value: &Value, at: String, faults: &mut Vec<Fault>) {
    match value {
        Value::String(text) if text.contains('\0') => faults.push(Fault::at(at, "must not contain U+0000")),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_nuls(item, format!("{at}/{index}"), faults);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                if name.contains('\0') {
                    faults.push(Fault::at(at.clone(), "must not have a name that contains U+0000"));
                }
                find_nuls(field, format!("{at}/{}", escape(name)), faults);
            }
        }
        _ => {}
    }
}

/// A cleared field is an absent one: its default applies.
pub fn strip_nulls(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|_, field| !field.is_null());
        fields.values_mut().for_each(strip_nulls);
    }
}

/// A name inside a JSON pointer (RFC 6901, section 3).
fn escape(name: &str) -> String {
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
        find_nuls(&json!({"a": ["x", {"b\u{0}": "y"}], "c": "\u{0}"}), String::new(), &mut faults);
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a/1", "/c"]);
    }
}
