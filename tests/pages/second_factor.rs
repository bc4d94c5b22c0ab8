//! A second factor, in a real browser.

use flow_gateway::access::sessions::stored::Role;

use super::dashboard::{serve, sign_in};
use crate::support::{dashboard::PASSWORD, devtools::Page, second_factor::Authenticator, studio::Studio};

const EMAIL: &str = "anna@casa.example";

/// Turns the second factor on at the page that is open; the app, and the recovery codes.
fn turn_on(page: &mut Page, studio: &Studio) -> (Authenticator, Vec<String>) {
    assert_eq!(page.path(), "/studio/second-factor/new", "{}", page.html());
    // A policy that forbids the image would leave it empty.
    assert_eq!(page.run("document.querySelector('img.qr').naturalWidth > 200"), true, "{}", page.html());
    let secret = page.run("document.querySelector('.secret').textContent");
    let app = Authenticator::with_secret(secret.as_str().expect("a secret"), &studio.clock);
    page.fill("Code", &app.wrong_code());
    page.press("Turn on");
    assert!(page.html().contains("This code is not right") && page.html().contains(&app.secret), "{}", page.html());
    page.fill("Code", &app.unused_code());
    page.press("Turn on");
    let codes = page.run("document.querySelector('pre.codes').textContent.trim().split('\\n')");
    let codes: Vec<_> =
        codes.as_array().expect("codes").iter().map(|code| code.as_str().expect("text").to_owned()).collect();
    assert_eq!(codes.len(), 10, "{}", page.html());
    (app, codes)
}

fn type_password(page: &mut Page, url: &str) {
    page.go(&format!("{url}/studio/audit"));
    page.fill("E-mail", EMAIL);
    page.fill("Password", PASSWORD);
    page.press("Sign in");
    assert!(page.html().contains("Type your code"), "{}", page.html());
    assert!(!page.run("location.href").as_str().expect("an address").contains("pending"));
}

/// From a password alone to a second factor, and back.
fn life_of_a_second_factor(page: &mut Page, url: &str, studio: &Studio) {
    sign_in(page, url);
    page.go(&format!("{url}/studio/second-factor"));
    page.press("Turn on");
    let (app, codes) = turn_on(page, studio);
    page.press("I have stored them");
    assert!(page.html().contains("Recovery codes left: 10."), "{}", page.html());
    page.press("Sign out");
    type_password(page, url);
    page.fill("Code", &app.wrong_code());
    page.press("Sign in");
    assert!(page.html().contains("This code is not right"), "{}", page.html());
    page.fill("Code", &app.unused_code());
    page.press("Sign in");
    assert_eq!(page.path(), "/studio/audit", "{}", page.html());
    page.press("Sign out");
    type_password(page, url);
    page.fill("Recovery code", &codes[0]);
    page.press("Sign in");
    assert_eq!(page.path(), "/studio/audit", "{}", page.html());
    page.go(&format!("{url}/studio/second-factor"));
    assert!(page.html().contains("Recovery codes left: 9."), "{}", page.html());
    page.press("Turn off");
    page.press("Turn off");
    assert!(page.html().contains("Your password alone signs in"), "{}", page.html());
    page.press("Sign out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_turns_it_on_signs_in_with_it_and_turns_it_off_with_scripts_and_without() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        life_of_a_second_factor(&mut page, &url, &studio);
        page.without_scripts();
        life_of_a_second_factor(&mut page, &url, &studio);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_must_have_one_is_led_to_it_after_the_sign_in_and_goes_on_from_there() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let owner = studio.signed_in(Role::Owner).await;
    owner.turn_on_second_factor(&studio).await;
    owner.send("/studio/people/second-factor", &[("required", "yes")]).await.leads_to();
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        page.go(&url);
        page.fill("E-mail", EMAIL);
        page.fill("Password", PASSWORD);
        page.press("Sign in");
        assert!(page.html().contains("This studio requires a second factor"), "{}", page.html());
        page.go(&format!("{url}/studio/audit"));
        turn_on(&mut page, &studio);
        page.go(&format!("{url}/studio/audit"));
        assert_eq!(page.path(), "/studio/audit", "{}", page.html());
    });
}
