//! What lines said of their rows when they were imported last, so that the same spreadsheet may come again without undoing
//! what was decided here since: a field that says what it said is not taken again. Kept as eight letters for each field, of
//! hashes of its name and of its value together with the row's id: enough to tell that a value is the same, and no value.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_64;

use super::import::Import;
use crate::{
    store::{error::StoreError, record::Record},
    wire::schema::ROW_FIELDS,
};

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Letters of a field's name, and of its value.
const NAME: usize = 3;
const VALUE: usize = 5;

/// What was said of a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImportedLine {
    /// The resource.
    pub resource: String,
    /// The row.
    pub id: String,
    /// The name by which the line found it.
    pub external_id: Option<String>,
    /// The fields, eight letters for each.
    pub said: String,
}

impl Record for ImportedLine {}

/// Fields with what they said, by their names' letters.
type Fields = BTreeMap<String, String>;

/// What was said of the rows that a batch is about.
pub struct LastSaid {
    by_id: HashMap<String, ImportedLine>,
    by_external_id: HashMap<String, String>,
}

impl LastSaid {
    /// Reads it.
    pub async fn of(
        import: &mut Import<'_>,
        resource: &'static str,
        ids: &[String],
        external_ids: &[&str],
    ) -> Result<Self, StoreError> {
        let mut last = Self { by_id: HashMap::new(), by_external_id: HashMap::new() };
        let external_ids: Vec<_> = external_ids.iter().map(|&id| id.to_owned()).collect();
        for (column, values) in [("external_id", &external_ids[..]), ("id", ids)] {
            let on = import.staging.tx.on();
            let asked = on.engine().one_of(column, 2);
            let text = format!(
                "select {{rows}} from (select * from imported_lines where studio_id = $1 and {asked} \
                and resource = $3) as found"
            );
            let values = serde_json::json!(values).to_string();
            let statement = on.query(text).bind(import.staging.studio).bind(values).bind(resource.to_owned());
            for line in statement.all::<ImportedLine>().await? {
                last.by_external_id.extend(line.external_id.clone().map(|name| (name, line.id.clone())));
                last.by_id.insert(line.id.clone(), line);
            }
        }
        Ok(last)
    }

    /// Whether a line says of a row that is gone what it said when that was there: it was removed here.
    pub fn was_removed(&self, sent: &Value) -> bool {
        let told = |field: &str| sent.get(field).and_then(Value::as_str);
        let by_name = || self.by_external_id.get(told("external_id")?);
        let id = told("id").map(str::to_owned).or_else(|| by_name().cloned());
        let Some(last) = id.and_then(|id| self.by_id.get(&id)) else { return false };
        let before = read(&last.said);
        let now = fields_of(&last.id, sent);
        !now.is_empty() && now.iter().all(|(name, value)| before.get(name) == Some(value))
    }

    /// Takes out of a line what it said of this row before; what was taken out.
    pub fn take_out(&self, id: &str, line: &mut Value) -> Value {
        let mut taken = Value::Object(Map::new());
        if let Some(last) = self.by_id.get(id) {
            take(id, "", line, &read(&last.said), &mut taken);
        }
        taken
    }

    /// What is to be kept of a line: what it says now, and what others have said beside it.
    pub fn note(&self, resource: &str, id: &str, sent: &Value) -> ImportedLine {
        let mut fields = self.by_id.get(id).map(|last| read(&last.said)).unwrap_or_default();
        fields.extend(fields_of(id, sent));
        let said = fields.into_iter().map(|(name, value)| name + &value).collect();
        let external_id = sent.get("external_id").and_then(Value::as_str).map(str::to_owned);
        let external_id = external_id.or_else(|| self.by_id.get(id)?.external_id.clone());
        ImportedLine { resource: resource.to_owned(), id: id.to_owned(), external_id, said }
    }
}

