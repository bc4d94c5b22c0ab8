//! Errors of settings. An error names the setting and where it was given, and never repeats a value.

/// Why settings are invalid.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the settings in {0}: {1}")]
    Unreadable(String, std::io::Error),
    /// The file is not TOML.
    #[error("the settings in {file} are not TOML: line {line}: {why}")]
    NotToml {
        /// The file.
        file: String,
        /// The line.
        line: usize,
        /// The parser's message.
        why: String,
    },
    /// An unknown setting in the file.
    #[error("{0}: `{1}` is not a setting; {2}")]
    Unknown(String, String, String),
    /// An invalid value.
    #[error("{0}: `{1}` {2}")]
    Wrong(String, String, String),
    /// An unknown variable.
    #[error("the variable {0} is not a setting; {1}")]
    UnknownVariable(String, String),
}
