//! The keys of the demo studio, as a studio has them after a while: in use, being replaced, exposed, about to expire, revoked and
//! still called. Each comes with the calls that [`history`](super::history) makes of it.

use std::time::Duration;

use super::history::{History, Rhythm, Stream};
use crate::{
    access::{
        key::KeyKind,
        keys::{self, Created, KeyError, NewKey, Replacement},
        origin::AllowedOrigin,
        scope::{Scope, ScopeSet},
        unscoped::note_exposure,
    },
    cli::Failure,
    store::{audit::Actor, db::Db, id::StudioId, instant::Instant},
    surfaces::management,
    wire::problem::Code,
};

/// The vendors' servers, and the studio's own network.
const LEDGER: &str = "198.51.100.0/24";
const PLUGIN: &str = "203.0.113.0/24";
const STUDIO: &str = "192.0.2.0/24";

/// The name of the website's key.
const WEBSITE: &str = "Website";

/// The keys that the demo prints.
pub struct DemoKeys {
    /// That of the website.
    pub publishable: Created,
    /// That reads everything.
    pub reader: Created,
    /// That writes what it manages.
    pub writer: Created,
}

/// Makes the keys of a studio.
pub struct KeyMaker<'d> {
    db: &'d Db,
    studio: StudioId,
    owner: Actor,
    now: Instant,
    /// What the website's key allows.
    website: Vec<AllowedOrigin>,
}

/// A key that is to be made.
struct Wanted<'w> {
    name: &'w str,
    used_by: &'w str,
    /// None for a publishable key.
    scopes: Option<ScopeSet>,
    days_ago: u64,
    /// Days.
    lives: Option<u64>,
}

impl<'d> KeyMaker<'d> {
    /// For keys that this owner makes.
    pub fn new(db: &'d Db, studio: StudioId, owner: Actor, now: Instant, website: Vec<AllowedOrigin>) -> Self {
        Self { db, studio, owner, now, website }
    }

    /// Makes the keys and their history; `leaver` made one of them and has left.
    pub async fn make(&self, history: &mut History, leaver: &Actor) -> Result<DemoKeys, Failure> {
        self.plugin(history, leaver).await?;
        self.campaign(history).await?;
        self.accounting(history).await?;
        self.newsletter(history).await?;
        let keys = DemoKeys {
            publishable: self.website(history).await?,
            reader: self.reports(history).await?,
            writer: self.back_office(history).await?,
        };
        self.front_desk(history).await?;
        let screen =
            Wanted { name: "Lobby screen", used_by: "The screen in the lobby", scopes: None, days_ago: 2, lives: None };
        self.create(screen, &self.owner).await?;
        Ok(keys)
    }

    /// In use, by visitors at any hour.
    async fn website(&self, history: &mut History) -> Result<Created, Failure> {
        let wanted = Wanted { name: WEBSITE, used_by: "casaprana.example", scopes: None, days_ago: 60, lives: None };
        let key = self.create(wanted, &self.owner).await?;
        for (operation, a_day) in [
            ("storefrontGetConfig", 24),
            ("storefrontListSchedule", 40),
            ("storefrontListClasses", 18),
            ("storefrontListInstructors", 10),
            ("storefrontListPlans", 8),
            ("storefrontGetSite", 14),
        ] {
            history.add(&key.stored, Stream { a_day, ..Stream::of(operation, Rhythm::Visitors) });
        }
        Ok(key)
    }

    /// Used for some of what it may do: the other scopes are found unused.
    async fn reports(&self, history: &mut History) -> Result<Created, Failure> {
        let scopes = Some(served("read"));
        let key = self
            .create(Wanted { name: "Reports", used_by: "Ledger Desk", scopes, days_ago: 45, lives: None }, &self.owner)
            .await?;
        for (operation, a_day) in
            [("managementListMembers", 5), ("managementListPlans", 1), ("managementListClasses", 2)]
        {
            history.add(&key.stored, Stream { a_day, ..Stream::of(operation, Rhythm::Nightly(5)).from(LEDGER) });
        }
        Ok(key)
    }

    /// In use while the studio is open; it reads nothing, and is refused when it tries.
    async fn back_office(&self, history: &mut History) -> Result<Created, Failure> {
        let scopes = Some(served("write"));
        let key = self
            .create(
                Wanted { name: "Back office", used_by: "Studio Suite", scopes, days_ago: 20, lives: None },
                &self.owner,
            )
            .await?;
        for (operation, a_day) in
            [("managementUpdateMember", 9), ("managementInviteMember", 2), ("managementRescheduleOccurrence", 4)]
        {
            history.add(&key.stored, Stream { a_day, ..Stream::of(operation, Rhythm::OpeningHours).from(STUDIO) });
        }
        let reads = Stream::of("managementListMembers", Rhythm::OpeningHours).from(STUDIO);
        let reads = Stream { a_day: 1, required_scope: Some("members:read"), ..reads };
        history.add(&key.stored, reads.refused(Code::InsufficientScope));
        Ok(key)
    }

