//! `studio reset-owner-password`: lets a locked-out owner sign in again. Needs write access to the database. The owner is
//! notified by e-mail, so that a misuse is noticed.

use clap::Args;
use serde_json::json;

use super::{StudioArgument, first_line, flags_text, weak};
use crate::{
    cli::{Done, Failure, database, output},
    config::SharedOptions,
    mail::outbox::{self, MailKind, NewMail, Recipient},
    signin::{
        password::Password,
        staff::{self, StaffMember},
        unscoped,
    },
    store::{
        audit::{Action, Subject},
        clock::Clock,
        mailbox,
        studio::StudioTx,
        turns::WriteTx,
    },
};

/// Arguments of `studio reset-owner-password`.
#[derive(Args)]
pub struct Reset {
    #[command(flatten)]
    studio: StudioArgument,
    /// The owner's e-mail address; not needed if the studio has one owner
    #[arg(long)]
    owner_email: Option<String>,
    /// Reads the new password from the first line of standard input
    #[arg(long, required = true)]
    owner_password_stdin: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Reset {
    /// Runs it.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let password = Password::typed(first_line()?);
        let (studio, owner) = database::on(shared, async |db| {
            let studio = database::studio(db, self.studio.name()).await?;
            let mut tx = db.begin_studio(&Clock::System, studio.id.studio(), 1).await?;
            let owner = self.find(&mut tx).await?;
            let known = [owner.email.as_str(), &studio.fields.name, studio.fields.slug.as_str()];
            password.check(&known).map_err(|lack| Failure::refused(flags_text(&[weak(lack)])))?;
            let hash = password.hash().await?;
            staff::change_password(&mut tx, owner.clone(), hash).await?;
            // A link that was sent before would set the password again, in every studio of this address.
            for account in unscoped::by_email(tx.tx.on(), owner.email.as_str()).await? {
                outbox::withdraw(tx.tx.on().of(account.studio_id), &Recipient::staff(account.id)).await?;
            }
            let reset = Action::on_the_command_line("studio.reset_owner_password", Subject::of(owner.id));
            tx.note(reset).await?;
            let (to, subject_id) = (Recipient::staff(owner.id), owner.id.to_string());
            let told = NewMail { kind: MailKind::PasswordChanged, to, subject_id, page: "" };
            let now = tx.now.clock;
            outbox::put(tx.on(), told, now).await?;
            tx.commit().await?;
            Ok((studio, owner))
        })
        .await?;
        if self.json {
            return output::json(&json!({"id": owner.id, "studio_id": studio.id, "email": owner.email}));
        }
        eprintln!("{} of {} now signs in with the new password", owner.email, studio.fields.slug);
        Ok(())
    }

    async fn find(&self, tx: &mut StudioTx) -> Result<StaffMember, Failure> {
        let mut owners = staff::owners(tx.on()).await?;
        let wanted = self.owner_email.as_deref().map(mailbox::key);
        owners.retain(|owner| wanted.as_ref().is_none_or(|email| *email == mailbox::key(owner.email.as_str())));
        match (owners.len(), &self.owner_email) {
            (1, _) => Ok(owners.remove(0)),
            (0, Some(email)) => {
                Err(Failure::refused(format!("this studio has no owner with the e-mail address {email}")))
            }
            (0, None) => Err(Failure::refused("this studio has no owner")),
            _ => {
                let all: Vec<_> = owners.iter().map(|owner| owner.email.to_string()).collect();
                Err(Failure::usage(format!("choose an owner with --owner-email: {}", all.join(", "))))
            }
        }
    }
}
