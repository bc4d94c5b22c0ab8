//! `studio remove-second-factor`: lets somebody of the staff sign in with their password alone, who has lost their device and
//! their recovery codes. Needs write access to the database. The person is notified by e-mail, so that a misuse is noticed.

use clap::Args;
use serde_json::json;

use super::StudioArgument;
use crate::{
    cli::{Done, Failure, database, output},
    config::SharedOptions,
    signin::second_factor::change,
    store::{clock::Clock, turns::WriteTx},
};

/// Arguments of `studio remove-second-factor`.
#[derive(Args)]
pub struct RemoveSecondFactor {
    #[command(flatten)]
    studio: StudioArgument,
    /// The person's e-mail address
    #[arg(long)]
    email: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl RemoveSecondFactor {
    /// Runs it.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let (studio, removed) = database::on(shared, async |db| {
            let studio = database::studio(db, self.studio.name()).await?;
            let mut tx = db.begin_studio(&Clock::System, studio.id.studio(), 1).await?;
            let removed = change::remove_on_the_command_line(&mut tx, &self.email).await?;
            tx.commit().await?;
            Ok((studio, removed))
        })
        .await?;
        let (email, slug) = (&self.email, &studio.fields.slug);
        let Some(person) = removed else {
            return Err(Failure::refused(format!(
                "nobody of {slug} with the e-mail address {email} has a second factor"
            )));
        };
        if self.json {
            return output::json(&json!({"id": person.id, "studio_id": studio.id, "email": person.email}));
        }
        eprintln!("{} signs in with the password alone now, in every studio", person.email);
        Ok(())
    }
}
