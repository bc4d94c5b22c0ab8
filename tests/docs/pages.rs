//! The docs as files: where they are, that their links lead somewhere, and what a browser may do with them.

use std::collections::{BTreeMap, BTreeSet};

use flow_gateway::{
    access::{scope::Scope, surface::Surface},
    operation::app::{Options, Urls},
    server, surfaces,
    wire::problem::Code,
};

use crate::support::studio::{Client, Studio};

/// The surfaces, each with the roots of its docs.
fn surfaces(studio: &Studio) -> Vec<(Client, &'static str)> {
    vec![
        (studio.storefront_client(), ""),
        (studio.management_client(), ""),
        (studio.members_client(), ""),
        (studio.dashboard_client(), ""),
        (studio.api_client(), ""),
        (studio.api_client(), "/storefront"),
    ]
}

/// What stands in this attribute anywhere on a page.
fn attributes<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    let begin = format!(" {name}=\"");
    page.split(&begin).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// All pages that can be reached from the index, by their paths.
async fn pages(client: &Client, root: &str) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut next = vec![format!("{root}/docs")];
    while let Some(path) = next.pop() {
        if pages.contains_key(&path) {
            continue;
        }
        let reply = client.get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        let text = String::from_utf8(reply.body.to_vec()).expect("text");
        if reply.header("content-type").starts_with("text/html") {
            let own = attributes(&text, "href").into_iter().filter(|link| link.starts_with('/'));
            next.extend(own.map(|link| link.split('#').next().unwrap_or_default().to_owned()));
        }
        pages.insert(path, text);
    }
    pages
}

#[tokio::test]
async fn every_link_of_every_page_leads_to_a_page_and_a_place_that_is_there() {
    let studio = Studio::on_sqlite().await;
    for (client, root) in surfaces(&studio) {
        let pages = pages(&client, root).await;
        let ids: BTreeMap<_, BTreeSet<_>> =
            pages.iter().map(|(path, text)| (path.as_str(), attributes(text, "id").into_iter().collect())).collect();
        let html = pages.iter().filter(|(_, text)| text.starts_with("<!doctype html>"));
        assert!(html.clone().count() > 6, "{root}: {:?}", pages.keys());
        for (path, text) in html {
            assert_eq!(attributes(text, "id").len(), ids[path.as_str()].len(), "{path} has an id twice");
            for link in attributes(text, "href").into_iter().filter(|link| link.contains('#') && !link.contains("://"))
            {
                let (page, anchor) = link.split_once('#').expect("a place");
                let page = if page.is_empty() { path.as_str() } else { page };
                assert!(ids[page].contains(anchor), "{path} leads to {link}");
            }
        }
    }
}

/// A client of the surface that this address is of, and the path there.
fn elsewhere<'l>(studio: &Studio, link: &'l str) -> Option<(Client, &'l str)> {
    let urls = &studio.app.urls;
    let clients = [
        (&urls.storefront, studio.storefront_client()),
        (&urls.management, studio.management_client()),
        (&urls.members, studio.members_client()),
        (&urls.studio, studio.dashboard_client()),
    ];
    clients.into_iter().find_map(|(url, client)| Some((client, link.strip_prefix(url.as_str())?)))
}

#[tokio::test]
async fn links_to_the_docs_of_other_surfaces_lead_to_pages_there() {
    let studio = Studio::on_sqlite().await;
    for (client, root) in surfaces(&studio) {
        let mut others = BTreeSet::new();
        for (path, text) in pages(&client, root).await {
            assert!(!text.contains("docs-of:"), "{path} has a link that leads nowhere");
            for link in attributes(&text, "href") {
                let Some((client, there)) = elsewhere(&studio, link) else { continue };
                let (page, anchor) = there.split_once('#').unwrap_or((there, ""));
                let reply = client.get(page).await;
                assert_eq!(reply.status, 200, "{path} leads to {link}");
                let reply = String::from_utf8(reply.body.to_vec()).expect("text");
                assert!(anchor.is_empty() || reply.contains(&format!("id=\"{anchor}\"")), "{path} leads to {link}");
                others.insert(link.to_owned());
            }
        }
        let urls = &studio.app.urls;
        let indexes =
            [&urls.storefront, &urls.management, &urls.members, &urls.studio].map(|url| format!("{url}/docs"));
        let listed = indexes.iter().filter(|index| others.contains(*index)).count();
        assert_eq!(listed, 3, "the docs of the three other surfaces: {others:?}");
    }
    let management = text_of(&studio.management_client(), "/docs/security").await;
    assert!(management.contains("href=\"http://127.0.0.1:7604/docs/sign-in\""), "a guide that another surface shows");
}

