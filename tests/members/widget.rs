//! The sign-in widget, as its page and its script call it: who may frame it, and how a frame and a window are signed in and out. What
//! a browser makes of it is shown in `pages::widget`.

use std::time::Duration;

use flow_gateway::{
    access::{
        keys::{self, NewKey},
        scope::Scope::ClassesRead,
    },
    store::token::Token,
};

use super::{
    ACCOUNT, NEW, RUI, is_in, join, joined,
    tokens::{PAGE, ask, framed, page, page_key},
};
use crate::support::{
    dashboard::{Browser, PASSWORD},
    studio::{Reply, Studio, on_both_engines, publishable, secret},
};

const WINDOW: &str = "/widget/window";

/// The `frame-ancestors` of the widget's page with this key.
async fn ancestors(studio: &Studio, key: &str) -> (Reply, String) {
    let reply = studio.member_browser().open(&format!("/widget?pk={key}")).await;
    let policy = reply.header("content-security-policy").to_owned();
    let (_, rest) = policy.split_once("frame-ancestors ").expect("it is named");
    (reply, rest.split(';').next().unwrap_or_default().to_owned())
}

/// What a frame sends, with what it keeps in its own memory.
fn form<'f>(key: &'f str, more: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    [&[("pk", key), ("origin", PAGE)], more].concat()
}

async fn sign_in(browser: &Browser, key: &str, email: &str, password: &str) -> Reply {
    browser.with("accept", "*/*").send("/widget/sign-in", &form(key, &[("email", email), ("password", password)])).await
}

fn session(reply: &Reply) -> String {
    reply.expect(200)["session"].as_str().expect("a session").to_owned()
}

/// Asks for a token with a session that the frame keeps in its own memory.
async fn kept(browser: &Browser, key: &str, session: &str) -> Reply {
    browser.with("accept", "*/*").send("/widget/token", &form(key, &[("session", session)])).await
}

/// A window that a frame opens: its id and its secret.
async fn opened(browser: &Browser, key: &str) -> (String, String) {
    let (id, secret) = (Token::mint().reveal()[..22].to_owned(), Token::mint().reveal().to_owned());
    browser.send("/widget/request", &form(key, &[("id", &id), ("secret", &secret)])).await.expect(201);
    (id, secret)
}

async fn claim(browser: &Browser, id: &str, secret: &str) -> Reply {
    browser.with("accept", "*/*").send("/widget/claim", &[("id", id), ("secret", secret)]).await
}

#[apply(on_both_engines!)]
async fn exactly_the_origins_of_the_key_may_frame_the_widget(studio: Studio) {
    let key = page_key(&studio, studio.id, &[PAGE, "http://localhost:8080"]).await;
    let (reply, origins) = ancestors(&studio, &key).await;
    assert_eq!((reply.status.as_u16(), origins.as_str()), (200, "https://casa.example http://localhost:8080"));
    assert!(reply.header("content-security-policy").contains("script-src 'self'"), "{reply:?}");
    assert_eq!(reply.header("x-frame-options"), "");
    for (field, name) in [("email", "E-mail"), ("password", "Password")] {
        assert!(reply.html().contains(&format!("<label for=\"{field}\">{name}</label>")), "{}", reply.html());
    }
}

