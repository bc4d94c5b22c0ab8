//! The form that makes or changes a row: what its fields hold (the row, or what was typed), what is wrong with them, and what
//! of it is a change. Its fields are named by the pointers of their places in the row, so that a fault finds its field.
//!
//! Promises that a form changes only what was typed anew, and that nothing typed is lost when it is shown again.

use axum::http::StatusCode;
use jiff::civil::DateTime;
use serde::Serialize;
use serde_json::Value;

use super::{api_texts::translate, log_page::FilterChoice, texts::TEXTS, time::local};
use crate::{
    store::instant::Instant,
    wire::{
        form::Fields,
        problem::{Code, Fault, Problem},
        text::TimeZone,
    },
};

/// The field of a form that says which version of the row it shows.
pub(super) const VERSION: &str = "version";

/// What the fields of a form hold.
pub(super) struct RowForm {
    /// The row, as it is.
    saved: Value,
    /// What was typed.
    typed: Option<Fields>,
    zone: TimeZone,
    /// The fields that are instants.
    instants: &'static [&'static str],
    faults: Vec<Fault>,
    /// Whether somebody else changed the row while the form was open.
    is_outdated: bool,
}

/// Fields that belong together.
pub(super) struct FormSection {
    pub legend: &'static str,
    pub fields: Vec<FormField>,
}

/// A field.
pub(super) struct FormField {
    pub name: String,
    pub label: String,
    pub hint: &'static str,
    pub control: Control,
    pub value: String,
    pub fault: Option<String>,
    /// What somebody else saved meanwhile.
    pub saved: Option<String>,
}

/// How a field is filled in.
pub(super) enum Control {
    /// A line, of this type of input.
    Input(&'static str),
    /// A line that has to be filled in.
    Required,
    /// So many lines.
    Lines(u8),
    /// One of these.
    Choice(Vec<FilterChoice>),
    /// Some of these.
    Checks(Vec<FilterChoice>),
}

impl RowForm {
    /// The form of a row.
    pub(super) fn of(
        row: &impl Serialize,
        zone: &TimeZone,
        instants: &'static [&'static str],
    ) -> Result<Self, Problem> {
        let saved = serde_json::to_value(row).map_err(Problem::internal)?;
        Ok(Self { saved, typed: None, zone: zone.clone(), instants, faults: Vec::new(), is_outdated: false })
    }

    /// The same, filled in.
    pub(super) fn filled_in(self, typed: Fields) -> Self {
        Self { typed: Some(typed), ..self }
    }

    /// The same, where somebody else changed the row meanwhile.
    pub(super) fn outdated(self) -> Self {
        Self { is_outdated: true, ..self }
    }

    /// The same with what a refusal says about it.
    ///
    /// # Errors
    /// The refusal, where it is not about the form.
    pub(super) fn refused(mut self, problem: &Problem) -> Result<Self, Problem> {
        if !matches!(problem.code().status(), 409 | 422) {
            return Err(problem.clone());
        }
        self.faults = problem.errors().to_vec();
        if self.faults.is_empty() {
            self.faults.push(Fault::at("", problem.detail()));
        }
        Ok(self)
    }

    /// The status of its page.
    pub(super) fn status(&self) -> StatusCode {
        match (self.is_outdated, self.faults.is_empty()) {
            (true, _) => StatusCode::PRECONDITION_FAILED,
            (false, false) => StatusCode::UNPROCESSABLE_ENTITY,
            (false, true) => StatusCode::OK,
        }
    }

