//! The templates of `web/mail`, and what they fill in. Called by [`super::email`], which says what stands in a mail.

use askama::Template;

use super::{booking::BookingWords, outbox::MailKind};

/// What the templates fill in.
pub(super) struct MailWords<'m> {
    pub(super) subject: String,
    /// What a member is called.
    pub(super) name: Option<String>,
    pub(super) studio: String,
    pub(super) email: String,
    pub(super) link: &'m str,
    /// Whether the reader is a member; else they are of the staff.
    pub(super) is_member: bool,
    /// Until when the link works.
    pub(super) until: String,
    /// When it happened.
    pub(super) at: String,
    pub(super) key: KeyWords,
    pub(super) exposure: ExposureWords,
    pub(super) booking: BookingWords,
}

/// The key that a mail is about.
#[derive(Default)]
pub(super) struct KeyWords {
    pub(super) name: String,
    pub(super) masked: String,
    /// When it expires.
    pub(super) expires: String,
    /// Whether it has a replacement.
    pub(super) is_replaced: bool,
    pub(super) is_revoked: bool,
}

/// The exposure that a mail is about.
#[derive(Default)]
pub(super) struct ExposureWords {
    /// Where the key was seen.
    pub(super) place: String,
    /// When.
    pub(super) at: String,
    /// Whether somebody sent all of the key as a report.
    pub(super) is_report: bool,
}

/// The two templates of each kind of mail: its text and its page.
macro_rules! templates {
    ($($($kind:ident)|+: $text:ident $text_path:tt, $page:ident $page_path:tt;)*) => {
        $(
            #[derive(Template)]
            #[template(path = $text_path)]
            struct $text<'m> {
                mail: &'m MailWords<'m>,
            }

            #[derive(Template)]
            #[template(path = $page_path)]
            struct $page<'m> {
                mail: &'m MailWords<'m>,
            }
        )*

        /// A mail's text, and the same as HTML.
        pub(super) fn render(kind: MailKind, mail: &MailWords<'_>) -> Result<(String, String), askama::Error> {
            match kind {
                $($(MailKind::$kind)|+ => Ok(($text { mail }.render()?, $page { mail }.render()?)),)*
            }
        }
    };
}

templates! {
    Invitation: InvitationText "invitation.txt", InvitationPage "invitation.html";
    StaffInvitation: StaffInvitationText "staff_invitation.txt", StaffInvitationPage "staff_invitation.html";
    PasswordReset: PasswordResetText "password_reset.txt", PasswordResetPage "password_reset.html";
    PasswordChanged: PasswordChangedText "password_changed.txt", PasswordChangedPage "password_changed.html";
    KeyExpires: KeyExpiresText "key_expires.txt", KeyExpiresPage "key_expires.html";
    KeyExposed: KeyExposedText "key_exposed.txt", KeyExposedPage "key_exposed.html";
    SecondFactorOn: SecondFactorOnText "second_factor_on.txt", SecondFactorOnPage "second_factor_on.html";
    SecondFactorOff: SecondFactorOffText "second_factor_off.txt", SecondFactorOffPage "second_factor_off.html";
    RecoveryCodeUsed: RecoveryCodeUsedText "recovery_code_used.txt", RecoveryCodeUsedPage "recovery_code_used.html";
    BookingConfirmed | BookingPromoted | PlaceOffered | BookingMoved | BookingCancelled | WaitingEnded:
        BookingText "booking.txt", BookingPage "booking.html";
}