#[apply(on_both_engines!)]
async fn a_key_that_opens_no_widget_says_why_and_nobody_frames_that(studio: Studio) {
    let originless = page_key(&studio, studio.id, &[]).await;
    let revoked = studio.key(NewKey { origins: vec![PAGE.parse().unwrap()], ..publishable() }).await;
    let (id, now) = (revoked.stored.id, studio.clock.now());
    keys::revoke(&*studio.app.access.keyring, studio.id, id, None, "a test", now).await.unwrap();
    let unknown = Studio::on_sqlite().await.key(publishable()).await;
    for (key, status, words) in [
        (originless.as_str(), 403, "names no website"),
        (revoked.minted.reveal(), 404, "not known here"),
        (unknown.minted.reveal(), 404, "not known here"),
        ("flow_pk_1", 400, "lacks the website’s key"),
        ("", 400, "lacks the website’s key"),
    ] {
        let (reply, origins) = ancestors(&studio, key).await;
        assert_eq!((reply.status.as_u16(), origins.as_str()), (status, "'none'"), "{key}");
        assert!(reply.html().contains(words), "{key}: {}", reply.html());
    }
    let server = studio.key(secret(&[ClassesRead])).await;
    let (reply, origins) = ancestors(&studio, server.minted.reveal()).await;
    assert_eq!((reply.status.as_u16(), origins.as_str()), (400, "'none'"));
    let elsewhere = studio.member_browser().open(&format!("/sign-in?pk={originless}")).await;
    assert_eq!(elsewhere.status, 400, "a key stands in this one URL only");
}

#[apply(on_both_engines!)]
async fn a_password_in_the_frame_opens_the_keys_studio_alone(studio: Studio) {
    let neighbour = studio.neighbour().await;
    joined(&studio).await;
    join(&studio, neighbour, "eva@member.example", PASSWORD).await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    let browser = studio.member_browser();
    let mut refusals = Vec::new();
    for (email, password) in [(RUI, NEW), ("eva@member.example", PASSWORD), ("nobody@member.example", PASSWORD)] {
        let reply = sign_in(&browser, &key, email, password).await;
        assert_eq!(reply.header("set-cookie"), "");
        refusals.push(reply.is_problem(422, "validation_failed")["detail"].clone());
    }
    assert!(refusals[0].as_str().unwrap().contains("do not belong together"), "{refusals:?}");
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
    let reply = sign_in(&browser, &key, " Rui@Member.example ", PASSWORD).await;
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("flow_frame=") && cookie.ends_with("; HttpOnly; SameSite=Lax"), "{cookie}");
    let token = kept(&browser, &key, &session(&reply)).await.expect(200);
    assert_eq!(token["email"], RUI);
    page(&studio, token["token"].as_str().unwrap()).get("/v1/me").await.expect(200);
    ask(&browser.keeping(&reply), &key, PAGE).await.expect(200);
    let elsewhere = page_key(&studio, neighbour, &[PAGE]).await;
    kept(&browser, &elsewhere, &session(&reply)).await.is_problem(401, "not_signed_in");
}

#[apply(on_both_engines!)]
async fn a_session_of_a_frame_counts_in_no_window_and_the_other_way_round(studio: Studio) {
    let (window, _) = joined(&studio).await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    ask(&window, &key, PAGE).await.is_problem(401, "not_signed_in");
    let (_, value) = window.cookie().split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    let window_in_frame = studio.member_browser().with("cookie", &format!("flow_frame={value}"));
    ask(&window_in_frame, &key, PAGE).await.is_problem(401, "not_signed_in");
    let frame = session(&sign_in(&studio.member_browser(), &key, RUI, PASSWORD).await);
    let frame_in_window = studio.member_browser().with("cookie", &format!("flow_member={frame}"));
    assert!(!is_in(&frame_in_window).await);
}

#[apply(on_both_engines!)]
async fn who_guesses_in_frames_waits_as_on_the_page(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    joined(&studio).await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    let guesser = studio.member_browser().from("192.0.2.9");
    for _ in 0..5 {
        assert_eq!(sign_in(&guesser, &key, RUI, "a wrong one").await.status, 422);
        assert_eq!(guesser.sign_in(RUI, "a wrong one").await.0.status, 422);
    }
    let reply = sign_in(&guesser, &key, RUI, PASSWORD).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "900"));
    assert!(reply.json()["detail"].as_str().unwrap().contains("15 minutes"), "{reply:?}");
}

