//! What a scan has found so far, and what it did not look at. Shared by all threads of a scan.

use std::{
    collections::BTreeSet,
    fmt::Display,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::Serialize;

use super::find::Hit;
use crate::wire::mask::mask_keys;

/// Where something was found. Names never hold a whole key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FindingPlace {
    /// The file.
    pub path: String,
    /// The entry of an archive, and in that of the next: `inner.tar!app/config`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The first commit that has it, or the commit whose message it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The git object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
}

impl FindingPlace {
    /// A file.
    pub fn file(path: &Path) -> Self {
        Self::named(&path.to_string_lossy())
    }

    /// A file of a repository, by its name there.
    pub fn named(path: &str) -> Self {
        Self { path: mask_keys(path).into_owned(), ..Self::default() }
    }

    /// A git object whose path is not known yet.
    pub fn object(id: impl Display) -> Self {
        Self { object: Some(id.to_string()), ..Self::default() }
    }

    /// An entry of the archive at this place.
    pub fn entry(&self, name: &str) -> Self {
        let name = mask_keys(name);
        let entry = self.entry.as_ref().map_or_else(|| name.to_string(), |outer| format!("{outer}!{name}"));
        Self { entry: Some(entry), ..self.clone() }
    }

    /// As people read it.
    pub fn shown(&self) -> String {
        let entry = self.entry.as_ref().map(|entry| format!("!{entry}")).unwrap_or_default();
        match (&self.commit, &self.object) {
            (Some(commit), _) => format!("{}:{}{entry}", short(commit), self.path),
            (None, Some(object)) if self.path.is_empty() => format!("object {}{entry}", short(object)),
            _ => format!("{}{entry}", self.path),
        }
    }
}

fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// A secret key, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The key, masked.
    pub key: String,
    /// Where.
    #[serde(flatten)]
    pub place: FindingPlace,
    /// The line, from 1.
    pub line: u64,
    /// The character in the line, from 1.
    pub column: u64,
}

impl Finding {
    /// The file and the key, wherever in the file the key is.
    fn in_file(&self) -> (FindingPlace, String) {
        (FindingPlace { entry: None, ..self.place.clone() }, self.key.clone())
    }
}

/// What was not looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Skipped {
    /// Where.
    #[serde(flatten)]
    pub place: FindingPlace,
    /// Why.
    pub reason: String,
}

/// A scan that is under way.
#[derive(Default)]
pub struct RunningScan {
    looked_at: AtomicU64,
    findings: Mutex<Vec<Finding>>,
    skipped: Mutex<Vec<Skipped>>,
}

/// What a scan has found.
#[derive(Serialize)]
pub struct Found {
    /// The keys, by their places.
    pub findings: Vec<Finding>,
    /// Files and objects that were looked at.
    pub looked_at: u64,
    /// What was not, and why.
    pub not_scanned: Vec<Skipped>,
}

impl RunningScan {
    /// Counts a file or an object.
    pub fn count_one(&self) {
        self.looked_at.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were looked at.
    pub fn looked_at(&self) -> u64 {
        self.looked_at.load(Ordering::Relaxed)
    }

    /// Notes a key.
    pub fn found(&self, place: &FindingPlace, hit: Hit) {
        let Hit { masked, line, column } = hit;
        let finding = Finding { key: masked, place: place.clone(), line, column };
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).push(finding);
    }

    /// Notes what was not looked at, or not to its end.
    pub fn skip(&self, place: &FindingPlace, reason: &impl Display) {
        let skipped = Skipped { place: place.clone(), reason: mask_keys(&reason.to_string()).into_owned() };
        self.skipped.lock().unwrap_or_else(PoisonError::into_inner).push(skipped);
    }

    /// All that was found.
    pub fn end(self) -> Found {
        let looked_at = self.looked_at();
        let mut findings = self.findings.into_inner().unwrap_or_else(PoisonError::into_inner);
        findings.sort_by(|a, b| (&a.place, a.line, a.column).cmp(&(&b.place, b.line, b.column)));
        findings.dedup();
        // An archive that breaks off is looked at twice, by entries and as it is; a key in an entry is reported once.
        let in_entries: BTreeSet<_> =
            findings.iter().filter(|finding| finding.place.entry.is_some()).map(Finding::in_file).collect();
        findings.retain(|finding| finding.place.entry.is_some() || !in_entries.contains(&finding.in_file()));
        let mut not_scanned = self.skipped.into_inner().unwrap_or_else(PoisonError::into_inner);
        not_scanned.sort_by(|a, b| a.place.cmp(&b.place));
        Found { findings, looked_at, not_scanned }
    }
}
