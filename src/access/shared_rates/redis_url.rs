//! Where Redis is, and as whom it is used. Promises that nothing is sent unencrypted to another machine unless the URL says so,
//! and that no error repeats the URL, which may hold a password.

use percent_encoding::percent_decode_str;
use redis::RedisConnectionInfo;
use url::Url;

use crate::wire::tls::{Tls, TlsError, is_this_machine};

/// A server of Redis or Valkey.
pub struct RedisUrl {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Option<Tls>,
    pub(super) login: RedisConnectionInfo,
}

/// Why a URL is not used.
#[derive(Debug, thiserror::Error)]
pub enum RedisUrlError {
    /// Not a URL that we know.
    #[error("is not a URL such as rediss://USER:PASSWORD@HOST:6379/0, or redis:// for a server on this machine")]
    Form,
    /// Somebody on the way could read the password.
    #[error(
        "names a server on another machine without TLS: use rediss://, or add ?tls=none in a network that you trust"
    )]
    Plain,
    /// TLS does not start.
    #[error("cannot be used, since TLS cannot be set up: {0}")]
    Tls(#[from] TlsError),
}

impl RedisUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// When it is not one, or the connection would not be encrypted.
    pub fn parse(text: &str) -> Result<Self, RedisUrlError> {
        let url = Url::parse(text).map_err(|_| RedisUrlError::Form)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(RedisUrlError::Form)?;
        let host = host.trim_matches(['[', ']']).to_owned();
        let tls = match (url.scheme(), url.query()) {
            ("rediss", None) => Some(Tls::new(&host)?),
            ("redis", Some("tls=none")) => None,
            ("redis", None) if is_this_machine(&host) => None,
            ("redis", None) => return Err(RedisUrlError::Plain),
            _ => return Err(RedisUrlError::Form),
        };
        if url.fragment().is_some() {
            return Err(RedisUrlError::Form);
        }
        let decoded = |text| percent_decode_str(text).decode_utf8().map_err(|_| RedisUrlError::Form);
        let number = match url.path().trim_start_matches('/') {
            "" => 0,
            number => number.parse::<u16>().map_err(|_| RedisUrlError::Form)?,
        };
        let mut login = RedisConnectionInfo::default().set_db(number.into()).set_skip_set_lib_name();
        match url.password() {
            Some(password) => {
                login = login.set_password(decoded(password)?);
                if !url.username().is_empty() {
                    login = login.set_username(decoded(url.username())?);
                }
            }
            None if url.username().is_empty() => {}
            None => return Err(RedisUrlError::Form),
        }
        Ok(Self { host, port: url.port().unwrap_or(6379), tls, login })
    }

    /// The server for people: without user and password.
    pub fn place(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, bool), String> {
        RedisUrl::parse(text).map(|url| (url.place(), url.tls.is_some())).map_err(|error| error.to_string())
    }

    #[test]
    fn a_url_names_the_server_and_the_login() {
        let url = RedisUrl::parse("rediss://flow:p%40ss%2Fword@redis.example:6380/3").expect("a URL");
        assert_eq!((url.place().as_str(), url.tls.is_some()), ("redis.example:6380", true));
        let login = (url.login.username(), url.login.password(), url.login.db());
        assert_eq!(login, (Some("flow"), Some("p@ss/word"), 3));
        let url = RedisUrl::parse("redis://:hunter2@127.0.0.1").expect("a URL");
        assert_eq!((url.login.username(), url.login.password(), url.login.db()), (None, Some("hunter2"), 0));
        assert_eq!(read("redis://[::1]:1/"), Ok(("[::1]:1".into(), false)));
    }

    #[test]
    fn clear_text_to_another_machine_takes_a_word_in_the_url() {
        for url in ["redis://:hunter2@redis.example", "redis://192.0.2.1:6379", "redis://[2001:db8::1]/1"] {
            assert!(read(url).is_err_and(|told| told.contains("rediss://") && !told.contains("hunter2")), "{url}");
            assert_eq!(read(&format!("{url}?tls=none")).map(|(_, encrypted)| encrypted), Ok(false), "{url}");
        }
        for url in ["redis://localhost", "redis://127.0.0.9:1"] {
            assert_eq!(read(url).map(|(_, encrypted)| encrypted), Ok(false), "{url}");
        }
    }

    #[test]
    fn what_nobody_would_heed_is_refused_without_the_password() {
        for url in [
            "hunter2",
            "http://:hunter2@h",
            "redis://",
            "redis:///0",
            "redis://:hunter2@localhost/one",
            "redis://:hunter2@localhost/70000",
            "redis://:hunter2@localhost?db=1",
            "rediss://:hunter2@localhost#insecure",
            "rediss://:hunter2@localhost?tls=none",
            "redis://hunter2@localhost",
            "redis://:hunter2@localhost:port",
            "redis://:%ff@localhost",
            "unix:///run/redis.sock",
        ] {
            assert!(read(url).is_err_and(|told| !told.contains("hunter2")), "{url}: {:?}", read(url));
        }
    }
}
