//! The file of `--config`. An error names the line and the key, and never repeats a value: the invalid line may contain a
//! password.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use toml::{Table, de::DeTable};

use super::{ConfigError, Serving, SharedOptions, given};

/// Merges the given settings over those of the file, if there is one.
///
/// # Errors
/// When the file cannot be read, is not TOML, or contains an unknown or invalid setting.
pub fn merged_with_file(shared: SharedOptions, serving: Serving) -> Result<(SharedOptions, Serving), ConfigError> {
    let Some(path) = shared.config.clone() else {
        let given = shared.given.clone();
        return Ok((shared, Serving { given, ..serving }));
    };
    let file = path.display().to_string();
    let (mut both, lines) = read(&path, &file)?;
    let at = |key: &str| format!("{file}, line {}", lines.get(key).copied().unwrap_or_default());
    let (known_to_all, known_to_servers) = (names_of::<SharedOptions>(), names_of::<Serving>());
    for (key, value) in &both {
        let checked = if known_to_all.contains(&key.as_str()) {
            check::<SharedOptions>(key, value)
        } else if known_to_servers.contains(&key.as_str()) {
            check::<Serving>(key, value)
        } else {
            let known = known_to_all.iter().chain(&known_to_servers).copied();
            return Err(ConfigError::Unknown(at(key), key.clone(), given::suggestion(key, known)));
        };
        checked.map_err(|why| ConfigError::Wrong(at(key), key.clone(), why))?;
    }
    let above: Table = as_table(&shared).into_iter().chain(as_table(&serving)).collect();
    let above_names: BTreeSet<String> = above.keys().cloned().collect();
    let given = shared.given.with_file(&file, &lines, &above_names);
    both.extend(above);
    let wrong =
        |error: toml::de::Error| ConfigError::Wrong(file.clone(), "settings".into(), error.message().to_owned());
    let merged = SharedOptions::deserialize(both.clone()).map_err(wrong)?;
    let serving = Serving::deserialize(both).map_err(wrong)?;
    Ok((SharedOptions { config: Some(path), given: given.clone(), ..merged }, Serving { given, ..serving }))
}

/// The file's settings and their line numbers.
fn read(path: &Path, file: &str) -> Result<(Table, BTreeMap<String, usize>), ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable(file.to_owned(), error))?;
    let line_of = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
    let not_toml = |error: toml::de::Error| {
        let line = line_of(error.span().map_or(0, |span| span.start));
        ConfigError::NotToml { file: file.to_owned(), line, why: error.message().to_owned() }
    };
    let table = text.parse::<Table>().map_err(not_toml)?;
    let keys = DeTable::parse(&text).map_err(not_toml)?;
    let lines = keys.get_ref().keys().map(|key| (key.get_ref().to_string(), line_of(key.span().start))).collect();
    Ok((table, lines))
}

fn check<T: DeserializeOwned>(key: &str, value: &toml::Value) -> Result<(), String> {
    let alone = Table::from_iter([(key.to_owned(), value.clone())]);
    T::deserialize(alone).map(drop).map_err(|error| error.message().to_owned())
}

fn names_of<T: DeserializeOwned>() -> Vec<&'static str> {
    crate::store::record::fields::<T>()
}

/// The settings that were given, as a table.
fn as_table<T: Serialize>(settings: &T) -> Table {
    Table::try_from(settings).unwrap_or_default()
}
