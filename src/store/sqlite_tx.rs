//! A transaction on SQLite, as [`Tx`](super::db::Tx) holds it: one that stands alone, or a write in a group. Promises that a commit
//! has returned only when everything is on disk, in the file that is at the database's path.

use sqlx::{Sqlite, SqliteConnection, Transaction};

use super::{commits, error::StoreError, file_watch::FileWatch, groups::GroupedTx, sqlite_readers::ReadTurn};

/// A transaction of either kind.
#[derive(Debug)]
pub struct SqliteTx {
    kind: TxKind,
    #[expect(dead_code, reason = "held for its drop")]
    turn: Option<ReadTurn>,
}

#[derive(Debug)]
enum TxKind {
    Alone(Transaction<'static, Sqlite>, FileWatch),
    Grouped(GroupedTx),
}

impl SqliteTx {
    /// One that stands alone.
    pub(super) fn alone(tx: Transaction<'static, Sqlite>, file_watch: FileWatch) -> Self {
        Self { kind: TxKind::Alone(tx, file_watch), turn: None }
    }

    /// The same, which keeps its turn to read.
    pub(super) fn in_turn(self, turn: ReadTurn) -> Self {
        Self { turn: Some(turn), ..self }
    }

    /// A write in a group.
    pub(super) fn grouped(tx: GroupedTx) -> Self {
        Self { kind: TxKind::Grouped(tx), turn: None }
    }

    /// For statements inside it.
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        match &mut self.kind {
            TxKind::Alone(tx, _) => tx,
            TxKind::Grouped(tx) => tx.connection(),
        }
    }

    /// Commits. `held` is dropped as soon as the next may write: in a group before the commit, which is for all of it.
    pub(super) async fn commit(self, held: impl Send) -> Result<(), StoreError> {
        match self.kind {
            TxKind::Alone(tx, file_watch) => {
                let done = commits::to_file(tx, &file_watch).await;
                drop(held);
                done
            }
            TxKind::Grouped(tx) => {
                let done = tx.keep();
                drop(held);
                done.await
            }
        }
    }
}
