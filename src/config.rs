//! All settings: flag, environment variable, default, description. Read once by the command line; only this module reads the
//! environment.
//!
//! A flag overrides its variable, which overrides the file of `--config`, which overrides the default. A secret is never
//! printed: not in `--help`, in errors or by `Debug`.

mod error;
mod file;
mod given;
mod kinds;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, FromArgMatches};
use serde::{Deserialize, Serialize};
use url::Url;

pub use self::{
    error::ConfigError,
    file::merged_with_file,
    given::{GivenNames, error_as_given, refuse_unknown_variables},
    kinds::{Cidr, ListenAddress, LogFilter, LogFormat, PublicUrl, Ratio, Secret, Sender, Switch, entry},
};

/// Where GitHub publishes the keys that sign its reports.
const GITHUB_PUBLIC_KEYS: &str = "https://api.github.com/meta/public_keys/secret_scanning";

/// The default database.
pub const DEFAULT_DATABASE: &str = "sqlite://./flow.db";

/// Options of every command, before or after its name.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[command(next_help_heading = "Options of every command")]
#[allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "--help prints these words as they are")]
pub struct SharedOptions {
    /// The database: sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME [default: sqlite://./flow.db; demo: a new file]
    #[arg(long, global = true, value_name = "URL", env = "FLOW_DATABASE_URL", hide_env_values = true)]
    pub database: Option<Secret>,
    /// A PEM file of certificate authorities to trust for PostgreSQL, in addition to the system's
    /// [default: none]
    #[arg(long, global = true, value_name = "FILE", env = "FLOW_DATABASE_CA", hide_env_values = true)]
    pub database_ca: Option<PathBuf>,
    /// Allows unencrypted connections to PostgreSQL on another machine; the password and all rows are then sent in the
    /// clear
    /// [default: off]
    #[arg(
        long,
        global = true,
        value_name = "on|off",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "on",
        env = "FLOW_PLAIN_DATABASE",
        hide_env_values = true, hide_possible_values = true
    )]
    pub plain_database: Option<Switch>,
    /// A TOML file of settings, named like the flags with underscores; flags and variables override it [default: none]
    #[arg(long, global = true, value_name = "FILE", env = "FLOW_CONFIG", hide_env_values = true)]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// The log level on standard error: error, warn, info, debug, trace, or a filter such as info,flow_gateway=debug
    /// [default: info for serve and demo, warn for other commands]
    #[arg(long, global = true, value_name = "FILTER", env = "FLOW_LOG_LEVEL", hide_env_values = true)]
    pub log_level: Option<LogFilter>,
    /// How each setting was given.
    #[arg(skip)]
    #[serde(skip)]
    pub given: GivenNames,
}

