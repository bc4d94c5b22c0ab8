//! Every page of the dashboard under axe-core, in both colour schemes, and on a phone. The table of pages says what there is
//! to look at, so that a new page is looked at as well.

use std::{path::PathBuf, process::Command};

use flow_gateway::{
    access::{
        scope::Scope::{ClassesRead, MembersWrite},
        sessions::{pages::Reach, stored::Role},
        surface::Surface,
        table::Rule,
    },
    dashboard::rules,
};
use serde_json::{Value, json};

use super::dashboard::{serve, serve_surface, sign_in};
use crate::{
    members::{
        RUI, back_office,
        bookings::{at, crowd, wait},
        joined,
    },
    oracle::python_with,
    resources::classes::{House, id, weekly, with},
    support::{
        dashboard::PASSWORD,
        devtools::Page,
        made,
        needs::Need,
        studio::{Studio, secret},
    },
};

const AXE: Need = Need { program: "python3 with axe-playwright-python", variable: "FLOW_TEST_ORACLE" };
/// What is no page: event streams and downloads.
const NO_PAGES: [&str; 2] = ["/live", "/download"];
/// Rules that hold for documents, and those that a person who cannot see or point relies on.
const RUN: &str =
    "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
    .then(found => found.violations.filter(one => ['serious', 'critical'].includes(one.impact))
    .map(one => `${one.id}: ${one.nodes.map(node => node.target.join(' ') + ' ' + node.failureSummary).join('; ')}`))";

/// axe-core, as `.ci/run` installs it.
pub fn axe() -> Option<String> {
    let Some(python) = python_with("axe_playwright_python") else {
        AXE.is_missing();
        return None;
    };
    let path = "import axe_playwright_python as axe; print(axe.__path__[0])";
    let found = Command::new(python).args(["-c", path]).output().expect("Python runs").stdout;
    let place = PathBuf::from(String::from_utf8(found).expect("a path").trim());
    Some(std::fs::read_to_string(place.join("axe.min.js")).expect("axe-core"))
}

/// The pages, with rows that exist.
async fn paths(studio: &Studio) -> Vec<String> {
    let key = studio.key(secret(&[ClassesRead])).await;
    studio.record_calls(&key, 3, Surface::Management);
    studio.app.access.usage.write(&studio.app.db).await.expect("written");
    let owner = studio.signed_in(Role::Owner).await;
    let call = owner.open("/studio/activity").await.between("<a href=\"/studio/activity/call_", "\"");
    let call = format!("call_{call}");
    let server = studio.server(&[MembersWrite]).await;
    let member = server.post("/v1/members/invites", json!({"email": "rui@member.example"})).await.expect(201);
    let content = made::content(studio, studio.id, json!({"title": "Neck and shoulders", "kind": "article"})).await;
    let content = content.expect("content");
    let staff = studio.add_staff(studio.id, "bea@casa.example", Role::Viewer).await;
    let (occurrence, booking) = roster(studio).await;
    let replace = |rule: &Rule<Reach>| {
        let path = rule.path.replace("{keyId}", &key.stored.id.to_string()).replace("{callId}", &call);
        let path = path.replace("{staffId}", &staff.to_string());
        let path = path.replace("{membershipId}", member["id"].as_str().expect("an id"));
        let path = path.replace("{contentId}", content["id"].as_str().expect("an id"));
        let path = path.replace("{occurrenceId}", &occurrence).replace("{bookingId}", &booking);
        assert!(!path.contains('{'), "{path} needs the id of a row");
        path
    };
    let rules = rules();
    let shown =
        rules.iter().filter(|rule| rule.method == "GET" && !NO_PAGES.iter().any(|end| rule.path.ends_with(end)));
    let found = format!("/studio/timetable/{occurrence}?q=ana");
    shown.map(replace).chain([found]).collect()
}

/// A class that is full, with somebody who waits and somebody who cancelled; and a booking of it.
async fn roster(studio: &Studio) -> (String, String) {
    let house = House::with(back_office(studio, studio.id).await).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"capacity": 1, "room_id": house.room}))).await;
    // The last one: within the minutes of the test it does not begin.
    let occurrence = house.occurrences(&class).await.pop().expect("an occurrence");
    let mut bookings = Vec::new();
    for member in crowd(studio, 3).await {
        bookings.push((member.at(studio).await, Value::Null));
        let (client, booking) = bookings.last_mut().expect("the one");
        *booking = wait(client, &occurrence).await.expect(201);
    }
    let (client, booking) = &bookings[1];
    client.delete(&at(booking)).await.expect(200);
    (id(&occurrence), id(&bookings[0].1))
}

/// What axe-core finds on a page.
pub fn look(page: &mut Page, axe: &str, path: &str, scheme: &str) -> Vec<String> {
    page.run(axe);
    let found = page.run(RUN);
    let found = found.as_array().unwrap_or_else(|| panic!("{path}: axe says {found}"));
    found.iter().filter_map(Value::as_str).map(|one| format!("{path} in {scheme}: {one}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn axe_finds_nothing_serious_on_the_pages_of_a_members_account_in_either_scheme() {
    let Some(axe) = axe() else { return };
    let studio = Studio::on_sqlite().await;
    let url = serve_surface(&studio, Surface::Members);
    joined(&studio).await;
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        page.go(&format!("{url}/sign-in"));
        page.fill("E-mail", RUI);
        page.fill("Password", PASSWORD);
        page.press("Sign in");
        let mut faults = Vec::new();
        for scheme in ["light", "dark"] {
            page.in_scheme(scheme);
            for path in ["/account", "/account/email", "/account/password", "/account/calendar"] {
                page.go(&format!("{url}{path}"));
                faults.extend(look(&mut page, &axe, path, scheme));
            }
            page.press(if scheme == "light" { "Make a link" } else { "Replace the link" });
            assert!(page.html().contains("/calendar/flow_cf_"), "{}", page.html());
            faults.extend(look(&mut page, &axe, "the link", scheme));
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn axe_finds_nothing_serious_on_any_page_in_either_scheme() {
    let Some(axe) = axe() else { return };
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let paths = paths(&studio).await;
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        let mut faults = Vec::new();
        let mut look = |page: &mut Page, path: &str, scheme: &str| faults.extend(look(page, &axe, path, scheme));
        for scheme in ["light", "dark"] {
            page.in_scheme(scheme);
            page.go(&format!("{url}/studio/sign-in"));
            look(&mut page, "/studio/sign-in", scheme);
        }
        sign_in(&mut page, &url);
        for scheme in ["light", "dark"] {
            page.in_scheme(scheme);
            for path in &paths {
                page.go(&format!("{url}{path}"));
                look(&mut page, path, scheme);
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_is_wider_than_a_phone() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let paths = paths(&studio).await;
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        sign_in(&mut page, &url);
        page.on_a_phone();
        let wide: Vec<_> = paths
            .iter()
            .filter(|path| {
                page.go(&format!("{url}{path}"));
                page.run("document.documentElement.scrollWidth > 360") == true
            })
            .collect();
        assert!(wide.is_empty(), "{wide:?}");
    });
}
