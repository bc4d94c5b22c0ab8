//! Why settings are refused. An error names the setting and where it was given, and never repeats a value.

/// Why settings are refused.
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
        /// Where.
        line: usize,
        /// What the parser missed.
        why: String,
    },
    /// A key is no setting.
    #[error("{0}: `{1}` is no setting; {2}")]
    Unknown(String, String, String),
    /// A value is not what its key takes.
    #[error("{0}: `{1}` {2}")]
    Wrong(String, String, String),
    /// A variable is no setting.
    #[error("the variable {0} is no setting; {1}")]
    UnknownVariable(String, String),
}
