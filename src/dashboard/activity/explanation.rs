//! A recorded call, with the step of authorization that refused it, what that means, and what its key allows.

use std::borrow::Cow;

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::Response,
};

use super::CallView;
use crate::{
    access::{
        activity::{self, CallId, RecordedCall},
        call::{Step, StepResult},
        caller::Caller,
        keys,
        scope::Scope,
        sessions::caller::StaffCaller,
        stored::StoredKey,
    },
    dashboard::{
        api_texts::translate, frame::Frame, key_names::KeyNames, page::page, texts::TEXTS, time::local_to_the_second,
    },
    operation::app::App,
    wire::{
        problem::{Code, Problem},
        text::TimeZone,
    },
};

/// A step of authorization, as the page lists it.
struct StepView {
    name: Cow<'static, str>,
    meaning: &'static str,
    result: &'static str,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "call.html")]
struct CallPage {
    frame: Frame,
    row: CallView,
    request_id: String,
    code: Option<Code>,
    /// What the code means.
    meaning: Cow<'static, str>,
    /// What to do.
    advice: String,
    /// What of the key's terms decided.
    terms: Option<String>,
    /// Empty for a call that was admitted.
    steps: Vec<StepView>,
}

/// A call.
pub(in crate::dashboard) async fn explain(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let no_such = || Problem::new(Code::NotFound, TEXTS.no_such_call);
    let id: CallId = id.parse().map_err(|_| no_such())?;
    let studio = caller.studio();
    let call = activity::find(app.db.of(studio), id).await?.ok_or_else(no_such)?;
    let key = keys::find(app.db.of(studio), call.key_id).await.map_err(|_| no_such())?;
    let zone = &caller.session().time_zone;
    let code = call.code.as_deref().and_then(Code::named);
    let refused_by = code.filter(|_| call.refused).and_then(Step::that_refuses_with);
    let steps = refused_by.map(|step| Step::ALL.map(|each| StepView::of(each, step)).into());
    page(&CallPage {
        frame: Frame::of(&app, &caller).await?,
        row: CallView::of(&call, &KeyNames::of(std::slice::from_ref(&key)), zone),
        terms: refused_by.and_then(|step| terms(&call, step, &key, zone)),
        meaning: code.map(|code| translate(code.title())).unwrap_or_default(),
        advice: code.map(|code| advice(code, &call)).unwrap_or_default(),
        request_id: call.request_id,
        code,
        steps: steps.unwrap_or_default(),
    })
}

impl StepView {
    fn of(step: Step, refused_by: Step) -> Self {
        let (result, tone) = match step.result(Some(refused_by)) {
            StepResult::Passed => (TEXTS.step_passed, "good"),
            StepResult::Refused => (TEXTS.refused, "bad"),
            StepResult::NotReached => (TEXTS.step_not_reached, "quiet"),
        };
        Self { name: translate(step.name()), meaning: TEXTS.step(step), result, tone }
    }
}

/// What a code's advice says of this call.
fn advice(code: Code, call: &RecordedCall) -> String {
    let scope = call.required_scope.as_deref().unwrap_or("required_scope");
    translate(code.advice()).replace("`required_scope`", scope).replace('`', "")
}

/// What of a key's terms, as they are now, a step looked at.
fn terms(call: &RecordedCall, step: Step, key: &StoredKey, zone: &TimeZone) -> Option<String> {
    let t = &TEXTS;
    let listed = |items: Vec<String>| if items.is_empty() { t.any.to_owned() } else { items.join(", ") };
    match step {
        Step::Scope => {
            let held: Vec<_> = key.scopes.iter().map(Scope::name).collect();
            let needed = call.required_scope.as_deref().unwrap_or(t.none);
            Some(t.terms_scopes.replace("{needed}", needed).replace("{held}", &held.join(", ")))
        }
        Step::Bounds if key.publishable.is_some() => {
            let origins = key.origins.iter().map(|origin| origin.as_str().to_owned()).collect();
            Some(t.terms_origins.replace("{origins}", &listed(origins)))
        }
        Step::Bounds => {
            let networks = key.networks.iter().map(ToString::to_string).collect();
            let text = t.terms_networks.replace("{network}", &call.network.to_string());
            Some(text.replace("{networks}", &listed(networks)))
        }
        Step::Stored => {
            let ended =
                key.revoked_at.map(|at| (t.terms_revoked, at)).or(key.expires_at.map(|at| (t.terms_expired, at)));
            ended.map(|(text, at)| text.replace("{at}", &local_to_the_second(at, zone)))
        }
        Step::Rate => Some(t.terms_rate.replace("{rate}", &key.rate_limit.to_string())),
        Step::Credential | Step::Form | Step::Browser | Step::Surface | Step::Operation => None,
    }
}
