//! Putting findings about a key aside, with a reason, and taking that back.

use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    http::{Response, StatusCode},
};

use super::{
    KeyAndReplacements,
    change::{failed, sentence},
    key_page,
};
use crate::{
    access::{
        caller::Caller,
        findings::Findings,
        keys::KeyError,
        put_aside,
        scope::{Scope, ScopeSet},
        sessions::caller::StaffCaller,
    },
    dashboard::{
        api_tables::ApiTables,
        form::Sent,
        page::{lead_to, with_status},
        texts::TEXTS,
    },
    operation::app::App,
    store::turns::WriteTx,
    wire::problem::Problem,
};

/// Puts the findings aside that the form names, if each still holds.
pub(in crate::dashboard) async fn put_aside(
    State(app): State<App>,
    caller: StaffCaller,
    Extension(tables): Extension<ApiTables>,
    Path(id): Path<String>,
    Sent(sent): Sent,
) -> Result<Response<Body>, Problem> {
    let found = KeyAndReplacements::with_last_uses(&app, &caller, &id).await?;
    let (key, now) = (&found.key, app.clock.now());
    let scopes: ScopeSet = sent.texts("scopes").filter_map(|scope| scope.parse().ok()).collect();
    let findings = Findings::read(app.db.of(caller.studio()), &tables.management, now).await?;
    let fault = if scopes.is_empty() {
        TEXTS.choose_scopes.to_owned()
    } else if !scopes.is_within(findings.unused_of(key, now).unwrap_or_default()) {
        TEXTS.finding_is_over.replace("{scopes}", &scopes.iter().map(Scope::name).collect::<Vec<_>>().join(", "))
    } else {
        let reason = sent.text("reason").unwrap_or_default().trim();
        let mut tx = app.db.begin_studio(&app.clock, caller.studio(), 1).await?;
        match put_aside::put_aside(&mut tx, key.id, scopes, reason, &caller.actor()).await {
            Ok(()) => {
                tx.commit().await?;
                return Ok(lead_to(&format!("/studio/api-keys/{}", key.id)));
            }
            Err(KeyError::Invalid(fault)) => sentence(fault),
            Err(refused) => return Err(failed(refused)),
        }
    };
    let page = key_page(&app, &caller, &tables, found, Some(fault)).await?;
    with_status(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Takes back that a finding was put aside.
pub(in crate::dashboard) async fn take_back(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(sent): Sent,
) -> Result<Response<Body>, Problem> {
    let key = KeyAndReplacements::by_id(&app, &caller, &id).await?.key.id;
    if let Some(scope) = sent.text("scope").and_then(|scope| scope.parse().ok()) {
        let mut tx = app.db.begin_studio(&app.clock, caller.studio(), 1).await?;
        put_aside::take_back(&mut tx, key, scope, &caller.actor()).await.map_err(failed)?;
        tx.commit().await?;
    }
    Ok(lead_to(&format!("/studio/api-keys/{key}")))
}
