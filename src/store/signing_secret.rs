//! The secret that a gateway encrypts with: what it keeps in the database and has to read again, such as the secrets of second
//! factors. It stands outside the database, so that a stolen database does not contain it: it is what the operator sets with
//! `--signing-secret`, or a file beside a SQLite database, which the first server makes.
//!
//! Nothing is encrypted with it directly: each purpose has a key of its own, derived with HKDF (RFC 5869). A gateway without a
//! secret, or with another one than before, runs all the same; what needs the secret says that it is missing.

use std::{
    fmt, fs,
    io::{ErrorKind, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tempfile::NamedTempFile;

use super::{
    clock::random,
    file::{directory, real},
    file_watch::beside,
    sealer::Sealer,
};

/// The fewest characters: as many hexadecimal ones hold 128 bits.
pub const MIN_SECRET_LENGTH: usize = 32;

/// The secret of a gateway, or why it has none. Cheap to clone; never printed.
#[derive(Clone)]
pub struct SigningSecret(Result<Arc<SecretString>, NoSecret>);

/// Why a gateway has no signing secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSecret {
    /// The database is not a file, so no file can be beside it.
    #[error("no signing secret: set `--signing-secret`, to the same on every server of this database")]
    NotSet,
    /// It is too short to be one.
    #[error("is too short: use at least {MIN_SECRET_LENGTH} random characters, such as `openssl rand -hex 32` prints")]
    Short,
    /// The database contains what was encrypted with it.
    #[error(
        "the file {0} is missing, and the database contains what was encrypted with it. Put the file back, or set \
        `--signing-secret` to its content"
    )]
    Missing(String),
    /// Others could have read it.
    #[error("others can read or change the file {0}: `chmod 600` it")]
    NotPrivate(String),
    /// It cannot be read or made.
    #[error("cannot read or create the file {0}: {1}")]
    Unreadable(String, String),
    /// It is not the one that was to be put there.
    #[error("the file {0} contains another secret. If nothing was encrypted with it, move it away and copy again")]
    Another(String),
    /// It is not what a server wrote.
    #[error("the file {0} does not contain a secret")]
    NotASecret(String),
}

impl Default for SigningSecret {
    fn default() -> Self {
        Self(Err(NoSecret::NotSet))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SigningSecret(…)")
    }
}

impl SigningSecret {
    /// The secret that an operator set.
    ///
    /// # Errors
    /// When it is too short.
    pub fn set(text: &str) -> Result<Self, NoSecret> {
        let text = text.trim();
        if text.chars().count() < MIN_SECRET_LENGTH { Err(NoSecret::Short) } else { Ok(Self::of(text)) }
    }

    /// The secret in the file beside a SQLite database. Makes a missing file, unless `is_in_use` says that the
    /// database contains what was encrypted already.
    pub fn beside(database: &Path, is_in_use: bool) -> Self {
        let file = beside(&real(database), ".secret");
        Self(read(&file).and_then(|found| match found {
            Some(secret) => Ok(secret),
            None if is_in_use => Err(NoSecret::Missing(file.display().to_string())),
            None => make(&file, &hex::encode(random::<32>())),
        }))
    }

    /// What encrypts for one purpose.
    ///
    /// # Errors
    /// Why there is no secret.
    pub fn sealer(&self, purpose: &'static str) -> Result<Sealer, NoSecret> {
        let secret = self.0.as_ref().map_err(Clone::clone)?;
        Ok(Sealer::new(&Hkdf::<Sha256>::new(Some(b"flow-gateway"), secret.expose_secret().as_bytes()), purpose))
    }

    /// Why the gateway has no secret, if it has none.
    pub fn lack(&self) -> Option<&NoSecret> {
        self.0.as_ref().err()
    }

    fn of(text: &str) -> Self {
        Self(Ok(Arc::new(SecretString::from(text.to_owned()))))
    }
}

/// The file beside a SQLite database that holds its secret, if there is one.
pub fn file_beside(database: &Path) -> Option<PathBuf> {
    Some(beside(&real(database), ".secret")).filter(|file| file.exists())
}

/// Puts the secret of one SQLite database beside another. Returns whether there is one.
///
/// # Errors
/// When a file cannot be read or made, or the other database has another secret.
pub fn copy_beside(from: &Path, to: &Path) -> Result<bool, NoSecret> {
    let Some(secret) = read(&beside(&real(from), ".secret"))? else { return Ok(false) };
    let file = beside(&real(to), ".secret");
    let there = make(&file, secret.expose_secret())?;
    if there.expose_secret() == secret.expose_secret() {
        Ok(true)
    } else {
        Err(NoSecret::Another(file.display().to_string()))
    }
}

fn read(file: &Path) -> Result<Option<Arc<SecretString>>, NoSecret> {
    let name = || file.display().to_string();
    let failed = |error: std::io::Error| NoSecret::Unreadable(name(), error.to_string());
    let mode = match fs::metadata(file) {
        Ok(about) => about.permissions().mode(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    if mode & 0o077 != 0 {
        return Err(NoSecret::NotPrivate(name()));
    }
    let text = fs::read_to_string(file).map_err(failed)?;
    let found = SigningSecret::set(&text).map_err(|_| NoSecret::NotASecret(name()))?;
    found.0.map(Some)
}

/// Makes the file, unless another process has made it meanwhile. It is complete under its name, or not there.
fn make(file: &Path, secret: &str) -> Result<Arc<SecretString>, NoSecret> {
    let failed = |error: std::io::Error| NoSecret::Unreadable(file.display().to_string(), error.to_string());
    let folder = directory(file);
    // Only its owner can read it, whatever the umask.
    let mut fresh = NamedTempFile::new_in(folder).map_err(failed)?;
    writeln!(fresh, "{secret}").map_err(failed)?;
    fresh.as_file().sync_all().map_err(failed)?;
    match fresh.persist_noclobber(file) {
        Ok(_) => fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?,
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error.error)),
    }
    read(file)?.ok_or_else(|| NoSecret::Missing(file.display().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_once_for_its_owner_alone_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("flow.db");
        let sealed = SigningSecret::beside(&database, false).sealer("a").unwrap().seal(b"text", "row").unwrap();
        let file = folder.path().join("flow.db.secret");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let again = SigningSecret::beside(&database, true);
        assert_eq!(again.sealer("a").unwrap().open(&sealed, "row").as_deref(), Some(&b"text"[..]));
        let typed = SigningSecret::set(&fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(
            typed.sealer("a").unwrap().open(&sealed, "row").as_deref(),
            Some(&b"text"[..]),
            "the setting is the same"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(!format!("{again:?}").contains(fs::read_to_string(&file).unwrap().trim()));
    }

    #[test]
    fn a_file_that_is_missing_open_to_others_or_no_secret_is_told_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (database, file) = (folder.path().join("flow.db"), folder.path().join("flow.db.secret"));
        let lack = |is_in_use| SigningSecret::beside(&database, is_in_use).lack().cloned();
        let name = file.display().to_string();
        assert_eq!(lack(true), Some(NoSecret::Missing(name.clone())));
        assert!(!file.exists());
        fs::write(&file, "short").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(lack(false), Some(NoSecret::NotPrivate(name.clone())));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(lack(false), Some(NoSecret::NotASecret(name)));
        assert_eq!(fs::read_to_string(&file).unwrap(), "short");
        assert_eq!(SigningSecret::set("short").unwrap_err(), NoSecret::Short);
        assert_eq!(SigningSecret::default().sealer("a").err(), Some(NoSecret::NotSet));
    }
}
