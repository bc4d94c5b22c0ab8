//! What each kind of mail says, in the language of its reader. Called by [`super::email`].

use url::Url;

use super::{
    booking::BookingWords,
    kind::MailKind,
    link,
    member_texts::MemberMailTexts,
    template::{MailBody, MailLink, MailPart},
    texts::{MAIL_TEXTS, MailTexts},
    unsent::Unsent,
    wording::{is_a_name, local, one_line},
};
use crate::{
    access::{history, key::masked},
    store::{instant::Instant, token::Token},
    wire::{text::UnknownTimeZone, translated::fill},
};

impl MailBody {
    /// What a mail says; its link holds this token.
    ///
    /// # Errors
    /// When this binary does not know the studio's time zone.
    pub(super) fn of(mail: &Unsent, token: Option<&Token>) -> Result<Self, UnknownTimeZone> {
        if let Some(words) = BookingWords::of(mail)? {
            return Ok(Self::of_booking(mail, words));
        }
        let (values, texts) = (PlaceValues::of(mail)?, BodyTexts::of(mail));
        let url = token.map_or_else(|| mail.page.clone(), |token| link::url(&mail.page, token));
        let BodyTexts { language, subject, parts, link, end } = texts;
        let text = |text: &str| values.fill(text);
        let link = link.map(|LinkTexts { label, until, without_token, copy }| {
            let terms = if token.is_some() { text(until) } else { without_token.to_owned() };
            MailLink { url, label, terms, copy }
        });
        let parts = parts.into_iter().map(|part| match part {
            MailPart::Text(said) => MailPart::Text(text(&said)),
            MailPart::Facts(facts) => {
                MailPart::Facts(facts.into_iter().map(|(name, said)| (name, text(&said))).collect())
            }
            steps @ MailPart::Steps(..) => steps,
        });
        let parts = parts.collect();
        let end = end.into_iter().map(text).collect();
        Ok(Self { language, subject: text(subject), studio: one_line(&mail.studio_name), parts, link, end })
    }

    fn of_booking(mail: &Unsent, words: BookingWords) -> Self {
        let BookingWords { language, subject, hello, lead, facts, end } = words;
        let parts = vec![MailPart::Text(hello), MailPart::Text(lead), MailPart::Facts(facts)];
        let end = end.into_iter().map(str::to_owned).collect();
        Self { language, subject, studio: one_line(&mail.studio_name), parts, link: None, end }
    }
}

