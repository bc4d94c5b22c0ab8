//! Making a key by hand: the form, and the page that shows the key once.

use std::{str::FromStr, time::Duration};

use askama::Template;
use axum::{
    body::Body,
    extract::State,
    http::{Response, StatusCode},
};

use super::{
    Frame,
    change::{failed, may_make, open_form, seal, sentence},
    made,
};
use crate::{
    access::{
        caller::Caller,
        key::KeyKind,
        keys::{self, DEFAULT_RATE, KeyError, NewKey},
        network::parse_network,
        origin::AllowedOrigin,
        scope::Scope,
        sessions::caller::StaffCaller,
    },
    dashboard::{
        form::Sent,
        page::{page, with_status},
        texts::TEXTS,
        time::local,
    },
    operation::app::App,
    wire::{form::Fields, problem::Problem},
};

/// The lifetimes that are offered, in days.
const LIFETIMES: [u32; 4] = [7, 30, 90, 365];
/// Origins, or networks, of one key.
const MOST_ENTRIES: usize = 100;
/// Faults that one page lists.
const MOST_FAULTS: usize = 20;
const DAY: Duration = Duration::from_hours(24);

#[derive(Template)]
#[template(path = "new_key.html")]
struct NewKeyPage {
    frame: Frame,
    form: String,
    typed: TypedKey,
    scopes: Vec<ScopeChoice>,
    lifetimes: Vec<LifetimeChoice>,
    faults: Vec<String>,
}

/// What was typed, to be shown again.
struct TypedKey {
    name: String,
    is_secret: bool,
    is_publishable: bool,
    used_by: String,
    origins: String,
    networks: String,
    rate_limit: String,
}

struct ScopeChoice {
    name: &'static str,
    meaning: &'static str,
    is_chosen: bool,
}

struct LifetimeChoice {
    days: String,
    text: String,
    is_chosen: bool,
}

/// The form.
pub(in crate::dashboard) async fn new(State(app): State<App>, caller: StaffCaller) -> Result<Response<Body>, Problem> {
    page(&form(&app, &caller, None, Vec::new()).await?)
}

/// Makes the key, and shows it.
pub(in crate::dashboard) async fn create(
    State(app): State<App>,
    caller: StaffCaller,
    Sent(sent): Sent,
) -> Result<Response<Body>, Problem> {
    let id = open_form(&app, &caller, &sent)?;
    let again = async |faults| {
        let page = form(&app, &caller, Some(&sent), faults).await?;
        with_status(StatusCode::UNPROCESSABLE_ENTITY, &page)
    };
    let new = match read(&sent) {
        Ok(new) => new,
        Err(faults) => return again(faults).await,
    };
    may_make(&app, &caller).await?;
    let (keyring, studio, now) = (&*app.access.keyring, caller.studio(), app.clock.now());
    match keys::create_as(keyring, studio, id, new, caller.actor(), now).await {
        Ok(created) => made(&app, &caller, &created).await,
        Err(KeyError::Invalid(fault)) => again(vec![sentence(fault)]).await,
        Err(refused) => Err(failed(refused)),
    }
}

