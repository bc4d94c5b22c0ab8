//! An origin that a publishable key may be used from: `https://host[:port]`, http on loopback only; no path, no wildcard.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::{Host, Url};

use crate::wire::mask::contains_secret_key;

/// An origin as browsers send it: lower case, no default port, no trailing slash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AllowedOrigin(String);

/// The text is not an origin that a key may allow.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "`{0}` is not an allowed origin: write https://host[:port] (http on loopback only), with no path and no wildcard"
)]
pub struct NotAnOrigin(String);

impl AllowedOrigin {
    /// The origin's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AllowedOrigin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let refuse = || NotAnOrigin(text.to_owned());
        // URL parsers drop or reinterpret these characters, so the result would not be what was written.
        let means_something_else =
            |letter: char| letter.is_whitespace() || letter.is_control() || "\\\"<>%@".contains(letter);
        // A key in the host name would be stored in lower case, and shown unmasked.
        if text.contains(means_something_else) || contains_secret_key(text) {
            return Err(refuse());
        }
        let url = Url::parse(text).map_err(|_| refuse())?;
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err(refuse()),
        };
        let secure = url.scheme() == "https" || (url.scheme() == "http" && loopback);
        let bare = url.path() == "/" && !text.ends_with('/') && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        if !secure || !bare || !anonymous || text.contains('*') {
            return Err(refuse());
        }
        Ok(Self(url.origin().ascii_serialization()))
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Serialize for AllowedOrigin {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AllowedOrigin {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bare_secure_origin_is_allowed() {
        for good in
            ["https://studio.example", "https://studio.example:8443", "http://localhost:3000", "http://127.0.0.1"]
        {
            assert_eq!(good.parse::<AllowedOrigin>().unwrap().as_str(), good);
        }
        assert_eq!("HTTPS://öko.example".parse::<AllowedOrigin>().unwrap().as_str(), "https://xn--ko-eka.example");
        assert_eq!("https://Studio.Example:443".parse::<AllowedOrigin>().unwrap().as_str(), "https://studio.example");
        for bad in [
            "http://studio.example",
            "https://*.example",
            "*",
            "null",
            "https://studio.example/",
            "https://studio.example\\",
            "https://studio.example\n",
            "https://stu%64io.example",
            "https://a.example/b",
            "https://user@a.example",
            "ftp://a.example",
            "https://",
            "studio.example",
            "",
        ] {
            assert!(bad.parse::<AllowedOrigin>().is_err(), "{bad}");
        }
    }
}
