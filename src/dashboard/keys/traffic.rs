//! Who calls with a key now: how often in the last hour and day, what was refused, and from which networks. Taken by the pages on
//! which somebody decides whether to revoke it, and by the page of a revoked key, until nothing calls with it any more.

use std::time::Duration;

use crate::{
    access::{
        caller::Caller,
        history::{self, Lately},
        sessions::caller::StaffCaller,
        stored::StoredKey,
    },
    dashboard::texts::TEXTS,
    operation::app::App,
    wire::problem::Problem,
};

const DAY: Duration = Duration::from_hours(24);
/// Networks that a page names.
const MOST_NETWORKS: usize = 10;

/// The calls with one key.
pub(super) struct Traffic {
    pub last_hour: i64,
    pub last_day: i64,
    /// Those of the last day that were refused.
    pub refused: i64,
    after_end_last_hour: i64,
    after_end_last_day: i64,
    /// The masked networks of the last day; of a key that has ended, those since its end.
    pub networks: String,
}

impl Traffic {
    /// Of each of these keys.
    pub(super) async fn of<const KEYS: usize>(
        app: &App,
        caller: &StaffCaller,
        keys: [&StoredKey; KEYS],
    ) -> Result<[Self; KEYS], Problem> {
        let (studio, now) = (caller.studio(), app.clock.now());
        let lately = history::lately(app.db.of(studio), now).await?;
        let mut networks = Vec::new();
        for key in keys {
            let used = history::used_from(app.db.of(studio), key.id).await?;
            // Of a key that has ended, only those that called after its end still call.
            let day_ago = now.minus(DAY);
            let since = key.ended_at(now).map_or(day_ago, |ended| ended.max(day_ago));
            let lately = used.iter().filter(|used| used.last_seen_at >= since).take(MOST_NETWORKS);
            networks.push(lately.map(|used| used.network.to_string()).collect::<Vec<_>>().join(", "));
        }
        let mut networks = networks.into_iter();
        Ok(keys.map(|key| {
            let sum = |count: fn(&Lately) -> i64| lately.iter().filter(|row| row.key_id == key.id).map(count).sum();
            Self {
                last_hour: sum(|row| row.last_hour),
                last_day: sum(|row| row.last_day),
                refused: sum(|row| row.refused_last_day),
                after_end_last_hour: sum(|row| row.after_its_end_last_hour),
                after_end_last_day: sum(|row| row.after_its_end_last_day),
                networks: networks.next().unwrap_or_default(),
            }
        }))
    }

    /// Who calls with it, in a sentence.
    pub(super) fn sentence(&self) -> String {
        let text = if self.last_day == 0 { TEXTS.called_by_nobody } else { TEXTS.called_lately };
        self.filled(text, self.last_hour, self.last_day)
    }

    /// Who still calls with a key that has ended; nothing once it is quiet.
    pub(super) fn after_its_end(&self) -> Option<String> {
        let calls = self.after_end_last_day > 0;
        calls.then(|| self.filled(TEXTS.still_calling, self.after_end_last_hour, self.after_end_last_day))
    }

    fn filled(&self, text: &str, hour: i64, day: i64) -> String {
        let networks = if self.networks.is_empty() { TEXTS.use_not_known } else { &self.networks };
        text.replace("{hour}", &hour.to_string()).replace("{day}", &day.to_string()).replace("{networks}", networks)
    }
}
