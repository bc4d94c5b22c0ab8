//! The types of settings, which parse flags, variables and files alike and explain what is wrong with a value.

use std::{
    fmt,
    net::{SocketAddr, ToSocketAddrs},
    str::FromStr,
};

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, de};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};
use url::Url;

use crate::access::network::parse_network;

/// A setting that may contain a password. Never printed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text, for connecting.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A listen address; a host name means its first address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ListenAddress(pub SocketAddr);

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = text.to_socket_addrs().ok().and_then(|mut all| all.next());
        found.map(Self).ok_or_else(|| "is not an address to listen on, such as 127.0.0.1:7604".to_owned())
    }
}

/// A network, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr(pub IpNet);

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse_network(text).map(Self)
    }
}

/// A surface's public URL, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || "is not an http or https address, such as https://api.studio.example".to_owned();
        // URL parsers drop or reinterpret these characters, so the result would not be what was written.
        if text.contains(|letter: char| letter.is_whitespace() || letter.is_control() || "\\\"<>%@".contains(letter)) {
            return Err(refuse());
        }
        let url = Url::parse(text).map_err(|_| refuse())?;
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !bare || url.password().is_some() {
            return Err(refuse());
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

/// The sender's e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sender(pub lettre::Address);

impl FromStr for Sender {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| "is not an e-mail address, such as hello@studio.example".to_owned())
    }
}

macro_rules! read_as_text {
    ($($kind:ident)*) => {$(
        impl TryFrom<String> for $kind {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }
        impl From<$kind> for String {
            fn from(kind: $kind) -> Self {
                kind.0.to_string()
            }
        }
    )*};
}

read_as_text! { ListenAddress Cidr LogFilter PublicUrl Sender }

/// A log filter: levels, for all targets or single ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogFilter(String);

impl LogFilter {
    /// The text, in the syntax of `tracing` filters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<_> = text.split(',').map(str::trim).collect();
        for part in &parts {
            // `tracing` would take an unknown level for a target, and log nothing else.
            let level = part.rsplit_once('=').map_or(*part, |(_, level)| level);
            if level.is_empty() || level.parse::<LevelFilter>().is_err() {
                return Err(format!(
                    "is not a log filter, since `{level}` is not a level: write error, warn, info, debug, trace or off, or a filter \
such as info,flow_gateway=debug"
                ));
            }
        }
        let filter = parts.join(",");
        EnvFilter::try_new(&filter).map_err(|error| format!("is not a log filter: {error}"))?;
        Ok(Self(filter))
    }
}

/// Parses an entry of a list; spaces around it are ignored.
///
/// # Errors
/// When the entry is not one.
pub fn entry<T: FromStr>(text: &str) -> Result<T, T::Err> {
    text.trim().parse()
}

/// Parses a list in a file: an array of strings, or one string with commas.
pub(super) fn list<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(from: D) -> Result<Option<Vec<T>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        List(Vec<String>),
        Text(String),
    }
    let wrong = |_| de::Error::custom("is neither a list of strings nor one string with commas");
    let texts = match Written::deserialize(from).map_err(wrong)? {
        Written::List(texts) => texts,
        Written::Text(text) => text.split(',').map(str::to_owned).collect(),
    };
    texts.iter().map(|text| entry(text)).collect::<Result<_, _>>().map(Some).map_err(de::Error::custom)
}

/// On or off; in a file also `true` or `false`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// On.
    #[value(alias = "true", alias = "1")]
    On,
    /// Off.
    #[value(alias = "false", alias = "0")]
    Off,
}

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Bool(bool),
            Text(String),
        }
        let wrong = || de::Error::custom("is neither on nor off, nor true nor false");
        match Written::deserialize(from).map_err(|_| wrong())? {
            Written::Bool(on) => Ok(if on { Self::On } else { Self::Off }),
            Written::Text(word) => <Self as clap::ValueEnum>::from_str(&word, false).map_err(|_| wrong()),
        }
    }
}

/// A part of a whole, from 0 to 1; in a file a number or a text.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio(pub f64);

impl FromStr for Ratio {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.trim().parse().ok().filter(|number| (0.0..=1.0).contains(number));
        number.map(Self).ok_or_else(|| "is not a number from 0 to 1, such as 0.1".to_owned())
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        let text = match Written::deserialize(from) {
            Ok(Written::Number(number)) => number.to_string(),
            Ok(Written::Text(text)) => text,
            Err(_) => String::new(),
        };
        text.parse().map_err(de::Error::custom)
    }
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}