    /// What stands above its fields.
    pub(super) fn note(&self) -> Option<&'static str> {
        match (self.is_outdated, self.faults.is_empty()) {
            (true, _) => Some(TEXTS.changed_meanwhile),
            (false, false) => Some(TEXTS.form_has_faults),
            (false, true) => None,
        }
    }

    /// The version of the row that was shown when it was filled in.
    pub(super) fn shown_version(typed: &Fields) -> Option<i64> {
        typed.text(VERSION)?.parse().ok()
    }

    /// A field of it.
    pub(super) fn field(&self, name: &str, label: &str, hint: &'static str, control: Control) -> FormField {
        let (value, saved) = (self.value(name), self.saved_text(name));
        let is_at = |fault: &&Fault| {
            let place = fault.pointer.strip_prefix('/').and_then(|place| place.strip_prefix(name));
            place.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let fault = self.faults.iter().find(is_at).map(|fault| format!("{label} {}.", translate(&fault.detail)));
        let other = (self.is_outdated && value != saved).then_some(saved);
        FormField { name: name.to_owned(), label: label.to_owned(), hint, control, value, fault, saved: other }
    }

    /// What is wrong with it beside its fields.
    pub(super) fn other_faults(&self, sections: &[FormSection]) -> Vec<String> {
        let fields: Vec<_> = sections.iter().flat_map(|section| &section.fields).collect();
        let has_field = |fault: &Fault| {
            let place = fault.pointer.strip_prefix('/').unwrap_or_default();
            fields.iter().any(|field| {
                place.strip_prefix(&field.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let others = self.faults.iter().filter(|fault| !has_field(fault));
        others.map(|fault| format!("{} {}", fault.pointer, translate(&fault.detail)).trim().to_owned()).collect()
    }

    /// What is in a field.
    pub(super) fn value(&self, name: &str) -> String {
        match &self.typed {
            Some(typed) => typed_text(typed, name),
            None => self.saved_text(name),
        }
    }

    /// The names of the fields of the row at a place, and of those that were typed there.
    pub(super) fn names_at(&self, place: &str) -> Vec<String> {
        let saved = self.saved.get(place).and_then(Value::as_object).into_iter().flatten();
        let escaped = saved.map(|(name, _)| format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")));
        let typed = self.typed.iter().flat_map(Fields::names).filter(|name| name.starts_with(&format!("{place}/")));
        let mut names: Vec<_> = escaped.chain(typed).collect();
        names.sort();
        names.dedup();
        names
    }

    fn saved_text(&self, name: &str) -> String {
        match self.saved.pointer(&format!("/{name}")) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) if self.instants.contains(&name) => {
                text.parse().map_or_else(|_| text.clone(), |at: Instant| local(at, &self.zone, "%Y-%m-%dT%H:%M"))
            }
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
            Some(other) => other.to_string(),
        }
    }

    /// What was typed anew: a field that says what the row says is no change.
    pub(super) fn changes(&self) -> Fields {
        let mut changes = self.typed.clone().unwrap_or_default();
        changes.remove(VERSION);
        for name in changes.names() {
            let text = typed_text(&changes, &name);
            if text == self.saved_text(&name) {
                changes.remove(&name);
            } else if self.instants.contains(&name.as_str()) {
                changes.set(&name, &self.instant(&text).unwrap_or(text));
            } else {
                changes.set(&name, &text);
            }
        }
        changes
    }

    /// A time by the studio's clocks, as an instant.
    fn instant(&self, text: &str) -> Option<String> {
        let typed: DateTime = text.parse().ok()?;
        let at = self.zone.rules().ok()?.to_ambiguous_timestamp(typed).compatible().ok()?;
        Some(Instant::from(at).to_string())
    }
}

/// What was typed for a field, with the ends of its lines as we write them.
fn typed_text(typed: &Fields, name: &str) -> String {
    let texts: Vec<_> = typed.texts(name).filter(|text| !text.is_empty()).collect();
    texts.join("\n").replace("\r\n", "\n")
}

/// The refusal of a form that shows an earlier version of its row.
pub(super) fn outdated() -> Problem {
    Problem::new(Code::VersionMismatch, TEXTS.changed_meanwhile)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(typed: &str) -> RowForm {
        let zone = "Europe/Lisbon".parse().expect("a zone");
        let row = json!({"title": "Neck", "text": "one\ntwo", "tags": ["a", "b"], "at": "2026-07-01T08:00:30.123456Z",
            "seconds": 60, "address": null});
        let typed = Fields::parse(typed.as_bytes()).expect("a form");
        RowForm::of(&row, &zone, &["at"]).expect("JSON").filled_in(typed)
    }

    #[test]
    fn a_field_that_says_what_the_row_says_is_no_change() {
        let same =
            "version=3&title=Neck&text=one%0D%0Atwo&tags=&tags=a&tags=b&at=2026-07-01T09:00&seconds=60&address/city=";
        assert!(form(same).changes().names().is_empty());
        let changes = form("title=Back&text=one%0D%0A&tags=&at=2026-07-01T10:00").changes();
        assert_eq!([changes.text("title"), changes.text("text")], [Some("Back"), Some("one\n")]);
        assert_eq!([changes.text("tags"), changes.text("at")], [Some(""), Some("2026-07-01T09:00:00.000000Z")]);
    }

    #[test]
    fn a_fault_finds_its_field_and_what_others_saved_stands_beside_what_was_typed() {
        let faults = vec![Fault::at("/tags/1", "is blank"), Fault::at("/other", "is unknown")];
        let form = form("title=Back").outdated().refused(&Problem::invalid(faults)).expect("about the form");
        let field = |name| form.field(name, "Label", "", Control::Lines(2));
        assert_eq!(field("tags").fault.as_deref(), Some("Label is blank."));
        let title = field("title");
        assert_eq!((title.value.as_str(), title.saved.as_deref()), ("Back", Some("Neck")));
        let section = FormSection { legend: "", fields: vec![field("tags")] };
        assert_eq!(form.other_faults(&[section]), ["/other is unknown"]);
    }
}
