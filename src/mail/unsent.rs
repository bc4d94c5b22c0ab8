//! A mail that was not sent, with all that its words are made of: the row of the outbox, the addressee and what it is about, read
//! together when it is sent or shown. Called by [`super::outbox`].

use serde::{Deserialize, Serialize};

use super::{
    booked::BookedClass,
    kind::{MailId, MailKind, MailStatus},
    recipient::Recipient,
};
use crate::{
    access::{key::KeyKind, sessions::stored::Role},
    store::{
        error::StoreError,
        id::StudioId,
        instant::Instant,
        record::{Record, truth},
    },
    wire::{language::Language, text::TimeZone},
};

/// A mail that was not sent, with all that its words are made of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unsent {
    /// Its id.
    pub id: MailId,
    /// Whose it is.
    pub studio_id: StudioId,
    /// What it is about.
    pub kind: MailKind,
    /// The address that it goes to.
    #[serde(rename(serialize = "to"))]
    pub email: String,
    /// The membership that it goes to, if it goes to a member.
    pub membership_id: Option<String>,
    /// Who of the staff it goes to, if it goes to one of them.
    pub staff_id: Option<String>,
    /// The row that it is about.
    pub subject_id: String,
    /// Whether it is still to be sent.
    pub status: MailStatus,
    /// How often that was tried.
    pub tries: i64,
    /// When it was written.
    pub created_at: Instant,
    /// When it is tried next.
    pub due_at: Instant,
    /// Until when it is worth sending, and its link good.
    pub expires_at: Instant,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// The page that its link leads to.
    #[serde(skip_serializing)]
    pub page: String,
    /// What to call the reader.
    #[serde(skip_serializing)]
    pub first_name: Option<String>,
    /// Who writes.
    #[serde(skip_serializing)]
    pub studio_name: String,
    /// The zone of the studio's local times.
    #[serde(skip_serializing)]
    pub time_zone: TimeZone,
    /// The language in which the studio writes.
    #[serde(skip_serializing)]
    pub locale: String,
    /// Where an answer goes.
    #[serde(skip_serializing)]
    pub reply_to: Option<String>,
    /// What the reader may do, if they are staff.
    #[serde(skip_serializing)]
    pub staff_role: Option<Role>,
    /// The language that the reader chose, if they are staff.
    #[serde(skip_serializing)]
    pub staff_language: Option<Language>,
    /// The language that the reader last signed in in, if they are a member.
    #[serde(skip_serializing)]
    pub member_language: Option<Language>,
    /// The name of the key that it is about.
    #[serde(skip_serializing)]
    pub key_name: Option<String>,
    /// The key's kind.
    #[serde(skip_serializing)]
    pub key_kind: Option<KeyKind>,
    /// The key's last four characters.
    #[serde(skip_serializing)]
    pub key_last_four: Option<String>,
    /// When the key expires.
    #[serde(skip_serializing)]
    pub key_expires_at: Option<Instant>,
    /// When the key was revoked.
    #[serde(skip_serializing)]
    pub key_revoked_at: Option<Instant>,
    /// Whether a replacement of the key exists.
    #[serde(skip_serializing, deserialize_with = "truth")]
    pub key_is_replaced: bool,
    /// The origin of the exposure that it is about, or its reporter.
    #[serde(skip_serializing)]
    pub exposure_origin: Option<String>,
    /// The surface that the key was sent to.
    #[serde(skip_serializing)]
    pub exposure_surface: Option<String>,
    /// When the key was seen there first.
    #[serde(skip_serializing)]
    pub exposure_at: Option<Instant>,
    /// When the class was to begin before it was moved.
    #[serde(skip_serializing)]
    pub moved_from: Option<Instant>,
    /// The booking that it is about. Read when it is sent or shown; lists do not have it.
    #[serde(skip)]
    pub booking: Option<BookedClass>,
}

impl Record for Unsent {}

impl Unsent {
    /// To whom it goes.
    ///
    /// # Errors
    /// When its row names nobody, which the schema forbids.
    pub fn recipient(&self) -> Result<Recipient, StoreError> {
        let member = self.membership_id.clone().map(Recipient::Member);
        let somebody = member.or_else(|| self.staff_id.clone().map(Recipient::Staff));
        somebody.ok_or_else(|| StoreError::Broken(format!("the e-mail {} goes to nobody", self.id)))
    }

    /// Its language: the reader's own, else the studio's, else English.
    pub fn language(&self) -> Language {
        let language = match self.membership_id {
            Some(_) => self.member_language.or_else(|| Language::of_members(&self.locale)),
            None => self.staff_language.or_else(|| Language::of_staff(&self.locale)),
        };
        language.unwrap_or_default()
    }

    /// Whether what it says is no longer so, or no longer for its reader: it is not sent then.
    pub fn is_outdated(&self, now: Instant) -> bool {
        match self.kind {
            MailKind::Invitation
            | MailKind::StaffInvitation
            | MailKind::PasswordReset
            | MailKind::PasswordChanged
            | MailKind::EmailChange
            | MailKind::EmailChanged
            | MailKind::SecondFactorOn
            | MailKind::SecondFactorOff
            | MailKind::RecoveryCodeUsed => false,
            MailKind::KeyExpires => {
                let has_ended = self.key_revoked_at.is_some() || self.key_expires_at.is_none_or(|end| end <= now);
                has_ended || self.staff_role != Some(Role::Owner)
            }
            MailKind::KeyExposed => self.staff_role != Some(Role::Owner),
            MailKind::PlaceOffered => {
                self.booking.as_ref().is_none_or(|booked| !booked.is_waiting() || booked.starts_at <= now)
            }
            MailKind::BookingConfirmed
            | MailKind::BookingPromoted
            | MailKind::BookingMoved
            | MailKind::BookingCancelled
            | MailKind::WaitingEnded => self.booking.as_ref().is_none_or(|booked| booked.ends_at <= now),
        }
    }
}

/// What an [`Unsent`] is read from.
pub(super) const UNSENT: &str = "select o.id, o.studio_id, o.kind, coalesce(o.address, m.email, t.email) as email, \
    o.membership_id, o.staff_id, o.subject_id, o.status, o.tries, o.created_at, o.due_at, o.expires_at, o.last_error, o.page, \
    m.first_name, s.name as studio_name, s.time_zone, s.locale, s.contact ->> 'email' as reply_to, t.role as staff_role, \
    t.language as staff_language, m.language as member_language, k.name as key_name, k.kind as key_kind, k.last_four as key_last_four, \
    k.expires_at as key_expires_at, k.revoked_at as key_revoked_at, \
    exists (select 1 from keys r where r.replaces = k.id and r.revoked_at is null) as key_is_replaced, \
    e.origin as exposure_origin, e.surface as exposure_surface, e.first_seen_at as exposure_at, o.moved_from \
    from outbox o join studios s on s.id = o.studio_id \
    left join members m on m.studio_id = o.studio_id and m.id = o.membership_id \
    left join staff t on t.studio_id = o.studio_id and t.id = o.staff_id \
    left join key_exposures e on e.id = o.subject_id \
    left join keys k on k.studio_id = o.studio_id and k.id = coalesce(e.key_id, o.subject_id)";
