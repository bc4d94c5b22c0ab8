//! Parses the URL of a PostgreSQL server, and decides how its connections are encrypted.
//!
//! Promises that nothing is sent unencrypted to another machine unless a setting allows it, and that no password is sent to a
//! server whose certificate does not match its name. Weaker or unknown options are refused, with a message that never repeats
//! the URL.

use std::{net::IpAddr, path::PathBuf, str::FromStr};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio_rustls::rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use url::Url;

use super::open_error::OpenError;

/// TLS settings besides the URL.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// Whether another machine may be contacted unencrypted.
    pub plain: bool,
    /// A PEM file of authorities to trust besides the system's; overrides `sslrootcert` of the URL.
    pub authorities: Option<PathBuf>,
}

/// Parameters passed to sqlx unchanged.
const PASSED_ON: [&str; 10] =
    ["host", "hostaddr", "port", "dbname", "user", "password", "application_name", "options", "sslcert", "sslkey"];

/// The URL's TLS parameters. Removed from the URL, since sqlx enforces less than we promise.
#[derive(Default)]
struct UrlTls {
    mode: Option<PgSslMode>,
    authorities: Option<PathBuf>,
}

/// How the server is reached.
enum Way {
    Socket,
    Loopback,
    Network,
}

/// The options of every connection to this server.
///
/// # Errors
/// When the URL is invalid, or the connection would be weaker than promised.
pub fn read(text: &str, settings: &TlsSettings) -> Result<PgConnectOptions, OpenError> {
    let mut url = Url::parse(text).map_err(|_| OpenError::Url("it does not parse".into()))?;
    let asked = take(&mut url)?;
    let options = PgConnectOptions::from_str(url.as_str()).map_err(|_| OpenError::Url("it does not parse".into()))?;
    // The host is in brackets only in URLs; certificates have it without.
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

/// Takes out the TLS parameters, and rejects unknown ones: a misspelt parameter may have been about security.
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
            // libpq's word for the system's authorities.
            "sslrootcert" if value == "system" => {}
            "sslrootcert" => asked.authorities = Some(PathBuf::from(&*value)),
            "channel_binding" if matches!(&*value, "prefer" | "disable") => {}
            "channel_binding" => {
                return refuse(
                    "channel binding is not supported; leave `channel_binding` out, the certificate is checked in full"
                        .into(),
                );
            }
            known if PASSED_ON.contains(&known) || known.starts_with("options[") => {
                rest.push((name.clone(), value.into_owned()));
            }
            unknown => return refuse(format!("its parameter `{unknown}` is not supported; leave it out")),
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

/// The TLS mode. For another machine the certificate and its name are always checked, whatever weaker mode the URL asks for; no
/// encryption needs its own setting.
fn mode(options: &PgConnectOptions, asked: Option<PgSslMode>, plain: bool) -> Result<PgSslMode, OpenError> {
    // `PGSSLMODE` may make it stricter, but not weaker.
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

/// Does not resolve the name: its address may change before the connection.
fn way(options: &PgConnectOptions) -> Way {
    let host = options.get_host();
    if options.get_socket().is_some() || host.starts_with('/') {
        return Way::Socket;
    }
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    if is_loopback || host.eq_ignore_ascii_case("localhost") { Way::Loopback } else { Way::Network }
}

/// The server for people: without user and password.
pub fn place(options: &PgConnectOptions) -> String {
    let (host, port) = (options.get_host(), options.get_port());
    match options.get_socket() {
        Some(directory) => directory.display().to_string(),
        None if host.starts_with('/') => host.to_owned(),
        None if host.contains(':') => format!("[{host}]:{port}"),
        None => format!("{host}:{port}"),
    }
}

/// Rejects a file without certificates: sqlx would ignore it, and then trust no server without saying why.
fn check_authorities(file: &PathBuf) -> Result<(), OpenError> {
    let wrong = |why: String| OpenError::Authorities(file.display().to_string(), why);
    let text = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let mut trusted = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        trusted.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if trusted.is_empty() { Err(wrong("it contains no certificate in PEM form".into())) } else { Ok(()) }
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
    fn connections_to_another_machine_are_always_encrypted_and_verified() {
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
