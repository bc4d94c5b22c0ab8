//! `outbox`: e-mail that was not sent, what it says, and another try.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Done, Failure, opened, output};
use crate::{
    config::SharedOptions,
    mail::{
        letter::Letter,
        outbox::{self, MailId, Unsent},
    },
    resources::studios,
    store::{
        audit::{self, Action, Subject},
        clock::Clock,
        db::Db,
        id::StudioId,
    },
};

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Lists e-mail that was not sent: what waits, and what was given up
    List(List),
    /// Shows an e-mail as it would be sent; a link in it works: whoever has it can use it
    Show(Show),
    /// Makes e-mail that was given up due again, with as many tries as a new one: once what kept it from going out is mended
    Retry(Retry),
}

/// What `outbox list` takes.
#[derive(Args)]
pub struct List {
    /// Only of this studio: its slug or id
    #[arg(long)]
    studio: Option<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// What `outbox show` takes.
#[derive(Args)]
pub struct Show {
    /// The e-mail's id, as the list has it
    id: MailId,
    /// Only of this studio: its slug or id
    #[arg(long)]
    studio: Option<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// What `outbox retry` takes.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub struct Retry {
    /// The e-mail's id, as the list has it
    #[arg(group = "which")]
    id: Option<MailId>,
    /// All of the studio's that are dead
    #[arg(long, group = "which")]
    all_dead: bool,
    /// Whose: the studio's slug or id
    #[arg(long)]
    studio: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Runs one.
pub async fn run(shared: &SharedOptions, command: Command) -> Done {
    match command {
        Command::List(list) => opened::read(shared, async |db| list.run(db).await).await,
        Command::Show(show) => opened::on(shared, async |db| show.run(db).await).await,
        Command::Retry(retry) => opened::on(shared, async |db| retry.run(db).await).await,
    }
}

/// The studio that was named, or all.
async fn studios_of(db: &Db, named: Option<&str>) -> Result<Vec<StudioId>, Failure> {
    Ok(match named {
        Some(named) => vec![opened::studio(db, named).await?.id.studio()],
        None => studios::list(db.read()).await?.iter().map(|row| row.id.studio()).collect(),
    })
}

impl Retry {
    async fn run(self, db: &Db) -> Done {
        let studio = opened::studio(db, &self.studio).await?.id.studio();
        let mut tx = db.begin().await?;
        let now = Clock::System.now();
        let revived = outbox::revive(&mut tx, studio, self.id, now).await?;
        for mail in &revived {
            let retried = Action::on_the_command_line("outbox.retry", Subject::of(*mail));
            audit::add(&mut tx, studio, retried, now).await?;
        }
        tx.commit().await?;
        if let (Some(id), []) = (self.id, revived.as_slice()) {
            return Err(Failure::refused(format!(
                "there is no dead e-mail {id} of this studio whose link is still good"
            )));
        }
        if self.json {
            return output::json(&revived);
        }
        eprintln!("{} e-mails are due again; a server that runs sends them within seconds", revived.len());
        Ok(())
    }
}

impl List {
    async fn run(self, db: &Db) -> Done {
        let mut all = Vec::new();
        for studio in studios_of(db, self.studio.as_deref()).await? {
            all.extend(outbox::list(db.read(), studio).await?);
        }
        if self.json {
            return output::json(&all);
        }
        let rows: Vec<_> = all.iter().map(row).collect();
        output::table(["ID", "TO", "ABOUT", "STATUS", "TRIES", "GOOD UNTIL", "LAST ERROR"], &rows)
    }
}

fn row(mail: &Unsent) -> [String; 7] {
    let Unsent { id, email, kind, status, tries, expires_at, last_error, .. } = mail;
    let (kind, status, until) = (kind.to_string(), status.to_string(), expires_at.to_string());
    [id.to_string(), email.clone(), kind, status, tries.to_string(), until, output::or_dash(last_error.as_ref())]
}

/// A mail with its words.
#[derive(Serialize)]
struct Written<'m> {
    #[serde(flatten)]
    mail: &'m Unsent,
    subject: &'m str,
    link: Option<&'m str>,
    text: &'m str,
    html: &'m str,
}

impl Show {
    async fn run(self, db: &Db) -> Done {
        for studio in studios_of(db, self.studio.as_deref()).await? {
            let mut tx = db.begin().await?;
            let Some((mail, token)) = outbox::open(&mut tx, studio, self.id).await? else { continue };
            let letter = Letter::write(&mail, token.as_ref()).map_err(Failure::refused)?;
            let shown = Action::on_the_command_line("outbox.show", Subject::of(mail.id));
            audit::add(&mut tx, studio, shown, Clock::System.now()).await?;
            tx.commit().await?;
            return self.tell(&mail, &letter);
        }
        Err(Failure::refused(format!(
            "there is no e-mail {} in the outbox: it was sent, replaced by a newer one, or its link has expired",
            self.id
        )))
    }

    fn tell(&self, mail: &Unsent, Letter { subject, link, text, html }: &Letter) -> Done {
        if self.json {
            return output::json(&Written { mail, subject, link: link.as_deref(), text, html });
        }
        let status = format!("{}, tried {} times", mail.status, mail.tries);
        let mut fields = vec![("To", mail.email.clone()), ("Subject", subject.clone()), ("Status", status)];
        fields.extend(mail.last_error.clone().map(|error| ("Last error", error)));
        output::fields(&fields)?;
        output::line(&format!("\n{}", text.trim_end()))
    }
}
