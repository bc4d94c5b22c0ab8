//! `members`: operations on people that no key may do.

use clap::{Args, Subcommand};

use super::{Done, Failure, confirm::confirm, database, output};
use crate::{
    config::SharedOptions,
    resources::members::{self, Membership, MembershipId},
    store::{
        audit::{Action, Subject},
        clock::Clock,
        db::Db,
        id::StudioId,
        row::{self, Row},
        scrub,
        turns::{Turns, WriteTx},
    },
    wire::text::Email,
};

/// The commands.
#[derive(Subcommand)]
pub enum MembersCommand {
    Erase(Erase),
    Export(ExportPerson),
    Readmit(Readmit),
}

/// Lets a person who was erased be invited or imported again, at their request
#[derive(Args)]
pub struct Readmit {
    /// The person's e-mail address
    email: Email,
    /// The studio's slug or id
    #[arg(long)]
    studio: String,
}

/// Erases a member's personal data; the membership stays, so that counts stay right
///
/// The membership keeps its id, plan, status and dates. Name, addresses, notes, tags, mail and stored answers are deleted, and
/// no import or invitation brings the person back (`members readmit` allows it). Older backups and exports still have the data.
///
/// The command asks first. Without a terminal, in a script, it erases nothing and fails, unless --yes is passed.
#[derive(Args)]
pub struct Erase {
    /// The membership's id, or the person's e-mail address
    #[arg(value_name = "ID|EMAIL")]
    person: String,
    /// The studio's slug or id
    #[arg(long)]
    studio: String,
    /// Does not ask for confirmation
    #[arg(long)]
    yes: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Prints all that is kept of one person in a studio, as JSON, for somebody who asks
///
/// The membership, bookings and places in waiting lists, sessions, since when there is a link to their calendar, e-mail that is
/// still to be sent, and who changed what. Hashes, such as that of the password, are not printed. Backups, the log of calls and
/// what the studio wrote about the person elsewhere are not looked through.
#[derive(Args)]
pub struct ExportPerson {
    /// The membership's id, or the person's e-mail address
    #[arg(value_name = "ID|EMAIL")]
    person: String,
    /// The studio's slug or id
    #[arg(long)]
    studio: String,
}

/// Runs a subcommand.
pub async fn run(shared: &SharedOptions, command: MembersCommand) -> Done {
    database::on(shared, async |db| match command {
        MembersCommand::Erase(erase) => erase.run(db).await,
        MembersCommand::Export(export) => export.run(db).await,
        MembersCommand::Readmit(readmit) => readmit.run(db).await,
    })
    .await
}

impl Readmit {
    async fn run(self, db: &Db) -> Done {
        let studio = database::studio(db, &self.studio).await?.id.studio();
        let mut tx = db.begin_studio(&Clock::System, studio, 1).await?;
        if !members::readmit(&mut tx, &self.email).await? {
            return Err(Failure::refused("nobody with this address was erased in this studio"));
        }
        // The audit log is kept, so it must not name the person.
        let readmitted = Action::on_the_command_line("members.readmit", Subject::of(studio));
        tx.note(readmitted).await?;
        tx.commit().await?;
        eprintln!("{} may be invited or imported again", self.email);
        Ok(())
    }
}

impl ExportPerson {
    async fn run(self, db: &Db) -> Done {
        let studio = database::studio(db, &self.studio).await?.id.studio();
        let id = find(db, studio, &self.person).await?;
        let mut tx = db.snapshot().await?;
        output::json(&members::kept_of(tx.on().of(studio), id).await?.ok_or_else(unknown)?)
    }
}

impl Erase {
    async fn run(self, db: &Db) -> Done {
        let studio = database::studio(db, &self.studio).await?.id.studio();
        let id = find(db, studio, &self.person).await?;
        if !self.yes {
            confirm(&format!("the personal data of {id} will be deleted for good"), "erase this person")?;
        }
        let mut tx = Turns::default().begin(db, &Clock::System, studio, 1).await?;
        let before = row::lock::<Membership>(tx.on(), id).await?;
        let member = members::erase(&mut tx, id).await?;
        // The audit log must not name the person either.
        if before.is_some_and(|before| before.fields.email != member.fields.email) {
            let erased = Action::on_the_command_line("members.erase", Subject::of(id));
            tx.note(erased).await?;
        }
        tx.commit().await?;
        self.print(&member)?;
        scrub::scrub(db).await.map_err(|error| {
            Failure::refused(format!(
                "the person is erased, but the database file could not be rewritten and may still contain old data: {error}. Run this again"
            ))
        })
    }

    fn print(&self, member: &Row<Membership>) -> Done {
        if self.json {
            return output::json(member);
        }
        eprintln!("{} is erased; the membership stays, {}, without personal data", member.id, member.fields.status);
        Ok(())
    }
}

/// The membership that somebody names by its id or by an e-mail address.
async fn find(db: &Db, studio: StudioId, person: &str) -> Result<MembershipId, Failure> {
    if let Ok(id) = person.parse::<MembershipId>() {
        return Ok(id);
    }
    let email: Email =
        person.parse().map_err(|_| Failure::usage("pass a membership's id, `mbr_…`, or an e-mail address"))?;
    Ok(members::find_by_email(db.of(studio), &email).await?.ok_or_else(unknown)?.id)
}

fn unknown() -> Failure {
    Failure::refused("there is no such member in this studio")
}
