//! Making a key: from a job, from the calls that it is for, like a key that has ended, or by hand. Each way leads to the same
//! form, then to a summary, then to the page that shows the key once.

use std::borrow::Cow;

use askama::Template;
use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    http::{Response, StatusCode},
};

use super::{
    Frame,
    called::ReadCalls,
    change::{failed, may_make, open_form, seal, sentence},
    form::KeyForm,
    job::Job,
    made,
    summary::SummaryPage,
};
use crate::{
    access::{
        caller::Caller,
        keys::{self, KeyError, NewKey},
        scope::Scope,
        sessions::caller::StaffCaller,
    },
    dashboard::{
        api_tables::ApiTables,
        api_texts::translate,
        form::Sent,
        page::{page, with_status},
        texts::TEXTS,
        time::local_day,
    },
    operation::app::App,
    store::studio::StudioOn,
    wire::{
        form::Fields,
        problem::{Code, Problem},
    },
};

/// The lifetimes that are offered, in days.
const LIFETIMES: [u32; 4] = [7, 30, 90, 365];

#[derive(Template)]
#[template(path = "new_key.html")]
struct NewKeyPage {
    frame: Frame,
    form: String,
    typed: KeyForm,
    jobs: [Job; 5],
    scopes: Vec<ScopeChoice>,
    lifetimes: Vec<LifetimeChoice>,
    faults: Vec<String>,
    /// What was found in the calls that were pasted.
    calls: Option<ReadCalls>,
}

struct ScopeChoice {
    name: &'static str,
    meaning: Cow<'static, str>,
    is_chosen: bool,
}

struct LifetimeChoice {
    /// What the form sends: a number of days, or a word.
    days: String,
    text: String,
    is_chosen: bool,
}

/// The form: empty, for a job, or like another key.
pub(in crate::dashboard) async fn new(
    State(app): State<App>,
    caller: StaffCaller,
    RawQuery(query): RawQuery,
) -> Result<Response<Body>, Problem> {
    let query = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let form = if let Some(job) = query.text("job").and_then(Job::named) {
        KeyForm::for_job(job)
    } else if let Some(id) = query.text("like") {
        KeyForm::like(&like(app.db.of(caller.studio()), id, &app).await?)
    } else {
        KeyForm::empty()
    };
    page(&form_page(&app, &caller, form, Vec::new(), None).await?)
}

/// The settings of a key that has ended.
async fn like(on: StudioOn<'_>, id: &str, app: &App) -> Result<NewKey, Problem> {
    let id = id.parse().map_err(|_| Problem::new(Code::NotFound, TEXTS.no_such_key))?;
    keys::like(on, id, app.clock.now()).await.map_err(failed)
}

/// The form from the calls that were pasted, which are forgotten; or what was typed before, to be changed.
pub(in crate::dashboard) async fn fill_in(
    State(app): State<App>,
    caller: StaffCaller,
    Extension(tables): Extension<ApiTables>,
    Sent(sent): Sent,
) -> Result<Response<Body>, Problem> {
    let Some(pasted) = sent.text("calls") else {
        return page(&form_page(&app, &caller, KeyForm::sent(&sent), Vec::new(), None).await?);
    };
    let (form, calls) = ReadCalls::of(pasted, &tables);
    let status = if calls.has_found_some() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    with_status(status, &form_page(&app, &caller, form, Vec::new(), Some(calls)).await?)
}

/// What the key will be, before it is made.
pub(in crate::dashboard) async fn summary(
    State(app): State<App>,
    caller: StaffCaller,
    Extension(tables): Extension<ApiTables>,
    Sent(sent): Sent,
) -> Result<Response<Body>, Problem> {
    open_form(&app, &caller, &sent)?;
    let form = KeyForm::sent(&sent);
    match form.read() {
        Ok(new) => summary_page(&app, &caller, &tables, (&sent, form, &new)).await,
        Err(faults) => {
            let again = form_page(&app, &caller, form, faults, None).await?;
            with_status(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
    }
}

async fn summary_page(
    app: &App,
    caller: &StaffCaller,
    tables: &ApiTables,
    (sent, form, new): (&Fields, KeyForm, &NewKey),
) -> Result<Response<Body>, Problem> {
    let (frame, zone) = (Frame::of(app, caller).await?, &caller.session().time_zone);
    let sealed = sent.text("form").unwrap_or_default().to_owned();
    page(&SummaryPage::of(frame, sealed, form, new, tables, (app.clock.now(), zone)))
}

/// Makes the key, and shows it. Where nobody has chosen when it expires, the summary says so first.
pub(in crate::dashboard) async fn create(
    State(app): State<App>,
    caller: StaffCaller,
    Extension(tables): Extension<ApiTables>,
    Sent(sent): Sent,
) -> Result<Response<Body>, Problem> {
    let id = open_form(&app, &caller, &sent)?;
    let form = KeyForm::sent(&sent);
    let again = async |form, faults| {
        let page = form_page(&app, &caller, form, faults, None).await?;
        with_status(StatusCode::UNPROCESSABLE_ENTITY, &page)
    };
    let new = match form.read() {
        Ok(new) => new,
        Err(faults) => return again(form, faults).await,
    };
    if !form.has_chosen_expiry() {
        return summary_page(&app, &caller, &tables, (&sent, form, &new)).await;
    }
    may_make(&app, &caller).await?;
    let (keyring, studio, now) = (&*app.access.keyring, caller.studio(), app.clock.now());
    match keys::create_as(keyring, studio, id, new, caller.actor(), now).await {
        Ok(created) => made(&app, &caller, &created).await,
        Err(KeyError::Invalid(fault)) => again(form, vec![sentence(fault)]).await,
        Err(refused) => Err(failed(refused)),
    }
}

async fn form_page(
    app: &App,
    caller: &StaffCaller,
    typed: KeyForm,
    faults: Vec<String>,
    calls: Option<ReadCalls>,
) -> Result<NewKeyPage, Problem> {
    let scopes = Scope::ALL.iter().map(|scope| ScopeChoice {
        name: scope.name(),
        meaning: translate(scope.meaning()),
        is_chosen: typed.scopes.iter().any(|chosen| chosen == scope.name()),
    });
    Ok(NewKeyPage {
        frame: Frame::of(app, caller).await?,
        form: seal(app, caller),
        scopes: scopes.collect(),
        lifetimes: lifetimes(app, caller, &typed.expires),
        jobs: Job::ALL,
        typed,
        faults,
        calls,
    })
}

/// The choices, each with the day on which the key would expire; none is made before somebody makes it. Another lifetime that was
/// filled in is one of them.
fn lifetimes(app: &App, caller: &StaffCaller, chosen: &str) -> Vec<LifetimeChoice> {
    let choice = |value: &str, text: &str| LifetimeChoice {
        days: value.to_owned(),
        text: text.to_owned(),
        is_chosen: chosen == value,
    };
    let first = [choice("", TEXTS.choose_lifetime), choice(KeyForm::NEVER, TEXTS.never)];
    let mut offered = LIFETIMES.to_vec();
    offered.extend(KeyForm::lifetime(chosen));
    offered.sort_unstable();
    offered.dedup();
    let after = offered.iter().map(|days| {
        let ends = app.clock.now().plus(KeyForm::DAY * *days);
        let (days, date) = (days.to_string(), local_day(ends, &caller.session().time_zone));
        let text = TEXTS.days.replace("{days}", &days).replace("{date}", &date);
        LifetimeChoice { is_chosen: chosen == days, days, text }
    });
    first.into_iter().chain(after).collect()
}
