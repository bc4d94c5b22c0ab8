//! The file of `--config`. An error names the key or the line, and never repeats a value: the line that does not parse
//! may be the one with the password.

use std::path::Path;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use toml::Table;

use super::{Serving, Shared};

/// Why a file of settings is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the settings in {0}: {1}")]
    Unreadable(String, std::io::Error),
    /// It is not TOML.
    #[error("the settings in {file} are not TOML: line {line}: {why}")]
    NotToml {
        /// The file.
        file: String,
        /// Where.
        line: usize,
        /// What the parser missed.
        why: String,
    },
    /// A key is no setting.
    #[error("the settings in {0} name `{1}`, which is no setting; `flow-gateway serve --help` lists them")]
    Unknown(String, String),
    /// A value is not what its key takes.
    #[error("the settings in {0} are not right: `{1}` {2}")]
    Wrong(String, String, String),
}

/// The given settings, and below them those of the file, if there is one.
///
/// # Errors
/// When the file cannot be read, is not TOML, or holds anything that is no setting.
pub fn overlaid(shared: Shared, serving: Serving) -> Result<(Shared, Serving), ConfigError> {
    let Some(path) = shared.config.clone() else { return Ok((shared, serving)) };
    let file = path.display().to_string();
    let mut both = read(&path, &file)?;
    let (known_to_all, known_to_servers) = (names_of::<Shared>(), names_of::<Serving>());
    for (key, value) in &both {
        if known_to_all.contains(&key.as_str()) {
            check::<Shared>(&file, key, value)?;
        } else if known_to_servers.contains(&key.as_str()) {
            check::<Serving>(&file, key, value)?;
        } else {
            return Err(ConfigError::Unknown(file, key.clone()));
        }
    }
    both.extend(as_table(&shared));
    both.extend(as_table(&serving));
    let wrong = |error: toml::de::Error| ConfigError::Wrong(file.clone(), "settings".into(), error.message().into());
    let merged = Shared::deserialize(both.clone()).map_err(wrong)?;
    Ok((Shared { config: Some(path), ..merged }, Serving::deserialize(both).map_err(wrong)?))
}

fn read(path: &Path, file: &str) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable(file.to_owned(), error))?;
    text.parse::<Table>().map_err(|error| {
        let before = error.span().map_or("", |span| text.get(..span.start).unwrap_or_default());
        let line = before.matches('\n').count() + 1;
        ConfigError::NotToml { file: file.to_owned(), line, why: error.message().to_owned() }
    })
}

fn check<T: DeserializeOwned>(file: &str, key: &str, value: &toml::Value) -> Result<(), ConfigError> {
    let alone = Table::from_iter([(key.to_owned(), value.clone())]);
    let Err(error) = T::deserialize(alone) else { return Ok(()) };
    Err(ConfigError::Wrong(file.to_owned(), key.to_owned(), error.message().to_owned()))
}

fn names_of<T: DeserializeOwned>() -> Vec<&'static str> {
    crate::store::record::fields::<T>()
}

/// What was given, without what was not.
fn as_table<T: Serialize>(settings: &T) -> Table {
    Table::try_from(settings).unwrap_or_default()
}
