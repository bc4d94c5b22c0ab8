//! A mail as it is sent: its subject, its text and its page of HTML, addressed. Called when a mail is sent, and when an operator
//! looks at one; [`super::body`] says what is in it.

use std::time::{Duration, UNIX_EPOCH};

use lettre::{
    Address, Message,
    message::{
        Attachment, Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, ContentTypeErr, HeaderName, HeaderValue},
    },
};

use super::{booking, link, template::MailBody, unsent::Unsent, wording::one_line};
use crate::{
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
        let body = MailBody::of(mail, token)?;
        let (text, html) = body.render()?;
        let link = token.map(|token| link::url(&mail.page, token));
        Ok(Self { subject: body.subject, link, text, html })
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
