//! What the pages of the two logs, activity and audit, share: the filters of a query, the links between pages, and the download
//! as JSON Lines.

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, Response, StatusCode, header},
};
use futures_util::{TryStreamExt, stream};
use jiff::civil::DateTime;
use serde::Serialize;

use super::{page::put_headers_of, texts::TEXTS};
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    operation::app::App,
    store::{
        error::StoreError,
        filter::LogOrder,
        id::{Id, Named, StudioId},
        instant::Instant,
    },
    wire::{
        form::Fields,
        problem::Problem,
        text::{TimeZone, escaped_json},
    },
};

/// Rows of a page.
const PAGE_ROWS: u8 = 50;
/// Rows that are read for a page: one more says that there is another page.
pub(super) const QUERY_ROWS: i64 = PAGE_ROWS as i64 + 1;
/// Rows of a query of a download.
pub(super) const DOWNLOAD_ROWS: i64 = 500;

/// A log that has pages.
pub(super) struct Log {
    /// The name of its downloads.
    pub name: &'static str,
    pub path: &'static str,
    /// The names of its filters in a query.
    pub filters: &'static [&'static str],
}

/// The filters as they were typed, and what is wrong with them.
pub(super) struct LogQuery {
    log: &'static Log,
    fields: Fields,
    zone: TimeZone,
    faults: Vec<String>,
}

impl LogQuery {
    /// Reads a query; times are by the studio's clocks.
    pub(super) fn of(log: &'static Log, caller: &StaffCaller, query: Option<String>) -> Result<Self, Problem> {
        let fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
        Ok(Self { log, fields, zone: caller.session().time_zone.clone(), faults: Vec::new() })
    }

    /// What was typed for a filter; nothing if it was left empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.fields.text(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// What was typed, read; what cannot be read is a fault under this label.
    pub(super) fn read<T>(&mut self, name: &str, label: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let value = read(&text);
        if value.is_none() {
            self.faults.push(TEXTS.bad_filter.replace("{label}", label));
        }
        value
    }

    /// A time, as the browser's field writes it or as an instant.
    pub(super) fn time(&mut self, name: &str, label: &str) -> Option<Instant> {
        let zone = self.zone.clone();
        self.read(name, label, |text| {
            let local_time = || {
                let local: DateTime = text.parse().ok()?;
                let time = Instant::from(zone.rules().ok()?.to_ambiguous_timestamp(local).compatible().ok()?);
                (time >= Instant::FIRST).then_some(time)
            };
            text.parse().ok().or_else(local_time)
        })
    }

    /// The last row of the page before this one.
    pub(super) fn before<T: Named>(&mut self) -> Option<Id<T>> {
        self.read("before", TEXTS.older, |text| text.parse().ok())
    }

    /// A path with these filters, and with a parameter more.
    pub(super) fn link(&self, path: &str, more: Option<(&str, String)>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for name in self.log.filters {
            query.extend_pairs(self.text(name).map(|text| (name, text)));
        }
        query.extend_pairs(more);
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Whether every filter can be read.
    pub(super) fn is_valid(&self) -> bool {
        self.faults.is_empty()
    }

    /// Refuses filters that cannot be read, where there is no page to say so.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.is_valid() { Ok(()) } else { Err(Problem::malformed(self.faults.join(" "))) }
    }

    /// The rows of the page after this row, of up to [`QUERY_ROWS`], and what both logs show around them.
    pub(super) fn page<R, T: Named>(
        &self,
        rows: Vec<R>,
        before: Option<Id<T>>,
        id: impl Fn(&R) -> Id<T>,
    ) -> (Vec<R>, LogPage) {
        let (rows, has_more) = first_page(rows);
        let last = rows.last().filter(|_| has_more).map(|row| ("before", id(row).to_string()));
        let page = LogPage {
            path: self.log.path,
            latest: self.link(self.log.path, None),
            download: self.link(&format!("{}/download", self.log.path), None),
            older: last.map(|last| self.link(self.log.path, Some(last))),
            is_first: before.is_none(),
            is_filtered: self.log.filters.iter().any(|name| self.text(name).is_some()),
            since: self.text("since").unwrap_or_default(),
            until: self.text("until").unwrap_or_default(),
            faults: self.faults.clone(),
        };
        (rows, page)
    }
}

/// The rows that a page shows, and whether there are more.
fn first_page<R>(mut rows: Vec<R>) -> (Vec<R>, bool) {
    let has_more = rows.len() > usize::from(PAGE_ROWS);
    rows.truncate(PAGE_ROWS.into());
    (rows, has_more)
}

/// What the pages of both logs show around their rows.
pub(super) struct LogPage {
    pub path: &'static str,
    /// The newest rows with these filters.
    pub latest: String,
    pub download: String,
    /// The next page, if there is one.
    pub older: Option<String>,
    pub is_first: bool,
    pub is_filtered: bool,
    pub since: String,
    pub until: String,
    pub faults: Vec<String>,
}

impl LogPage {
    /// The status of the page.
    pub(super) fn status(&self) -> StatusCode {
        if self.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }
}

/// A choice of a filter.
pub(super) struct FilterChoice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

impl FilterChoice {
    pub(super) fn of(value: impl Into<String>, label: impl Into<String>, chosen: Option<&str>) -> Self {
        let value = value.into();
        Self { is_chosen: chosen == Some(value.as_str()), label: label.into(), value }
    }
}

/// A log as a file of JSON Lines, oldest first, as it stands now. It is read in portions, each when the client has taken the
/// one before, with a read slot of its own, and only while the session lasts. `read` reads up to [`DOWNLOAD_ROWS`] rows.
pub(super) fn json_lines<R, T, W>(
    log: &Log,
    app: App,
    caller: StaffCaller,
    id: fn(&R) -> Id<T>,
    read: impl Fn(App, StudioId, LogOrder<T>) -> W + Send + 'static,
) -> Response<Body>
where
    R: Serialize + Send + 'static,
    T: Named,
    W: Future<Output = Result<Vec<R>, StoreError>> + Send + 'static,
{
    let now = app.clock.now();
    let end = Id::first_of(now);
    let day: String = now.to_string().chars().take("2026-11-29".len()).collect();
    let file = format!("attachment; filename=\"{}-{day}.jsonl\"", log.name);
    let portions = stream::try_unfold(Some(None), move |behind| {
        let (app, requester, session) = (app.clone(), caller.requester(), caller.session().clone());
        let more = behind.map(|behind| read(app.clone(), caller.studio(), LogOrder::Oldest(behind)));
        async move {
            let Some(more) = more else { return Ok(None) };
            let _slot = app.admission.read(requester, 1).await?;
            if !app.access.sessions.goes_on(&session).await? {
                return Ok(None);
            }
            let rows: Vec<R> = more.await?.into_iter().take_while(|row| id(row) < end).collect();
            let last = rows.last().map(id);
            Ok::<_, StoreError>(Some((lines(&rows)?, last.map(Some))))
        }
    });
    let mut response =
        Response::new(Body::from_stream(portions.inspect_err(|error| error.log("a download is cut off"))));
    let headers = response.headers_mut();
    put_headers_of(headers, "application/jsonl");
    headers.extend(HeaderValue::try_from(file).ok().map(|file| (header::CONTENT_DISPOSITION, file)));
    response
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
