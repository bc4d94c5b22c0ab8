//! The activity: the calls that came with the studio's keys, newest first, with filters, a live tail and a download, and each
//! call with an explanation.

mod explanation;
mod view;

pub(super) use self::{explanation::explain, view::KeyNames};

use std::time::Duration;

use askama::Template;
use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, Response, StatusCode},
};

use self::view::CallView;
use super::{
    frame::Frame,
    log_page::{BATCH, FilterChoice, PAGE_AND_ONE, Typed, cut, download},
    page::{put_headers_of, with_status},
    texts::TEXTS,
};
use crate::{
    access::{
        activity::{self, CallFilter, CallId, UNKNOWN_OPERATION},
        caller::Caller,
        history,
        sessions::caller::StaffCaller,
    },
    operation::app::App,
    store::{filter::LogOrder, instant::Instant},
    wire::problem::{Code, Problem},
};

const PATH: &str = "/studio/activity";
const FILTERS: [&str; 5] = ["key", "outcome", "operation", "since", "until"];
/// Calls are written within a second: of those that are older, the tail misses none.
const TAIL_DELAY: Duration = Duration::from_secs(2);
/// How often a browser asks for new calls, in milliseconds.
const ASKED_EVERY: u32 = 2_000;
/// New calls are counted up to here.
const MOST_NEW: i64 = 1_000;

#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage {
    frame: Frame,
    calls: Vec<CallView>,
    keys: Vec<FilterChoice>,
    outcomes: Vec<FilterChoice>,
    codes: Vec<FilterChoice>,
    operations: Vec<FilterChoice>,
    since: String,
    until: String,
    is_filtered: bool,
    faults: Vec<String>,
    /// Where the tail is read; none on pages of older calls.
    live: Option<String>,
    now: String,
    latest: String,
    download: String,
    older: Option<String>,
    is_first: bool,
    dropped: Option<String>,
}

/// The list.
pub(super) async fn list(
    State(app): State<App>,
    caller: StaffCaller,
    RawQuery(query): RawQuery,
) -> Result<Response<Body>, Problem> {
    let mut typed = Typed::of(&app, &caller, query).await?;
    let filter = filter_of(&mut typed);
    let before = typed.before();
    let (studio, now) = (caller.studio(), app.clock.now());
    let names = KeyNames::of(&app, studio).await?;
    let rows = if typed.faults.is_empty() {
        activity::list(app.db.read(), studio, &filter, LogOrder::Newest(before), PAGE_AND_ONE).await?
    } else {
        Vec::new()
    };
    let (shown, has_more) = cut(rows);
    let older = shown.last().filter(|_| has_more).map(|call| call.id.to_string());
    let dropped = activity::dropped_since(app.db.read(), studio, now.minus(activity::KEPT)).await?;
    let is_first = before.is_none();
    let after = CallId::first_of(now.minus(TAIL_DELAY));
    let live = (is_first && filter.until.is_none() && typed.faults.is_empty()).then(|| {
        let path = typed.link(&format!("{PATH}/live"), &FILTERS, None);
        format!("{path}{}after={after}", if path.contains('?') { '&' } else { '?' })
    });
    let outcome = typed.text("outcome");
    let page = ActivityPage {
        frame: Frame::of(&app, &caller).await?,
        calls: shown.iter().map(|call| CallView::of(call, &names, &typed)).collect(),
        keys: names.choices(typed.text("key").as_deref()),
        outcomes: outcomes(outcome.as_deref()),
        codes: Code::ALL.iter().map(|code| FilterChoice::of(code.name(), code.name(), outcome.as_deref())).collect(),
        operations: operations(&app, &caller, typed.text("operation").as_deref()).await?,
        since: typed.text("since").unwrap_or_default(),
        until: typed.text("until").unwrap_or_default(),
        is_filtered: FILTERS.iter().any(|name| typed.text(name).is_some()),
        live,
        now: typed.local(now),
        latest: typed.link(PATH, &FILTERS, None),
        download: typed.link(&format!("{PATH}/download"), &FILTERS, None),
        older: older.map(|last| typed.link(PATH, &FILTERS, Some(last))),
        is_first,
        dropped: (dropped > 0).then(|| TEXTS.activity_dropped.replace("{calls}", &dropped.to_string())),
        faults: typed.faults,
    };
    let status = if page.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    with_status(status, &page)
}

