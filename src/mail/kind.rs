//! What a mail is about, and how far it is on its way. Called by [`super::outbox`] and what writes the mails.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::link::Purpose;
use crate::store::{
    bind::bind_as_word,
    id::{Id, Named},
};

/// How long a mail is worth sending, and the link in it good.
const GOOD_FOR: Duration = Duration::from_hours(7 * 24);
/// The same for a link that confirms a new address.
const CHANGE_GOOD_FOR: Duration = Duration::from_hours(24);
/// The same for a link that sets a new password.
const RESET_GOOD_FOR: Duration = Duration::from_hours(1);

/// A mail, as an id names it.
#[derive(Clone, Copy, Debug)]
pub enum Mail {}

impl Named for Mail {
    const PREFIX: &'static str = "eml";
    const NOUN: &'static str = "e-mail";
}

/// The id of a mail.
pub type MailId = Id<Mail>;

/// Whether a mail is still to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailStatus {
    /// It is.
    Waiting,
    /// It was refused for good, or too often.
    Dead,
}

bind_as_word!(MailStatus);

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// An invitation to become a member.
    Invitation,
    /// An invitation to join the staff.
    StaffInvitation,
    /// A link that sets a new password: of somebody of the staff, or of a member.
    PasswordReset,
    /// That a password was changed: of somebody of the staff, or of a member.
    PasswordChanged,
    /// A link that confirms a member's new address; to that address.
    EmailChange,
    /// That a member's address was changed; to the one before.
    EmailChanged,
    /// That a key expires soon; to the owners.
    KeyExpires,
    /// That a secret key was exposed; to the owners.
    KeyExposed,
    /// That somebody of the staff turned on a second factor.
    SecondFactorOn,
    /// That a second factor was turned off.
    SecondFactorOff,
    /// That a recovery code was used.
    RecoveryCodeUsed,
    /// That a member has a place in a class.
    BookingConfirmed,
    /// That a member who waited has a place.
    BookingPromoted,
    /// That a place is free that a member who waits may take.
    PlaceOffered,
    /// That a class that a member booked takes place at another time.
    BookingMoved,
    /// That a booking was cancelled.
    BookingCancelled,
    /// That a member does not wait for a place any more.
    WaitingEnded,
}

bind_as_word!(MailKind);

impl MailKind {
    /// What its link opens, where it has one that works once.
    pub fn opens(self) -> Option<Purpose> {
        match self {
            Self::Invitation => Some(Purpose::Invitation),
            Self::StaffInvitation => Some(Purpose::StaffInvitation),
            Self::PasswordReset => Some(Purpose::PasswordReset),
            Self::EmailChange => Some(Purpose::EmailChange),
            Self::PasswordChanged
            | Self::EmailChanged
            | Self::KeyExpires
            | Self::KeyExposed
            | Self::SecondFactorOn
            | Self::SecondFactorOff
            | Self::RecoveryCodeUsed
            | Self::BookingConfirmed
            | Self::BookingPromoted
            | Self::PlaceOffered
            | Self::BookingMoved
            | Self::BookingCancelled
            | Self::WaitingEnded => None,
        }
    }

    /// Whether it is about a booking, which is its subject.
    pub(super) fn is_about_a_booking(self) -> bool {
        matches!(
            self,
            Self::BookingConfirmed
                | Self::BookingPromoted
                | Self::PlaceOffered
                | Self::BookingMoved
                | Self::BookingCancelled
                | Self::WaitingEnded
        )
    }

    pub(super) fn good_for(self) -> Duration {
        match self {
            Self::Invitation
            | Self::StaffInvitation
            | Self::PasswordChanged
            | Self::EmailChanged
            | Self::KeyExpires
            | Self::KeyExposed
            | Self::SecondFactorOn
            | Self::SecondFactorOff
            | Self::RecoveryCodeUsed
            | Self::BookingConfirmed
            | Self::BookingPromoted
            | Self::PlaceOffered
            | Self::BookingMoved
            | Self::BookingCancelled
            | Self::WaitingEnded => GOOD_FOR,
            Self::EmailChange => CHANGE_GOOD_FOR,
            Self::PasswordReset => RESET_GOOD_FOR,
        }
    }
}