/// Settings of `serve` and `demo`.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[command(next_help_heading = "Settings")]
#[allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "--help prints these words as they are")]
pub struct Serving {
    /// The Storefront's listen address, for browsers on the studios' websites [default: 127.0.0.1:7604]
    #[arg(long, value_name = "HOST:PORT", env = "FLOW_STOREFRONT_ADDR", hide_env_values = true)]
    pub storefront_addr: Option<ListenAddress>,
    /// Management's listen address, for back-office servers [default: 127.0.0.1:7605]
    #[arg(long, value_name = "HOST:PORT", env = "FLOW_MANAGEMENT_ADDR", hide_env_values = true)]
    pub management_addr: Option<ListenAddress>,
    /// The Members surface's listen address, for the sign-in widget and members [default: 127.0.0.1:7606]
    #[arg(long, value_name = "HOST:PORT", env = "FLOW_MEMBERS_ADDR", hide_env_values = true)]
    pub members_addr: Option<ListenAddress>,
    /// The dashboard's listen address, for the people who run a studio [default: 127.0.0.1:7607]
    #[arg(long, value_name = "HOST:PORT", env = "FLOW_STUDIO_ADDR", hide_env_values = true)]
    pub studio_addr: Option<ListenAddress>,
    /// The listen address of /healthz, /readyz and /metrics, for operators; keep it private [default: 127.0.0.1:7608]
    #[arg(long, value_name = "HOST:PORT", env = "FLOW_OPS_ADDR", hide_env_values = true)]
    pub ops_addr: Option<ListenAddress>,
    /// One port for Storefront and Management instead of two; the key's kind decides, and --storefront-addr,
    /// --management-addr and their public URLs are not used [default: none]
    #[arg(long, value_name = "HOST:PORT", env = "FLOW_API_ADDR", hide_env_values = true)]
    pub api_addr: Option<ListenAddress>,
    /// The SMTP server that sends e-mail: smtps://USER:PASSWORD@HOST, or smtp:// for STARTTLS, with ?tls=none for a
    /// server without TLS [default: none; e-mail stays in the outbox]
    #[arg(long, value_name = "URL", env = "FLOW_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<Secret>,
    /// The sender of e-mail [default: no-reply@ and the host of --smtp-url]
    #[arg(long, value_name = "ADDRESS", env = "FLOW_SMTP_FROM", hide_env_values = true)]
    pub smtp_from: Option<Sender>,
    /// The Storefront's public URL [default: http:// and its listen address]
    #[arg(long, value_name = "URL", env = "FLOW_PUBLIC_STOREFRONT_URL", hide_env_values = true)]
    pub public_storefront_url: Option<PublicUrl>,
    /// Management's public URL [default: http:// and its listen address]
    #[arg(long, value_name = "URL", env = "FLOW_PUBLIC_MANAGEMENT_URL", hide_env_values = true)]
    pub public_management_url: Option<PublicUrl>,
    /// The Members surface's public URL [default: http:// and its listen address]
    #[arg(long, value_name = "URL", env = "FLOW_PUBLIC_MEMBERS_URL", hide_env_values = true)]
    pub public_members_url: Option<PublicUrl>,
    /// The dashboard's public URL [default: http:// and its listen address]
    #[arg(long, value_name = "URL", env = "FLOW_PUBLIC_STUDIO_URL", hide_env_values = true)]
    pub public_studio_url: Option<PublicUrl>,
    /// The public URL of --api-addr [default: http:// and its listen address]
    #[arg(long, value_name = "URL", env = "FLOW_PUBLIC_API_URL", hide_env_values = true)]
    pub public_api_url: Option<PublicUrl>,
    /// The secret that encrypts what the database must not contain in the clear: at least 32 random characters, the same on
    /// every server of a database [default: the content of a file beside a SQLite database, named like it with .secret at
    /// the end, which the first start creates; none with PostgreSQL]
    #[arg(long, value_name = "SECRET", env = "FLOW_SIGNING_SECRET", hide_env_values = true)]
    pub signing_secret: Option<Secret>,
    /// Redis or Valkey, through which several servers of one database share the rates of keys, networks and sign-ins:
    /// rediss://USER:PASSWORD@HOST:6379/0, or redis:// on this machine, with ?tls=none for another machine in a network that
    /// you trust [default: none; each server has its own rates]
    #[arg(long, value_name = "URL", env = "FLOW_REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<Secret>,
    /// Networks or addresses of proxies that terminate TLS and set X-Forwarded-For [default: none]
    #[arg(long, value_name = "CIDR,…", value_delimiter = ',', env = "FLOW_TRUSTED_PROXIES", hide_env_values = true)]
    #[serde(default, deserialize_with = "kinds::list")]
    pub trusted_proxies: Option<Vec<Cidr>>,
    /// Allows serving other machines without TLS; keys are then sent in the clear [default: off]
    #[arg(
        long,
        value_name = "on|off",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "on",
        env = "FLOW_PLAIN_HTTP",
        hide_env_values = true, hide_possible_values = true
    )]
    pub plain_http: Option<Switch>,
    /// The format of log lines: text for people, or one JSON object a line [default: text]
    #[arg(
        long,
        value_name = "text|json",
        env = "FLOW_LOG_FORMAT",
        hide_env_values = true,
        hide_possible_values = true
    )]
    pub log_format: Option<LogFormat>,
    /// The collector that gets a span of each request, over OTLP/HTTP in protobuf: https://HOST:4318, or http:// on this
    /// machine, with ?tls=none for another machine in a network that you trust; /v1/traces is added [default: none]
    #[arg(long, value_name = "URL", env = "FLOW_OTLP_ENDPOINT", hide_env_values = true)]
    pub otlp_endpoint: Option<Secret>,
    /// How many of the requests that come without a traceparent get a span, from 0 to 1; of the others the caller decides
    /// [default: 1]
    #[arg(long, value_name = "RATIO", env = "FLOW_OTLP_SAMPLE", hide_env_values = true)]
    pub otlp_sample: Option<Ratio>,
    /// Takes reports of GitHub's secret scanning at /v1/github-secret-scanning on the dashboard's surface: the secret keys
    /// in them are revoked [default: off]
    #[arg(
        long,
        value_name = "on|off",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "on",
        env = "FLOW_GITHUB_SECRET_SCANNING",
        hide_env_values = true, hide_possible_values = true
    )]
    pub github_secret_scanning: Option<Switch>,
    /// Where GitHub publishes the keys that sign these reports
    /// [default: https://api.github.com/meta/public_keys/secret_scanning]
    #[arg(long, value_name = "URL", env = "FLOW_GITHUB_PUBLIC_KEYS_URL", hide_env_values = true)]
    pub github_public_keys_url: Option<PublicUrl>,
    /// Rate limits of keys, key changes, exposure reports, sign-ins and e-mail; turn off only for tests and benchmarks [default: on]
    #[arg(long, value_name = "on|off", env = "FLOW_RATE_LIMITS", hide_env_values = true, hide_possible_values = true)]
    pub rate_limits: Option<Switch>,
    /// Keeps the answers to reads while their rows do not change [default: on]
    #[arg(long, value_name = "on|off", env = "FLOW_ANSWER_CACHE", hide_env_values = true, hide_possible_values = true)]
    pub answer_cache: Option<Switch>,
    /// Refuses to start on a database with an older schema, instead of migrating it [default: off]
    #[arg(
        long,
        value_name = "on|off",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "on",
        env = "FLOW_NO_MIGRATE",
        hide_env_values = true, hide_possible_values = true
    )]
    pub no_migrate: Option<Switch>,
    /// Refuses to start if there is no database, instead of creating one [default: off]
    #[arg(
        long,
        value_name = "on|off",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "on",
        env = "FLOW_NO_CREATE",
        hide_env_values = true, hide_possible_values = true
    )]
    pub no_create: Option<Switch>,
    /// How each setting was given.
    #[arg(skip)]
    #[serde(skip)]
    pub given: GivenNames,
}

