//! A key as a page shows it: its state in one word, with what to do, and its times by the studio's clocks.

use std::collections::{BTreeMap, BTreeSet};

use super::day_chart::DayChart;
use crate::{
    access::{
        caller::Caller,
        findings::{Findings, WINDOW_DAYS},
        history,
        last_day::LastDay,
        put_aside::PutAsideFinding,
        scope::{Scope, ScopeSet},
        sessions::{caller::StaffCaller, stored::StaffId},
        stored::{KeyId, StoredKey},
    },
    dashboard::{api_tables::ApiTables, frame::SOON, people::maker_of, texts::TEXTS, time::local_time},
    operation::app::App,
    signin::staff,
    store::{audit::COMMAND_LINE, instant::Instant},
    wire::{problem::Problem, text::TimeZone},
};

/// A key's state: the worst that can be said of it.
#[derive(Clone, Copy)]
pub(super) struct State {
    pub word: &'static str,
    pub tone: &'static str,
    pub advice: &'static str,
}

/// A row of the list.
pub(super) struct KeyView {
    pub id: KeyId,
    pub name: String,
    pub kind: &'static str,
    pub masked: String,
    pub used_by: String,
    pub scopes: String,
    pub last_used: String,
    pub day: DayChart,
    pub state: State,
    pub has_ended: bool,
}

/// A finding that somebody put aside.
pub(super) struct AsideView {
    pub scope: &'static str,
    pub reason: String,
    /// Who did it, and when.
    pub by: String,
}

/// What is looked up once for all keys of a page.
pub(super) struct Views<'k> {
    /// The keys among which replacements are found.
    keys: &'k [StoredKey],
    exposed: BTreeSet<KeyId>,
    /// The keys that were called after they had ended, within the last day.
    still_called: BTreeSet<KeyId>,
    /// The last 24 hours of the keys that were called in them.
    days: BTreeMap<KeyId, LastDay>,
    /// Empty unless the page shows findings.
    findings: Findings,
    /// Who of the staff has left.
    left: BTreeSet<StaffId>,
    zone: TimeZone,
    now: Instant,
}

impl<'k> Views<'k> {
    pub(super) async fn of(app: &App, caller: &StaffCaller, keys: &'k [StoredKey]) -> Result<Self, Problem> {
        let (studio, now) = (caller.studio(), app.clock.now());
        let exposed = history::exposed(app.db.of(studio)).await?.into_iter().collect();
        let lately = history::lately(app.db.of(studio), now).await?;
        let still_called = lately.iter().filter(|row| row.after_its_end_last_day > 0).map(|row| row.key_id).collect();
        let days = LastDay::of_all(app.db.of(studio), now).await?;
        let left = staff::list(app.db.of(studio)).await?.into_iter().filter(|member| member.ended_at.is_some());
        let left = left.map(|member| member.id).collect();
        let zone = caller.session().time_zone.clone();
        Ok(Self { keys, exposed, still_called, days, left, findings: Findings::default(), zone, now })
    }

    /// The same with what was found about the use of scopes.
    pub(super) async fn with_findings(
        self,
        app: &App,
        caller: &StaffCaller,
        tables: &ApiTables,
    ) -> Result<Self, Problem> {
        let findings = Findings::read(app.db.of(caller.studio()), &tables.management, self.now).await?;
        Ok(Self { findings, ..self })
    }

    /// The scopes of a key that nothing used.
    pub(super) fn unused_of(&self, key: &StoredKey) -> Option<ScopeSet> {
        self.findings.unused_of(key, self.now)
    }

    /// The findings about a key that somebody put aside.
    pub(super) fn put_aside_of(&self, key: &StoredKey) -> Vec<AsideView> {
        let view = |found: &PutAsideFinding| {
            let by = TEXTS.put_aside_by.replace("{at}", &self.local(found.put_aside_at));
            AsideView {
                scope: found.scope.name(),
                reason: found.reason.clone(),
                by: by.replace("{who}", &self.maker(&found.put_aside_by)),
            }
        };
        self.findings.put_aside_of(key, self.now).into_iter().map(view).collect()
    }

