//! `demo`: a gateway to try in one command.

use super::gateway::{Home, call, on_both_engines};

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
    assert_eq!(keys.as_array().map(Vec::len), Some(3));
}
