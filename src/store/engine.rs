//! The two engines. Where one needs words of its own, both arms stand side by side.

/// The engine that a statement runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "their names say it")]
pub enum Engine {
    Sqlite,
    Postgres,
}
