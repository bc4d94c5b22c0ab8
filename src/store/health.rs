//! Whether the database is well, as the log tells it: one line when it begins to fail in some way, one when it works
//! again. Called wherever a failure would otherwise be logged, which may be a thousand times a second, and after every
//! statement that succeeds, which costs a look at one flag.
//!
//! A process has one database, so this is one state for the process.

use std::{
    sync::{
        LazyLock, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// What is the matter, by what an operator can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// No connection is made, or none is given.
    Unreachable,
    /// The user, the password or a right is missing.
    Refused,
    /// The database, a table or a column is missing.
    Missing,
    /// There is no room on its disk.
    Full,
    /// It takes reads alone, as a standby does.
    ReadOnly,
    /// It is damaged, or its disk fails.
    Damaged,
    /// It has too much to do.
    Busy,
}

/// For so long nothing fails before it counts as well again: one table that is missing fails between statements that do
/// not.
const QUIET: Duration = Duration::from_secs(5);

static STATE: LazyLock<Mutex<State>> = LazyLock::new(Mutex::default);
/// Whether the state is worth a look.
static IS_FAILING: AtomicBool = AtomicBool::new(false);

#[derive(Default)]
struct State {
    /// What was told since it was last well.
    told: Vec<Condition>,
    failures: u64,
    last: Option<Instant>,
}

impl Condition {
    /// What an error of the database says about its condition; `None` where it is about the statement, which is a fault
    /// of ours.
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
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Protocol(_) => {
                Some(Self::Unreachable)
            }
            _ => None,
        }
    }

    /// Primary codes are below 256; extended ones carry the primary in their low byte.
    fn of_sqlite(code: u32, message: &str) -> Option<Self> {
        Some(match code & 0xff {
            // `SQLITE_ERROR` is for all that the statement names wrongly. Ours are right, so what they name is gone.
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

    /// By SQLSTATE, and its first two characters, which are its class.
    fn of_postgres(code: &str) -> Option<Self> {
        Some(match code {
            "53100" => Self::Full,
            "25006" => Self::ReadOnly,
            "42501" => Self::Refused,
            // A database, schema, table, column, function or type that is gone.
            "3D000" | "3F000" | "42P01" | "42703" | "42704" | "42883" => Self::Missing,
            // A transaction that was silent for too long; a database that takes no connections.
            "25P03" | "55000" => Self::Unreachable,
            // A statement that took too long; a prepared one that a pooler in between has lost, or whose table has changed.
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
            Self::Unreachable => "the database cannot be reached: see that it runs and takes connections",
            Self::Refused => "the database refuses us: see to the user, its password and its mode",
            Self::Missing => "the database, or a table in it, is not there: restore it, or see to --database",
            Self::Full => "the disk of the database is full",
            Self::ReadOnly => "the database takes no writes: is it a standby?",
            Self::Damaged => "the database is damaged, or its disk fails: restore a backup",
            Self::Busy => "the database has too much to do",
        }
    }
}

/// Notes a failure, and tells it where it is the first of its kind since all was well.
pub(super) fn failed(condition: Condition, cause: &dyn std::fmt::Display) {
    if state().fail(condition, Instant::now()) {
        tracing::warn!(%cause, "{}; what needs it is answered 503 until it works again", condition.sentence());
    }
}

/// Notes that a statement succeeded.
pub(super) fn answered() {
    if IS_FAILING.load(Ordering::Relaxed)
        && let Some(failures) = state().recover(Instant::now())
    {
        tracing::info!(failures, "the database works again");
    }
}

fn state() -> std::sync::MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Whether it is to be told.
    fn fail(&mut self, condition: Condition, now: Instant) -> bool {
        // Within the lock, as the other change is, so that the flag and the state agree.
        IS_FAILING.store(true, Ordering::Release);
        self.failures += 1;
        self.last = Some(now);
        let is_new = !self.told.contains(&condition);
        if is_new {
            self.told.push(condition);
        }
        is_new
    }

    /// How many failures there were, once it works again.
    fn recover(&mut self, now: Instant) -> Option<u64> {
        if now.duration_since(self.last?) < QUIET {
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
        let (mut state, start) = (State::default(), Instant::now());
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
