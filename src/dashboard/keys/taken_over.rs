//! What a replacement has taken over from the key that it replaces, and when a key is called next, in sentences.

use super::pattern::in_words;
use crate::{
    access::{
        call_pattern::Forecast,
        caller::Caller,
        coverage::{Coverage, Rotation, coverage, forecast},
        sessions::caller::StaffCaller,
        stored::KeyId,
    },
    dashboard::{
        texts::TEXTS,
        time::{local, local_time},
    },
    operation::app::App,
    wire::{problem::Problem, text::TimeZone},
};

/// Lines of one list.
const MOST_LINES: usize = 20;

/// The sentences.
pub(super) struct TakenOver {
    /// How much the new key serves.
    pub summary: String,
    /// Whether that is all that the old key has served.
    pub is_complete: bool,
    /// What only the old key has served.
    pub missing: Vec<String>,
    /// What was refused to the new key.
    pub refused: Vec<String>,
    /// When the old key is called, and when it is called next.
    pub calls: String,
}

impl TakenOver {
    pub(super) async fn of(app: &App, caller: &StaffCaller, rotation: Rotation<'_>) -> Result<Self, Problem> {
        let zone = &caller.session().time_zone;
        let rules = zone.rules().unwrap_or(jiff::tz::TimeZone::UTC);
        let found = coverage(&app.db, caller.studio(), rotation, &rules, app.clock.now()).await?;
        Ok(Self::from(&found, zone))
    }

    fn from(found: &Coverage, zone: &TimeZone) -> Self {
        let t = &TEXTS;
        let covered = found.operations.iter().filter(|row| row.covered).count();
        let networks = found.networks.iter().filter(|row| row.covered).count();
        let summary = match found.operations.len() {
            0 => t.served_nothing.to_owned(),
            all => t
                .taken_over
                .replace("{covered}", &covered.to_string())
                .replace("{all}", &all.to_string())
                .replace("{networks}", &networks.to_string())
                .replace("{all_networks}", &found.networks.len().to_string()),
        };
        let missing = found.operations.iter().filter(|row| !row.covered).map(|row| {
            let last = local(row.old_last_hour, zone, TEXTS.date_hour);
            t.not_taken_over.replace("{operation}", &row.operation).replace("{at}", &last)
        });
        let refused = found.refused.iter().map(|row| {
            let text = t.refused_to_new.replace("{operation}", &row.operation).replace("{code}", &row.outcome);
            text.replace("{calls}", &row.calls.to_string())
        });
        Self {
            summary,
            is_complete: covered == found.operations.len() && networks == found.networks.len(),
            missing: missing.take(MOST_LINES).collect(),
            refused: refused.take(MOST_LINES).collect(),
            calls: in_sentences(t.called, &found.next_call, zone),
        }
    }
}

/// When a key is called that nothing replaces, and when it is called next.
pub(super) async fn calls_of(app: &App, caller: &StaffCaller, key: KeyId) -> Result<String, Problem> {
    let zone = &caller.session().time_zone;
    let rules = zone.rules().unwrap_or(jiff::tz::TimeZone::UTC);
    let found = forecast(&app.db, caller.studio(), key, &rules, app.clock.now()).await?;
    Ok(in_sentences(TEXTS.called_alone, &found, zone))
}

fn in_sentences(called: &str, found: &Forecast, zone: &TimeZone) -> String {
    let at = |text: &str, at| text.replace("{at}", &local_time(at, zone));
    let next_call = match (found.next_at, found.next_by) {
        (Some(about), _) => at(TEXTS.next_call_at, about),
        (None, Some(by)) => at(TEXTS.next_call_by, by),
        (None, None) => String::new(),
    };
    let calls = format!("{} {next_call}", called.replace("{pattern}", &in_words(&found.pattern)));
    calls.trim_end().to_owned()
}
