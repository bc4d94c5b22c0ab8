//! `studio`: creates a studio with its first owner, lists, shows and changes studios.

mod remove_second_factor;
mod reset;

use std::{io::Read, path::PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Done, Failure, database, output};
use crate::{
    config::SharedOptions,
    operation::write::Change,
    resources::studios::{self, Studio},
    signin::{
        password::{Password, WeakPassword},
        staff::{self, Role},
    },
    store::{
        audit::{Action, COMMAND_LINE, Subject},
        clock::Clock,
        row::Row,
        studio::StudioTx,
        turns::{Turns, WriteTx},
    },
    wire::{
        input::Input,
        mask::contains_secret_key,
        problem::{Fault, Problem},
        text::Email,
    },
};

/// The commands.
#[derive(Subcommand)]
pub enum StudioCommand {
    /// Creates a studio and its first owner
    Create(CreateStudio),
    /// Lists all studios
    List {
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Shows a studio
    Show {
        #[command(flatten)]
        studio: StudioArgument,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Changes a studio's fields, such as its policies, by a JSON Merge Patch
    Change {
        #[command(flatten)]
        studio: StudioArgument,
        /// The patch; - reads standard input
        #[arg(long, value_name = "FILE|-")]
        file: PathBuf,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Sets a new password for an owner who cannot sign in
    ResetOwnerPassword(reset::Reset),
    /// Removes the second factor of somebody who has lost their device and their recovery codes
    RemoveSecondFactor(remove_second_factor::RemoveSecondFactor),
}

/// The studio argument: positional, or with the flag that other commands use.
#[derive(Args)]
pub struct StudioArgument {
    /// Its slug or id
    #[arg(value_name = "STUDIO", required_unless_present = "flag")]
    word: Option<String>,
    /// The same as the positional argument
    #[arg(id = "flag", long = "studio", value_name = "STUDIO", conflicts_with = "word")]
    flag: Option<String>,
}

impl StudioArgument {
    /// The slug or the id.
    fn name(&self) -> &str {
        // clap makes sure that one is set.
        self.word.as_deref().or(self.flag.as_deref()).unwrap_or_default()
    }
}

/// Arguments of `studio create`.
#[derive(Args)]
pub struct CreateStudio {
    /// The name in URLs and on the command line: lower-case letters, digits and hyphens
    #[arg(long)]
    slug: String,
    /// The name shown to clients
    #[arg(long)]
    name: String,
    /// The IANA time zone, such as Europe/Lisbon
    #[arg(long)]
    time_zone: String,
    /// The currency of prices as an ISO 4217 code, such as EUR
    #[arg(long)]
    currency: String,
    /// The default language as a BCP 47 tag, such as pt-PT
    #[arg(long, default_value = "en")]
    locale: String,
    /// The owner's e-mail address for signing in to the dashboard
    #[arg(long)]
    owner_email: String,
    /// Reads the owner's password from the first line of standard input
    #[arg(long, required = true)]
    owner_password_stdin: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Runs a subcommand.
pub async fn run(shared: &SharedOptions, command: StudioCommand) -> Done {
    match command {
        StudioCommand::Create(create) => create.run(shared).await,
        StudioCommand::List { json } => list(shared, json).await,
        StudioCommand::Show { studio, json } => {
            print(&database::read(shared, async |db| database::studio(db, studio.name()).await).await?, json)
        }
        StudioCommand::Change { studio, file, json } => change(shared, studio.name(), &file, json).await,
        StudioCommand::ResetOwnerPassword(reset) => reset.run(shared).await,
        StudioCommand::RemoveSecondFactor(remove) => remove.run(shared).await,
    }
}

impl CreateStudio {
    async fn run(self, shared: &SharedOptions) -> Done {
        let password = Password::typed(first_line()?);
        let (studio, email) = self.check(&password)?;
        let hash = password.hash().await?;
        let row = database::create(shared, async |db| {
            let (tx, now) = db.begin_write(&Clock::System).await?;
            let row = Row::new(now, studio);
            let mut tx = StudioTx { tx, studio: row.id.studio(), now };
            studios::create(&mut tx, &row).await?;
            staff::create(tx.on(), email, Role::Owner, hash, now.clock).await?;
            let made = Action::on_the_command_line("studio.create", Subject::of(row.id)).made(&row.fields);
            tx.note(made).await?;
            tx.commit().await?;
            Ok(row)
        })
        .await?;
        print(&row, self.json)
    }

    /// Reports all faults at once. A weak password alone is refused, not wrong usage.
    fn check(&self, password: &Password) -> Result<(Studio, Email), Failure> {
        let Self { slug, name, time_zone, currency, locale, owner_email, .. } = self;
        let sent = json!({"slug": slug, "name": name, "time_zone": time_zone, "currency": currency, "locale": locale});
        let studio = Studio::input().create::<Studio>(sent);
        let email = owner_email.to_lowercase().parse::<Email>();
        let weak = password.check(&[owner_email, name, slug]).err().map(weak);
        let mut faults = studio.as_ref().err().map(|problem| problem.errors().to_vec()).unwrap_or_default();
        faults.extend(email.as_ref().err().map(|advice| Fault::at("/owner_email", advice)));
        if contains_secret_key(owner_email) {
            faults
                .push(Fault::at("/owner_email", "contains a secret key: revoke that key, and pass an e-mail address"));
        }
        match (studio, email, weak) {
            (Ok(studio), Ok(email), None) if faults.is_empty() => Ok((studio, email)),
            (Ok(_), Ok(_), Some(weak)) if faults.is_empty() => Err(Failure::refused(flags_text(&[weak]))),
            (.., weak) => {
                faults.extend(weak);
                Err(Failure::usage(flags_text(&faults)))
            }
        }
    }
}

fn weak(weak: WeakPassword) -> Fault {
    Fault::at("/owner_password_stdin", weak.to_string())
}

/// Names fields as flags: `/time_zone` becomes `--time-zone`.
fn flags_text(faults: &[Fault]) -> String {
    let flag =
        |fault: &Fault| format!("--{} {}", fault.pointer.trim_start_matches('/').replace('_', "-"), fault.detail);
    faults.iter().map(flag).collect::<Vec<_>>().join("\n       ")
}

/// Reads a line that may be longer than any password, so that a long password gets its own error.
fn first_line() -> Result<String, Failure> {
    const MOST: u64 = 16 * 1024;
    let mut text = String::new();
    let read = std::io::BufRead::read_line(&mut std::io::stdin().lock().take(MOST), &mut text);
    read.map_err(|error| Failure::refused(format!("cannot read the password: {error}")))?;
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(line.to_owned())
}

async fn list(shared: &SharedOptions, json: bool) -> Done {
    let all = database::read(shared, async |db| Ok(studios::list(db.read()).await?)).await?;
    if json {
        return output::json(&all);
    }
    let rows: Vec<_> = all
        .iter()
        .map(|row| {
            let Studio { slug, name, time_zone, currency, .. } = &row.fields;
            [row.id.to_string(), slug.to_string(), name.clone(), time_zone.to_string(), currency.to_string()]
        })
        .collect();
    output::table(["ID", "SLUG", "NAME", "TIME ZONE", "CURRENCY"], &rows)
}

async fn change(shared: &SharedOptions, named: &str, file: &std::path::Path, json: bool) -> Done {
    let patch = read_patch(file)?;
    let changed = database::on(shared, async |db| {
        let id = database::studio(db, named).await?.id.studio();
        let mut tx = Turns::default().begin(db, &Clock::System, id, 1).await?;
        let current = studios::find(tx.on()).await?.ok_or_else(|| Problem::not_found("studio"))?;
        let changed = studios::edit(&mut tx, current, &Change::of(patch), &COMMAND_LINE.into()).await?;
        tx.commit().await?;
        Ok(changed)
    })
    .await?;
    print(&changed, json)
}

fn read_patch(file: &std::path::Path) -> Result<Value, Failure> {
    let read =
        if file.as_os_str() == "-" { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
    let text = read.map_err(|error| Failure::refused(format!("cannot read {}: {error}", file.display())))?;
    serde_json::from_str(&text).map_err(|error| Failure::usage(format!("{} is not JSON: {error}", file.display())))
}

fn print(row: &Row<Studio>, json: bool) -> Done {
    if json {
        return output::json(row);
    }
    let whole = serde_json::to_value(row).map_err(std::io::Error::from)?;
    let fields = whole.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let lines: Vec<_> = fields
        .map(|(name, value)| (name.as_str(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    output::fields(&lines)
}
