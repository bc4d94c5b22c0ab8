//! What a new key will be, on one page, before it is made: each scope with why it has it, and each choice that was made or left
//! as it was.

use askama::Template;

use super::{Frame, form::KeyForm};
use crate::{
    access::{key::KeyKind, keys::NewKey, scope::Scope},
    dashboard::{api_tables::ApiTables, api_texts::translate, texts::TEXTS, time::local_time},
    store::instant::Instant,
    wire::text::TimeZone,
};

#[derive(Template)]
#[template(path = "key_summary.html")]
pub(super) struct SummaryPage {
    frame: Frame,
    /// The form, sealed.
    form: String,
    typed: KeyForm,
    rows: Vec<(&'static str, String)>,
    scopes: Vec<ScopeReason>,
    /// What the key is not bound to.
    open: Vec<&'static str>,
}

/// A scope, and why the key has it.
struct ScopeReason {
    name: &'static str,
    why: String,
}

impl SummaryPage {
    pub(super) fn of(
        frame: Frame,
        form: String,
        typed: KeyForm,
        new: &NewKey,
        tables: &ApiTables,
        (now, zone): (Instant, &TimeZone),
    ) -> Self {
        let scopes = new.scopes.iter().map(|scope| ScopeReason { name: scope.name(), why: why(scope, &typed, tables) });
        let open = open_choices(new, &typed);
        Self { frame, form, scopes: scopes.collect(), rows: rows(new, &typed, (now, zone)), open, typed }
    }
}

/// The settings other than scopes.
fn rows(new: &NewKey, typed: &KeyForm, (now, zone): (Instant, &TimeZone)) -> Vec<(&'static str, String)> {
    let t = &TEXTS;
    let list = |items: Vec<String>| if items.is_empty() { t.any.to_owned() } else { items.join(", ") };
    let bounds = match new.kind {
        KeyKind::Secret => (t.networks, list(new.networks.iter().map(ToString::to_string).collect())),
        KeyKind::Publishable => {
            (t.origins, list(new.origins.iter().map(|origin| origin.as_str().to_owned()).collect()))
        }
    };
    let expires = new.expires_in.map(|span| local_time(now.plus(span), zone));
    let unlimited = if typed.has_chosen_expiry() { t.never } else { t.not_chosen };
    vec![
        (t.name, new.name.clone()),
        (t.kind, t.kind_of(new.kind).to_owned()),
        (t.used_by, new.used_by.clone().unwrap_or_else(|| t.none.to_owned())),
        bounds,
        (t.rate_limit, t.rate.replace("{rate}", &new.rate_limit.to_string())),
        (t.expires, expires.unwrap_or_else(|| unlimited.to_owned())),
    ]
}

/// Why a key has a scope: the calls that need it, the job that does, or that somebody chose it.
fn why(scope: Scope, form: &KeyForm, tables: &ApiTables) -> String {
    let needed = tables.management.rules().iter().filter(|rule| rule.needs == Some(scope));
    let called: Vec<_> = needed
        .filter(|rule| form.called.iter().any(|id| id == rule.id))
        .map(|rule| format!("{} {}", rule.method, rule.path))
        .collect();
    if !called.is_empty() {
        return called.join(", ");
    }
    match form.job.filter(|job| job.scopes().contains(&scope)) {
        Some(job) => TEXTS.why_job.replace("{job}", job.label()),
        None => TEXTS.why_chosen.to_owned(),
    }
    .replace("{meaning}", &translate(scope.meaning()))
}

/// The bounds that a key could have and does not have, and the choice that nobody has made.
fn open_choices(new: &NewKey, typed: &KeyForm) -> Vec<&'static str> {
    let t = &TEXTS;
    let (has_no_bounds, bounds) = match new.kind {
        KeyKind::Secret => (new.networks.is_empty(), t.any_network),
        KeyKind::Publishable => (new.origins.is_empty(), t.any_origin),
    };
    let is_chosen = typed.has_chosen_expiry();
    let never = is_chosen && new.kind == KeyKind::Secret && new.expires_in.is_none();
    [(has_no_bounds, bounds), (never, t.never_expires), (!is_chosen, t.expiry_not_chosen)]
        .into_iter()
        .filter_map(|(is_open, text)| is_open.then_some(text))
        .collect()
}
