//! `demo`: a gateway to try in one command.

use flow_gateway::{
    access::{history, keys, unscoped::studio_of_key},
    store::id::StudioId,
};

use super::gateway::{Home, Running, call, on_both_engines};
use crate::support::studio::Studio;

/// The parts of a printed call: what stands in single quotes, by the option before it.
fn paste(line: &str) -> (u16, serde_json::Value) {
    let (mut key, mut headers, mut body, mut url) = (String::new(), Vec::new(), None, String::new());
    let parts: Vec<_> = line.split('\'').collect();
    for pair in parts.chunks_exact(2) {
        match (pair[0].trim().rsplit(' ').next(), pair[1]) {
            (Some("-d"), text) => body = Some(text),
            (Some("-H"), text) => match text.strip_prefix("Authorization: Bearer ") {
                Some(text) => text.clone_into(&mut key),
                None => headers.push(text.split_once(": ").expect("a header")),
            },
            (_, text) => text.clone_into(&mut url),
        }
    }
    call(if body.is_some() { "POST" } else { "GET" }, &url, &key, &headers, body)
}

#[test]
fn the_demo_prints_keys_and_calls_that_work_and_leaves_nothing_behind() {
    let home = Home::on_sqlite();
    let mut demo = home.demo();
    let mut calls = Vec::new();
    let mut keys = Vec::new();
    let mut signs_in = Vec::new();
    loop {
        let line = demo.line();
        if ["/studio/sign-in", "  e-mail", "  password"].iter().any(|word| line.contains(word)) {
            signs_in.extend(line.split_whitespace().last().map(str::to_owned));
        }
        keys.extend(line.split_whitespace().last().filter(|word| word.starts_with("flow_")).map(str::to_owned));
        if line.trim_start().starts_with("curl ") {
            calls.push(line.trim().to_owned());
        }
        if line.starts_with("Ctrl-C") {
            break;
        }
    }
    assert_eq!(keys.len(), 3, "{keys:?}");
    let [page, email, password] = &signs_in[..] else { panic!("{signs_in:?}") };
    let form = format!("email={}&password={password}", email.replace('@', "%40"));
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];
    let (status, led_to) = call("POST", page, "", &headers, Some(&form));
    assert!(status == 200 && led_to.to_string().contains("did not keep the cookie"), "{status} {led_to}");
    assert_eq!(call("POST", page, "", &headers, Some(&form.replace("password=", "password=x"))).0, 422);
    let statuses: Vec<_> = calls.iter().map(|line| paste(line).0).collect();
    assert_eq!(statuses, [200, 200, 200, 201, 403]);
    let (_, page) = call("GET", &format!("{}/v1/instructors", demo.at["management"]), &keys[1], &[], None);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(9), "eight, and the one that was pasted");
    let (_, page) = call("GET", &format!("{}/v1/locations", demo.at["storefront"]), &keys[0], &[], None);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(page["data"][0]["rooms"].as_array().map(Vec::len), Some(3), "{page}");
    let (_, page) = call("GET", &format!("{}/v1/classes", demo.at["management"]), &keys[1], &[], None);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(14), "{page}");
    let (_, page) = call("GET", &format!("{}/v1/programs", demo.at["storefront"]), &keys[0], &[], None);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(2), "the third is a draft: {page}");
    let (_, page) = call("GET", &format!("{}/v1/schedule", demo.at["storefront"]), &keys[0], &[], None);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(25), "{page}");
    let (_, page) = call("GET", &format!("{}/v1/plans", demo.at["storefront"]), &keys[0], &[], None);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(5), "{page}");
    let (_, page) = call("GET", &format!("{}/v1/coupons", demo.at["management"]), &keys[1], &[], None);
    let statuses: Vec<_> = page["data"].as_array().expect("coupons").iter().map(|row| row["status"].as_str()).collect();
    assert_eq!(statuses, [Some("active"), Some("active"), Some("scheduled"), Some("exhausted")]);
    for (surface, key, pieces) in [("management", &keys[1], 8), ("storefront", &keys[0], 4)] {
        let (_, page) = call("GET", &format!("{}/v1/content", demo.at[surface]), key, &[], None);
        assert_eq!(page["data"].as_array().map(Vec::len), Some(pieces), "{page}");
    }
    let people = |status: &str| {
        let url = format!("{}/v1/members?limit=100&status={status}", demo.at["management"]);
        call("GET", &url, &keys[1], &[], None).1["data"].as_array().map(Vec::len)
    };
    let counts = ["invited", "active", "paused", "cancelled", "expired"].map(people);
    assert_eq!(counts, [Some(5), Some(40), Some(5), Some(5), Some(5)]);
    let (code, log) = demo.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(keys.iter().all(|key| !log.contains(&key[20..52])), "{log}");
    let left: Vec<_> = std::fs::read_dir(home.directory.path()).expect("the directory").flatten().collect();
    assert_eq!(left.len(), 1, "the log alone: {left:?}");
}

#[test]
fn the_demo_touches_no_database_that_somebody_uses() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let said = home.run(&["demo"]).fails(1);
    assert!(said.contains("empty database"), "{said}");
    assert_eq!(home.run(&["studio", "list", "--json"]).json().as_array().map(Vec::len), Some(1));
}

