//! The timetable: what takes place in a week, by the studio's clocks, as the APIs have it. Everybody of the staff looks at it;
//! each class leads to the page of who takes part, where developers and owners book, cancel and mark attendance.

mod book;
mod change;
mod occurrence;
mod search;
mod view;

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{Response, StatusCode},
};
use jiff::{ToSpan, civil};

pub(super) use self::{
    book::book,
    change::{cancel, cancellation, mark},
    occurrence::show as show_occurrence,
};
use super::{
    frame::Frame,
    page::with_status,
    texts::TEXTS,
    time::{date, local},
};
use crate::{
    access::{
        caller::Caller,
        sessions::{caller::StaffCaller, pages::TIMETABLE},
    },
    operation::app::App,
    resources::{
        classes::{Class, recurrence::monday_of},
        instructors::Instructor,
        locations::{Location, rooms::Room},
        schedule::{self, Bound, Occurrence, OccurrenceId, OccurrenceStatus, ScheduleFilter},
    },
    store::{
        id::{Id, StudioId},
        instant::Instant,
        row::{self, Listed, Resource, Row, Slice},
    },
    wire::{civil::Date, form::Fields, problem::Problem, text::TimeZone},
};

/// Occurrences on a page: more than most studios have in a week.
const MOST_ON_A_PAGE: i64 = 300;

#[derive(Template)]
#[template(path = "timetable.html")]
struct TimetablePage {
    frame: Frame,
    about: String,
    title: String,
    monday: String,
    days: Vec<DayView>,
    previous: Option<String>,
    next: Option<String>,
    is_this_week: bool,
    /// The rest of a week that has more than a page.
    later: Option<String>,
    fault: Option<&'static str>,
}

/// A day of the week.
struct DayView {
    title: String,
    is_today: bool,
    classes: Vec<OccurrenceView>,
}

/// What takes place, or was to.
struct OccurrenceView {
    id: OccurrenceId,
    starts_at: String,
    time: String,
    /// The local time at its location, if that is in another time zone.
    local_time: Option<String>,
    class: String,
    instructor: String,
    place: String,
    booked: String,
    is_full: bool,
    /// Why it does not take place.
    cancelled: Option<String>,
}

