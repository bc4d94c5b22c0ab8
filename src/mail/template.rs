//! A mail's body: what it says, in order, and the two templates of `web/mail` that write it as text and as HTML. Made by
//! [`super::body`]. Both are made of the same, so that neither says what the other does not.

use askama::Template;

/// What a mail says.
pub(super) struct MailBody {
    /// The tag of its language.
    pub(super) language: &'static str,
    pub(super) subject: String,
    /// Who writes.
    pub(super) studio: String,
    /// What stands before the link.
    pub(super) parts: Vec<MailPart>,
    pub(super) link: Option<MailLink>,
    /// What stands behind it.
    pub(super) end: Vec<String>,
}

/// A part of a mail.
pub(super) enum MailPart {
    /// A paragraph.
    Text(String),
    /// Facts, each behind its name.
    Facts(Vec<(&'static str, String)>),
    /// Steps to take, behind a heading.
    Steps(&'static str, Vec<&'static str>),
}

/// The link of a mail.
pub(super) struct MailLink {
    pub(super) url: String,
    pub(super) label: &'static str,
    /// Until when it works, or what its page asks for.
    pub(super) terms: String,
    /// What to do where no button works.
    pub(super) copy: &'static str,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct MailText<'m> {
    mail: &'m MailBody,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage<'m> {
    mail: &'m MailBody,
}

impl MailBody {
    /// The text, and the same as HTML.
    pub(super) fn render(&self) -> Result<(String, String), askama::Error> {
        Ok((MailText { mail: self }.render()?, MailPage { mail: self }.render()?))
    }
}
