//! What a mail says: its subject, its text and its page of HTML, filled into the templates of `web/mail`. Called when a
//! mail is sent, and when an operator looks at one.

use std::time::{Duration, UNIX_EPOCH};

use lettre::{
    Address, Message,
    message::{
        Attachment, Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, ContentTypeErr, HeaderName, HeaderValue},
    },
};
use url::Url;

use super::{
    booking::{self, BookingWords},
    link,
    outbox::{MailKind, Unsent},
    template::{self, ExposureWords, KeyWords, MailWords},
    wording::{is_a_name, local, one_line},
};
use crate::{
    access::{history, key::masked},
    store::{instant::Instant, mailbox, token::Token},
    wire::text::UnknownTimeZone,
};

/// A mail that is written, and not addressed yet.
#[derive(Clone)]
pub struct Email {
    /// Its subject: one line.
    pub subject: String,
    /// Its link, if it has one. It may open something: it is shown to nobody but the reader, and the operator who asks for it.
    pub link: Option<String>,
    /// Its text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

impl MailKind {
    fn subject(self, studio: &str, is_member: bool, key: &KeyWords, booking: &BookingWords) -> String {
        match self {
            Self::Invitation => format!("Your invitation to {studio}"),
            Self::StaffInvitation => format!("Join the staff of {studio}"),
            Self::PasswordReset if is_member => format!("Set a new password for {studio}"),
            Self::PasswordReset => "Set a new password for your dashboard".to_owned(),
            Self::PasswordChanged => format!("Your password for {studio} was changed"),
            Self::KeyExposed => format!("The secret key “{}” was exposed", key.name),
            Self::KeyExpires => format!("The key “{}” expires on {}", key.name, key.expires),
            Self::SecondFactorOn => "Your second factor is on".to_owned(),
            Self::SecondFactorOff => "Your second factor is off".to_owned(),
            Self::RecoveryCodeUsed => "One of your recovery codes was used".to_owned(),
            Self::BookingConfirmed
            | Self::BookingPromoted
            | Self::PlaceOffered
            | Self::BookingMoved
            | Self::BookingCancelled
            | Self::WaitingEnded => booking.subject.clone(),
        }
    }
}

impl KeyWords {
    /// The key that a mail is about; nothing in the mails about other things.
    fn of(mail: &Unsent) -> Result<Self, UnknownTimeZone> {
        let (Some(kind), Some(last_four)) = (mail.key_kind, &mail.key_last_four) else { return Ok(Self::default()) };
        let expires = mail.key_expires_at.map(|at| local(at, &mail.time_zone)).transpose()?;
        Ok(Self {
            name: one_line(mail.key_name.as_deref().unwrap_or_default()),
            masked: masked(kind, last_four),
            expires: expires.unwrap_or_default(),
            is_replaced: mail.key_is_replaced,
            is_revoked: mail.key_revoked_at.is_some(),
        })
    }
}

impl ExposureWords {
    /// The exposure that a mail is about; nothing in the mails about other things.
    fn of(mail: &Unsent) -> Result<Self, UnknownTimeZone> {
        let (Some(origin), Some(at)) = (&mail.exposure_origin, mail.exposure_at) else { return Ok(Self::default()) };
        let reporter = history::reported_from(origin);
        let is_by_github = history::is_found_by_github(origin);
        let surface = mail.exposure_surface.as_deref().unwrap_or_default();
        let place = match (reporter, website(origin)) {
            _ if is_by_github => "GitHub found the key in a public place. The page of the key says where.".to_owned(),
            (Some(network), _) => format!("Somebody in the network {network} found the key, and reported it."),
            (None, Some(host)) => format!("A page of {host} sent it to the {surface} surface."),
            (None, None) => {
                format!("A page that does not say which website it belongs to sent it to the {surface} surface.")
            }
        };
        Ok(Self { place, at: local(at, &mail.time_zone)?, is_report: reporter.is_some() || is_by_github })
    }
}

/// The host of an origin, written so that no mail program makes a link of it: a stranger may have chosen it.
fn website(origin: &str) -> Option<String> {
    let url = Url::parse(origin).ok()?;
    let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https"))?;
    Some(host.replace('.', "[.]"))
}

/// Why a mail cannot be written: nothing that a later try would change.
#[derive(Debug, thiserror::Error)]
pub enum Unwritable {
    /// A template failed.
    #[error("its words could not be put together")]
    Template(#[from] askama::Error),
    /// A mail server would not take the address.
    #[error("mail cannot be sent to the recipient's e-mail address")]
    Address,
    /// Nobody can say when the link expires by the studio's clocks.
    #[error(transparent)]
    TimeZone(#[from] UnknownTimeZone),
    /// The parts make no message.
    #[error("the message could not be put together")]
    Message(#[from] lettre::error::Error),
    /// The calendar file has no type.
    #[error("the calendar file could not be attached")]
    Calendar(#[from] ContentTypeErr),
    /// The calendar file does not pass through a mail server.
    #[error("the calendar file could not be encoded")]
    Encoding,
}

impl Email {
    /// Writes a mail; its link holds this token.
    ///
    /// # Errors
    /// When a template fails, or this binary does not know the studio's time zone.
    pub fn write(mail: &Unsent, token: Option<&Token>) -> Result<Self, Unwritable> {
        let studio = one_line(&mail.studio_name);
        let link = token.map(|token| link::url(&mail.page, token));
        let (is_member, key, booking) = (mail.membership_id.is_some(), KeyWords::of(mail)?, BookingWords::of(mail)?);
        let words = &MailWords {
            subject: mail.kind.subject(&studio, is_member, &key, &booking),
            name: mail.first_name.as_deref().filter(|name| is_a_name(name)).map(one_line),
            studio,
            email: one_line(&mail.email),
            link: link.as_deref().unwrap_or(&mail.page),
            is_member,
            until: local(mail.expires_at, &mail.time_zone)?,
            at: local(mail.created_at, &mail.time_zone)?,
            key,
            exposure: ExposureWords::of(mail)?,
            booking,
        };
        let (text, html) = template::render(mail.kind, words)?;
        let subject = words.subject.clone();
        Ok(Self { subject, link, text, html })
    }

    /// Addresses it: from the studio's name at the gateway's address, with answers to the studio itself.
    ///
    /// # Errors
    /// When mail cannot be sent to the recipient's address.
    pub fn address(self, mail: &Unsent, from: &Address, now: Instant) -> Result<Message, Unwritable> {
        let to = sendable(&mail.email).ok_or(Unwritable::Address)?;
        let calendar = booking::calendar_file(mail, from, &to);
        // One id for all tries of a mail, so that a mail server may drop what it has already.
        let id = format!("<{}@{}>", mail.id, from.domain());
        let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        let builder = Message::builder()
            .from(Mailbox::new(Some(one_line(&mail.studio_name)), from.clone()))
            .to(Mailbox::new(None, to))
            .subject(self.subject)
            .message_id(Some(id))
            .date(UNIX_EPOCH + Duration::from_micros(now.micros().unsigned_abs()))
            .raw_header(automatic);
        let reply_to = mail.reply_to.as_deref().and_then(sendable);
        let builder = match reply_to {
            Some(address) => builder.reply_to(Mailbox::new(None, address)),
            None => builder,
        };
        let said = MultiPart::alternative_plain_html(self.text, self.html);
        let Some((method, file)) = calendar else { return Ok(builder.multipart(said)?) };
        // Once for programs that show an invitation beside its mail, and once as a file for those that do not. Base64, so that no
        // server breaks lines anew.
        let part = |content_type: &str| Ok::<_, Unwritable>((base64(&file)?, ContentType::parse(content_type)?));
        let (body, content_type) = part(&format!("text/calendar; method={}; charset=utf-8", method.name()))?;
        let shown = SinglePart::builder().header(content_type).body(body);
        let (body, content_type) = part("application/ics")?;
        let attached = Attachment::new("class.ics".to_owned()).body(body, content_type);
        Ok(builder.multipart(MultiPart::mixed().multipart(said.singlepart(shown)).singlepart(attached))?)
    }
}

fn base64(file: &str) -> Result<Body, Unwritable> {
    let body = Body::new_with_encoding(file.as_bytes().to_vec(), ContentTransferEncoding::Base64);
    body.map_err(|_| Unwritable::Encoding)
}

/// An address as every server sends it: its domain in ASCII.
fn sendable(address: &str) -> Option<Address> {
    mailbox::ascii(address)?.parse().ok()
}