/// A week.
pub(super) async fn show(
    State(app): State<App>,
    caller: StaffCaller,
    RawQuery(query): RawQuery,
) -> Result<Response<Body>, Problem> {
    let query = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let (studio, zone) = (caller.studio(), &caller.session().time_zone);
    let today = zone.rules().map_err(Problem::internal)?.to_datetime(app.clock.now().timestamp()).date();
    let asked = query.text("week").filter(|text| !text.is_empty()).map(str::parse::<Date>);
    let week = Week { monday: monday_of(asked.and_then(Result::ok).map_or(today, Date::civil)) };
    let list_name = format!("{}\n{studio}\n{}", caller.operation(), week.monday);
    let after = query.text("after").map(|cursor| app.cursor_seal.open(&list_name, cursor));
    let fault = match (&asked, &after) {
        (Some(Err(_)), _) => Some(TEXTS.bad_week),
        (_, Some(None)) => Some(TEXTS.bad_place),
        _ => None,
    };
    let listed = week.list(&app, studio, after.flatten()).await?;
    let place = listed.rows.last().filter(|_| listed.more).map(Occurrence::place);
    let names = NamesOfRows::of(&app, studio, &listed.rows).await?;
    let page = TimetablePage {
        frame: Frame::of(&app, &caller).await?,
        about: TEXTS.timetable_about.replace("{zone}", zone.as_str()),
        title: TEXTS.week_of.replace("{day}", &date(week.monday, TEXTS.long_date)),
        monday: week.monday.to_string(),
        days: week.days(&listed.rows, &names, zone, today),
        previous: week.link(-1),
        next: week.link(1),
        is_this_week: week.monday == monday_of(today),
        later: place.map(|place| {
            format!("{TIMETABLE}?week={}&after={}", week.monday, app.cursor_seal.seal(&list_name, &place))
        }),
        fault,
    };
    with_status(if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
}

/// A week, from its Monday on.
struct Week {
    monday: civil::Date,
}

impl Week {
    /// The link to the week that is so many weeks later.
    fn link(&self, later: i64) -> Option<String> {
        Some(format!("{TIMETABLE}?week={}", Date::of(self.monday.saturating_add(later.weeks()))?))
    }

    async fn list(&self, app: &App, studio: StudioId, after: Option<String>) -> Result<Listed<Occurrence>, Problem> {
        let bound = |day: civil::Date, otherwise: Date| Some(Bound::from(Date::of(day).unwrap_or(otherwise)));
        let filter = ScheduleFilter {
            from: bound(self.monday, Date::FIRST),
            to: bound(self.monday.saturating_add(6.days()), Date::LAST),
            ..ScheduleFilter::default()
        };
        let slice = Slice { after, ..Slice::first(MOST_ON_A_PAGE) };
        schedule::list(app.db.of(studio), slice, &filter, app.clock.now()).await
    }

    fn days(&self, rows: &[Row<Occurrence>], names: &NamesOfRows, zone: &TimeZone, today: civil::Date) -> Vec<DayView> {
        let of_day = |day: &str| {
            let rows = rows.iter().filter(|row| local(row.fields.starts_at, zone, "%F") == day);
            rows.map(|row| OccurrenceView::of(row, names, zone)).collect()
        };
        let days = (0..7).map(|after| self.monday.saturating_add(after.days()));
        days.map(|day| DayView {
            title: date(day, TEXTS.day_of_week),
            is_today: day == today,
            classes: of_day(&day.to_string()),
        })
        .collect()
    }
}

/// What the rows that occurrences name are called.
struct NamesOfRows(HashMap<String, String>);

impl NamesOfRows {
    async fn of(app: &App, studio: StudioId, rows: &[Row<Occurrence>]) -> Result<Self, Problem> {
        let rows = || rows.iter().map(|row| &row.fields);
        let mut names = Self(HashMap::new());
        names.read(app, studio, rows().map(|it| it.class_id), |class: Class| class.name).await?;
        names.read(app, studio, rows().filter_map(|it| it.instructor_id), |it: Instructor| it.display_name).await?;
        names.read(app, studio, rows().filter_map(|it| it.location_id), |location: Location| location.name).await?;
        names.read(app, studio, rows().filter_map(|it| it.room_id), |room: Room| room.name).await?;
        Ok(names)
    }

    async fn read<T: Resource>(
        &mut self,
        app: &App,
        studio: StudioId,
        ids: impl Iterator<Item = Id<T>>,
        name: impl Fn(T) -> String,
    ) -> Result<(), Problem> {
        let ids: Vec<_> = ids.collect::<HashSet<_>>().into_iter().collect();
        let found = row::find_all(app.db.of(studio), &ids).await?;
        self.0.extend(found.into_iter().map(|row| (row.id.to_string(), name(row.fields))));
        Ok(())
    }

    fn name<T: Resource>(&self, id: Option<Id<T>>) -> Option<&str> {
        self.0.get(&id?.to_string()).map(String::as_str)
    }
}

impl OccurrenceView {
    fn of(row: &Row<Occurrence>, names: &NamesOfRows, zone: &TimeZone) -> Self {
        let (t, it) = (&TEXTS, &row.fields);
        let clock = |at: Instant| local(at, zone, "%H:%M");
        let local_time = (it.time_zone != *zone).then(|| {
            let time = it.local_start.split('T').next_back().unwrap_or_default();
            t.time_there.replace("{time}", time).replace("{zone}", it.time_zone.as_str())
        });
        let places: Vec<_> = [names.name(it.location_id), names.name(it.room_id)].into_iter().flatten().collect();
        let count = it.booked_count.to_string();
        let booked = match it.effective_capacity {
            Some(most) => t.booked_of.replace("{booked}", &count).replace("{most}", &most.to_string()),
            None => count,
        };
        let cancelled = (it.status == OccurrenceStatus::Cancelled).then(|| match &it.cancel_reason {
            Some(reason) => format!("{}: {reason}", t.cancelled),
            None => t.cancelled.to_owned(),
        });
        Self {
            id: row.id,
            starts_at: it.starts_at.to_string(),
            time: format!("{}–{}", clock(it.starts_at), clock(it.ends_at)),
            local_time,
            class: names.name(Some(it.class_id)).unwrap_or_default().to_owned(),
            instructor: names.name(it.instructor_id).unwrap_or_default().to_owned(),
            place: places.join(", "),
            booked,
            is_full: it.effective_capacity.is_some_and(|most| it.booked_count >= most),
            cancelled,
        }
    }
}
