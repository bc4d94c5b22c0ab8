//! Reads the URL of a PostgreSQL server: where it is, and how the connection to it is encrypted. Called when a database
//! is named, so that every connection of the process has the same options.
//!
//! Promises that nothing goes unencrypted to another machine unless a setting allows it, and that no password goes to a
//! server whose certificate is not right for its name. What would be weaker, or is not known, is refused with a sentence
//! that never repeats the URL.

use std::{net::IpAddr, path::PathBuf, str::FromStr};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio_rustls::rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use url::Url;

use super::open_error::OpenError;

/// What the settings say of the connection to PostgreSQL besides its URL.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// Whether a server on another machine may be spoken to unencrypted.
    pub plain: bool,
    /// A PEM file of authorities that are trusted besides the system's; it goes before `sslrootcert` of the URL.
    pub authorities: Option<PathBuf>,
}

/// The parameters that are handed on to sqlx as they are.
const HANDED_ON: [&str; 10] =
    ["host", "hostaddr", "port", "dbname", "user", "password", "application_name", "options", "sslcert", "sslkey"];

/// What the URL says about encryption. It is taken out of it, since sqlx would do less than is promised here.
#[derive(Default)]
struct UrlTls {
    mode: Option<PgSslMode>,
    authorities: Option<PathBuf>,
}

/// Which way leads to the server.
enum Way {
    Socket,
    Loopback,
    Network,
}

/// The options that every connection to this server is made with.
///
/// # Errors
/// When the URL is not one, or the connection would be weaker than is promised.
pub fn read(text: &str, settings: &TlsSettings) -> Result<PgConnectOptions, OpenError> {
    let mut url = Url::parse(text).map_err(|_| OpenError::Url("it does not parse".into()))?;
    let asked = take(&mut url)?;
    let options = PgConnectOptions::from_str(url.as_str()).map_err(|_| OpenError::Url("it does not parse".into()))?;
    // The certificate's name is compared with the host, which stands in brackets in a URL only.
    let host = options.get_host().trim_matches(['[', ']']).to_owned();
    if host.contains(',') {
        return Err(OpenError::Url("it names several hosts; name one".into()));
    }
    let options = options.host(&host);
    let mode = mode(&options, asked.mode, settings.plain)?;
    let options = options.ssl_mode(mode);
    match settings.authorities.as_ref().or(asked.authorities.as_ref()) {
        Some(file) => check_authorities(file).map(|()| options.ssl_root_cert(file)),
        None => Ok(options),
    }
}

/// Takes out what is decided here, and refuses what nobody would heed: a parameter with a typing error may have been
/// about security.
fn take(url: &mut Url) -> Result<UrlTls, OpenError> {
    let refuse = |why: String| Err(OpenError::Url(why));
    let (mut asked, mut rest, mut seen) = (UrlTls::default(), Vec::new(), Vec::new());
    for (name, value) in url.query_pairs() {
        let name = match &*name {
            "ssl-mode" => "sslmode",
            "ssl-root-cert" | "ssl-ca" => "sslrootcert",
            "ssl-cert" => "sslcert",
            "ssl-key" => "sslkey",
            other => other,
        }
        .to_owned();
        if seen.contains(&name) {
            return refuse(format!("it has `{name}` twice"));
        }
        match name.as_str() {
            "sslmode" => match PgSslMode::from_str(&value) {
                Ok(mode) => asked.mode = Some(mode),
                Err(_) => return refuse("its `sslmode` is not one that PostgreSQL knows".into()),
            },
            // The word of libpq for what the system trusts.
            "sslrootcert" if value == "system" => {}
            "sslrootcert" => asked.authorities = Some(PathBuf::from(&*value)),
            "channel_binding" if matches!(&*value, "prefer" | "disable") => {}
            "channel_binding" => {
                return refuse(
                    "channel binding is not supported; leave `channel_binding` out, the certificate is checked in full"
                        .into(),
                );
            }
            known if HANDED_ON.contains(&known) || known.starts_with("options[") => {
                rest.push((name.clone(), value.into_owned()));
            }
            unknown => return refuse(format!("its parameter `{unknown}` is not known here; leave it out")),
        }
        seen.push(name);
    }
    let has_host = url.host_str().is_some_and(|host| !host.is_empty()) || seen.iter().any(|name| name == "host");
    if has_host && seen.iter().any(|name| name == "hostaddr") {
        return refuse("it has `hostaddr` beside a host; name the one that stands in the server's certificate".into());
    }
    url.set_query(None);
    if !rest.is_empty() {
        url.query_pairs_mut().extend_pairs(rest);
    }
    Ok(asked)
}

