//! A recorded call as a page shows it.

use crate::{
    access::{
        activity::{CallId, RecordedCall},
        stored::KeyId,
    },
    dashboard::{key_names::KeyNames, texts::TEXTS, time::local_to_the_second},
    wire::text::TimeZone,
};

/// A row of the list.
pub(super) struct CallView {
    pub id: CallId,
    pub at: String,
    pub instant: String,
    pub key_id: KeyId,
    pub key: String,
    pub surface: String,
    pub call: String,
    /// Whether it asked for no operation, whose name would tell the surface.
    pub has_no_operation: bool,
    pub network: String,
    pub status: u16,
    pub result: String,
    pub tone: &'static str,
    pub took: String,
}

impl CallView {
    pub(super) fn of(call: &RecordedCall, names: &KeyNames, zone: &TimeZone) -> Self {
        let elsewhere =
            || call.method.as_ref().zip(call.path.as_ref()).map(|(method, path)| format!("{method} {path}"));
        let outcome = if call.refused { TEXTS.refused } else { TEXTS.admitted };
        Self {
            id: call.id,
            at: local_to_the_second(call.at, zone),
            instant: call.at.to_string(),
            key_id: call.key_id,
            key: names.name(call.key_id),
            surface: call.surface.clone(),
            call: call.operation.clone().or_else(elsewhere).unwrap_or_default(),
            has_no_operation: call.operation.is_none(),
            network: call.network.to_string(),
            status: call.status,
            result: call.code.clone().unwrap_or_else(|| outcome.to_owned()),
            tone: match (call.refused, call.status) {
                (true, _) | (_, 500..) => "bad",
                (false, 400..) => "warn",
                (false, _) => "",
            },
            took: took(call.duration_us),
        }
    }
}

/// A span of time as people read it: `0.4 ms`, `12 ms`, `1.5 s`.
fn took(micros: i64) -> String {
    let mark = TEXTS.decimal_mark;
    if micros < 10_000 {
        format!("{}{mark}{} ms", micros / 1000, micros % 1000 / 100)
    } else if micros < 1_000_000 {
        format!("{} ms", micros / 1000)
    } else {
        format!("{}{mark}{} s", micros / 1_000_000, micros % 1_000_000 / 100_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_as_people_read_it() {
        for (micros, told) in [(0, "0.0 ms"), (380, "0.3 ms"), (12_900, "12 ms"), (1_540_000, "1.5 s")] {
            assert_eq!(took(micros), told);
        }
    }
}