    /// Being replaced: its replacement has taken over two of three operations.
    async fn accounting(&self, history: &mut History) -> Result<(), Failure> {
        let scopes = Some([Scope::MembersRead, Scope::PlansRead, Scope::CouponsRead].into_iter().collect());
        let wanted = Wanted { name: "Accounting export", used_by: "Ledger Desk", scopes, days_ago: 120, lives: None };
        let old = self.create(wanted, &self.owner).await?;
        let at = self.made_at(3);
        let to = Replacement::default();
        let new = keys::rotate(self.db, self.studio, old.stored.id, to, self.owner.clone(), at).await?;
        for (operation, a_day) in
            [("managementListMembers", 3), ("managementListPlans", 1), ("managementListCoupons", 1)]
        {
            let stream = Stream { a_day, ..Stream::of(operation, Rhythm::Nightly(3)).from(LEDGER) };
            history.add(&old.stored, stream);
            if operation != "managementListCoupons" {
                history.add(&new.stored, stream);
            }
        }
        Ok(())
    }

    /// Expires within 14 days.
    async fn newsletter(&self, history: &mut History) -> Result<(), Failure> {
        let scopes = Some([Scope::MembersRead].into_iter().collect());
        let wanted = Wanted { name: "Newsletter", used_by: "Letterbird", scopes, days_ago: 81, lives: Some(90) };
        let key = self.create(wanted, &self.owner).await?;
        history.add(
            &key.stored,
            Stream { a_day: 2, ..Stream::of("managementListMembers", Rhythm::Nightly(6)).from(PLUGIN) },
        );
        Ok(())
    }

    /// Exposed: a page sent it, and was refused.
    async fn front_desk(&self, history: &mut History) -> Result<(), Failure> {
        const PAGE: &str = "https://check-in.casaprana.example";
        const TIMES: u64 = 4;
        let scopes = Some([Scope::MembersRead, Scope::ScheduleRead].into_iter().collect());
        let wanted = Wanted { name: "Front desk", used_by: "Check-in tablet", scopes, days_ago: 12, lives: None };
        let key = self.create(wanted, &self.owner).await?;
        for (operation, a_day) in [("managementListMembers", 14), ("managementListSchedule", 8)] {
            history.add(&key.stored, Stream { a_day, ..Stream::of(operation, Rhythm::OpeningHours).from(STUDIO) });
        }
        let by_page =
            Stream { a_day: TIMES, days: 3, until: 1, ..Stream::of("managementListMembers", Rhythm::OpeningHours) };
        history.add(&key.stored, by_page.from(PLUGIN).refused(Code::SecretKeyInBrowser));
        let mut tx = self.db.begin().await?;
        for days_ago in [2, 1] {
            let (at, count) = (self.days_ago(days_ago), TIMES.cast_signed());
            note_exposure(tx.on(), key.stored.id, PAGE.to_owned(), "management", at, count).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Revoked, and still called.
    async fn plugin(&self, history: &mut History, leaver: &Actor) -> Result<(), Failure> {
        const REVOKED: u64 = 6;
        let scopes = Some([Scope::ClassesRead, Scope::ScheduleRead].into_iter().collect());
        let wanted = Wanted { name: "Booking plugin", used_by: "Class Booker", scopes, days_ago: 150, lives: None };
        let key = self.create(wanted, leaver).await?;
        let reason = Some("We book by our own website now".to_owned());
        keys::revoke(self.db, self.studio, key.stored.id, reason, self.owner.clone(), self.days_ago(REVOKED)).await?;
        for operation in ["managementListClasses", "managementListSchedule"] {
            let stream = Stream { a_day: 8, ..Stream::of(operation, Rhythm::Visitors).from(PLUGIN) };
            history.add(&key.stored, Stream { until: REVOKED, ..stream });
            history.add(&key.stored, Stream { a_day: 3, days: REVOKED, ..stream }.refused(Code::RevokedKey));
        }
        Ok(())
    }

    /// Expired.
    async fn campaign(&self, history: &mut History) -> Result<(), Failure> {
        let scopes = Some([Scope::PlansRead].into_iter().collect());
        let wanted = Wanted { name: "Autumn campaign", used_by: "Letterbird", scopes, days_ago: 120, lives: Some(90) };
        let key = self.create(wanted, &self.owner).await?;
        let stream = Stream::of("managementListPlans", Rhythm::Nightly(7)).from(PLUGIN);
        history.add(&key.stored, Stream { a_day: 1, until: 30, ..stream });
        Ok(())
    }

    async fn create(&self, wanted: Wanted<'_>, by: &Actor) -> Result<Created, KeyError> {
        let kind = if wanted.scopes.is_some() { KeyKind::Secret } else { KeyKind::Publishable };
        let new = NewKey {
            name: wanted.name.to_owned(),
            used_by: Some(wanted.used_by.to_owned()),
            scopes: wanted.scopes.unwrap_or_default(),
            origins: if wanted.name == WEBSITE { self.website.clone() } else { vec![] },
            expires_in: wanted.lives.map(|days| Duration::from_hours(24 * days)),
            ..NewKey::of_kind(kind)
        };
        keys::create(self.db, self.studio, new, by.clone(), self.made_at(wanted.days_ago)).await
    }

    /// A time so many days ago. Not all keys were made at the same time of day.
    fn made_at(&self, days: u64) -> Instant {
        self.days_ago(days).minus(Duration::from_secs(days * 1741 % 9000))
    }

    fn days_ago(&self, days: u64) -> Instant {
        self.now.minus(Duration::from_hours(24 * days))
    }
}

/// The scopes of this kind that an operation uses.
fn served(kind: &str) -> ScopeSet {
    let all = management::endpoints();
    all.iter().filter_map(|row| row.rule.needs).filter(|scope| scope.name().ends_with(kind)).collect()
}
