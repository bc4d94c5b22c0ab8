//! The download of a log, activity or audit, as JSON Lines.

use axum::{
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::{HeaderValue, Response, header},
};
use futures_util::{TryStreamExt, stream};
use serde::Serialize;

use super::{
    log_page::{LogQuery, PagedLog},
    page::put_headers_of,
};
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    operation::app::App,
    store::{error::StoreError, filter::LogOrder, id::Id},
    wire::{problem::Problem, text::escaped_json},
};

/// Rows of a query.
const QUERY_ROWS: u16 = 500;

/// Why a download ends before its last row. The client sees that the response is not complete.
#[derive(Debug, thiserror::Error)]
enum CutOff {
    /// They signed out, their session has ended, or their role is a lower one now.
    #[error("the session has ended")]
    SessionEnded,
    /// The rows cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All rows of these filters that were there when the download began, oldest first. They are read in portions, each when the
/// client has taken the one before, with a read slot of its own, and only while the session lasts.
pub(super) async fn download<L: PagedLog>(
    State(app): State<App>,
    caller: StaffCaller,
    RawQuery(query): RawQuery,
) -> Result<Response<Body>, Problem> {
    let mut query = LogQuery::<L>::of(&caller, query)?;
    let filter = L::filter(&mut query);
    query.check()?;
    let now = app.clock.now();
    let day: String = now.to_string().chars().take("2026-11-29".len()).collect();
    let file = format!("attachment; filename=\"{}-{day}.jsonl\"", L::NAME);
    let end = Id::first_of(now);
    let portions = stream::try_unfold(Some(None), move |after| {
        let (app, caller, filter) = (app.clone(), caller.clone(), filter.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let mut rows = portion::<L>(&app, &caller, &filter, LogOrder::Oldest(after)).await?;
            let read = rows.len();
            rows.retain(|row| L::id(row) < end);
            let is_last = read < usize::from(QUERY_ROWS) || rows.len() < read;
            let after = rows.last().filter(|_| !is_last).map(L::id);
            Ok(Some((lines(&rows)?, after.map(Some))))
        }
    });
    let mut response = Response::new(Body::from_stream(portions.inspect_err(|error| match error {
        CutOff::Store(error) => error.log("a download is cut off"),
        CutOff::SessionEnded => {}
    })));
    let headers = response.headers_mut();
    put_headers_of(headers, "application/jsonl");
    headers.extend(HeaderValue::try_from(file).ok().map(|file| (header::CONTENT_DISPOSITION, file)));
    Ok(response)
}

async fn portion<L: PagedLog>(
    app: &App,
    caller: &StaffCaller,
    filter: &L::Filter,
    order: LogOrder<L::Names>,
) -> Result<Vec<L::Row>, CutOff> {
    let _slot = app.admission.read(caller.requester(), 1).await?;
    if !app.access.sessions.goes_on(caller.session()).await? {
        return Err(CutOff::SessionEnded);
    }
    Ok(L::list(app.db.of(caller.studio()), filter, order, QUERY_ROWS.into()).await?)
}

fn lines(rows: &[impl Serialize]) -> Result<Bytes, StoreError> {
    let mut lines = String::new();
    for row in rows {
        let line = serde_json::to_string(row).map_err(|error| StoreError::Broken(error.to_string()))?;
        lines.push_str(&escaped_json(line));
        lines.push('\n');
    }
    Ok(lines.into())
}