#[apply(on_both_engines!)]
async fn a_window_opens_from_the_widget_alone_and_says_for_which_website(studio: Studio) {
    joined(&studio).await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    let browser = studio.member_browser();
    let (id, secret) = opened(&browser, &key).await;
    let path = format!("{WINDOW}?request={id}&lang=fr");
    for site in ["cross-site", "same-site", "none"] {
        let reply = browser.with("sec-fetch-site", site).open(&path).await;
        assert_eq!(reply.status, 403, "{site}");
        assert!(!reply.html().contains(PAGE), "{}", reply.html());
    }
    let shown = browser.open(&path).await;
    assert_eq!(shown.header("cross-origin-opener-policy"), "same-origin");
    let html = shown.html();
    assert!(html.contains("<html lang=\"fr\"") && html.contains("Pour le site https://casa.example"), "{html}");
    assert!(html.contains("Test Studio") && html.contains("Mot de passe"), "{html}");
    assert_eq!(claim(&browser, &id, &secret).await.status, 202);
    let wrong = browser.send(WINDOW, &[("request", &id), ("email", RUI), ("password", NEW)]).await;
    assert!(wrong.status == 422 && wrong.html().contains("For the website https://casa.example"), "{wrong:?}");
    let in_french = |password| [("request", id.as_str()), ("lang", "fr"), ("email", RUI), ("password", password)];
    let wrong = browser.send(WINDOW, &in_french(NEW)).await.html();
    assert!(
        wrong.contains("Pour le site https://casa.example") && wrong.contains("name=\"lang\" value=\"fr\""),
        "{wrong}"
    );
    let done = browser.send(WINDOW, &in_french(PASSWORD)).await;
    assert!(done.html().contains("<html lang=\"fr\"") && done.html().contains(PAGE), "{}", done.html());
    let window = browser.keeping(&done);
    assert!(is_in(&window).await && window.cookie().starts_with("flow_member="), "an ordinary session stays");
    assert_eq!(claim(&browser, &id, Token::mint().reveal()).await.status, 404, "another secret");
    let claimed = claim(&browser, &id, &secret).await;
    kept(&browser, &key, &session(&claimed)).await.expect(200);
    assert_eq!(claim(&browser, &id, &secret).await.status, 404, "it is used once");
    assert_eq!(browser.send(WINDOW, &[("request", &id), ("email", RUI), ("password", PASSWORD)]).await.status, 410);
}

#[apply(on_both_engines!)]
async fn who_is_signed_in_goes_on_with_one_press_or_as_somebody_else(studio: Studio) {
    let neighbour = studio.neighbour().await;
    let (rui, _) = joined(&studio).await;
    let (eva, _) = join(&studio, neighbour, "eva@member.example", PASSWORD).await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    let (id, secret) = opened(&rui, &key).await;
    let html = rui.open(&format!("{WINDOW}?request={id}")).await.html();
    assert!(html.contains(RUI) && html.contains("Use another account") && !html.contains("\"password\""), "{html}");
    let html = rui.open(&format!("{WINDOW}?request={id}&other=1")).await.html();
    assert!(html.contains("\"password\"") && !html.contains(RUI), "{html}");
    let html = eva.open(&format!("{WINDOW}?request={id}")).await.html();
    assert!(html.contains("\"password\""), "a member elsewhere signs in: {html}");
    let refused = eva.send(WINDOW, &[("request", &id)]).await;
    assert!(refused.status == 403 && refused.html().contains("not as a member of Test Studio"), "{refused:?}");
    assert_eq!(claim(&rui, &id, &secret).await.status, 202);
    assert_eq!(rui.send(WINDOW, &[("request", &id)]).await.status, 200);
    assert_eq!(rui.send(WINDOW, &[("request", &id)]).await.status, 410, "it is answered once");
    session(&claim(&rui, &id, &secret).await);
}

