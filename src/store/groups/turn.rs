//! A write's turn at the connection of its group, and what it says when it gives the connection back.

use sqlx::{Sqlite, SqliteConnection, Transaction};
use tokio::sync::oneshot;

use crate::store::{error::StoreError, on_disk};

/// Told once the group has ended: whether it is on disk.
pub(super) type GroupEnd = Result<(), StoreError>;

/// A write in a group. Dropped without [`keep`](Self::keep), it never happened.
#[derive(Debug)]
pub(in crate::store) struct GroupedTx(Option<LentTx>);

/// The group's transaction, while a write has it.
#[derive(Debug)]
struct LentTx {
    tx: Transaction<'static, Sqlite>,
    /// Whether others of the group have written before: what is read here may be theirs.
    follows_others: bool,
    back: oneshot::Sender<HandedBack>,
}

/// The transaction, as a write gives it back.
#[derive(Debug)]
pub(super) struct HandedBack {
    pub tx: Transaction<'static, Sqlite>,
    /// Whether what it wrote is to be kept.
    pub is_kept: bool,
    /// Who waits for the end of the group.
    pub ended: Option<oneshot::Sender<GroupEnd>>,
}

impl GroupedTx {
    /// Lends the transaction; where it comes back.
    pub(super) fn lend(
        tx: Transaction<'static, Sqlite>,
        follows_others: bool,
    ) -> (Self, oneshot::Receiver<HandedBack>) {
        let (back, returned) = oneshot::channel();
        (Self(Some(LentTx { tx, follows_others, back })), returned)
    }

    /// For statements of this write.
    pub(in crate::store) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.0.as_mut().expect("it has the transaction until it ends").tx
    }

    /// Passes the connection on, at once; what it returns is done when the group is on disk.
    pub(in crate::store) fn keep(mut self) -> impl Future<Output = Result<(), StoreError>> + Send {
        on_disk::is_kept();
        let ended = self.hand_back(true);
        async {
            match ended {
                Some(ended) => ended.await.unwrap_or(Err(StoreError::Undone)),
                None => Err(StoreError::Undone),
            }
        }
    }

    fn hand_back(&mut self, is_kept: bool) -> Option<oneshot::Receiver<GroupEnd>> {
        let LentTx { tx, follows_others, back } = self.0.take()?;
        let (ended, end) = if is_kept || follows_others { Some(oneshot::channel()).unzip() } else { (None, None) };
        // Nobody takes it back when the program ends: it is rolled back then.
        back.send(HandedBack { tx, is_kept, ended }).ok();
        end
    }
}

impl Drop for GroupedTx {
    fn drop(&mut self) {
        if let Some(end) = self.hand_back(false) {
            on_disk::wait_for(end);
        }
    }
}
