//! The language of the dashboard: the browser's, else English.

use flow_gateway::{
    access::sessions::stored::Role,
    dashboard::{rules, texts::TEXTS},
    wire::language::Language,
};

use crate::support::studio::on_both_engines;

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
