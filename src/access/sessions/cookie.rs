//! The cookie that a session is kept in. Over https its name has the prefix `__Host-`, so that no other host can set it; over
//! http, which is for this machine, it has neither that nor `Secure`, since Safari drops such cookies there.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use crate::store::token::Token;

/// Whose session a cookie keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieKind {
    /// Its name over https.
    pub secure_name: &'static str,
    /// Its name over http.
    pub plain_name: &'static str,
    /// How long a browser keeps it.
    pub lifetime: Duration,
}

/// How the cookie is named and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie {
    kind: CookieKind,
    is_secure: bool,
    is_in_frame: bool,
}

impl Cookie {
    /// The cookie of a surface that is reached at this URL.
    pub fn at(url: &str, kind: CookieKind) -> Self {
        Self { kind, is_secure: url.starts_with("https://"), is_in_frame: false }
    }

    /// The cookie of a page that is shown in frames of other sites. Over https each of those sites has its own, which no other
    /// site's frame sends (`Partitioned`); over http browsers keep it where the two are one site.
    pub fn in_frame(url: &str, kind: CookieKind) -> Self {
        Self { is_in_frame: true, ..Self::at(url, kind) }
    }

    /// Whether it travels over https alone.
    pub fn is_secure(self) -> bool {
        self.is_secure
    }

    fn name(self) -> &'static str {
        if self.is_secure { self.kind.secure_name } else { self.kind.plain_name }
    }

    /// What a request's cookie holds.
    pub fn read(self, headers: &HeaderMap) -> Option<&str> {
        // By bytes: another cookie of the same host may hold some that are not ASCII.
        let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
        let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
        let values = pairs.filter_map(|pair| pair.strip_prefix(self.name().as_bytes())?.strip_prefix(b"="));
        values.filter_map(|value| std::str::from_utf8(value).ok()).find(|value| !value.is_empty())
    }

    /// The header that hands a token to the browser: the one place that reveals it.
    pub fn set(self, token: &Token) -> Option<HeaderValue> {
        self.header(token.reveal(), self.kind.lifetime.as_secs())
    }

    /// The header that has the browser forget it.
    pub fn clear(self) -> Option<HeaderValue> {
        self.header("", 0)
    }

    fn header(self, value: &str, seconds: u64) -> Option<HeaderValue> {
        let sent = match (self.is_secure, self.is_in_frame) {
            (true, true) => "SameSite=None; Secure; Partitioned",
            (true, false) => "SameSite=Lax; Secure",
            (false, _) => "SameSite=Lax",
        };
        let text = format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; {sent}", self.name());
        let mut header = HeaderValue::try_from(text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::sessions::STAFF_COOKIE;

    fn at(url: &str) -> Cookie {
        Cookie::at(url, STAFF_COOKIE)
    }

    #[test]
    fn over_https_the_cookie_is_bound_to_its_host() {
        let token = Token::mint();
        let set = |url: &str| at(url).set(&token).unwrap().to_str().unwrap().replace(token.reveal(), "T");
        let rest = "=T; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax";
        assert_eq!(set("https://studio.example"), format!("__Host-flow_studio{rest}; Secure"));
        assert_eq!(set("http://127.0.0.1:7607"), format!("flow_studio{rest}"));
    }

    #[test]
    fn in_a_frame_each_site_has_its_own_over_https_alone() {
        let cleared = |url: &str| Cookie::in_frame(url, STAFF_COOKIE).clear().unwrap().to_str().unwrap().to_owned();
        assert!(cleared("https://a.example").ends_with("; HttpOnly; SameSite=None; Secure; Partitioned"));
        assert!(cleared("http://127.0.0.1:7606").ends_with("; HttpOnly; SameSite=Lax"));
    }

    #[test]
    fn it_is_found_among_others_and_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=b; xflow_studio=no; flow_studio=; flow_studio=yes".parse().unwrap());
        assert_eq!(at("http://127.0.0.1:7607").read(&headers), Some("yes"));
        assert_eq!(at("https://studio.example").read(&headers), None);
    }

    #[test]
    fn a_cookie_of_others_that_is_not_ascii_hides_no_session() {
        let mut headers = HeaderMap::new();
        let sent = HeaderValue::from_bytes(b"city=S\xe3o Paulo; flow_studio=yes; x=\xff").unwrap();
        headers.append(header::COOKIE, sent);
        assert_eq!(at("http://127.0.0.1:7607").read(&headers), Some("yes"));
    }
}
