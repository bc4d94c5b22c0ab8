//! What the pages of the two logs, activity and audit, share: filters that came in a query, times by the studio's clocks, the
//! links between pages, and the download as JSON Lines.

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, Response, header},
};
use futures_util::{TryStreamExt, stream};
use jiff::civil::DateTime;
use serde::Serialize;

use super::{page::put_headers_of, texts::TEXTS};
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    operation::app::App,
    resources::studios,
    store::{
        error::StoreError,
        id::{Id, Named},
        instant::Instant,
    },
    wire::{form::Fields, problem::Problem, text::TimeZone},
};

/// Rows of a page.
const PAGE: usize = 50;
/// Rows that are read for one: one more says that there is another page.
pub(super) const PAGE_AND_ONE: i64 = 51;
/// Rows of a query of a download.
pub(super) const BATCH: i64 = 500;

/// The filters as they were typed, and what is wrong with them.
pub(super) struct Typed {
    fields: Fields,
    zone: TimeZone,
    pub faults: Vec<String>,
}

impl Typed {
    /// Reads a query; times are by the studio's clocks.
    pub(super) async fn of(app: &App, caller: &StaffCaller, query: Option<String>) -> Result<Self, Problem> {
        let studio = studios::find(app.db.of(caller.studio())).await?;
        let zone = studio.ok_or_else(|| Problem::not_found("studio"))?.fields.time_zone;
        Ok(Self { fields: Fields::parse(query.unwrap_or_default().as_bytes())?, zone, faults: Vec::new() })
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
            let on_the_wall = || {
                let local: DateTime = text.parse().ok()?;
                Some(Instant::from(zone.rules().ok()?.to_ambiguous_timestamp(local).compatible().ok()?))
            };
            text.parse().ok().or_else(on_the_wall)
        })
    }

    /// The row that a page goes on behind.
    pub(super) fn before<T: Named>(&mut self) -> Option<Id<T>> {
        self.read("before", TEXTS.older, |text| text.parse().ok())
    }

    /// The path with these filters, and the row that the next page goes on behind.
    pub(super) fn link(&self, path: &str, names: &[&str], before: Option<String>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for name in names {
            if let Some(text) = self.text(name) {
                query.append_pair(name, &text);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// A time by the studio's clocks.
    pub(super) fn local(&self, at: Instant) -> String {
        match self.zone.rules() {
            Ok(rules) => rules.to_datetime(at.timestamp()).strftime("%-d %b %Y, %H:%M:%S").to_string(),
            Err(_) => at.to_string(),
        }
    }

    /// Refuses filters that cannot be read, where there is no page to say so.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::malformed(self.faults.join(" "))) }
    }
}

/// The rows that a page shows, and whether there are more.
pub(super) fn cut<R>(mut rows: Vec<R>) -> (Vec<R>, bool) {
    let has_more = rows.len() > PAGE;
    rows.truncate(PAGE);
    (rows, has_more)
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

/// Rows as a file of JSON Lines. It is read in portions, each when the client has taken the one before.
pub(super) fn download<R, T, W>(name: &str, next: impl Fn(Option<Id<T>>) -> W + Send + 'static) -> Response<Body>
where
    R: Serialize + Send + 'static,
    T: Named,
    W: Future<Output = Result<(Vec<R>, Option<Id<T>>), Problem>> + Send + 'static,
{
    let portions = stream::try_unfold(Some(None), move |behind| {
        let more = behind.map(&next);
        async move {
            let Some(more) = more else { return Ok(None) };
            let (rows, last) = more.await.map_err(|problem| StoreError::Broken(problem.detail().to_owned()))?;
            let lines = lines(&rows)?;
            Ok::<_, StoreError>(Some((lines, last.map(Some))))
        }
    });
    let mut response =
        Response::new(Body::from_stream(portions.inspect_err(|error| error.log("a download is cut off"))));
    let headers = response.headers_mut();
    put_headers_of(headers, "application/jsonl");
    if let Ok(name) = HeaderValue::try_from(format!("attachment; filename=\"{name}.jsonl\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

fn lines(rows: &[impl Serialize]) -> Result<Bytes, StoreError> {
    let mut lines = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut lines, row).map_err(|error| StoreError::Broken(error.to_string()))?;
        lines.push(b'\n');
    }
    Ok(lines.into())
}
