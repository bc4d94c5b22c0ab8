//! What the pages of the two logs, activity and audit, share: the filters of a query, the rows of a page, and the links between
//! pages. Their downloads are in [`super::log_download`].

use std::marker::PhantomData;

use axum::http::StatusCode;
use jiff::civil::DateTime;
use serde::Serialize;

use super::texts::TEXTS;
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    operation::app::App,
    store::{
        error::StoreError,
        filter::LogOrder,
        id::{Id, Named},
        instant::Instant,
        studio::StudioOn,
    },
    wire::{form::Fields, problem::Problem, text::TimeZone},
};

/// Rows of a page.
const PAGE_ROWS: u8 = 50;
/// Rows that are read for a page: one more says that there is another page.
const QUERY_ROWS: i64 = PAGE_ROWS as i64 + 1;

/// A log that has pages.
pub(super) trait PagedLog: Sized + 'static {
    /// A row.
    type Row: Serialize + Send + 'static;
    /// What the id of a row names.
    type Names: Named;
    /// Its filters, read.
    type Filter: Clone + Send + Sync + 'static;
    /// The name of its downloads.
    const NAME: &'static str;
    /// Its page.
    const PATH: &'static str;
    /// The names of its filters in a query.
    const FILTERS: &'static [&'static str];

    /// The id of a row.
    fn id(row: &Self::Row) -> Id<Self::Names>;

    /// Reads the filters.
    fn filter(query: &mut LogQuery<Self>) -> Self::Filter;

    /// A studio's rows.
    fn list(
        on: StudioOn<'_>,
        filter: &Self::Filter,
        order: LogOrder<Self::Names>,
        limit: i64,
    ) -> impl Future<Output = Result<Vec<Self::Row>, StoreError>> + Send;
}

/// The filters as they were typed, and what is wrong with them.
pub(super) struct LogQuery<L> {
    fields: Fields,
    zone: TimeZone,
    faults: Vec<String>,
    log: PhantomData<fn() -> L>,
}

impl<L: PagedLog> LogQuery<L> {
    /// Reads a query; times are by the studio's clocks.
    pub(super) fn of(caller: &StaffCaller, query: Option<String>) -> Result<Self, Problem> {
        let fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
        Ok(Self { fields, zone: caller.session().time_zone.clone(), faults: Vec::new(), log: PhantomData })
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

    /// A path with these filters, and with a parameter more.
    pub(super) fn link(&self, path: &str, more: Option<(&str, String)>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for name in L::FILTERS {
            query.extend_pairs(self.text(name).map(|text| (name, text)));
        }
        query.extend_pairs(more);
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Refuses filters that cannot be read, where there is no page to say so.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::malformed(self.faults.join(" "))) }
    }

    fn page(&self, is_first: bool, older: Option<Id<L::Names>>) -> LogPage {
        LogPage {
            path: L::PATH,
            latest: self.link(L::PATH, None),
            download: self.link(&format!("{}/download", L::PATH), None),
            older: older.map(|last| self.link(L::PATH, Some(("before", last.to_string())))),
            is_first,
            is_filtered: L::FILTERS.iter().any(|name| self.text(name).is_some()),
            since: self.text("since").unwrap_or_default(),
            until: self.text("until").unwrap_or_default(),
            faults: self.faults.clone(),
        }
    }
}

/// A page of a log.
pub(super) struct LogRows<L: PagedLog> {
    pub query: LogQuery<L>,
    pub filter: L::Filter,
    /// Newest first; empty while a filter cannot be read.
    pub rows: Vec<L::Row>,
    pub page: LogPage,
}

impl<L: PagedLog> LogRows<L> {
    /// Reads the page that a query asks for.
    pub(super) async fn read(app: &App, caller: &StaffCaller, query: Option<String>) -> Result<Self, Problem> {
        let mut query = LogQuery::<L>::of(caller, query)?;
        let filter = L::filter(&mut query);
        let before = query.read("before", TEXTS.older, |text| text.parse().ok());
        let mut rows = Vec::new();
        if query.faults.is_empty() {
            rows = L::list(app.db.of(caller.studio()), &filter, LogOrder::Newest(before), QUERY_ROWS).await?;
        }
        let has_more = rows.len() > usize::from(PAGE_ROWS);
        rows.truncate(PAGE_ROWS.into());
        let older = rows.last().filter(|_| has_more).map(L::id);
        Ok(Self { page: query.page(before.is_none(), older), query, filter, rows })
    }
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

/// A choice of a filter, or of a field.
#[derive(Clone)]
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
