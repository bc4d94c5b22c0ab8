//! The member of the demo studio who signs in on its website.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{
    cli::Failure,
    resources::members::{Membership, accounts},
    signin::password::Password,
    store::{
        clock::{Clock, random},
        db::Db,
        id::StudioId,
        row::Row,
        turns::WriteTx,
    },
};

/// Who signs in on the website.
pub struct DemoMember {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
}

impl DemoMember {
    /// Gives the first active member a password.
    pub async fn make(db: &Db, studio: StudioId) -> Result<Self, Failure> {
        // Random, so that nobody who reaches the port can guess it.
        let password = BASE64_URL_SAFE_NO_PAD.encode(random::<12>());
        let hash = Password::typed(password.clone()).hash().await?;
        let mut tx = db.begin_studio(&Clock::System, studio, 1).await?;
        let text = "select {row} from members where studio_id = $1 and status = 'active' order by id limit 1";
        let first: Option<Row<Membership>> = tx.query(text).optional().await?;
        let member = first.ok_or_else(|| Failure::refused("the demo studio has no active member"))?;
        accounts::give_password(&mut tx, member.id, hash).await?;
        tx.commit().await?;
        Ok(Self { email: member.fields.email.to_string(), password })
    }
}