/// The listen addresses of the two APIs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiAddresses {
    /// A port for each of the two.
    Separate {
        /// The Storefront's.
        storefront: SocketAddr,
        /// Management's.
        management: SocketAddr,
    },
    /// One port for both.
    Shared(SocketAddr),
}

impl Serving {
    /// The listen addresses of the two APIs.
    pub fn api(&self) -> ApiAddresses {
        match &self.api_addr {
            Some(together) => ApiAddresses::Shared(together.0),
            None => ApiAddresses::Separate {
                storefront: or_loopback(self.storefront_addr.as_ref(), 7604),
                management: or_loopback(self.management_addr.as_ref(), 7605),
            },
        }
    }

    /// Where the keys stand that sign GitHub's reports; nothing where no reports are taken.
    ///
    /// # Errors
    /// When the address is not one.
    pub fn github_public_keys(&self) -> Result<Option<Url>, url::ParseError> {
        let is_on = self.github_secret_scanning == Some(Switch::On);
        let address = || self.github_public_keys_url.as_ref().map_or(GITHUB_PUBLIC_KEYS, PublicUrl::as_str);
        is_on.then(|| Url::parse(address())).transpose()
    }

    /// The Members surface's listen address.
    pub fn members(&self) -> SocketAddr {
        or_loopback(self.members_addr.as_ref(), 7606)
    }

    /// The dashboard's listen address.
    pub fn studio(&self) -> SocketAddr {
        or_loopback(self.studio_addr.as_ref(), 7607)
    }

    /// The ops listen address.
    pub fn ops(&self) -> SocketAddr {
        or_loopback(self.ops_addr.as_ref(), 7608)
    }

    /// The first address that other machines can reach without TLS, unless a setting allows that.
    pub fn unprotected_address(&self) -> Option<SocketAddr> {
        if self.plain_http == Some(Switch::On) || self.trusted_proxies.as_ref().is_some_and(|list| !list.is_empty()) {
            return None;
        }
        let apis = match self.api() {
            ApiAddresses::Separate { storefront, management } => vec![storefront, management],
            ApiAddresses::Shared(both) => vec![both],
        };
        let others = [self.members(), self.studio(), self.ops()];
        apis.into_iter().chain(others).find(is_beyond_loopback)
    }
}

/// Whether other machines can reach an address.
pub fn is_beyond_loopback(address: &SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

fn or_loopback(set: Option<&ListenAddress>, port: u16) -> SocketAddr {
    set.map_or(SocketAddr::from(([127, 0, 0, 1], port)), |address| address.0)
}

/// Ignores empty environment variables: scripts and compose files set them for "none".
pub fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &std::ffi::OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    command
        .mut_args(
            |arg| if arg.get_env().is_some_and(is_empty) { arg.env(clap::builder::Resettable::Reset) } else { arg },
        )
        .mut_subcommands(without_empty_variables)
}

/// The settings of `serve` that variables give, for a command that has no flags of them.
///
/// # Errors
/// What is wrong with a variable, if one is not valid.
pub fn serving_in_environment() -> Result<Serving, String> {
    let mut command = without_empty_variables(Serving::augment_args(clap::Command::new("serve")));
    let read = command.try_get_matches_from_mut(["serve"]).and_then(|matches| Serving::from_arg_matches(&matches));
    read.map_err(|error| error_as_given(&command, &error, &[]))
}

/// The user name from the environment.
#[allow(clippy::disallowed_methods, reason = "this module is where the environment is read")]
pub fn os_user() -> Option<String> {
    ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok()).filter(|user| !user.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_beyond_this_machine_takes_a_proxy_or_a_word() {
        let public = Serving { management_addr: "0.0.0.0:1".parse().ok(), ..Serving::default() };
        assert_eq!(public.unprotected_address(), Some(SocketAddr::from(([0, 0, 0, 0], 1))));
        let plain = Serving { plain_http: Some(Switch::On), ..public.clone() };
        let behind = Serving { trusted_proxies: Some(vec!["10.0.0.1".parse().unwrap()]), ..public.clone() };
        let unused = Serving { api_addr: "[::1]:0".parse().ok(), ..public };
        for fine in [Serving::default(), plain, behind, unused] {
            assert_eq!(fine.unprotected_address(), None);
        }
    }
}
