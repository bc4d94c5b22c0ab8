//! What comes in: JSON that is checked against the very schema that the documents show, so that the two cannot
//! disagree, and so that every fault is named at once. Called by the write path for each resource.
//!
//! What is at fault is not the end of it: the [`Reading`] that comes out holds the faults and, mended, the rest, so that
//! the rules can find what else is wrong.

mod faults;
mod mend;
mod tidy;

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

pub(super) use self::faults::escape;
pub use self::{faults::faults, tidy::tidy};
use super::{
    problem::{Fault, Problem},
    schema,
    text::TextFormat,
};
use crate::store::row::Resource;

/// Faults in its form that one answer names at the most.
const FAULTS: usize = 100;

/// What was sent, as far as it can be read, and what is wrong with its form. What is at fault was taken out; a stand-in
/// is where something has to be.
#[derive(Clone, Debug)]
pub struct Reading<T> {
    /// What can be read.
    pub fields: T,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

impl<T> Reading<T> {
    /// Whether a field is what was meant.
    pub fn is_sound(&self, field: &str) -> bool {
        holds(&self.faults, &format!("/{field}"))
    }

    /// What was sent, when nothing is wrong with it.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn validated(self) -> Result<T, Problem> {
        if self.faults.is_empty() { Ok(self.fields) } else { Err(Problem::invalid(self.faults)) }
    }
}

/// Whether none of these faults is at, around or inside the place that a pointer names. Where there are more than an
/// answer names, no place is known to be free of them.
pub fn holds(faults: &[Fault], pointer: &str) -> bool {
    faults.len() < FAULTS && !faults.iter().any(|fault| fault.touches(pointer))
}

/// A resource that clients may send. `Default`-free: what is absent is decided by its serde attributes.
pub trait Input: Resource {
    /// Fields that stand beside the row where it is read by itself, and that a change may send back with it.
    const BESIDE: &'static [&'static str] = &[];

    /// Its compiled schemas, made once.
    fn input() -> &'static InputSchemas;
}

/// The fields of an action, such as cancelling a membership.
pub trait ActionFields: ToSchema + DeserializeOwned + Send + 'static {
    /// Its compiled schemas, made once.
    fn action() -> &'static InputSchemas;
}

/// Implements [`ActionFields`].
macro_rules! action {
    ($fields:ty) => {
        impl $crate::wire::input::ActionFields for $fields {
            fn action() -> &'static $crate::wire::input::InputSchemas {
                static SCHEMAS: std::sync::LazyLock<$crate::wire::input::InputSchemas> =
                    std::sync::LazyLock::new(|| $crate::wire::input::InputSchemas::of::<$fields>(&[]));
                &SCHEMAS
            }
        }
    };
}
pub(crate) use action;

/// Implements [`Input`] for a resource; `clears` are the fields that the gateway sets, and a change may clear; `beside`
/// are those that stand beside the row where it is read by itself.
macro_rules! input {
    ($resource:ty $(, clears $field:literal)* $(, beside $beside:literal)*) => {
        impl $crate::wire::input::Input for $resource {
            const BESIDE: &'static [&'static str] = &[$($beside),*];

            fn input() -> &'static $crate::wire::input::InputSchemas {
                static SCHEMAS: std::sync::LazyLock<$crate::wire::input::InputSchemas> =
                    std::sync::LazyLock::new(|| $crate::wire::input::InputSchemas::of::<$resource>(&[$($field),*]));
                &SCHEMAS
            }
        }
    };
}
pub(crate) use input;

/// What may be sent to create a resource, and to change one.
pub struct InputSchemas {
    create: Validator,
    change: Validator,
    /// The schema of a creation, for the document.
    pub create_schema: Value,
    /// The schema of a merge patch, for the document.
    pub change_schema: Value,
    read_only: BTreeSet<String>,
    clears: &'static [&'static str],
}

