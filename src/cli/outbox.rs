//! `outbox`: lists unsent e-mail, shows it, and sends it again.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Done, Failure, database, output};
use crate::{
    config::SharedOptions,
    mail::{
        email::Email,
        outbox::{self, MailId, MailStatus, Unsent},
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
pub enum OutboxCommand {
    /// Lists e-mail that was not sent: waiting, or given up after too many tries
    List(ListMails),
    /// Shows an e-mail as it would be sent; its link works, so anyone who has it can use it
    Show(ShowMail),
    /// Sends dead e-mail again, after the cause was fixed; all tries begin anew
    Retry(RetryMail),
}

/// Arguments of `outbox list`.
#[derive(Args)]
pub struct ListMails {
    /// Only this studio: its slug or id
    #[arg(long)]
    studio: Option<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of `outbox show`.
#[derive(Args)]
pub struct ShowMail {
    /// The e-mail's id, from `outbox list`
    id: MailId,
    /// Only this studio: its slug or id
    #[arg(long)]
    studio: Option<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of `outbox retry`.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub struct RetryMail {
    /// The e-mail's id, from `outbox list`
    #[arg(group = "which")]
    id: Option<MailId>,
    /// All dead e-mail of the studio
    #[arg(long, group = "which")]
    all_dead: bool,
    /// The studio's slug or id
    #[arg(long)]
    studio: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Runs a subcommand.
pub async fn run(shared: &SharedOptions, command: OutboxCommand) -> Done {
    match command {
        OutboxCommand::List(list) => database::read(shared, async |db| list.run(db).await).await,
        OutboxCommand::Show(show) => database::on(shared, async |db| show.run(db).await).await,
        OutboxCommand::Retry(retry) => database::on(shared, async |db| retry.run(db).await).await,
    }
}

/// The named studio, or all.
async fn studios_of(db: &Db, named: Option<&str>) -> Result<Vec<StudioId>, Failure> {
    Ok(match named {
        Some(named) => vec![database::studio(db, named).await?.id.studio()],
        None => studios::list(db.read()).await?.iter().map(|row| row.id.studio()).collect(),
    })
}

impl RetryMail {
    async fn run(self, db: &Db) -> Done {
        let studio = database::studio(db, &self.studio).await?.id.studio();
        let mut tx = db.begin().await?;
        let now = Clock::System.now();
        let revived = outbox::revive(tx.on().of(studio), self.id, now).await?;
        for mail in &revived {
            let retried = Action::on_the_command_line("outbox.retry", Subject::of(*mail));
            audit::add(tx.on().of(studio), retried, now).await?;
        }
        tx.commit().await?;
        if let (Some(id), []) = (self.id, revived.as_slice()) {
            return Err(why_not_retried(db, studio, id).await?);
        }
        if self.json {
            return output::json(&revived);
        }
        match revived.len() {
            0 => eprintln!("this studio has no dead e-mail: nothing was changed"),
            1 => eprintln!("1 e-mail is due again; a running server sends it within seconds"),
            many => eprintln!("{many} e-mails are due again; a running server sends them within seconds"),
        }
        Ok(())
    }
}

/// Why an e-mail cannot be sent again.
async fn why_not_retried(db: &Db, studio: StudioId, id: MailId) -> Result<Failure, Failure> {
    let unsent = outbox::list(db.of(studio)).await?;
    Ok(Failure::refused(match unsent.iter().find(|mail| mail.id == id) {
        None => format!(
            "there is no e-mail {id} in this studio's outbox: it was sent, replaced by a newer one, or its link has expired"
        ),
        Some(mail) if mail.status == MailStatus::Dead => {
            format!("the link in {id} has expired: invite the person again to send a new one")
        }
        Some(_) => format!("{id} is not dead: a running server sends it by itself"),
    }))
}

impl ListMails {
    async fn run(self, db: &Db) -> Done {
        let mut all = Vec::new();
        for studio in studios_of(db, self.studio.as_deref()).await? {
            all.extend(outbox::list(db.of(studio)).await?);
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

/// A mail with its contents.
#[derive(Serialize)]
struct Written<'m> {
    #[serde(flatten)]
    mail: &'m Unsent,
    subject: &'m str,
    link: Option<&'m str>,
    text: &'m str,
    html: &'m str,
}

impl ShowMail {
    async fn run(self, db: &Db) -> Done {
        for studio in studios_of(db, self.studio.as_deref()).await? {
            let mut tx = db.begin().await?;
            let Some((mail, token)) = outbox::open(tx.on().of(studio), self.id).await? else { continue };
            let email = Email::write(&mail, token.as_ref()).map_err(Failure::refused)?;
            let shown = Action::on_the_command_line("outbox.show", Subject::of(mail.id));
            audit::add(tx.on().of(studio), shown, Clock::System.now()).await?;
            tx.commit().await?;
            return self.print(&mail, &email);
        }
        Err(Failure::refused(format!(
            "there is no e-mail {} in the outbox: it was sent, replaced by a newer one, or its link has expired",
            self.id
        )))
    }

    fn print(&self, mail: &Unsent, Email { subject, link, text, html }: &Email) -> Done {
        if self.json {
            return output::json(&Written { mail, subject, link: link.as_deref(), text, html });
        }
        let status = match mail.tries {
            0 => mail.status.to_string(),
            tries => format!("{}, after {}", mail.status, output::counted(tries, "attempt")),
        };
        let mut fields = vec![("To", mail.email.clone()), ("Subject", subject.clone()), ("Status", status)];
        fields.extend(mail.last_error.clone().map(|error| ("Last error", error)));
        output::fields(&fields)?;
        output::line(&format!("\n{}", text.trim_end()))
    }
}
