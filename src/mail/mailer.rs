//! The way out: one SMTP server, which sends what the outbox holds. TLS from the first byte (`smtps://`), or before
//! anything is said (`smtp://` with STARTTLS, which is insisted on beyond this machine). A connection for each mail, with a
//! deadline for all of it and a bound on what the server says.

use std::time::Duration;

use lettre::{
    Address, Message,
    transport::smtp::{
        authentication::{Credentials, DEFAULT_MECHANISMS},
        extension::ClientId,
    },
};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;
use url::Url;

use super::{
    connection::{Encryption, SmtpFailure, connect},
    words::{Secrets, kept},
};
use crate::{
    config::{Secret, Sender},
    wire::tls::{Tls, TlsError, is_this_machine},
};

/// How long one mail may take, from the connection to the server's last word.
pub const TIMEOUT: Duration = Duration::from_secs(30);
/// How long the server may take to say goodbye, once it has the mail.
const GOODBYE: Duration = Duration::from_secs(1);

/// What a server says to a login that it does not accept: that is the operator's to mend, not the mail's.
const NOT_LET_IN: [u16; 4] = [530, 534, 535, 538];

/// A server that sends mail.
#[derive(Clone)]
pub struct Mailer {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<Credentials>,
    /// The login, in the forms that must not be kept.
    login: Secrets,
    hello: ClientId,
    from: Address,
    timeout: Duration,
}

/// Why a mail server's URL is not used. It may hold a password, and is never repeated.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// Not a URL that we know.
    #[error(
        "the mail server's URL is not one of smtps://USER:PASSWORD@HOST and smtp://USER:PASSWORD@HOST, with ?tls=none for a server \
without TLS in a network that you trust"
    )]
    Url,
    /// Its host is no part of an address.
    #[error("its host makes no address that mail could come from: name one with --smtp-from")]
    From,
    /// TLS does not start.
    #[error("TLS to the mail server cannot be set up: {0}")]
    Tls(#[from] TlsError),
}

/// Why a mail was not sent, in words that may be kept and logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsendable {
    /// A later try may do.
    ForNow(String),
    /// The server says for good that it does not want it, and does not say whether that is about this mail: it may be one
    /// that turns everybody away until somebody mends it.
    Refused(String),
    /// The server does not want this mail, now or later.
    ForGood(String),
}

impl Mailer {
    /// Reads where the server is, and as whom mail is sent.
    ///
    /// # Errors
    /// When the URL is not one, or TLS cannot be set up.
    pub fn new(url: &Secret, from: Option<&Sender>, timeout: Duration) -> Result<Self, SmtpError> {
        let url = Url::parse(url.reveal()).map_err(|_| SmtpError::Url)?;
        let host = url.host_str().filter(|host| !host.is_empty() && matches!(url.path(), "" | "/"));
        let host = host.ok_or(SmtpError::Url)?.trim_matches(['[', ']']).to_owned();
        let from = match from {
            Some(from) => from.0.clone(),
            None => Address::new("no-reply", host.as_str()).map_err(|_| SmtpError::From)?,
        };
        let tls = || Tls::new(&host);
        let (encryption, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Encryption::FromTheStart(tls()?), 465),
            ("smtp", Some("tls=none")) => (Encryption::None, 25),
            ("smtp", None) if is_this_machine(&host) => (Encryption::None, 25),
            ("smtp", None | Some("tls=required")) => (Encryption::StartTls(tls()?), 587),
            _ => return Err(SmtpError::Url),
        };
        let decoded = |text| percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| SmtpError::Url);
        let (mut credentials, mut login) = (None, Secrets::default());
        match url.password() {
            Some(password) => {
                let (user, password) = (decoded(url.username())?, decoded(password)?);
                login = login.with(&password).with(&format!("\0{user}\0{password}"));
                credentials = Some(Credentials::new(user, password));
            }
            None if url.username().is_empty() => {}
            None => return Err(SmtpError::Url),
        }
        let (port, hello) = (url.port().unwrap_or(port), ClientId::default());
        Ok(Self { host, port, encryption, credentials, login, hello, from, timeout })
    }

    /// The address that mail comes from.
    pub fn from(&self) -> &Address {
        &self.from
    }

    /// How long one mail may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The login, to which the caller adds what else must not be kept of the server's words.
    pub fn secrets(&self) -> Secrets {
        self.login.clone()
    }

    /// Sends a mail; on return the server has answered for it. What it says is kept without these secrets.
    ///
    /// # Errors
    /// When it was not taken.
    pub async fn send(&self, message: &Message, secrets: &Secrets) -> Result<(), Unsendable> {
        match timeout(self.timeout, self.converse(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(failure)) => Err(judge(&failure, secrets)),
            Err(_) => Err(Unsendable::ForNow("the mail server did not answer in time".to_owned())),
        }
    }

    async fn converse(&self, message: &Message) -> Result<(), SmtpFailure> {
        let mut connection = connect(&self.host, self.port, &self.encryption, &self.hello).await?;
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        connection.send(message.envelope(), &message.formatted()).await?;
        // The mail is theirs by now, whatever becomes of the goodbye.
        timeout(GOODBYE, connection.quit()).await.ok();
        Ok(())
    }
}