#[apply(on_both_engines!)]
fn an_empty_database_that_is_named_keeps_the_demo(home: Home) {
    home.demo_here(&[]).stop();
    let studios = home.run(&["studio", "list", "--json"]).json();
    assert_eq!(studios[0]["slug"], "casa-prana");
    let keys = home.run(&["keys", "list", "--studio", "casa-prana", "--json"]).json();
    assert_eq!(keys.as_array().map(Vec::len), Some(10));
}

#[test]
fn the_demos_website_is_served_and_its_member_signs_in() {
    let home = Home::on_sqlite();
    let mut demo = home.demo();
    while !demo.line().starts_with("Its website") {}
    demo.line();
    let (website, member) = (demo.line().trim().to_owned(), demo.line());
    let words: Vec<_> = member.split_whitespace().collect();
    let (email, password) = (words[1].replace('@', "%40"), words[words.len() - 1]);
    let (status, page) = call("GET", &website, "", &[], None);
    let page = page.as_str().expect("a page").to_owned();
    assert_eq!(status, 200);
    assert!(page.contains(&format!("<script src=\"{}/flow.js\"", demo.at["members"])), "{page}");
    assert!(page.contains(&demo.at["storefront"]) && page.contains("flow_pk_") && !page.contains("flow_sk_"), "{page}");
    let (_, key) = page.split_once("data-key=\"").expect("the key");
    let widget = format!("{}/widget?pk={}", demo.at["members"], key.split('"').next().expect("a key"));
    assert_eq!(call("GET", &widget, "", &[], None).0, 200, "its key names the website");
    assert_eq!(call("GET", &format!("{website}/nowhere"), "", &[], None).0, 404);
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];
    let sign_in = |password: &str| {
        let form = format!("email={email}&password={password}");
        call("POST", &format!("{}/sign-in", demo.at["members"]), "", &headers, Some(&form))
    };
    let (status, led_to) = sign_in(password);
    assert!(status == 200 && led_to.to_string().contains("did not keep the cookie"), "{status} {led_to}");
    assert_eq!(sign_in("another").0, 422);
}

/// What the demo prints behind these words.
fn printed(demo: &mut Running, words: [&str; 2]) -> [String; 2] {
    let mut found = words.map(|_| String::new());
    loop {
        let line = demo.line();
        for (word, text) in words.iter().zip(&mut found) {
            if line.trim_start().starts_with(word) {
                line.split_whitespace().last().unwrap_or_default().clone_into(text);
            }
        }
        if line.starts_with("Ctrl-C") {
            return found;
        }
    }
}

#[apply(on_both_engines!)]
fn the_demos_dashboard_looks_lived_in_and_shows_each_state_of_a_key(home: Home) {
    let mut demo = home.demo_here(&[]);
    let [email, password] = printed(&mut demo, ["e-mail", "password"]);
    assert_eq!(demo.stop().0, Some(0));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let studio = Studio::on_database(home.url.clone()).await;
        let owner = studio.browser().sign_in(&email, &password).await.1;
        let list = owner.open("/studio/api-keys").await.html();
        let row_of = |name: &str| {
            let row = list.split("</tr>").find(|row| row.contains(&format!(">{name}</a>")));
            row.unwrap_or_else(|| panic!("{name} is not in {list}")).to_owned()
        };
        for (name, state) in [
            ("Website", "In use"),
            ("Reports", "Unused scopes"),
            ("Back office", "In use"),
            ("Accounting export", "Being replaced"),
            ("Front desk", "Exposed"),
            ("Newsletter", "Expires soon"),
            ("Lobby screen", "Never used"),
            ("Booking plugin", "Still called"),
            ("Autumn campaign", "Expired"),
        ] {
            assert!(row_of(name).contains(state), "{name} is not {state}: {}", row_of(name));
        }
        assert!(list.contains("The key “Newsletter” expires on"), "{list}");
        let now = studio.clock.now();
        let keys = keys::list(studio.app.db.of(studio_of(&studio, &list).await)).await.expect("keys");
        let rotation: Vec<_> = keys.iter().filter(|key| key.name == "Accounting export").collect();
        assert_eq!(rotation.len(), 2);
        for key in rotation {
            let calls = history::usage(studio.app.db.of(key.studio_id), key.id).await.expect("usage");
            assert!(!calls.is_empty() && calls.iter().all(|call| call.hour <= now), "both are called: {calls:?}");
        }
        let refused = owner.open("/studio/activity?outcome=refused").await.html();
        for code in ["revoked_key", "insufficient_scope"] {
            assert!(refused.contains(code), "{code} in {refused}");
        }
        let people = owner.open("/studio/people").await.html();
        assert!(people.contains("tiago@casaprana.example") && people.contains("Ended accounts (1)"), "{people}");
    });
}

/// The studio whose keys a page lists.
async fn studio_of(studio: &Studio, list: &str) -> StudioId {
    let id = list.split("/studio/api-keys/key_").nth(1).and_then(|rest| rest.split('"').next()).expect("a key");
    let key = format!("key_{id}").parse().expect("an id");
    studio_of_key(studio.app.db.read(), key).await.expect("a look-up").expect("a studio")
}

#[test]
fn the_demos_website_is_served_to_other_machines_only_where_that_is_allowed() {
    let home = Home::on_sqlite();
    let refused = home.run(&["demo", "--website-addr", "0.0.0.0:0"]).fails(2);
    assert!(refused.contains("(--website-addr)") && refused.contains("--plain-http"), "{refused}");
    let demo = home.demo_here(&["--website-addr", "0.0.0.0:0", "--plain-http"]);
    assert_eq!(demo.stop().0, Some(0));
}