/// The key that a form asks for, or everything that is wrong with it.
fn read(sent: &Fields) -> Result<NewKey, Vec<String>> {
    let mut faults = Vec::new();
    let kind = match sent.text("kind") {
        Some("secret") => Some(KeyKind::Secret),
        Some("publishable") => Some(KeyKind::Publishable),
        _ => None,
    };
    let rate = sent.text("rate_limit").unwrap_or_default().trim();
    let rate_limit = if rate.is_empty() { Some(DEFAULT_RATE) } else { rate.parse().ok() };
    let days = sent.text("expires").unwrap_or_default();
    let lifetime = LIFETIMES.iter().find(|known| known.to_string() == days);
    for (is_wrong, fault) in [
        (kind.is_none(), TEXTS.choose_kind),
        (rate_limit.is_none(), TEXTS.bad_rate),
        (lifetime.is_none() && !days.is_empty(), TEXTS.bad_lifetime),
    ] {
        faults.extend(is_wrong.then(|| fault.to_owned()));
    }
    let origins = all(&lines(sent, "origins"), AllowedOrigin::from_str, TEXTS.origins, &mut faults);
    let networks = all(&lines(sent, "networks"), parse_network, TEXTS.networks, &mut faults);
    let chosen: Vec<_> = sent.texts("scopes").collect();
    let scopes = all(&chosen, Scope::from_str, TEXTS.scopes, &mut faults);
    let used_by = sent.text("used_by").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let new = NewKey {
        name: sent.text("name").unwrap_or_default().trim().to_owned(),
        kind: kind.unwrap_or(KeyKind::Secret),
        used_by,
        scopes: scopes.into_iter().collect(),
        origins,
        networks,
        rate_limit: rate_limit.unwrap_or(DEFAULT_RATE),
        expires_in: lifetime.map(|days| DAY * *days),
    };
    // What goes with which kind is said once a kind is chosen.
    faults.extend(if kind.is_some() { new.faults() } else { new.faults_of_names() }.into_iter().map(sentence));
    faults.truncate(MOST_FAULTS);
    if faults.is_empty() { Ok(new) } else { Err(faults) }
}

/// The entries of a field: one a line, or with commas between them.
fn lines<'f>(sent: &'f Fields, name: &str) -> Vec<&'f str> {
    let text = sent.text(name).unwrap_or_default();
    text.split(['\n', ',']).map(str::trim).filter(|entry| !entry.is_empty()).take(MOST_ENTRIES + 1).collect()
}

fn all<T, E: ToString>(
    entries: &[&str],
    read: impl Fn(&str) -> Result<T, E>,
    field: &str,
    faults: &mut Vec<String>,
) -> Vec<T> {
    if entries.len() > MOST_ENTRIES {
        faults.push(format!("{field}: {}", TEXTS.too_many_entries.replace("{most}", &MOST_ENTRIES.to_string())));
        return Vec::new();
    }
    let mut found = Vec::new();
    for entry in entries {
        match read(entry) {
            Ok(entry) => found.push(entry),
            Err(fault) => faults.push(format!("{field}: {}", sentence(&fault.to_string()))),
        }
    }
    found
}

async fn form(
    app: &App,
    caller: &StaffCaller,
    sent: Option<&Fields>,
    faults: Vec<String>,
) -> Result<NewKeyPage, Problem> {
    let text = |name| sent.and_then(|sent| sent.text(name)).unwrap_or_default().to_owned();
    let chosen: Vec<_> = sent.map(|sent| sent.texts("scopes").collect()).unwrap_or_default();
    let scopes = Scope::ALL.iter().map(|scope| ScopeChoice {
        name: scope.name(),
        meaning: scope.meaning(),
        is_chosen: chosen.contains(&scope.name()),
    });
    Ok(NewKeyPage {
        frame: Frame::of(app, caller).await?,
        form: seal(app, caller),
        typed: TypedKey {
            name: text("name"),
            is_secret: text("kind") == "secret",
            is_publishable: text("kind") == "publishable",
            used_by: text("used_by"),
            origins: text("origins"),
            networks: text("networks"),
            rate_limit: if sent.is_some() { text("rate_limit") } else { DEFAULT_RATE.to_string() },
        },
        scopes: scopes.collect(),
        lifetimes: lifetimes(app, caller, &text("expires")),
        faults,
    })
}

/// The choices, each with the day on which the key would expire.
fn lifetimes(app: &App, caller: &StaffCaller, chosen: &str) -> Vec<LifetimeChoice> {
    let never = LifetimeChoice { days: String::new(), text: TEXTS.never.to_owned(), is_chosen: chosen.is_empty() };
    let after = LIFETIMES.iter().map(|days| {
        let ends = app.clock.now().plus(DAY * *days);
        let (days, date) = (days.to_string(), local(ends, &caller.session().time_zone, "%-d %b %Y"));
        let text = TEXTS.days.replace("{days}", &days).replace("{date}", &date);
        LifetimeChoice { is_chosen: chosen == days, days, text }
    });
    std::iter::once(never).chain(after).collect()
}
