//! Making a key by hand: the form, and the page that shows the key once.

use std::{str::FromStr, time::Duration};

use askama::Template;
use axum::{
    body::Body,
    extract::State,
    http::{Response, StatusCode},
};

use super::{Frame, by, failed, made, open_form, seal, view::local};
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
    },
    operation::app::App,
    resources::studios,
    store::error::StoreError,
    wire::{form::Fields, problem::Problem, text::TimeZone},
};

/// The lifetimes that are offered, in days.
const LIFETIMES: [u32; 4] = [7, 30, 90, 365];
const DAY: Duration = Duration::from_hours(24);

#[derive(Template)]
#[template(path = "new_key.html")]
struct NewKeyPage {
    frame: Frame,
    form: String,
    studio: String,
    typed: Typed,
    scopes: Vec<ScopeChoice>,
    lifetimes: Vec<Lifetime>,
    faults: Vec<String>,
}

/// What was typed, to be shown again.
struct Typed {
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

struct Lifetime {
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
    let (keyring, studio, now) = (&*app.access.keyring, caller.studio(), app.clock.now());
    match keys::create_as(keyring, studio, id, new, &by(&caller), now).await {
        Ok(created) => made(&app, &caller, &created).await,
        Err(KeyError::Store(StoreError::Taken)) => Err(failed(KeyError::Store(StoreError::Taken))),
        Err(KeyError::Store(error)) => Err(error.into()),
        Err(refused) => again(vec![sentence(&refused.to_string())]).await,
    }
}

/// The key that a form asks for, or everything that cannot be read in it.
fn read(sent: &Fields) -> Result<NewKey, Vec<String>> {
    let mut faults = Vec::new();
    let kind = match sent.text("kind") {
        Some("secret") => KeyKind::Secret,
        Some("publishable") => KeyKind::Publishable,
        _ => {
            faults.push(TEXTS.choose_kind.to_owned());
            KeyKind::Secret
        }
    };
    let rate = sent.text("rate_limit").unwrap_or_default().trim();
    let rate_limit = if rate.is_empty() { Some(DEFAULT_RATE) } else { rate.parse().ok() };
    if rate_limit.is_none() {
        faults.push(TEXTS.bad_rate.to_owned());
    }
    let days = sent.text("expires").unwrap_or_default();
    let lifetime = LIFETIMES.iter().find(|known| known.to_string() == days);
    if lifetime.is_none() && !days.is_empty() {
        faults.push(TEXTS.bad_lifetime.to_owned());
    }
    let expires_in = lifetime.map(|days| DAY * *days);
    let parts = |name| lines(sent, name);
    let origins = all(parts("origins"), AllowedOrigin::from_str, TEXTS.origins, &mut faults);
    let networks = all(parts("networks"), parse_network, TEXTS.networks, &mut faults);
    let scopes = all(sent.texts("scopes").collect(), Scope::from_str, TEXTS.scopes, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let used_by = sent.text("used_by").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    Ok(NewKey {
        name: sent.text("name").unwrap_or_default().trim().to_owned(),
        kind,
        used_by,
        scopes: scopes.into_iter().collect(),
        origins,
        networks,
        rate_limit: rate_limit.unwrap_or(DEFAULT_RATE),
        expires_in,
    })
}

/// The entries of a field: one a line, or with commas between them.
fn lines<'f>(sent: &'f Fields, name: &str) -> Vec<&'f str> {
    let text = sent.text(name).unwrap_or_default();
    text.split(['\n', ',']).map(str::trim).filter(|entry| !entry.is_empty()).collect()
}

fn all<T, E: ToString>(
    entries: Vec<&str>,
    read: impl Fn(&str) -> Result<T, E>,
    field: &str,
    faults: &mut Vec<String>,
) -> Vec<T> {
    let mut found = Vec::new();
    for entry in entries {
        match read(entry) {
            Ok(entry) => found.push(entry),
            Err(fault) => faults.push(format!("{field}: {}", sentence(&fault.to_string()))),
        }
    }
    found
}

/// A refusal of the command line as a sentence of a page.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let end = if text.ends_with('.') { "" } else { "." };
    first.chain(letters).collect::<String>() + end
}

async fn form(
    app: &App,
    caller: &StaffCaller,
    sent: Option<&Fields>,
    faults: Vec<String>,
) -> Result<NewKeyPage, Problem> {
    let studio = studios::find(app.db.of(caller.studio())).await?.ok_or_else(|| Problem::not_found("studio"))?;
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
        studio: caller.studio().to_string(),
        typed: Typed {
            name: text("name"),
            is_secret: text("kind") == "secret",
            is_publishable: text("kind") == "publishable",
            used_by: text("used_by"),
            origins: text("origins"),
            networks: text("networks"),
            rate_limit: if sent.is_some() { text("rate_limit") } else { DEFAULT_RATE.to_string() },
        },
        scopes: scopes.collect(),
        lifetimes: lifetimes(app, &studio.fields.time_zone, &text("expires")),
        faults,
    })
}

/// The choices, each with the day on which the key would expire.
fn lifetimes(app: &App, zone: &TimeZone, chosen: &str) -> Vec<Lifetime> {
    let never = Lifetime { days: String::new(), text: TEXTS.never.to_owned(), is_chosen: chosen.is_empty() };
    let after = LIFETIMES.iter().map(|days| {
        let ends = app.clock.now().plus(DAY * *days);
        let (days, date) = (days.to_string(), local(ends, zone, "%-d %b %Y"));
        let text = TEXTS.days.replace("{days}", &days).replace("{date}", &date);
        Lifetime { is_chosen: chosen == days, days, text }
    });
    std::iter::once(never).chain(after).collect()
}
