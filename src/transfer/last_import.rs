//! What lines said of their rows when they were imported last, so that the same spreadsheet may come again without undoing
//! what was decided here since: a field that says what it said is not taken again. Of each field, a hash of its value
//! together with the row's id is kept: enough to tell that a value is the same, and no value.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_64;

use super::staging::Staging;
use crate::{
    store::{error::StoreError, record::Record},
    wire::schema::ROW_FIELDS,
};

/// What was said of a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImportedLine {
    /// The resource.
    pub resource: String,
    /// The row.
    pub id: String,
    /// The name by which the line found it.
    pub external_id: Option<String>,
    /// The fields by their paths, each with the hash of its value.
    pub said: BTreeMap<String, String>,
}

impl Record for ImportedLine {
    const JSON: &'static [&'static str] = &["said"];
}

/// What was said of the rows that a batch is about.
#[derive(Default)]
pub struct LastImport {
    by_id: HashMap<String, ImportedLine>,
    by_external_id: HashMap<String, String>,
}

impl LastImport {
    /// Reads it.
    pub async fn of(
        staging: &mut Staging,
        resource: &str,
        ids: &[String],
        external_ids: &[&str],
    ) -> Result<Self, StoreError> {
        let mut last = Self::default();
        let external_ids: Vec<_> = external_ids.iter().map(|&id| id.to_owned()).collect();
        for (column, values) in [("id", ids), ("external_id", &external_ids)] {
            let text = "select * from imported_lines where studio_id = $1 and resource = $2";
            let statement = staging.tx.query(text).bind(resource.to_owned()).one_of(column, values);
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
        let by_name = || self.by_external_id.get(told("external_id")?).map(String::as_str);
        let Some(last) = told("id").or_else(by_name).and_then(|id| self.by_id.get(id)) else { return false };
        let now = hashes(&last.id, sent);
        !now.is_empty() && now.iter().all(|(path, hash)| last.said.get(path) == Some(hash))
    }

    /// Takes out of a line what it said of this row before; what was taken out.
    pub fn take_out(&self, id: &str, line: &mut Value) -> Value {
        let mut taken = Value::Object(Map::new());
        if let Some(last) = self.by_id.get(id) {
            take(last, "", line, &mut taken);
        }
        taken
    }

    /// What is to be kept of a line: what it says now, and what others have said beside it.
    pub fn note(&self, resource: &str, id: &str, sent: &Value) -> ImportedLine {
        let last = self.by_id.get(id);
        let mut said = last.map(|last| last.said.clone()).unwrap_or_default();
        said.extend(hashes(id, sent));
        let external_id = sent.get("external_id").and_then(Value::as_str).map(str::to_owned);
        let external_id = external_id.or_else(|| last?.external_id.clone());
        ImportedLine { resource: resource.to_owned(), id: id.to_owned(), external_id, said }
    }
}

/// What a line says, but for who its row is: the hashes of its values by their paths.
fn hashes(id: &str, sent: &Value) -> BTreeMap<String, String> {
    fn add(id: &str, path: &str, value: &Value, hashes: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                for (name, value) in fields {
                    add(id, &format!("{path}/{name}"), value, hashes);
                }
            }
            value => drop(hashes.insert(path.to_owned(), hash(id, path, value))),
        }
    }
    let mut hashes = BTreeMap::new();
    for (name, value) in sent.as_object().into_iter().flatten() {
        if name != "external_id" && !ROW_FIELDS.contains(&name.as_str()) {
            add(id, name, value, &mut hashes);
        }
    }
    hashes
}

/// Moves the values that are what they were.
fn take(last: &ImportedLine, within: &str, value: &mut Value, into: &mut Value) {
    let Value::Object(fields) = value else { return };
    fields.retain(|name, value| {
        let path = if within.is_empty() { name.clone() } else { format!("{within}/{name}") };
        if value.as_object().is_some_and(|inner| !inner.is_empty()) {
            let mut taken = Value::Object(Map::new());
            take(last, &path, value, &mut taken);
            if taken.as_object().is_some_and(|taken| !taken.is_empty()) {
                into[name] = taken;
            }
            return value.as_object().is_some_and(|left| !left.is_empty());
        }
        let is_same = last.said.get(&path).is_some_and(|said| *said == hash(&last.id, &path, value));
        if is_same {
            into[name] = value.take();
        }
        !is_same
    });
}

fn hash(id: &str, path: &str, value: &Value) -> String {
    format!("{:016x}", xxh3_64(format!("{id}\n{path}\n{value}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn last(said: ImportedLine) -> LastImport {
        LastImport { by_external_id: HashMap::new(), by_id: [("mbr_1".to_owned(), said)].into() }
    }

    fn first(line: &Value) -> LastImport {
        last(LastImport::default().note("members", "mbr_1", line))
    }

    #[test]
    fn what_was_said_is_taken_out_and_what_is_new_stays() {
        let last = first(
            &json!({"external_id": "7", "status": "active", "price": {"amount": 1, "currency": "EUR"}, "tags": ["a"]}),
        );
        let mut line = json!({"external_id": "7", "status": "active", "price": {"amount": 2, "currency": "EUR"}, "tags": ["a"], "notes": "x"});
        let taken = last.take_out("mbr_1", &mut line);
        assert_eq!(line, json!({"external_id": "7", "price": {"amount": 2}, "notes": "x"}));
        assert_eq!(taken, json!({"status": "active", "price": {"currency": "EUR"}, "tags": ["a"]}));
    }

    #[test]
    fn of_each_field_the_last_word_counts_and_no_value_is_kept() {
        let before = first(&json!({"status": "active", "phone": "+351 91"}));
        let then = before.note("members", "mbr_1", &json!({"status": "cancelled"}));
        assert_eq!(then.said.keys().collect::<Vec<_>>(), ["phone", "status"]);
        assert!(!then.said.values().any(|hash| hash.contains("351 91") || hash.contains("cancelled")));
        let mut back = json!({"status": "active", "phone": "+351 91"});
        last(then).take_out("mbr_1", &mut back);
        assert_eq!(back, json!({"status": "active"}));
    }

    #[test]
    fn no_two_fields_are_taken_for_one_another() {
        let metadata: Map<_, _> = (0..5000).map(|number| (format!("field {number}"), json!("same"))).collect();
        let kept = LastImport::default().note("members", "mbr_1", &json!({"metadata": metadata}));
        assert_eq!(kept.said.len(), 5000);
    }
}