#[apply(on_both_engines!)]
async fn a_window_that_came_before_its_request_looks_again_and_an_old_one_says_so(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    joined(&studio).await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    let browser = studio.member_browser();
    let reply = browser.open(&format!("{WINDOW}?request=not-noted-yet&lang=de")).await;
    let again = "content=\"1; url=/widget/window?request=not-noted-yet&#38;look=1&#38;lang=de\"";
    assert!(reply.status == 200 && reply.html().contains(again), "{}", reply.html());
    assert_eq!(browser.open(&format!("{WINDOW}?request=not-noted-yet&look=10")).await.status, 410);
    let (id, secret) = opened(&browser, &key).await;
    studio.pass(Duration::from_mins(10));
    assert_eq!(browser.send(WINDOW, &[("request", &id), ("email", RUI), ("password", PASSWORD)]).await.status, 410);
    assert_eq!(claim(&browser, &id, &secret).await.status, 404);
}

#[apply(on_both_engines!)]
async fn who_signs_out_of_the_frame_or_of_its_window_is_signed_out_of_both(studio: Studio) {
    let (rui, _) = joined(&studio).await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    let token_of =
        async |frame: &Browser| ask(frame, &key, PAGE).await.expect(200)["token"].as_str().unwrap().to_owned();
    let (one, other) = (framed(&rui, &key).await, framed(&rui, &key).await);
    let elsewhere = studio.member_browser().sign_in(RUI, PASSWORD).await.1;
    let (first, second) = (token_of(&one).await, token_of(&other).await);
    let out = one.send("/widget/sign-out", &form(&key, &[])).await;
    out.expect(200);
    assert!(out.header("set-cookie").starts_with("flow_frame=; "), "{out:?}");
    for token in [&first, &second] {
        page(&studio, token).get("/v1/me").await.is_problem(401, "invalid_token");
    }
    assert!(!is_in(&rui).await, "the window that opened them");
    assert!(is_in(&elsewhere).await, "another browser is signed in still");
    let frame = framed(&elsewhere, &key).await;
    elsewhere.send("/sign-out", &[]).await.leads_to();
    ask(&frame, &key, PAGE).await.is_problem(401, "not_signed_in");
    one.send("/widget/sign-out", &form(&key, &[])).await.expect(200);
}

#[apply(on_both_engines!)]
async fn windows_that_no_frame_of_ours_opens_are_refused_and_many_of_one_network_wait(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    let browser = studio.member_browser();
    let request = async |origin: &str, id: &str, secret: &str| {
        let form = [("pk", key.as_str()), ("origin", origin), ("id", id), ("secret", secret)];
        browser.with("accept", "*/*").send("/widget/request", &form).await
    };
    let (id, secret) = (Token::mint().reveal()[..22].to_owned(), Token::mint().reveal().to_owned());
    request("https://evil.example", &id, &secret).await.is_problem(403, "origin_not_allowed");
    for (id, secret) in [("", secret.as_str()), (&id, ""), ("<script>alert(1)</script>", &secret), (&id, &secret[1..])]
    {
        request(PAGE, id, secret).await.is_problem(400, "malformed_request");
    }
    request(PAGE, &id, &secret).await.expect(201);
    request(PAGE, &id, &secret).await.is_problem(409, "conflict");
    for _ in 0..58 {
        request(PAGE, &Token::mint().reveal()[..22], &secret).await.expect(201);
    }
    request(PAGE, &Token::mint().reveal()[..22], &secret).await.is_problem(429, "rate_limited");
}

#[apply(on_both_engines!)]
async fn opened_by_itself_the_widget_is_a_page_to_sign_in(studio: Studio) {
    let (rui, _) = joined(&studio).await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    let alone = |browser: &Browser| browser.with("sec-fetch-dest", "document");
    let html = alone(&studio.member_browser()).open(&format!("/widget?pk={key}")).await.html();
    assert!(html.contains("action=\"/sign-in\"") && !html.contains("class=\"framed\""), "{html}");
    let reply = alone(&rui).open(&format!("/widget?pk={key}")).await;
    assert!(reply.status == 200 && reply.html().contains(ACCOUNT), "it leads, and never redirects: {reply:?}");
}
