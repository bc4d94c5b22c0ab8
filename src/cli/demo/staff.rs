//! The staff of the demo studio: its owner, who signs in, and others, of whom one has left.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{
    cli::Failure,
    signin::{
        password::{Password, PasswordHash},
        staff::{self, Role, StaffId, StaffMember},
    },
    store::{
        audit::Actor,
        clock::{Clock, random},
        db::Db,
        id::StudioId,
        instant::Instant,
        turns::WriteTx,
    },
};

/// Who signs in to the dashboard.
pub struct Owner {
    /// The address.
    pub email: &'static str,
    /// The password.
    pub password: String,
    /// The owner, as who makes the keys.
    pub actor: Actor,
    /// Somebody who made a key and has left.
    pub leaver: Actor,
}

impl Owner {
    /// Makes the owner, and the others.
    pub async fn make(db: &Db, studio: StudioId, now: Instant) -> Result<Self, Failure> {
        // Random, so that nobody who reaches the port can guess it.
        let (email, password) = ("marta@casaprana.example", BASE64_URL_SAFE_NO_PAD.encode(random::<12>()));
        let hash = Password::typed(password.clone()).hash().await?;
        let mut tx = db.begin_studio(&Clock::System, studio, 1).await?;
        let days_ago = |days: u64| now.minus(Duration::from_hours(24 * days));
        let mut add = async |email: &str, role, hash, days| {
            let email = email.parse().map_err(Failure::refused)?;
            Ok::<_, Failure>(staff::create(tx.on(), email, role, hash, days_ago(days)).await?)
        };
        let owner = add(email, Role::Owner, hash, 400).await?;
        // Nobody signs in as one of these.
        add("tiago@casaprana.example", Role::Developer, PasswordHash::nobodys(), 180).await?;
        add("ines@casaprana.example", Role::Viewer, PasswordHash::nobodys(), 90).await?;
        let leaver = add("rui@casaprana.example", Role::Developer, PasswordHash::nobodys(), 300).await?;
        let ended = StaffMember { ended_at: Some(days_ago(30)), signed_in_at: Some(days_ago(31)), ..leaver };
        tx.on().update("staff", &ended).await?;
        tx.commit().await?;
        let actor = |id: StaffId, email: &str| Actor { id: id.to_string(), label: Some(email.to_owned()), from: None };
        Ok(Self { email, password, actor: actor(owner.id, email), leaver: actor(ended.id, ended.email.as_str()) })
    }
}