    /// The key that replaces a key at present.
    pub(super) fn replacement_of(&self, key: &StoredKey) -> Option<&'k StoredKey> {
        StoredKey::replacement(self.keys, key.id, self.now)
    }

    pub(super) fn of_key(&self, key: &StoredKey) -> KeyView {
        let scopes: Vec<_> = key.scopes.iter().map(Scope::name).collect();
        KeyView {
            id: key.id,
            name: key.name.clone(),
            kind: TEXTS.kind_of(key.kind),
            masked: key.masked(),
            used_by: key.used_by.clone().unwrap_or_default(),
            scopes: scopes.join(" "),
            last_used: self.last_used(key),
            day: DayChart::of(key, self.days.get(&key.id), self.now, &self.zone),
            state: self.state_of(key),
            has_ended: key.ended_at(self.now).is_some(),
        }
    }

    fn state_of(&self, key: &StoredKey) -> State {
        let t = &TEXTS;
        let has_ended = key.ended_at(self.now).is_some();
        let (word, tone, advice) = if has_ended && self.still_called.contains(&key.id) {
            (t.state_still_called, "warn", t.state_still_called_advice)
        } else if key.revoked_at.is_some() {
            (t.state_revoked, "", t.state_revoked_advice)
        } else if key.is_expired(self.now) {
            (t.state_expired, "", t.state_expired_advice)
        } else if self.exposed.contains(&key.id) {
            (t.state_exposed, "bad", t.state_exposed_advice)
        } else if key.is_expired(self.now.plus(SOON)) {
            let is_replaced = self.replacement_of(key).is_some();
            let advice = if is_replaced { t.state_replaced_advice } else { t.state_expires_soon_advice };
            (t.state_expires_soon, "warn", advice)
        } else if self.unused_of(key).is_some() {
            (t.state_unused_scopes, "warn", t.state_unused_scopes_advice)
        } else if self.replacement_of(key).is_some() {
            (t.state_replaced, "warn", t.state_replaced_advice)
        } else if key.was_never_used() {
            (t.state_never_used, "", t.state_never_used_advice)
        } else {
            (t.state_in_use, "good", "")
        };
        State { word, tone, advice }
    }

    /// When a key was used last, and from where: what nobody did and what nobody knows are different words.
    fn last_used(&self, key: &StoredKey) -> String {
        match (key.last_used_at, key.last_used_from) {
            (Some(at), Some(from)) => {
                TEXTS.at_from.replace("{at}", &self.local(at)).replace("{network}", &from.to_string())
            }
            (Some(at), None) => self.local(at),
            (None, _) if key.was_never_used() => TEXTS.never_used.to_owned(),
            (None, _) => TEXTS.use_not_known.to_owned(),
        }
    }

    /// What a key's own page says of it.
    pub(super) fn fields(&self, key: &StoredKey) -> Vec<(&'static str, String)> {
        let t = &TEXTS;
        let view = self.of_key(key);
        let list = |items: Vec<String>| if items.is_empty() { t.any.to_owned() } else { items.join(", ") };
        let by =
            |at: Instant, who: &str| t.created_by.replace("{at}", &self.local(at)).replace("{who}", &self.maker(who));
        let mut fields = vec![
            (t.key, key.publishable.clone().unwrap_or(view.masked)),
            (t.kind, view.kind.to_owned()),
            (t.used_by, if view.used_by.is_empty() { t.none.to_owned() } else { view.used_by }),
        ];
        if key.publishable.is_some() {
            fields.push((t.origins, list(key.origins.iter().map(|origin| origin.as_str().to_owned()).collect())));
        } else {
            fields.push((t.scopes, view.scopes));
            fields.push((t.networks, list(key.networks.iter().map(ToString::to_string).collect())));
        }
        fields.extend([
            (t.rate_limit, t.rate.replace("{rate}", &key.rate_limit.to_string())),
            (t.expires, key.expires_at.map_or_else(|| t.never.to_owned(), |at| self.local(at))),
            (t.last_used, view.last_used),
            (t.created, by(key.created_at, &key.created_by)),
        ]);
        if let Some(at) = key.revoked_at {
            fields.push((t.revoked, by(at, key.revoked_by.as_deref().unwrap_or_default())));
            fields.extend(key.revoke_reason.clone().map(|reason| (t.reason, reason)));
        }
        fields
    }

    /// Who made or revoked a key, as its row says: by their address if they are staff, and whether they have left.
    fn maker(&self, by: &str) -> String {
        if let Some(person) = by.strip_prefix(COMMAND_LINE) {
            return format!("{}{person}", TEXTS.command_line);
        }
        let Some(id) = maker_of(by) else { return by.to_owned() };
        let email = by.split_once(" (").map_or(by, |(_, email)| email.trim_end_matches(')'));
        if self.left.contains(&id) { TEXTS.left.replace("{who}", email) } else { email.to_owned() }
    }

    /// A moment by the studio's clocks.
    fn local(&self, at: Instant) -> String {
        local_time(at, &self.zone)
    }
}

/// The finding that nothing used these scopes.
pub(super) fn unused_scopes(unused: ScopeSet) -> String {
    let names: Vec<_> = unused.iter().map(Scope::name).collect();
    TEXTS.unused_scopes.replace("{days}", &WINDOW_DAYS.to_string()).replace("{scopes}", &names.join(", "))
}