/// How many calls came since the last time, as an event. The answer ends at once, and the browser asks again: so each is
/// judged by its session, and a server that stops waits for nobody.
pub(super) async fn live(
    State(app): State<App>,
    caller: StaffCaller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    let mut typed = Typed::of(&app, &caller, query).await?;
    let filter = filter_of(&mut typed);
    let last = CallId::first_of(app.clock.now().minus(TAIL_DELAY));
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let after = resumed.or(typed.read("after", TEXTS.older, |text| text.parse().ok())).unwrap_or(last);
    typed.check()?;
    let calls = activity::count_between(app.db.read(), caller.studio(), &filter, after, last, MOST_NEW).await?;
    // Never back: the clock may have been set.
    let last = last.max(after);
    let mut response = Response::new(format!("retry: {ASKED_EVERY}\nid: {last}\ndata: {calls}\n\n").into());
    put_headers_of(response.headers_mut(), "text/event-stream");
    Ok(response)
}

/// All calls of these filters as JSON Lines, oldest first.
pub(super) async fn save(
    State(app): State<App>,
    caller: StaffCaller,
    RawQuery(query): RawQuery,
) -> Result<Response<Body>, Problem> {
    let mut typed = Typed::of(&app, &caller, query).await?;
    let filter = filter_of(&mut typed);
    typed.check()?;
    let name = format!("activity-{}", day(app.clock.now()));
    Ok(download(&name, move |behind| {
        let (app, caller, filter) = (app.clone(), caller.clone(), filter.clone());
        async move {
            let _slot = app.admission.read(caller.requester(), 1).await?;
            let order = LogOrder::Oldest(behind);
            let calls = activity::list(app.db.read(), caller.studio(), &filter, order, BATCH).await?;
            let last = calls.last().map(|call| call.id);
            Ok((calls, last))
        }
    }))
}

/// The day of a download's name.
pub(super) fn day(at: Instant) -> String {
    at.to_string().chars().take("2026-11-29".len()).collect()
}

fn filter_of(typed: &mut Typed) -> CallFilter {
    let outcome = typed.read("outcome", TEXTS.outcome, |text| match text {
        "admitted" => Some((Some(false), None)),
        "refused" => Some((Some(true), None)),
        code => Code::named(code).map(|code| (None, Some(code.name().to_owned()))),
    });
    let (refused, code) = outcome.unwrap_or_default();
    CallFilter {
        key: typed.read("key", TEXTS.key, |text| text.parse().ok()),
        operation: typed.text("operation"),
        refused,
        code,
        since: typed.time("since", TEXTS.since),
        until: typed.time("until", TEXTS.until),
    }
}

fn outcomes(chosen: Option<&str>) -> Vec<FilterChoice> {
    vec![FilterChoice::of("admitted", TEXTS.admitted, chosen), FilterChoice::of("refused", TEXTS.refused, chosen)]
}

/// The operations that the studio's keys were used for.
async fn operations(app: &App, caller: &StaffCaller, chosen: Option<&str>) -> Result<Vec<FilterChoice>, Problem> {
    let mut used = history::operations(app.db.read(), caller.studio(), app.clock.now().minus(activity::KEPT)).await?;
    // What is filtered by stays a choice.
    if let Some(chosen) = chosen.filter(|chosen| !used.iter().any(|used| used == chosen)) {
        used.push(chosen.to_owned());
    }
    let label =
        |operation: &str| if operation == UNKNOWN_OPERATION { TEXTS.no_operation } else { operation }.to_owned();
    Ok(used.into_iter().map(|operation| FilterChoice::of(operation.clone(), label(&operation), chosen)).collect())
}
