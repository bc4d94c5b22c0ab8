//! The connection that the dashboard's pages come over: what they say of it, and the cookie that goes over it.

use super::{
    gateway::Home,
    visitor::{Page, Visitor},
};

const HTTPS: &str = "https://studio.casa.example";

fn says_not_encrypted(page: &Page) -> bool {
    assert_eq!(page.status, 200, "{}", page.text);
    page.text.contains("The connection to this page is not encrypted: others on the network can read what it shows")
}

#[test]
fn beyond_this_machine_each_page_over_http_says_that_the_connection_is_not_encrypted() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let server = home.serve(&["--plain-http"]);
    for (url, is_said) in [
        ("http://192.0.2.7:7607", true),
        ("http://[2001:db8::7]:7607", true),
        ("http://localhost:7607", false),
        ("http://127.0.0.1:7607", false),
        ("http://[::1]:7607", false),
    ] {
        let sign_in = Visitor::of(&server).at(url).open("/studio/sign-in");
        assert_eq!(says_not_encrypted(&sign_in), is_said, "{url}: {}", sign_in.text);
        let mut owner = Visitor::of(&server).at(url).sign_in();
        assert!(owner.cookie.starts_with("flow_studio="), "{}", owner.cookie);
        for path in ["/studio/api-keys", "/studio/api-keys/new", "/studio/confirm", "/studio/second-factor/new"] {
            let page = owner.open(path);
            if page.status == 303 {
                continue;
            }
            assert_eq!(says_not_encrypted(&page), is_said, "{path} at {url}: {}", page.text);
        }
    }
}

#[test]
fn over_https_no_page_says_so_and_the_sessions_cookie_is_bound_to_its_host() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let server = home.serve(&["--trusted-proxies", "127.0.0.1", "--public-studio-url", HTTPS]);
    let mut owner = Visitor::of(&server).at(HTTPS);
    assert!(!says_not_encrypted(&owner.open("/studio/sign-in")));
    owner = owner.sign_in();
    assert!(owner.cookie.starts_with("__Host-flow_studio="), "{}", owner.cookie);
    assert!(!says_not_encrypted(&owner.open("/studio/api-keys")));
    // The name that it has over http is another cookie.
    owner.cookie = owner.cookie.replace("__Host-", "");
    assert_eq!(owner.open("/studio/api-keys").status, 303);
}
