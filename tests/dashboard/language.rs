//! The language of the dashboard: the account's, else the browser's, else English.

use flow_gateway::{
    access::sessions::stored::Role,
    dashboard::{rules, texts::TEXTS},
    signin::staff,
    store::{
        audit::{self, AuditFilter},
        filter::LogOrder,
    },
    wire::language::Language,
};

use crate::support::{
    dashboard::PASSWORD,
    studio::{Studio, on_both_engines},
};

/// The language that a page says it is in.
fn language_of(html: &str) -> &str {
    html.split_once("<html lang=\"").and_then(|(_, rest)| rest.split_once('"')).expect("a language").0
}

/// The names of the changes in the audit log.
async fn audited(studio: &Studio) -> Vec<String> {
    let filter = AuditFilter::default();
    let rows = audit::list(studio.app.db.of(studio.id), &filter, LogOrder::Oldest(None), 100).await.expect("the log");
    rows.into_iter().map(|row| row.action).collect()
}

/// What of a language's texts a page shows, where the other language says it differently.
fn shown_of(language: Language, other: Language, html: &str) -> Vec<&'static str> {
    let (own, others) = (TEXTS.of(language).each(), TEXTS.of(other).each());
    let differ = own.zip(others).filter(|((_, own), (_, other))| own != other).map(|((_, own), _)| own);
    // A short word may stand in a name, a path or a word of the other language.
    differ.filter(|text| text.len() > 15 && !text.contains('{') && html.contains(text)).collect()
}

#[apply(on_both_engines!)]
async fn every_page_is_in_the_language_of_the_browser(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let german = owner.with("accept-language", "de-AT,de;q=0.9,en;q=0.5");
    for rule in rules().iter().filter(|rule| rule.method == "GET" && !rule.path.contains('{')) {
        for (browser, language, other) in
            [(&german, Language::German, Language::English), (&owner, Language::English, Language::German)]
        {
            let reply = browser.open(rule.path).await;
            if reply.status != 200 || !reply.header("content-type").starts_with("text/html") {
                continue;
            }
            let html = reply.html();
            assert!(html.contains(&format!("<html lang=\"{}\">", TEXTS.of(language).language)), "{html}");
            assert_eq!(shown_of(other, language, &html), Vec::<&str>::new(), "{rule:?} in {language:?}");
            assert_ne!(shown_of(language, other, &html), Vec::<&str>::new(), "{rule:?} in {language:?}");
        }
    }
}

#[apply(on_both_engines!)]
async fn who_is_not_signed_in_and_who_meets_an_error_read_the_language_of_their_browser(studio: Studio) {
    let stranger = studio.browser().with("accept-language", "de");
    let html = stranger.open("/studio/sign-in").await.html();
    assert!(html.contains("lang=\"de\"") && html.contains(">Anmelden<"), "{html}");
    let refused = stranger.send("/studio/sign-in", &[("email", "nobody@casa.example"), ("password", "wrong")]).await;
    assert!(refused.html().contains("gehören nicht zusammen"), "{refused:?}");
    let owner = studio.signed_in(Role::Owner).await.with("accept-language", "de");
    let missing = owner.open("/studio/nowhere").await;
    assert_eq!(missing.status, 404);
    assert!(missing.html().contains("Hier ist nichts"), "{missing:?}");
    let other = owner.with("accept-language", "fr, *;q=0.1").open("/studio/nowhere").await;
    assert!(other.html().contains("There is nothing here"), "{other:?}");
}

#[apply(on_both_engines!)]
async fn an_account_that_chose_a_language_reads_it_on_every_page_whatever_the_browser_asks_for(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await.with("accept-language", "en");
    let choose = async |language: &str| owner.send("/studio/language", &[("language", language)]).await;
    assert_eq!(choose("german").await.leads_to(), "/studio/sessions");
    for path in ["/studio/sessions", "/studio/api-keys", "/studio/nowhere", "/studio/people/usr_x"] {
        assert_eq!(language_of(&owner.open(path).await.html()), "de", "{path}");
    }
    let refused = owner.with("sec-fetch-site", "cross-site").send("/studio/people", &[]).await;
    assert!(refused.status == 403 && language_of(&refused.html()) == "de", "{refused:?}");
    assert_eq!(choose("german").await.leads_to(), "/studio/sessions");
    assert_eq!(audited(&studio).await, ["staff.choose_language"], "a change leaves one row, and no change none");
    let (_, elsewhere) = studio.browser().sign_in("owner@casa.example", PASSWORD).await;
    assert_eq!(
        language_of(&elsewhere.open("/studio/api-keys").await.html()),
        "de",
        "it is the account's, not the browser's"
    );
    assert_eq!(language_of(&studio.signed_in(Role::Viewer).await.open("/studio/api-keys").await.html()), "en");
    assert_eq!(choose("klingon").await.leads_to(), "/studio/sessions");
    assert_eq!(
        language_of(&owner.open("/studio/api-keys").await.html()),
        "en",
        "what nobody knows is left to the browser"
    );
}

#[apply(on_both_engines!)]
async fn a_language_is_chosen_in_every_studio_that_the_password_opens_and_in_no_other_account(studio: Studio) {
    let neighbour = studio.neighbour().await;
    let own = studio.add_staff(studio.id, "ana@casa.example", Role::Owner).await;
    let there = studio.add_staff(neighbour, "ana@casa.example", Role::Viewer).await;
    let other = studio.add_staff(neighbour, "bea@casa.example", Role::Owner).await;
    let (_, ana) = studio.browser().sign_in("ana@casa.example", PASSWORD).await;
    ana.send("/studio/language", &[("language", "german")]).await.leads_to();
    let mut languages = Vec::new();
    for (of, id) in [(studio.id, own), (neighbour, there), (neighbour, other)] {
        languages.push(staff::find(studio.app.db.of(of), id).await.expect("read").expect("there").language);
    }
    assert_eq!(languages, [Some(Language::German), Some(Language::German), None]);
    ana.send("/studio/switch", &[("to", &there.to_string())]).await.leads_to();
    assert_eq!(language_of(&ana.open("/studio/sessions").await.html()), "de");
}
