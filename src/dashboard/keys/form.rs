//! What the form of a new key holds: filled in by hand, from a job, from calls, or like another key. It is shown again as it
//! was typed, and read into the settings of a key.

use std::{str::FromStr, time::Duration};

use super::{change::sentence, job::Job};
use crate::{
    access::{
        key::KeyKind,
        keys::{DEFAULT_RATE, NewKey},
        network::parse_network,
        origin::AllowedOrigin,
        scope::Scope,
        stored::StoredKey,
    },
    dashboard::texts::TEXTS,
    wire::form::Fields,
};

/// The longest lifetime, in days.
const MAX_DAYS: u32 = 7300;
/// Origins, or networks, of one key.
const MOST_ENTRIES: usize = 100;
/// Faults that one page lists.
const MOST_FAULTS: usize = 20;
/// Operations that a form takes along: more than there are.
const MOST_CALLED: usize = 100;

/// What was typed, or filled in.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyForm {
    pub name: String,
    /// `secret`, `publishable`, or nothing yet.
    pub kind: String,
    pub scopes: Vec<String>,
    pub used_by: String,
    pub origins: String,
    pub networks: String,
    pub rate_limit: String,
    /// The lifetime in days, or that it never expires; empty while nobody has chosen.
    pub expires: String,
    /// The job that it was filled in for.
    pub job: Option<Job>,
    /// The ids of the operations that the key is for, where it was filled in from calls.
    pub called: Vec<String>,
}

impl KeyForm {
    /// What lifetimes are counted in.
    pub(super) const DAY: Duration = Duration::from_hours(24);

    /// What stands for a key that never expires.
    pub(super) const NEVER: &str = "never";

    /// The days of a lifetime.
    pub(super) fn lifetime(days: &str) -> Option<u32> {
        days.parse().ok().filter(|days| (1..=MAX_DAYS).contains(days))
    }

    /// An empty form.
    pub(super) fn empty() -> Self {
        Self { rate_limit: DEFAULT_RATE.to_string(), ..Self::default() }
    }

    /// A form in which only the kind is chosen.
    pub(super) fn of_kind(kind: KeyKind) -> Self {
        let kind = match kind {
            KeyKind::Secret => "secret",
            KeyKind::Publishable => "publishable",
        };
        Self { kind: kind.to_owned(), ..Self::empty() }
    }

    /// The same with these scopes.
    pub(super) fn with_scopes(self, scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self { scopes: scopes.into_iter().map(|scope| scope.name().to_owned()).collect(), ..self }
    }

    /// A form for this job.
    pub(super) fn for_job(job: Job) -> Self {
        let form = Self::of_kind(job.kind()).with_scopes(job.scopes());
        Self { name: job.label().to_owned(), job: Some(job), ..form }
    }

    /// A form for a key like this one.
    pub(super) fn like(key: &NewKey) -> Self {
        let days = key.expires_in.map(|span| span.as_secs().div_ceil(Self::DAY.as_secs()).to_string());
        Self {
            name: key.name.clone(),
            used_by: key.used_by.clone().unwrap_or_default(),
            origins: key.origins.iter().map(AllowedOrigin::as_str).collect::<Vec<_>>().join("\n"),
            networks: key.networks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
            rate_limit: key.rate_limit.to_string(),
            expires: days.unwrap_or_else(|| Self::NEVER.to_owned()),
            ..Self::of_kind(key.kind).with_scopes(key.scopes.iter())
        }
    }

    /// A form with the settings of a key.
    pub(super) fn of_key(key: &StoredKey) -> Self {
        Self::like(&NewKey::like(key))
    }

    /// What was sent.
    pub(super) fn sent(fields: &Fields) -> Self {
        let text = |name| fields.text(name).unwrap_or_default().trim().to_owned();
        Self {
            name: text("name"),
            kind: text("kind"),
            scopes: fields.texts("scopes").map(str::to_owned).collect(),
            used_by: text("used_by"),
            origins: text("origins"),
            networks: text("networks"),
            rate_limit: text("rate_limit"),
            expires: text("expires"),
            job: Job::named(&text("job")),
            called: fields.texts("called").take(MOST_CALLED).map(str::to_owned).collect(),
        }
    }