/// What fills the places of the texts.
struct PlaceValues(Vec<(&'static str, String)>);

impl PlaceValues {
    fn of(mail: &Unsent) -> Result<Self, UnknownTimeZone> {
        let at = |at: Instant| local(at, &mail.time_zone, mail.language());
        let at_if = |when: Option<Instant>| when.map(at).transpose().map(Option::unwrap_or_default);
        let origin = mail.exposure_origin.as_deref().unwrap_or_default();
        let masked = mail.key_kind.zip(mail.key_last_four.as_deref()).map(|(kind, last_four)| masked(kind, last_four));
        Ok(Self(vec![
            ("studio", one_line(&mail.studio_name)),
            ("email", one_line(&mail.email)),
            ("name", mail.first_name.as_deref().map(one_line).unwrap_or_default()),
            ("until", at(mail.expires_at)?),
            ("at", at(mail.created_at)?),
            ("key", one_line(mail.key_name.as_deref().unwrap_or_default())),
            ("masked", masked.unwrap_or_default()),
            ("expires", at_if(mail.key_expires_at)?),
            ("exposed_at", at_if(mail.exposure_at)?),
            ("network", history::reported_from(origin).map(str::to_owned).unwrap_or_default()),
            ("host", website(origin).unwrap_or_default()),
            ("surface", mail.exposure_surface.clone().unwrap_or_default()),
        ]))
    }

    fn fill(&self, text: &str) -> String {
        let values: Vec<_> = self.0.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fill(text, &values)
    }
}

/// The texts of a mail, with places for values.
struct BodyTexts {
    language: &'static str,
    subject: &'static str,
    parts: Vec<MailPart>,
    link: Option<LinkTexts>,
    end: Vec<&'static str>,
}

/// The texts around a link.
#[derive(Clone, Copy)]
struct LinkTexts {
    label: &'static str,
    /// Until when it works, where it opens something.
    until: &'static str,
    /// What its page asks for, where it does not.
    without_token: &'static str,
    copy: &'static str,
}

impl BodyTexts {
    fn of(mail: &Unsent) -> Self {
        if mail.membership_id.is_some() {
            return Self::to_member(mail, MemberMailTexts::of(mail.language()));
        }
        Self::to_staff(mail, MAIL_TEXTS.of(mail.language()))
    }

    fn to_member(mail: &Unsent, t: &'static MemberMailTexts) -> Self {
        let link = |label| LinkTexts { label, until: t.until, without_token: "", copy: t.copy_link };
        let said = |subject, parts: &[&str], end: &[&'static str]| Self::said(t.language, subject, parts, end);
        match mail.kind {
            MailKind::Invitation => {
                let hello = if mail.first_name.as_deref().is_some_and(is_a_name) { t.hello_name } else { t.hello };
                said(t.invitation_subject, &[hello, t.invitation], &[t.not_expected]).with_link(link(t.accept))
            }
            MailKind::PasswordReset => {
                said(t.reset_subject, &[t.reset], &[t.reset_not_you]).with_link(link(t.set_password))
            }
            MailKind::PasswordChanged => {
                said(t.password_subject, &[t.password_changed, t.password_by_you, t.password_not_you], &[])
            }
            MailKind::EmailChange => {
                let said = said(t.email_change_subject, &[t.email_change], &[t.email_change_not_you]);
                said.with_link(link(t.confirm_email))
            }
            MailKind::EmailChanged => said(t.email_changed_subject, &[t.email_changed, t.email_changed_not_you], &[]),
            // These go to the staff. `BookingWords` says those about bookings; one whose booking is gone says nothing.
            MailKind::StaffInvitation
            | MailKind::KeyExpires
            | MailKind::KeyExposed
            | MailKind::SecondFactorOn
            | MailKind::SecondFactorOff
            | MailKind::RecoveryCodeUsed
            | MailKind::BookingConfirmed
            | MailKind::BookingPromoted
            | MailKind::PlaceOffered
            | MailKind::BookingMoved
            | MailKind::BookingCancelled
            | MailKind::WaitingEnded => said("", &[], &[]),
        }
    }

    fn to_staff(mail: &Unsent, t: &'static MailTexts) -> Self {
        let link = |label| LinkTexts { label, until: t.until, without_token: t.asks_to_sign_in, copy: t.copy_link };
        let said = |subject, parts: &[&str], end: &[&'static str]| Self::said(t.language, subject, parts, end);
        match mail.kind {
            MailKind::StaffInvitation => {
                said(t.staff_invitation_subject, &[t.staff_invitation], &[t.not_expected]).with_link(link(t.accept))
            }
            MailKind::PasswordReset => {
                said(t.reset_subject, &[t.reset], &[t.reset_not_you]).with_link(link(t.set_password))
            }
            MailKind::PasswordChanged => {
                said(t.password_subject, &[t.password_changed, t.password_by_you, t.password_not_you], &[])
            }
            MailKind::KeyExpires => {
                let next = if mail.key_is_replaced { t.key_is_replaced } else { t.key_is_needed };
                said(t.key_expires_subject, &[t.key_expires, next], &[t.why_owner]).with_link(link(t.see_key))
            }
            MailKind::KeyExposed => {
                let said = said(t.key_exposed_subject, &[t.key_exposed], &[t.why_owner, t.most_mails]);
                said.with_parts(exposure(mail, t)).with_link(link(t.see_key))
            }
            MailKind::SecondFactorOn => said(t.factor_on_subject, &[t.factor_on, t.factor_on_not_you], &[]),
            MailKind::SecondFactorOff => said(t.factor_off_subject, &[t.factor_off, t.factor_off_not_you], &[]),
            MailKind::RecoveryCodeUsed => {
                said(t.code_used_subject, &[t.code_used, t.code_used_by_you, t.code_used_not_you], &[])
            }
            // These go to members.
            MailKind::Invitation
            | MailKind::EmailChange
            | MailKind::EmailChanged
            | MailKind::BookingConfirmed
            | MailKind::BookingPromoted
            | MailKind::PlaceOffered
            | MailKind::BookingMoved
            | MailKind::BookingCancelled
            | MailKind::WaitingEnded => said("", &[], &[]),
        }
    }

    fn said(language: &'static str, subject: &'static str, parts: &[&str], end: &[&'static str]) -> Self {
        let parts = parts.iter().map(|text| MailPart::Text((*text).to_owned())).collect();
        Self { language, subject, parts, link: None, end: end.to_vec() }
    }

    fn with_link(self, link: LinkTexts) -> Self {
        Self { link: Some(link), ..self }
    }

    fn with_parts(mut self, parts: impl IntoIterator<Item = MailPart>) -> Self {
        self.parts.extend(parts);
        self
    }
}

/// Where and when a key was exposed, and what to do.
fn exposure(mail: &Unsent, t: &'static MailTexts) -> [MailPart; 2] {
    let origin = mail.exposure_origin.as_deref().unwrap_or_default();
    let is_by_github = history::is_found_by_github(origin);
    let is_reported = history::reported_from(origin).is_some();
    let place = match website(origin) {
        _ if is_by_github => t.exposed_github,
        _ if is_reported => t.exposed_reported,
        Some(_) => t.exposed_page,
        None => t.exposed_unknown_page,
    };
    let is_revoked = mail.key_revoked_at.is_some();
    let done = if is_revoked { t.exposed_revoked } else { t.exposed_still_works };
    let remove = if is_by_github || is_reported { t.next_remove_found } else { t.next_remove_page };
    let facts = [(t.where_, place), (t.when_, "{exposed_at}"), (t.done, done)];
    let facts = facts.map(|(name, fact)| (name, fact.to_owned())).into();
    let revoke = (!is_revoked).then_some(t.next_revoke);
    [MailPart::Facts(facts), MailPart::Steps(t.next, revoke.into_iter().chain([t.next_make, remove]).collect())]
}

/// The host of an origin, written so that no mail program makes a link of it: a stranger may have chosen it.
fn website(origin: &str) -> Option<String> {
    let url = Url::parse(origin).ok()?;
    let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https"))?;
    Some(host.replace('.', "[.]"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::language::Language;

    fn places(text: &str) -> Vec<String> {
        let names = text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or_default().to_owned());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_text_has_the_same_places_for_values_in_each_language() {
        for ((name, english), (_, german)) in MAIL_TEXTS.english.each().zip(MAIL_TEXTS.german.each()) {
            assert_eq!(places(english), places(german), "{name}");
            assert!(!german.is_empty() && (german != english), "{name}");
        }
        for language in [Language::German, Language::French, Language::Spanish, Language::Italian, Language::Portuguese]
        {
            let of = MemberMailTexts::of;
            for ((name, english), (_, text)) in of(Language::English).each().zip(of(language).each()) {
                assert_eq!(places(english), places(text), "{name} {language:?}");
                assert!(!text.is_empty() && text != english, "{name} {language:?}");
            }
        }
    }
}
