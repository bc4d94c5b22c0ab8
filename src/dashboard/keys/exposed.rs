//! Where a secret key was exposed, for the page of the key.

use crate::{
    access::{
        caller::Caller,
        history::{self, Exposure},
        sessions::caller::StaffCaller,
        stored::StoredKey,
    },
    dashboard::{texts::TEXTS, time::local_time},
    operation::app::App,
    wire::{problem::Problem, text::TimeZone},
};

/// Places that the page lists.
const MOST_PLACES: usize = 20;

/// A place where the key was seen.
pub(super) struct ExposedAt {
    pub place: String,
    pub first: String,
    pub last: String,
    pub count: i64,
}

impl ExposedAt {
    /// The places of a key, the latest first.
    pub(super) async fn all(app: &App, caller: &StaffCaller, key: &StoredKey) -> Result<Vec<Self>, Problem> {
        let found = history::exposures(app.db.of(caller.studio()), key.id).await?;
        let zone = &caller.session().time_zone;
        Ok(found.iter().take(MOST_PLACES).map(|exposure| Self::of(exposure, zone)).collect())
    }

    fn of(exposure: &Exposure, zone: &TimeZone) -> Self {
        let place = match exposure.reported_from() {
            _ if history::is_found_by_github(&exposure.origin) => {
                TEXTS.exposed_to_github.replace("{origin}", &exposure.origin)
            }
            Some(network) => TEXTS.exposed_by_report.replace("{network}", network),
            None => TEXTS.exposed_by_page.replace("{surface}", &exposure.surface).replace("{origin}", &exposure.origin),
        };
        let at = |at| local_time(at, zone);
        Self { place, first: at(exposure.first_seen_at), last: at(exposure.last_seen_at), count: exposure.count }
    }
}
