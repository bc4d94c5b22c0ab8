//! The docs in a real browser: tabs, search, both colour schemes, a phone, and a page without its script.

use flow_gateway::access::{keys::NewKey, scope::Scope, surface::Surface};
use serde_json::json;

use crate::{
    pages::{axe, look, serve_surface},
    support::{
        chromium,
        devtools::Page,
        studio::{Studio, publishable},
    },
};

const PAGES: [&str; 5] = ["/docs", "/docs/quickstart", "/docs/security", "/docs/errors", "/docs/reference/classes"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn axe_finds_nothing_serious_on_the_docs_in_either_scheme_and_none_is_wider_than_a_phone() {
    let Some(axe) = axe() else { return };
    let studio = Studio::on_sqlite().await;
    let url = serve_surface(&studio, Surface::Management);
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        let mut faults = Vec::new();
        for scheme in ["light", "dark"] {
            page.in_scheme(scheme);
            for path in PAGES {
                page.go(&format!("{url}{path}"));
                faults.extend(look(&mut page, &axe, path, scheme));
            }
        }
        page.on_a_phone();
        for path in PAGES {
            page.go(&format!("{url}{path}"));
            if page.run("document.documentElement.scrollWidth > 360") == true {
                faults.push(format!("{path} is wider than a phone"));
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn samples_are_tabs_the_choice_is_kept_and_the_search_leads_to_an_operation() {
    let studio = Studio::on_sqlite().await;
    let url = serve_surface(&studio, Surface::Management);
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        page.go(&format!("{url}/docs/quickstart"));
        let shown = "[...document.querySelectorAll('.samples figure')].filter(figure => figure.checkVisibility()).map(figure => figure.dataset.language).join()";
        assert_eq!(page.run(shown), "sh,sh");
        page.run("[...document.querySelectorAll('[role=tab]')].find(tab => tab.textContent === 'Python').click()");
        assert_eq!(page.run(shown), "python,python", "a choice counts for all samples");
        page.go(&format!("{url}/docs/writing"));
        assert_eq!(
            page.run(&format!("{shown}.replaceAll('python', '').replaceAll(',', '')")),
            "",
            "and on the next page"
        );
        page.run("const field = document.getElementById('search'); field.focus(); field.value = 'cancel cláss'; field.dispatchEvent(new Event('input'))");
        page.wait_until("!document.getElementById('found').hidden");
        let first = page.run("document.querySelector('#found li').textContent");
        assert!(first.as_str().is_some_and(|text| text.contains("Cancel class")), "{first}");
        page.on_a_phone();
        let reach = page.run("const { left, right } = document.getElementById('found').getBoundingClientRect(); left >= 0 && right <= innerWidth && right - left > 300");
        assert_eq!(reach, true, "on a phone, what is found is as wide as the screen");
        page.run("document.querySelector('#found li').click()");
        page.wait_until("location.hash === '#managementCancelClass' && document.querySelector(':target h2') !== null");
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_script_a_page_shows_every_sample_in_order() {
    let studio = Studio::on_sqlite().await;
    let url = serve_surface(&studio, Surface::Storefront);
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        page.without_scripts();
        page.go(&format!("{url}/docs/quickstart"));
        let shown = "[...document.querySelectorAll('.samples figure')].filter(figure => figure.checkVisibility()).map(figure => figure.querySelector('figcaption').textContent).join()";
        assert_eq!(page.run(shown), "curl,JavaScript,Python,curl,JavaScript,Python");
        assert_eq!(
            page.run("document.querySelector('.search').checkVisibility()"),
            false,
            "what needs it is not shown"
        );
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_timetable_of_the_quickstart_is_a_page_that_works() {
    let studio = Studio::on_sqlite().await;
    let server = studio.server(Scope::ALL).await;
    let recurrence = json!({"starts_on": "2026-01-05", "weekly": [{"weekday": "tuesday", "start_time": "07:30"}]});
    let anna = server.post("/v1/instructors", json!({"display_name": "Anna"})).await.expect(201);
    let class =
        json!({"name": "Morning Yin", "duration_minutes": 60, "instructor_id": anna["id"], "recurrence": recurrence});
    server.post("/v1/classes", class).await.expect(201);
    let next =
        server.get("/v1/schedule?limit=1").await.expect(200)["data"][0]["id"].as_str().expect("an id").to_owned();
    let off = json!({"status": "cancelled", "cancel_reason": "Public holiday"});
    server.patch(&format!("/v1/schedule/{next}"), off).await.expect(200);
    let storefront = serve_surface(&studio, Surface::Storefront);
    let guide = include_str!("../../docs/guides/quickstart.md");
    let page = guide.split_once("```html\n").expect("a page").1.split_once("```").expect("its end").0;
    let home = tempfile::tempdir().expect("a directory");
    let opened = |key: &str| {
        let file = home.path().join("timetable.html");
        let page = page.replace("https://storefront.example", &storefront).replace("flow_pk_…", key);
        std::fs::write(&file, page).expect("written");
        tokio::task::block_in_place(|| chromium::open(&format!("file://{}", file.display())))
    };
    let key = studio.key(publishable()).await.minted.reveal().to_owned();
    let Some(shown) = opened(&key) else { return };
    assert!(shown.matches("07:30, Morning Yin, Anna</li>").count() > 5, "{shown}");
    assert_eq!(shown.matches("07:30, Morning Yin, Anna, cancelled: Public holiday</li>").count(), 1, "{shown}");
    let origins = vec!["https://casa.example".parse().expect("an origin")];
    let limited = studio.key(NewKey { origins, ..publishable() }).await.minted.reveal().to_owned();
    let shown = opened(&limited).expect("a browser");
    let list = shown.split_once("<ul").expect("a list").1;
    let list = list.split_once("</ul>").expect("its end").0;
    assert!(list.contains("<li>") && list.contains("origin"), "it says why it is empty: {list}");
}