impl InputSchemas {
    /// Derives both from a resource's schema.
    ///
    /// # Panics
    /// When a schema of ours does not compile; the tests compile each.
    pub fn of<T: ToSchema>(clears: &'static [&'static str]) -> Self {
        let whole = schema::inlined::<T>();
        let (create_schema, change_schema) = (schema::for_creation(&whole), schema::for_change(&whole, clears));
        Self {
            create: compile(&create_schema),
            change: compile(&change_schema),
            read_only: schema::read_only(&whole),
            clears,
            create_schema,
            change_schema,
        }
    }

    /// Reads a new resource.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn create<T: DeserializeOwned>(&self, sent: Value) -> Result<T, Problem> {
        self.typed(self.check_new(sent))?.validated()
    }

    /// Checks what is to be a new resource.
    pub fn check_new(&self, sent: Value) -> Reading<Value> {
        self.checked(&self.create, &self.create_schema, sent)
    }

    /// Takes out of a merge patch what it says of fields that the gateway sets.
    pub fn take_read_only(&self, sent: &mut Value, beside: &[&str]) -> Map<String, Value> {
        let Value::Object(sent) = sent else { return Map::new() };
        let own = self.read_only.iter().map(String::as_str).filter(|name| !self.clears.contains(name));
        let rows = schema::ROW_FIELDS.iter().chain(beside).copied();
        rows.chain(own).filter_map(|name| sent.remove_entry(name)).collect()
    }

    /// Checks a merge patch by itself, before the row that it changes is read.
    pub fn check_patch(&self, sent: Value) -> Reading<Value> {
        self.checked(&self.change, &self.change_schema, sent)
    }

    /// Gives what was checked its type.
    ///
    /// # Errors
    /// When stand-ins alone have no type; the tests try each.
    pub fn typed<T: DeserializeOwned>(&self, checked: Reading<Value>) -> Result<Reading<T>, Problem> {
        let Reading { mut fields, mut faults } = checked;
        strip_nulls(&mut fields);
        let fields = match decode(fields) {
            Ok(fields) => fields,
            Err(fault) => {
                faults.push(fault);
                let mut nothing = json!({});
                mend::fill(&mut nothing, &self.create_schema);
                decode(nothing).map_err(|fault| Problem::internal(fault.detail))?
            }
        };
        Ok(Reading { fields, faults })
    }

    /// Applies a merge patch (RFC 7396) to a resource. Beside the patch's own faults stand those of the result: a
    /// required field that was cleared, a limit that only the whole can break.
    ///
    /// # Errors
    /// When the resource is no JSON.
    pub fn change<T>(&self, current: &T, patch: &Reading<Value>) -> Result<Reading<T>, Problem>
    where
        T: Serialize + DeserializeOwned + Clone,
    {
        let mut merged = serde_json::to_value(current).map_err(Problem::internal)?;
        let (mut kept, mut wanted) = (self.set_aside(&mut merged), patch.fields.clone());
        let old = self.set_aside_what_was_taken_before(&mut merged, &wanted);
        let cleared = wanted.as_object_mut().into_iter();
        kept.extend(cleared.flat_map(|wanted| self.clears.iter().filter_map(|name| wanted.remove_entry(*name))));
        json_patch::merge(&mut merged, &wanted);
        strip_nulls(&mut merged);
        let Reading { fields: mut merged, faults } = self.checked(&self.create, &self.create_schema, merged);
        let is_old = |fault: &Fault| old.contains_key(fault.pointer.trim_start_matches('/'));
        let faults = faults.into_iter().filter(|fault| holds(&patch.faults, &fault.pointer) && !is_old(fault));
        let mut all = patch.faults.clone();
        all.extend(faults);
        if let Value::Object(merged) = &mut merged {
            merged.extend(kept);
            merged.extend(old);
        }
        let fields = decode(merged).unwrap_or_else(|fault| {
            all.push(fault);
            current.clone()
        });
        Ok(Reading { fields, faults: all })
    }

    /// Takes the read-only fields out, which no patch may touch and no creation may name.
    fn set_aside(&self, whole: &mut Value) -> Map<String, Value> {
        let Value::Object(whole) = whole else { return Map::new() };
        self.read_only.iter().filter_map(|name| whole.remove_entry(name)).collect()
    }

    /// Takes the fields out that no request would be let to write any more, and that a patch does not name: a row from before
    /// a rule was made stays as it is, and is changed in its other fields.
    fn set_aside_what_was_taken_before(&self, whole: &mut Value, patch: &Value) -> Map<String, Value> {
        let old = faults(&self.create, whole, &self.read_only);
        let Value::Object(fields) = whole else { return Map::new() };
        let names = old.iter().filter_map(|fault| fault.pointer.split('/').nth(1));
        names.filter(|name| patch.get(name).is_none()).filter_map(|name| fields.remove_entry(name)).collect()
    }

    fn checked(&self, validator: &Validator, schema: &Value, mut sent: Value) -> Reading<Value> {
        tidy(&mut sent, schema);
        let faults = faults(validator, &sent, &self.read_only);
        mend::mend(&mut sent, schema, &faults);
        Reading { fields: sent, faults }
    }
}

/// Compiles a schema of ours, with the formats that it may name.
///
/// # Panics
/// When it does not compile; the tests compile each.
pub fn compile(schema: &Value) -> Validator {
    let options = TextFormat::register(jsonschema::draft202012::options());
    options.build(&tidy::with_text_formats(schema)).expect("a schema of ours compiles")
}

/// Reads what a schema has passed, without nulls.
///
/// # Errors
/// What only the type knows.
pub fn decode<T: DeserializeOwned>(mut checked: Value) -> Result<T, Fault> {
    write_whole_numbers_whole(&mut checked);
    serde_json::from_value(checked).map_err(|error| Fault::at("", error.to_string()))
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

/// A cleared field is an absent one: its default applies.
pub fn strip_nulls(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|_, field| !field.is_null());
        fields.values_mut().for_each(strip_nulls);
    }
}