/// How the connection is encrypted. Beyond this machine the certificate and its name are always checked, whatever weaker
/// form of encryption is asked for; nothing at all takes a setting of its own.
fn mode(options: &PgConnectOptions, asked: Option<PgSslMode>, plain: bool) -> Result<PgSslMode, OpenError> {
    // `PGSSLMODE` may ask for more than the default, and is no way to less.
    let encrypted = |mode: &PgSslMode| matches!(mode, PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    let mode = asked.or_else(|| Some(options.get_ssl_mode()).filter(encrypted));
    Ok(match (way(options), mode) {
        (Way::Socket, _) | (Way::Loopback, None) => PgSslMode::Disable,
        (Way::Loopback, Some(mode)) => mode,
        (Way::Network, Some(mode)) if encrypted(&mode) => PgSslMode::VerifyFull,
        (Way::Network, mode) if plain => mode.unwrap_or(PgSslMode::Disable),
        (Way::Network, None) => PgSslMode::VerifyFull,
        (Way::Network, Some(_)) => return Err(OpenError::Unencrypted(place(options))),
    })
}

/// A name is not looked up for this: who answers for it may change between the look and the connection.
fn way(options: &PgConnectOptions) -> Way {
    let host = options.get_host();
    if options.get_socket().is_some() || host.starts_with('/') {
        return Way::Socket;
    }
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    if is_loopback || host.eq_ignore_ascii_case("localhost") { Way::Loopback } else { Way::Network }
}

/// Where the server is, for people: no password, no user.
pub fn place(options: &PgConnectOptions) -> String {
    let (host, port) = (options.get_host(), options.get_port());
    match options.get_socket() {
        Some(directory) => directory.display().to_string(),
        None if host.starts_with('/') => host.to_owned(),
        None if host.contains(':') => format!("[{host}]:{port}"),
        None => format!("{host}:{port}"),
    }
}

/// sqlx would pass over a file without certificates, and then trust nobody for no visible reason.
fn check_authorities(file: &PathBuf) -> Result<(), OpenError> {
    let wrong = |why: String| OpenError::Authorities(file.display().to_string(), why);
    let text = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let mut trusted = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        trusted.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if trusted.is_empty() { Err(wrong("it holds no certificate in PEM form".into())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(url: &str, plain: bool) -> Result<String, String> {
        let settings = TlsSettings { plain, authorities: None };
        let read = read(url, &settings).map_err(|error| error.to_string());
        read.map(|options| format!("{:?}", options.get_ssl_mode()))
    }

    #[test]
    fn another_machine_is_always_spoken_to_encrypted_and_checked_in_full() {
        for url in [
            "postgres://db.example/flow",
            "postgresql://u:p@db.example:5433/flow",
            "postgres://db.example/flow?sslmode=require",
            "postgres://db.example/flow?sslmode=verify-ca",
            "postgres://db.example/flow?ssl-mode=VERIFY-FULL",
            "postgres://db.example/flow?sslmode=require&channel_binding=prefer&sslrootcert=system",
            "postgres:///flow?host=db.example",
            "postgres:///flow?hostaddr=192.0.2.7",
            "postgres://localhost/flow?host=db.example",
            "postgres://[2001:db8::1]/flow",
            "postgres://0.0.0.0/flow",
            "postgres://127.0.0.1.example/flow",
            "postgres://localhost.example/flow",
        ] {
            assert_eq!(told(url, false).as_deref(), Ok("VerifyFull"), "{url}");
        }
        for url in ["postgres://db.example/flow?sslmode=require", "postgres://db.example/flow?sslmode=verify-ca"] {
            assert_eq!(told(url, true).as_deref(), Ok("VerifyFull"), "{url}: a setting for clear text is no reason");
        }
    }

    #[test]
    fn clear_text_to_another_machine_takes_a_setting_of_its_own() {
        for mode in ["disable", "allow", "prefer", "Prefer"] {
            let url = format!("postgres://flow:hunter2@db.example/flow?sslmode={mode}");
            let refused = told(&url, false).expect_err("a refusal");
            assert!(refused.contains("db.example:5432") && refused.contains("--plain-database"), "{refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
            assert!(told(&url, true).is_ok(), "{url}");
        }
        assert_eq!(told("postgres://db.example/flow", true).as_deref(), Ok("Disable"));
    }

    #[test]
    fn on_this_machine_the_url_decides() {
        for url in [
            "postgres://localhost/flow",
            "postgres://LOCALHOST/flow",
            "postgres://127.0.0.9/flow",
            "postgres://[::1]/flow",
            "postgres://[::ffff:127.0.0.1]/flow",
            "postgres:///flow?host=/run/postgresql",
            "postgres://%2Frun%2Fpostgresql/flow",
            "postgres:///flow?host=/run/postgresql&sslmode=verify-full",
        ] {
            assert_eq!(told(url, false).as_deref(), Ok("Disable"), "{url}");
        }
        assert_eq!(told("postgres://localhost/flow?sslmode=require", false).as_deref(), Ok("Require"));
        assert_eq!(told("postgres://[::1]/flow?sslmode=verify-full", false).as_deref(), Ok("VerifyFull"));
    }

    #[test]
    fn what_nobody_would_heed_is_refused() {
        for query in [
            "sslMode=verify-full",
            "ssl_mode=verify-full",
            "sslmode=",
            "sslmode=full",
            "sslmode=verify-full&sslmode=disable",
            "sslmode=verify-full&ssl-mode=disable",
            "channel_binding=require",
            "target_session_attrs=read-write",
            "hostaddr=192.0.2.7",
        ] {
            let refused = told(&format!("postgres://flow:hunter2@db.example/flow?{query}"), true);
            assert!(refused.as_ref().is_err_and(|told| !told.contains("hunter2")), "{query}: {refused:?}");
        }
        assert!(told("postgres://one,two/flow", true).is_err());
        assert!(told("postgres:///flow?host=one,two", true).is_err());
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("authority.pem");
        for text in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            std::fs::write(&file, text).unwrap();
            let settings = TlsSettings { plain: false, authorities: Some(file.clone()) };
            let refused = read("postgres://db.example/flow", &settings).expect_err("a refusal").to_string();
            assert!(refused.contains("authority.pem"), "{refused}");
        }
        let url = format!("postgres://db.example/flow?sslrootcert={}", directory.path().join("absent.pem").display());
        assert!(told(&url, false).is_err_and(|told| told.contains("absent.pem")));
    }
}
