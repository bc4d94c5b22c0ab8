//! The fields that the gateway sets, where a change sends them: a client may send a row back whole, as it was read, with
//! what it changes in it. Such a field changes nothing; it is taken when it says what the row says.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    store::instant::Instant,
    wire::problem::{Fault, Problem},
};

/// What a change says of fields that the gateway sets.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadOnly {
    sent: Map<String, Value>,
    /// What stands beside the row, where a change sends that back.
    beside: Value,
}

impl ReadOnly {
    /// Fields, as they were sent.
    pub(super) fn of(sent: Map<String, Value>) -> Self {
        Self { sent, beside: Value::Null }
    }

    /// Whether it says anything of a field.
    pub(super) fn names(&self, field: &str) -> bool {
        self.sent.contains_key(field)
    }

    /// Gives it what stands beside the row.
    pub(super) fn compare_beside(&mut self, shown: &impl Serialize) -> Result<(), Problem> {
        self.beside = serde_json::to_value(shown).map_err(Problem::internal)?;
        Ok(())
    }

    /// What of it differs from the row as it is answered.
    ///
    /// # Errors
    /// When the row is no JSON.
    pub(super) fn faults(&self, row: &impl Serialize) -> Result<Vec<Fault>, Problem> {
        if self.sent.is_empty() {
            return Ok(Vec::new());
        }
        let row = serde_json::to_value(row).map_err(Problem::internal)?;
        let shown = |name: &str| row.get(name).or_else(|| self.beside.get(name));
        let others = self.sent.iter().filter(|(name, sent)| !shown(name).is_some_and(|shown| is_same(sent, shown)));
        let told = "is read-only, and is not the row's: leave it out, or send the row's value";
        Ok(others.map(|(name, _)| Fault::at(format!("/{name}"), told)).collect())
    }
}

/// Whether a client that has read the one may write the other.
fn is_same(sent: &Value, shown: &Value) -> bool {
    match (sent, shown) {
        (Value::String(sent), Value::String(shown)) => sent == shown || is_same_instant(sent, shown),
        (Value::Number(sent), Value::Number(shown)) => sent.as_f64() == shown.as_f64(),
        (Value::Array(sent), Value::Array(shown)) => {
            sent.len() == shown.len() && sent.iter().zip(shown).all(|(sent, shown)| is_same(sent, shown))
        }
        (Value::Object(sent), Value::Object(shown)) => {
            let same = |(name, sent)| shown.get(name).is_some_and(|shown| is_same(sent, shown));
            sent.len() == shown.len() && sent.iter().all(same)
        }
        _ => sent == shown,
    }
}

/// Many clients write an instant in another zone, and JavaScript keeps no more than milliseconds.
fn is_same_instant(sent: &str, shown: &str) -> bool {
    let (Ok(sent), Ok(shown)) = (sent.parse::<Instant>(), shown.parse::<Instant>()) else { return false };
    sent == shown || sent.micros() == shown.micros() - shown.micros().rem_euclid(1000)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_read_may_come_back_as_other_languages_write_it() {
        let row =
            json!({"version": 3, "created_at": "2026-01-31T18:00:00.123456Z", "overridden": ["note"], "ends": null});
        let faults = |sent: Value| {
            let sent = ReadOnly::of(sent.as_object().cloned().unwrap_or_default());
            sent.faults(&row).expect("JSON").into_iter().map(|fault| fault.pointer).collect::<Vec<_>>()
        };
        for same in [
            json!({"version": 3, "created_at": "2026-01-31T18:00:00.123456Z", "overridden": ["note"], "ends": null}),
            json!({"version": 3.0, "created_at": "2026-01-31T18:00:00.123456+00:00"}),
            json!({"created_at": "2026-01-31T19:00:00.123456+01:00"}),
            json!({"created_at": "2026-01-31T18:00:00.123Z"}),
        ] {
            assert_eq!(faults(same.clone()), [""; 0], "{same}");
        }
        let other = json!({"version": "3", "created_at": "2026-01-31T18:00:00Z", "overridden": [], "ends": "now"});
        assert_eq!(faults(other), ["/version", "/created_at", "/overridden", "/ends"]);
        assert_eq!(faults(json!({"version": null})), ["/version"]);
    }
}
