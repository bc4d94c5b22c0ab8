//! The names of an import's lines so far, and the rows that lines are about: no two lines may have the same of either.
//! A few bytes are kept for each, and the line that has it.

use std::collections::HashMap;

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    faults::FileLine,
    importable::{Importable, Unique},
};
use crate::wire::problem::Fault;

/// What lines have said so far.
#[derive(Default)]
pub struct SeenLines(HashMap<u64, FileLine>);

impl SeenLines {
    /// Why a line cannot be taken: another one has the same of the fields that no two rows share.
    pub fn twice<T: Importable>(&mut self, resource: &str, sent: &Value, place: &FileLine) -> Vec<Fault> {
        let mut twice = Vec::new();
        let unique = T::UNIQUE.iter().map(|Unique { fields, .. }| *fields);
        for fields in [&["id"][..], &["external_id"]].into_iter().chain(unique) {
            let values: Option<Vec<_>> = fields.iter().map(|field| sent.get(field)?.as_str()).collect();
            let Some(values) = values else { continue };
            let mut name = values.join("\n");
            if fields != ["external_id"] {
                name = name.to_lowercase();
            }
            if let Some(first) = self.0.insert(key(resource, &fields.join(" "), &name), place.clone()) {
                let detail = format!("is that of line {}, too", first.line);
                twice.push(Fault::at(format!("/{}", fields.join("/")), detail));
            }
        }
        twice
    }

    /// Notes the line that a row is made or changed by; the line that it was made or changed by before.
    pub fn note(&mut self, resource: &str, id: &str, place: &FileLine) -> Option<FileLine> {
        self.0.insert(key(resource, "row", id), place.clone())
    }

    /// The line that a row was made or changed by.
    pub fn place(&self, resource: &str, id: &str) -> Option<&FileLine> {
        self.0.get(&key(resource, "row", id))
    }
}

fn key(resource: &str, what: &str, value: &str) -> u64 {
    xxh3_64(format!("{resource}\n{what}\n{value}").as_bytes())
}
