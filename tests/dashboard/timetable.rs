//! The timetable of a week, which everybody of the staff may look at.

use flow_gateway::access::sessions::stored::Role;
use serde_json::json;

use crate::{
    resources::classes::{House, id, on_a_sunday, weekly, with},
    support::studio::on_both_engines,
};

const TIMETABLE: &str = "/studio/timetable";

#[apply(on_both_engines!)]
async fn a_viewer_sees_a_weeks_classes_by_day_with_who_where_and_how_many(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let more = json!({"name": "Yin & rest", "capacity": 12, "room_id": house.room, "instructor_id": house.instructor});
    let yin = house.class(with(weekly("tuesday", "18:30"), more)).await;
    house.class(weekly("thursday", "07:15")).await;
    let cancelled = id(&house.occurrences(&yin).await[0]);
    let change = json!({"status": "cancelled", "cancel_reason": "Anna is ill"});
    house.server.patch(&format!("/v1/schedule/{cancelled}"), change).await.expect(200);
    let viewer = studio.signed_in(Role::Viewer).await;
    let this_week = viewer.open(TIMETABLE).await;
    assert!(this_week.html().matches("Nothing takes place").count() == 7, "{}", this_week.html());
    assert!(this_week.html().contains("<span class=\"state good\">today</span>"), "{}", this_week.html());
    let next = this_week.between("href=\"/studio/timetable?week=", "\" rel=\"next\"");
    let next = next.rsplit("week=").next().unwrap_or_default().to_owned();
    let week = viewer.open(&format!("{TIMETABLE}?week={next}")).await;
    let html = week.html();
    for shown in ["Tuesday, ", "18:30–19:30", "Yin &#38; rest", "Anna", "Alfama, Garden room", "0 of 12", "07:15–08:15"]
    {
        assert!(html.contains(shown), "{shown} in {html}");
    }
    assert!(html.contains("Cancelled: Anna is ill") && html.contains("<tr role=\"row\" class=\"off\">"), "{html}");
    assert_eq!(html.matches("Nothing takes place").count(), 5, "{html}");
    assert!(!html.contains("method=\"post\" action=\"/studio/timetable"), "it is read only");
}

#[apply(on_both_engines!)]
async fn times_are_the_studios_and_another_zones_stand_beside_them(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let berlin = json!({"name": "Berlin", "time_zone": "Europe/Berlin"});
    let berlin = id(&house.server.post("/v1/locations", berlin).await.expect(201));
    house.class(with(weekly("wednesday", "09:00"), json!({"location_id": berlin}))).await;
    let viewer = studio.signed_in(Role::Viewer).await;
    let next = viewer.open(TIMETABLE).await.between("rel=\"prev\"", "rel=\"next\"");
    let next = next.rsplit("href=\"").next().unwrap().trim_end_matches(['"', ' ']).to_owned();
    let html = viewer.open(&next).await.html();
    assert!(html.contains("08:00–09:00") && html.contains("09:00 in Europe/Berlin"), "{html}");
}

#[apply(on_both_engines!)]
async fn another_studios_classes_are_not_in_it_and_what_is_no_week_shows_this_one(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let neighbour = studio.neighbour().await;
    let theirs = House::with(studio.server_of(neighbour, crate::resources::classes::TIMETABLE).await).await;
    theirs.class(with(weekly("tuesday", "18:30"), json!({"name": "Their secret class"}))).await;
    let viewer = studio.signed_in(Role::Viewer).await;
    let week = jiff::civil::date(1900, 1, 1);
    for day in 0..14 {
        let day =
            jiff::Timestamp::from_microsecond(studio.clock.now().micros()).unwrap() + jiff::Span::new().hours(24 * day);
        let html = viewer.open(&format!("{TIMETABLE}?week={}", &day.to_string()[..10])).await.html();
        assert!(!html.contains("Their secret class"), "{html}");
    }
    assert_eq!(viewer.open(&format!("{TIMETABLE}?week={week}")).await.status, 200);
    assert_eq!(viewer.open(&format!("{TIMETABLE}?week=2199-12-31")).await.status, 200);
    for wrong in ["?week=tomorrow", "?week=1899-12-31", "?week=2026-01-05&after=AAAA"] {
        let reply = viewer.open(&format!("{TIMETABLE}{wrong}")).await;
        assert_eq!(reply.status, 422, "{reply:?}");
        assert!(reply.html().contains("role=\"alert\""), "{}", reply.html());
    }
}

#[apply(on_both_engines!)]
async fn a_week_with_more_classes_than_a_page_goes_on_where_it_was_cut(studio: Studio) {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let studio = on_a_sunday(studio).await;
    let server = studio.server(crate::resources::classes::TIMETABLE).await;
    let slot = |day: &str, hour: u32| json!({"weekday": day, "start_time": format!("{hour:02}:00")});
    let weekly: Vec<_> = DAYS.iter().flat_map(|day| (9..16).map(move |hour| slot(day, hour))).collect();
    let local = jiff::tz::TimeZone::UTC.to_datetime(studio.clock.now().timestamp()).date();
    let ends_on = local.checked_add(jiff::Span::new().days(8)).unwrap().to_string();
    for number in 0..7 {
        let class = json!({"name": format!("Class {number}"), "duration_minutes": 60,
            "recurrence": {"starts_on": "2026-01-05", "ends_on": ends_on, "weekly": weekly}});
        server.post("/v1/classes", class).await.expect(201);
    }
    let viewer = studio.signed_in(Role::Viewer).await;
    let monday = local.checked_add(jiff::Span::new().days(1)).unwrap();
    let first = viewer.open(&format!("{TIMETABLE}?week={monday}")).await;
    let shown = |html: &str| html.matches("<span class=\"what\">").count();
    assert_eq!(shown(&first.html()), 300);
    let rest =
        first.between("<nav class=\"pager\" aria-label=\"Pages of this list\"><a class=\"button\" href=\"", "\"");
    let rest = viewer.open(&rest.replace("&#38;", "&")).await;
    assert_eq!((rest.status.as_u16(), shown(&rest.html())), (200, 7 * 49 - 300), "{}", rest.html());
    assert!(!rest.html().contains("Later that week"));
}