#[tokio::test]
async fn docs_link_to_others_where_their_gateway_is_reached() {
    let studio = Studio::on_sqlite().await;
    let shared = "https://api.casa.example".to_owned();
    let members = "https://members.casa.example".to_owned();
    let urls = Urls { storefront: shared.clone(), management: shared, members, ..Urls::default() };
    let options = Options { urls, ..Options::default() };
    let (app, _tasks) = server::start(studio.app.db.clone(), options).await.expect("the gateway starts");
    let guarded = surfaces::guarded(Surface::Management, &app);
    let client = Client::of(server::at_edge(guarded, Surface::Management, "http://docs.test/docs"));
    let index = text_of(&client, "/docs").await;
    for link in ["https://api.casa.example/storefront/docs", "https://members.casa.example/docs"] {
        assert!(index.contains(&format!("href=\"{link}\"")), "{link}");
    }
}

async fn text_of(client: &Client, path: &str) -> String {
    String::from_utf8(client.get(path).await.body.to_vec()).expect("text")
}

#[tokio::test]
async fn a_page_runs_what_comes_from_its_own_surface_alone() {
    let studio = Studio::on_sqlite().await;
    for (client, root) in surfaces(&studio) {
        for (path, text) in pages(&client, root).await {
            let reply = client.get(&path).await;
            let policy = reply.header("content-security-policy");
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
            if !text.starts_with("<!doctype html>") {
                continue;
            }
            assert!(!text.contains("<style") && attributes(&text, "style").is_empty(), "{path} has a style inside");
            let outside_samples: String =
                text.split("<pre").map(|part| part.split_once("</pre>").map_or(part, |both| both.1)).collect();
            assert_eq!(outside_samples.matches("<script").count(), attributes(&outside_samples, "src").len(), "{path}");
            for source in attributes(&outside_samples, "src") {
                assert!(source.starts_with("/docs/"), "{path} loads {source}");
            }
        }
    }
}

#[tokio::test]
async fn style_and_script_are_kept_for_good_and_pages_are_asked_for_anew() {
    let studio = Studio::on_sqlite().await;
    let client = studio.management_client();
    let page = client.get("/docs/quickstart").await;
    assert_eq!(page.header("cache-control"), "no-cache");
    let text = String::from_utf8(page.body.to_vec()).expect("text");
    let named = |ending: &str| text.split('"').find(|part| part.starts_with("/docs/docs-") && part.ends_with(ending));
    for path in [named(".css"), named(".js")] {
        let reply = client.get(path.expect("a file with a hash")).await;
        assert_eq!(reply.header("cache-control"), "public, max-age=31536000, immutable");
    }
    let held = client.clone().with("if-none-match", page.header("etag")).get("/docs/quickstart").await;
    assert_eq!(held.status, 304);
}

#[tokio::test]
async fn each_page_is_there_as_markdown_and_llms_txt_lists_them() {
    let studio = Studio::on_sqlite().await;
    for (client, root) in surfaces(&studio) {
        let list = client.get(&format!("{root}/llms.txt")).await;
        assert_eq!(list.header("content-type"), "text/plain; charset=utf-8");
        let list = String::from_utf8(list.body.to_vec()).expect("text");
        let pages = pages(&client, root).await;
        for (path, text) in
            pages.iter().filter(|(path, text)| text.starts_with("<!doctype html>") && !path.ends_with("/docs"))
        {
            let markdown = client.get(&format!("{path}.md")).await;
            assert_eq!(
                (markdown.status.as_u16(), markdown.header("content-type")),
                (200, "text/markdown; charset=utf-8")
            );
            let markdown = String::from_utf8(markdown.body.to_vec()).expect("text");
            let title = markdown.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a title");
            assert!(text.contains(&format!("<h1>{title}</h1>")), "{path}: {title}");
            assert!(list.contains(&format!("({path}.md)")), "{path} is not in {list}");
        }
    }
}

#[tokio::test]
async fn guides_show_every_scope_and_every_problem_code() {
    let studio = Studio::on_sqlite().await;
    let client = studio.management_client();
    let text = async |path: &str| String::from_utf8(client.get(path).await.body.to_vec()).expect("text");
    let (security, errors, index) = (text("/docs/security").await, text("/docs/errors").await, text("/docs").await);
    for scope in Scope::ALL {
        assert!(security.contains(&format!("<code>{}</code>", scope.name())), "{}", scope.name());
    }
    for code in Code::ALL {
        assert!(errors.contains(&format!("<code>{}</code>", code.name())), "{}", code.name());
        // The `type` of a problem leads there.
        let place = index.find(&format!(r#"id="section/Problems/{}""#, code.name())).expect("an entry");
        assert!(
            place > index.find("managementListSchedule").expect("the operations"),
            "codes stand after the operations"
        );
    }
}