    /// Its fields, as the hidden fields of a page. A choice that nobody has made is left out.
    pub(super) fn fields(&self) -> Vec<(&'static str, &str)> {
        let mut fields = vec![
            ("name", &*self.name),
            ("kind", &self.kind),
            ("used_by", &self.used_by),
            ("origins", &self.origins),
            ("networks", &self.networks),
            ("rate_limit", &self.rate_limit),
        ];
        fields.extend(self.has_chosen_expiry().then_some(("expires", &*self.expires)));
        fields.extend(self.scopes.iter().map(|scope| ("scopes", &**scope)));
        fields.extend(self.origin_fields());
        fields
    }

    /// Whether somebody has chosen when the key expires, or that it never does.
    pub(super) fn has_chosen_expiry(&self) -> bool {
        !self.expires.is_empty()
    }

    /// Those of them that nobody types: what it was filled in from.
    pub(super) fn origin_fields(&self) -> Vec<(&'static str, &str)> {
        let job = self.job.map(|job| ("job", job.name()));
        job.into_iter().chain(self.called.iter().map(|id| ("called", &**id))).collect()
    }

    /// The entries of a field of origins or networks; what is wrong with them is added to the faults.
    pub(super) fn entries_of<T, E: ToString>(
        text: &str,
        read: impl Fn(&str) -> Result<T, E>,
        field: &str,
        faults: &mut Vec<String>,
    ) -> Vec<T> {
        all(&entries(text), read, field, faults)
    }

    /// The key that it asks for, or everything that is wrong with it.
    pub(super) fn read(&self) -> Result<NewKey, Vec<String>> {
        let mut faults = Vec::new();
        let kind = match &*self.kind {
            "secret" => Some(KeyKind::Secret),
            "publishable" => Some(KeyKind::Publishable),
            _ => None,
        };
        let rate_limit = if self.rate_limit.is_empty() { Some(DEFAULT_RATE) } else { self.rate_limit.parse().ok() };
        let days = Self::lifetime(&self.expires);
        for (is_wrong, fault) in [
            (kind.is_none(), TEXTS.choose_kind),
            (rate_limit.is_none(), TEXTS.bad_rate),
            (days.is_none() && !["", Self::NEVER].contains(&&*self.expires), TEXTS.bad_lifetime),
        ] {
            faults.extend(is_wrong.then(|| fault.to_owned()));
        }
        let origins = Self::entries_of(&self.origins, AllowedOrigin::from_str, TEXTS.origins, &mut faults);
        let networks = Self::entries_of(&self.networks, parse_network, TEXTS.networks, &mut faults);
        let chosen: Vec<_> = self.scopes.iter().map(String::as_str).collect();
        let scopes = all(&chosen, Scope::from_str, TEXTS.scopes, &mut faults);
        let new = NewKey {
            name: self.name.clone(),
            kind: kind.unwrap_or(KeyKind::Secret),
            used_by: Some(self.used_by.clone()).filter(|text| !text.is_empty()),
            scopes: scopes.into_iter().collect(),
            origins,
            networks,
            rate_limit: rate_limit.unwrap_or(DEFAULT_RATE),
            expires_in: days.map(|days| Self::DAY * days),
        };
        // What goes with which kind is said once a kind is chosen.
        faults.extend(if kind.is_some() { new.faults() } else { new.faults_of_names() }.into_iter().map(sentence));
        faults.truncate(MOST_FAULTS);
        if faults.is_empty() { Ok(new) } else { Err(faults) }
    }
}

/// The entries of a field: one a line, or with commas between them.
fn entries(text: &str) -> Vec<&str> {
    text.split(['\n', ',']).map(str::trim).filter(|entry| !entry.is_empty()).take(MOST_ENTRIES + 1).collect()
}

fn all<T, E: ToString>(
    entries: &[&str],
    read: impl Fn(&str) -> Result<T, E>,
    field: &str,
    faults: &mut Vec<String>,
) -> Vec<T> {
    if entries.len() > MOST_ENTRIES {
        faults.push(format!("{field}: {}", TEXTS.too_many_entries.replace("{most}", &MOST_ENTRIES.to_string())));
        return Vec::new();
    }
    let mut found = Vec::new();
    for entry in entries {
        match read(entry) {
            Ok(entry) => found.push(entry),
            Err(fault) => faults.push(format!("{field}: {}", sentence(&fault.to_string()))),
        }
    }
    found
}
