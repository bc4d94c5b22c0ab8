//! Taking rights from a key: scopes that nothing uses, networks, or origins. Nothing is ever added.

use std::{borrow::Cow, str::FromStr};

use askama::Template;
use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    http::{Response, StatusCode},
};

use super::{
    Frame, KeyAndReplacements,
    change::{failed, sentence},
    form::KeyForm,
    view::{KeyView, Views},
};
use crate::{
    access::{
        caller::Caller,
        change_limits::StudioChange,
        findings::Findings,
        keys::{self, KeyError, Narrowing},
        network::parse_network,
        origin::AllowedOrigin,
        scope::{Scope, ScopeSet},
        sessions::caller::StaffCaller,
        stored::StoredKey,
    },
    dashboard::{
        api_tables::ApiTables,
        api_texts::translate,
        form::Sent,
        page::{lead_to, page, with_status},
        texts::TEXTS,
    },
    operation::app::App,
    wire::problem::Problem,
};

#[derive(Template)]
#[template(path = "narrowing.html")]
struct NarrowingPage {
    frame: Frame,
    row: KeyView,
    typed: KeyForm,
    scopes: Vec<HeldScope>,
    is_publishable: bool,
    finding: Option<String>,
    faults: Vec<String>,
}

/// A scope that the key has.
struct HeldScope {
    name: &'static str,
    meaning: Cow<'static, str>,
    is_kept: bool,
    is_unused: bool,
}

/// The form. The scopes that nothing uses are not ticked.
pub(in crate::dashboard) async fn narrowing(
    State(app): State<App>,
    caller: StaffCaller,
    Extension(tables): Extension<ApiTables>,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let found = KeyAndReplacements::by_id(&app, &caller, &id).await?;
    if found.key.ended_at(app.clock.now()).is_some() {
        return Ok(lead_to(&format!("/studio/api-keys/{}", found.key.id)));
    }
    page(&form(&app, &caller, &tables, &found, None, Vec::new()).await?)
}

/// Narrows the key: to what the form keeps, or by the unused scopes that the form of a finding names.
pub(in crate::dashboard) async fn narrow(
    State(app): State<App>,
    caller: StaffCaller,
    Extension(tables): Extension<ApiTables>,
    Path(id): Path<String>,
    Sent(sent): Sent,
) -> Result<Response<Body>, Problem> {
    let found = KeyAndReplacements::with_last_uses(&app, &caller, &id).await?;
    let (typed, key) = (KeyForm::sent(&sent), &found.key);
    let removed: ScopeSet = sent.texts("removes").filter_map(|scope| scope.parse().ok()).collect();
    if !removed.is_empty() {
        return narrow_by_finding(&app, &caller, &tables, &found, removed).await;
    }
    let again = async |faults| {
        let page = form(&app, &caller, &tables, &found, Some(typed.clone()), faults).await?;
        with_status(StatusCode::UNPROCESSABLE_ENTITY, &page)
    };
    let to = match read(&typed, key) {
        Ok(to) => to,
        Err(faults) => return again(faults).await,
    };
    if to.scopes.is_some() || to.origins.is_some() || to.networks.is_some() {
        match apply(&app, &caller, key, to).await? {
            Ok(()) => {}
            Err(KeyError::Widened(_)) => return again(vec![TEXTS.never_widened.to_owned()]).await,
            Err(KeyError::Invalid(fault)) => return again(vec![sentence(fault)]).await,
            Err(refused) => return Err(failed(refused)),
        }
    }
    Ok(lead_to(&format!("/studio/api-keys/{}", key.id)))
}

/// Narrows a key, within the limit of changes.
async fn apply(
    app: &App,
    caller: &StaffCaller,
    key: &StoredKey,
    to: Narrowing,
) -> Result<Result<(), KeyError>, Problem> {
    app.access.change_limits.take(caller.studio(), StudioChange::Key, app.clock.uptime())?;
    let (keyring, studio, now) = (&*app.access.keyring, caller.studio(), app.clock.now());
    Ok(keys::narrow(keyring, studio, key.id, to, caller.actor(), now).await.map(drop))
}

/// Takes off the scopes that a finding named, if each is still unused: something may have called for one since the page was opened.
async fn narrow_by_finding(
    app: &App,
    caller: &StaffCaller,
    tables: &ApiTables,
    found: &KeyAndReplacements,
    removed: ScopeSet,
) -> Result<Response<Body>, Problem> {
    let (key, now) = (&found.key, app.clock.now());
    let removed: ScopeSet = removed.iter().filter(|scope| key.scopes.has(*scope)).collect();
    if !removed.is_empty() {
        let findings = Findings::read(app.db.of(caller.studio()), &tables.management, now).await?;
        let unused = findings.unused_of(key, now).unwrap_or_default();
        if !removed.is_within(unused) {
            let over: Vec<_> = removed.iter().filter(|scope| !unused.has(*scope)).map(Scope::name).collect();
            let fault = TEXTS.finding_is_over.replace("{scopes}", &over.join(", "));
            let page = form(app, caller, tables, found, None, vec![fault]).await?;
            return with_status(StatusCode::CONFLICT, &page);
        }
        let kept = key.scopes.iter().filter(|scope| !removed.has(*scope)).collect();
        let to = Narrowing { scopes: Some(kept), ..Narrowing::default() };
        apply(app, caller, key, to).await?.map_err(failed)?;
    }
    Ok(lead_to(&format!("/studio/api-keys/{}", key.id)))
}

/// What is to be narrowed: nothing where the form says what the key has already.
fn read(typed: &KeyForm, key: &StoredKey) -> Result<Narrowing, Vec<String>> {
    let mut faults = Vec::new();
    let scopes: ScopeSet = typed.scopes.iter().filter_map(|scope| scope.parse().ok()).collect();
    let origins = KeyForm::entries_of(&typed.origins, AllowedOrigin::from_str, TEXTS.origins, &mut faults);
    let networks = KeyForm::entries_of(&typed.networks, parse_network, TEXTS.networks, &mut faults);
    if faults.is_empty() {
        Ok(Narrowing {
            scopes: (scopes != key.scopes).then_some(scopes),
            origins: (origins != key.origins).then_some(origins),
            networks: (networks != key.networks).then_some(networks),
            rate_limit: None,
        })
    } else {
        Err(faults)
    }
}

async fn form(
    app: &App,
    caller: &StaffCaller,
    tables: &ApiTables,
    KeyAndReplacements { key, replacements }: &KeyAndReplacements,
    typed: Option<KeyForm>,
    faults: Vec<String>,
) -> Result<NarrowingPage, Problem> {
    let now = app.clock.now();
    let findings = Findings::read(app.db.of(caller.studio()), &tables.management, now).await?;
    let unused = findings.unused_of(key, now).unwrap_or_default();
    let is_kept = |name: &str, is_unused: bool| match &typed {
        Some(typed) => typed.scopes.iter().any(|scope| scope == name),
        None => !is_unused,
    };
    let scopes = key.scopes.iter().map(|scope| HeldScope {
        name: scope.name(),
        meaning: translate(scope.meaning()),
        is_kept: is_kept(scope.name(), unused.has(scope)),
        is_unused: unused.has(scope),
    });
    let scopes = scopes.collect();
    let finding = (!unused.is_empty()).then(|| super::view::unused_scopes(unused));
    let row = Views::of(app, caller, replacements).await?.of_key(key);
    let typed = typed.unwrap_or_else(|| KeyForm::of_key(key));
    let is_publishable = key.publishable.is_some();
    Ok(NarrowingPage { frame: Frame::of(app, caller).await?, row, typed, scopes, is_publishable, finding, faults })
}