/// What the outbox says of an address that this server cannot send to; lettre's words for it name `SMTPUTF8`.
const NOT_ASCII: &str =
    "the address has letters beyond ASCII before its @, and the mail server does not take such (it lacks SMTPUTF8)";

fn judge(failure: &SmtpFailure, secrets: &Secrets) -> Unsendable {
    if matches!(failure, SmtpFailure::Smtp(error) if error.is_client() && whole(error).contains("SMTPUTF8")) {
        return Unsendable::ForGood(NOT_ASCII.to_owned());
    }
    let (code, is_for_good) = match failure {
        SmtpFailure::Smtp(error) => (error.status().map(u16::from), error.is_permanent()),
        SmtpFailure::Refused(code, _) => (Some(*code), (500..600).contains(code)),
        SmtpFailure::Network(_) | SmtpFailure::NoTls | SmtpFailure::NoSmtp => (None, false),
    };
    let said = match failure {
        // What does not parse is quoted in the error, whatever it is.
        SmtpFailure::Smtp(error) if error.is_response() => {
            "the mail server's answer is none of SMTP, or too long".to_owned()
        }
        other => whole(other),
    };
    let is_let_in = code.is_none_or(|code| !NOT_LET_IN.contains(&code));
    let words = kept(&said, secrets);
    match is_for_good && is_let_in {
        true if is_about_the_mail(&said) => Unsendable::ForGood(words),
        true => Unsendable::Refused(words),
        false => Unsendable::ForNow(words),
    }
}

/// Whether a refusal's enhanced status code (RFC 3463) is about the recipient's address or mailbox, or about the size of the
/// message. Of the addresses, 5.1.7 and 5.1.8 are the sender's.
fn is_about_the_mail(said: &str) -> bool {
    let code = |word: &str| {
        let mut parts = word.trim_matches(|letter: char| !letter.is_ascii_digit()).split('.').map(str::parse::<u16>);
        match (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?, parts.next()) {
            (class @ (2 | 4 | 5), subject, detail, None) => Some((class, subject, detail)),
            _ => None,
        }
    };
    // The first word that is one: what follows is for people.
    said.split_whitespace().find_map(code).is_some_and(|code| match code {
        (5, 1, detail) => !matches!(detail, 7 | 8),
        (5, 2, _) | (5, 3, 4) => true,
        _ => false,
    })
}

/// What an error says, and what the errors behind it say.
fn whole(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        cause = inner.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Mailer, SmtpError> {
        Mailer::new(&Secret::from(url), None, TIMEOUT)
    }

    #[test]
    fn a_url_names_a_server_and_its_encryption() {
        for url in [
            "smtps://mail.example",
            "smtp://u:p%40ss@mail.example:2525",
            "smtp://mail.example?tls=required",
            "smtp://mailpit:1025?tls=none",
            "smtp://[::1]:25",
            "smtp://127.0.0.1",
        ] {
            assert!(read(url).is_ok(), "{url}");
        }
        for url in [
            "",
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://u@mail.example",
            "smtp://mail.example/x",
            "smtp://mail.example?tls=maybe",
            "smtps://mail.example?tls=none",
            "smtp://u:s3cret%ff@mail.example",
        ] {
            let told = read(url).err().map(|error| error.to_string());
            assert!(told.is_some_and(|told| !told.contains("s3cret")), "{url}");
        }
    }

    #[test]
    fn only_what_is_said_of_the_mail_is_for_good() {
        for said in ["permanent error (550): 5.1.1 no such user", "5.2.2 mailbox full", "x: 5.1.10 no", "5.3.4 too big"]
        {
            assert!(is_about_the_mail(said), "{said}");
        }
        for said in
            ["550 no", "5.7.1 relaying denied", "554 go away", "5.1.8 bad sender", "[10.5.1.1] no", "4.2.2 later 5.1.1"]
        {
            assert!(!is_about_the_mail(said), "{said}");
        }
    }

    #[test]
    fn mail_comes_from_the_servers_host_unless_it_is_told_otherwise() {
        assert_eq!(read("smtps://u:p@mail.example").unwrap().from().to_string(), "no-reply@mail.example");
    }
}
