//! Tracks whether the database works, so that the log has one line when it starts to fail in some way, and one when it works
//! again, instead of a thousand a second. After a successful statement it costs one flag check.
//!
//! A process has one database, so this is one global state.

use std::{
    sync::{
        LazyLock, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// A kind of failure, by what an operator can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// No connection can be made.
    Unreachable,
    /// No connection became free in time.
    NoConnection,
    /// The user, the password or a permission is wrong.
    Refused,
    /// The database, a table or a column is missing.
    Missing,
    /// The disk is full.
    Full,
    /// It is read-only, like a standby.
    ReadOnly,
    /// The file is damaged, or the disk fails.
    Damaged,
    /// It is overloaded.
    Busy,
}

/// How long nothing must fail before the database counts as working: one missing table fails between statements that succeed.
const RECOVERED_AFTER: Duration = Duration::from_secs(5);

static STATE: LazyLock<Mutex<HealthState>> = LazyLock::new(Mutex::default);
/// Whether anything has failed.
static IS_FAILING: AtomicBool = AtomicBool::new(false);

#[derive(Default)]
struct HealthState {
    /// The conditions logged since it last worked.
    told: Vec<Condition>,
    failures: u64,
    last: Option<Instant>,
}

impl Condition {
    /// The condition behind a database error; `None` if the statement is wrong, which is our bug.
    pub(super) fn of(error: &sqlx::Error) -> Option<Self> {
        use sqlx::Error as E;
        match error {
            E::Database(told) => {
                let code = told.code().unwrap_or_default();
                match code.parse::<u32>() {
                    Ok(number) if code.len() < 5 => Self::of_sqlite(number, told.message()),
                    _ => Self::of_postgres(&code),
                }
            }
            // A pool also waits so while its server cannot be reached.
            E::PoolTimedOut => Some(Self::NoConnection),
            E::Io(_) | E::Tls(_) | E::PoolClosed | E::WorkerCrashed | E::Protocol(_) => Some(Self::Unreachable),
            _ => None,
        }
    }

    /// Primary codes are below 256; extended codes have the primary in their low byte.
    fn of_sqlite(code: u32, message: &str) -> Option<Self> {
        Some(match code & 0xff {
            // `SQLITE_ERROR` also covers wrong names. Our statements are right, so the table or column is missing.
            1 if ["no such table", "no such column", "no such module"].iter().any(|gone| message.starts_with(gone)) => {
                Self::Missing
            }
            3 | 23 => Self::Refused,
            5 | 6 | 7 | 9 | 15 | 17 => Self::Busy,
            8 => Self::ReadOnly,
            10 | 11 | 26 => Self::Damaged,
            13 => Self::Full,
            14 => Self::Unreachable,
            _ => return None,
        })
    }

    /// By SQLSTATE, or its class, the first two characters.
    fn of_postgres(code: &str) -> Option<Self> {
        Some(match code {
            "53100" => Self::Full,
            "25006" => Self::ReadOnly,
            "42501" => Self::Refused,
            // A missing database, schema, table, column, function or type.
            "3D000" | "3F000" | "42P01" | "42703" | "42704" | "42883" => Self::Missing,
            // An idle transaction timeout; a database that accepts no connections.
            "25P03" | "55000" => Self::Unreachable,
            // A statement timeout; a prepared statement lost by a pooler, or whose table has changed.
            "57014" | "0A000" | "26000" | "42P05" => Self::Busy,
            _ => match code.get(..2)? {
                "08" | "57" => Self::Unreachable,
                "28" => Self::Refused,
                "40" | "53" => Self::Busy,
                "58" | "XX" => Self::Damaged,
                _ => return None,
            },
        })
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Unreachable => "the database cannot be reached: check that it runs and accepts connections",
            Self::NoConnection => {
                "no connection to the database became free in time: it has too much to do, or does not answer"
            }
            Self::Refused => "the database refuses access: check the user, its password and the file's permissions",
            Self::Missing => "the database, or a table in it, is missing: restore it, or check --database",
            Self::Full => "the disk of the database is full",
            Self::ReadOnly => "the database is read-only: is it a standby?",
            Self::Damaged => "the database is damaged, or its disk fails: restore a backup",
            Self::Busy => "the database is overloaded",
        }
    }
}

