//! Opens a PostgreSQL database: sets up its connections, and refuses unsuitable servers.

use std::io;

use sqlx::{
    ConnectOptions, Connection as _,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::timeout;

use super::{
    db::Db,
    deadline::CONNECTION_WAIT,
    location::{FIRST_CONNECTION_WAIT, connect_first},
    open_error::OpenError,
    postgres_connections::{MOST_KEPT, PostgresConnections, TEST_AFTER_IDLE},
    postgres_url::place,
};

/// Connections of one instance.
const CONNECTIONS: u32 = 20;

/// Connects to a server, and checks that it may be used. With `open_ahead`, those that read are opened at once.
///
/// # Errors
/// When it cannot be reached or is not safe to use.
pub async fn open(options: &PgConnectOptions, open_ahead: bool) -> Result<Db, OpenError> {
    let options = options
        .clone()
        .application_name("flow-gateway")
        .options([("lock_timeout", "2s"), ("statement_timeout", "10s"), ("idle_in_transaction_session_timeout", "10s")])
        // Whatever the server's or role's default: a commit is acknowledged when it is on disk. Notices, such as that a table
        // exists already, are not logged.
        .options([("synchronous_commit", "on"), ("client_min_messages", "warning")])
        // Which statements are planned for each call, the statements say (`Statement::custom_plan`).
        .options([("plan_cache_mode", "auto")])
        .disable_statement_logging();
    // A pool would retry until its timeout, and then not report the cause.
    match timeout(FIRST_CONNECTION_WAIT, options.connect()).await {
        Ok(Ok(connected)) => connected.close().await?,
        Ok(Err(error)) => return Err(OpenError::Server(place(&options), explain(&error))),
        Err(_) => return Err(OpenError::Server(place(&options), "it does not answer".into())),
    }
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        // When idle connections are closed, as many stay.
        .min_connections(if open_ahead { MOST_KEPT } else { 0 })
        .acquire_timeout(CONNECTION_WAIT)
        // A connection that was just used needs no test; an idle one may have lost its server.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > TEST_AFTER_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options);
    connect_first(&pool).await?;
    for setting in ["fsync", "full_page_writes"] {
        let value: String = sqlx::query_scalar("select current_setting($1)").bind(setting).fetch_one(&pool).await?;
        if value != "on" {
            return Err(OpenError::Unsafe(if setting == "fsync" { "fsync=off" } else { "full_page_writes=off" }));
        }
    }
    let version: String = sqlx::query_scalar("select current_setting('server_version_num')").fetch_one(&pool).await?;
    if version.parse::<u32>().is_ok_and(|number| number < 150_000) {
        return Err(OpenError::TooOld(version));
    }
    let connections = PostgresConnections::new(pool);
    if open_ahead {
        connections.open_ahead().await;
    }
    Ok(Db::Postgres(connections))
}

/// Why the connection failed, and what to do. Contains no password: the server's messages have none.
fn explain(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Tls(cause) if cause.to_string().contains("does not support TLS") => {
            "it offers no TLS, so nothing was sent to it: set `ssl` on there, or allow plain text with --plain-database"
                .to_owned()
        }
        sqlx::Error::Tls(cause) => not_trusted(cause),
        sqlx::Error::Io(cause) if cause.kind() == io::ErrorKind::InvalidData => not_trusted(cause),
        sqlx::Error::Io(cause) => cause.to_string(),
        sqlx::Error::Database(told) => told.message().to_owned(),
        other => other.to_string(),
    }
}

fn not_trusted(cause: impl std::fmt::Display) -> String {
    format!(
        "the connection cannot be encrypted, so no password was sent: {cause}. Name the server as its certificate does, and \
the authority that signed it with --database-ca FILE"
    )
}
