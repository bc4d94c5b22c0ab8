//! The language that a page or an e-mail is written in. A page's is chosen by the account or the browser, and known to everything
//! that answers the request. Set by the guard and by the server; read by the texts of pages and mails.

mod dates;

use std::future::Future;

use axum::http::{HeaderMap, header};
use serde::{Deserialize, Serialize};

use crate::store::bind::bind_as_word;

/// A language that pages are written in: those for members in each of these, those for staff in English and German.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English, also for who asks for none of these.
    #[default]
    English,
    /// German.
    German,
    /// French, for members.
    French,
    /// Spanish, for members.
    Spanish,
    /// Italian, for members.
    Italian,
    /// Portuguese, for members.
    Portuguese,
}

bind_as_word!(Language);

/// The languages of pages for staff, by their tags.
const OF_STAFF: &[(&str, Language)] = &[("en", Language::English), ("de", Language::German)];
/// The languages of pages for members, by their tags.
const OF_MEMBERS: &[(&str, Language)] = &[
    ("en", Language::English),
    ("de", Language::German),
    ("fr", Language::French),
    ("es", Language::Spanish),
    ("it", Language::Italian),
    ("pt", Language::Portuguese),
];

tokio::task_local! {
    static CURRENT: Language;
}

impl Language {
    /// The first of a browser's languages that pages for staff are written in. Browsers list them in the order of preference, so
    /// their quality values say nothing more.
    ///
    /// RFC 9110, section 12.5.4.
    pub fn of_browser(headers: &HeaderMap) -> Self {
        Self::first_of(OF_STAFF, headers)
    }

    /// The first of a browser's languages that pages for members are written in.
    pub fn of_members_browser(headers: &HeaderMap) -> Self {
        Self::first_of(OF_MEMBERS, headers)
    }

    /// The language of a tag such as `pt-BR`, a studio's locale, if pages for members are written in it.
    pub fn of_members(tag: &str) -> Option<Self> {
        Self::of_tag(OF_MEMBERS, tag)
    }

    /// The language of such a tag, if pages for staff are written in it.
    pub fn of_staff(tag: &str) -> Option<Self> {
        Self::of_tag(OF_STAFF, tag)
    }

    fn first_of(written: &[(&str, Self)], headers: &HeaderMap) -> Self {
        let listed = headers.get(header::ACCEPT_LANGUAGE).and_then(|listed| listed.to_str().ok()).unwrap_or_default();
        listed.split(',').find_map(|tag| Self::of_tag(written, tag)).unwrap_or_default()
    }

    /// The language of a tag such as `de-AT;q=0.8`, if it is one of these.
    fn of_tag(written: &[(&str, Self)], tag: &str) -> Option<Self> {
        let primary = tag.split(['-', ';']).next()?.trim();
        written.iter().find_map(|(name, language)| primary.eq_ignore_ascii_case(name).then_some(*language))
    }

    /// The language of the request that is being answered; English outside of one.
    pub fn current() -> Self {
        CURRENT.try_get().unwrap_or_default()
    }

    /// Answers in this language.
    pub async fn answer<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    /// Writes in this language what needs no waiting.
    pub fn write<T>(self, write: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, write)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_first_language_that_pages_are_written_in_is_taken() {
        use Language::{English, German};
        for (listed, language) in [
            ("de", German),
            ("de-AT, en;q=0.8", German),
            ("fr, DE-ch;q=0.9, en;q=0.8", German),
            ("en-GB, de;q=0.9", English),
            ("fr", English),
            ("den, deutsch", English),
            ("*", English),
            (";;,,q=NaN", English),
            ("", English),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(listed))]);
            assert_eq!(Language::of_browser(&headers), language, "{listed}");
        }
        assert_eq!(Language::of_browser(&HeaderMap::new()), English);
        let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static("sv, pt-BR, de"))]);
        assert_eq!(Language::of_members_browser(&headers), Language::Portuguese);
        assert_eq!(Language::of_browser(&headers), German, "staff have two");
    }
}