fn read(said: &str) -> Fields {
    let mut fields = Fields::new();
    let mut rest = said;
    while let Some((field, behind)) = rest.split_at_checked(NAME + VALUE) {
        let (name, value) = field.split_at(NAME);
        fields.insert(name.to_owned(), value.to_owned());
        rest = behind;
    }
    fields
}

/// What a line says, but for who its row is.
fn fields_of(id: &str, sent: &Value) -> Fields {
    let mut fields = Fields::new();
    leaves("", sent, &mut |path, value| {
        fields.insert(name_of(path), value_of(id, path, value));
    });
    fields
}

fn leaves(path: &str, value: &Value, each: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) if path.is_empty() || !fields.is_empty() => {
            for (name, value) in fields {
                if !path.is_empty() || name != "id" && name != "external_id" && !ROW_FIELDS.contains(&name.as_str()) {
                    leaves(&format!("{path}/{name}"), value, each);
                }
            }
        }
        value => each(path, value),
    }
}

/// Moves the leaves that say what they said.
fn take(id: &str, path: &str, value: &mut Value, last: &Fields, into: &mut Value) {
    let Value::Object(fields) = value else { return };
    fields.retain(|name, value| {
        let path = format!("{path}/{name}");
        if let Value::Object(inner) = value
            && !inner.is_empty()
        {
            let mut taken = Value::Object(Map::new());
            take(id, &path, value, last, &mut taken);
            if taken.as_object().is_some_and(|taken| !taken.is_empty()) {
                into[name] = taken;
            }
            return value.as_object().is_some_and(|left| !left.is_empty());
        }
        let is_same = last.get(&name_of(&path)).is_some_and(|said| *said == value_of(id, &path, value));
        if is_same {
            into[name] = value.take();
        }
        !is_same
    });
}

fn name_of(path: &str) -> String {
    letters(xxh3_64(path.as_bytes()), NAME)
}

fn value_of(id: &str, path: &str, value: &Value) -> String {
    letters(xxh3_64(format!("{id}\n{path}\n{value}").as_bytes()), VALUE)
}

fn letters(hash: u64, count: usize) -> String {
    (0..count).map(|at| char::from(LETTERS[usize::try_from(hash >> (6 * at) & 63).unwrap_or_default()])).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn last(line: &Value) -> LastSaid {
        let none = LastSaid { by_id: HashMap::new(), by_external_id: HashMap::new() };
        let said = none.note("members", "mbr_1", line);
        LastSaid { by_external_id: HashMap::new(), by_id: [("mbr_1".to_owned(), said)].into() }
    }

    #[test]
    fn what_was_said_is_taken_out_and_what_is_new_stays() {
        let last = last(
            &json!({"external_id": "7", "status": "active", "price": {"amount": 1, "currency": "EUR"}, "tags": ["a"]}),
        );
        let mut line = json!({"external_id": "7", "status": "active", "price": {"amount": 2, "currency": "EUR"}, "tags": ["a"], "notes": "x"});
        let taken = last.take_out("mbr_1", &mut line);
        assert_eq!(line, json!({"external_id": "7", "price": {"amount": 2}, "notes": "x"}));
        assert_eq!(taken, json!({"status": "active", "price": {"currency": "EUR"}, "tags": ["a"]}));
    }

    #[test]
    fn of_each_field_the_last_word_counts_and_no_value_is_kept() {
        let first = last(&json!({"status": "active", "phone": "+351 91"}));
        let then = first.note("members", "mbr_1", &json!({"status": "cancelled"}));
        assert_eq!(then.said.len(), 2 * (NAME + VALUE));
        assert!(!then.said.contains("351"));
        let then = LastSaid { by_external_id: HashMap::new(), by_id: [("mbr_1".to_owned(), then)].into() };
        let mut back = json!({"status": "active", "phone": "+351 91"});
        then.take_out("mbr_1", &mut back);
        assert_eq!(back, json!({"status": "active"}));
    }
}