/// Records a failure, and logs it if it is the first of its kind since the database worked.
pub(super) fn failed(condition: Condition, cause: &dyn std::fmt::Display) {
    if state().fail(condition, Instant::now()) {
        tracing::warn!(%cause, "{}; what needs it is answered 503 until it works again", condition.sentence());
    }
}

/// Records a success.
pub(super) fn answered() {
    if IS_FAILING.load(Ordering::Relaxed)
        && let Some(failures) = state().recover(Instant::now())
    {
        tracing::info!(failures, "the database works again");
    }
}

fn state() -> std::sync::MutexGuard<'static, HealthState> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HealthState {
    /// Whether to log it.
    fn fail(&mut self, condition: Condition, now: Instant) -> bool {
        // Inside the lock, so that flag and state agree.
        IS_FAILING.store(true, Ordering::Release);
        self.failures += 1;
        self.last = Some(now);
        let is_new = !self.told.contains(&condition);
        if is_new {
            self.told.push(condition);
        }
        is_new
    }

    /// The number of failures, once the database works again.
    fn recover(&mut self, now: Instant) -> Option<u64> {
        if now.duration_since(self.last?) < RECOVERED_AFTER {
            return None;
        }
        IS_FAILING.store(false, Ordering::Release);
        Some(std::mem::take(self).failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_told_once_and_its_end_once_it_has_lasted() {
        let (mut state, start) = (HealthState::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(state.recover(start), None, "it was well");
        assert!(state.fail(Condition::Unreachable, start));
        for second in 1..100 {
            assert!(!state.fail(Condition::Unreachable, after(second)));
            assert_eq!(state.recover(after(second)), None, "one table works, another does not");
        }
        assert!(state.fail(Condition::Refused, after(100)), "another state");
        assert_eq!(state.recover(after(105)), Some(101));
        assert_eq!(state.recover(after(106)), None);
        assert!(state.fail(Condition::Refused, after(107)), "again");
    }

    #[test]
    fn what_an_operator_mends_is_told_from_what_is_our_fault() {
        for (code, condition) in [
            ("28P01", Some(Condition::Refused)),
            ("28000", Some(Condition::Refused)),
            ("42501", Some(Condition::Refused)),
            ("3D000", Some(Condition::Missing)),
            ("42P01", Some(Condition::Missing)),
            ("53100", Some(Condition::Full)),
            ("53300", Some(Condition::Busy)),
            ("57P03", Some(Condition::Unreachable)),
            ("25006", Some(Condition::ReadOnly)),
            ("40001", Some(Condition::Busy)),
            ("58030", Some(Condition::Damaged)),
            ("42601", None),
            ("23502", None),
            ("22P02", None),
            ("", None),
        ] {
            assert_eq!(Condition::of_postgres(code), condition, "{code}");
        }
        for (code, message, condition) in [
            (1, "no such table: plans", Some(Condition::Missing)),
            (1, "near \"selct\": syntax error", None),
            (8, "attempt to write a readonly database", Some(Condition::ReadOnly)),
            (1032, "attempt to write a readonly database", Some(Condition::ReadOnly)),
            (5, "database is locked", Some(Condition::Busy)),
            (522, "disk I/O error", Some(Condition::Damaged)),
            (11, "database disk image is malformed", Some(Condition::Damaged)),
            (13, "database or disk is full", Some(Condition::Full)),
            (19, "NOT NULL constraint failed", None),
        ] {
            assert_eq!(Condition::of_sqlite(code, message), condition, "{code} {message}");
        }
    }
}
