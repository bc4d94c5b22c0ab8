//! The database in which keys are changed, by a command or inside a server. Every change increments a counter in its own
//! transaction, which other processes notice; a server also clears its own key cache on commit, so that it refuses a revoked
//! key from the next request on.

use super::{keyring::Keyring, unscoped::count_key_change};
use crate::store::{
    db::{Db, Tx},
    error::StoreError,
};

/// The database, and this process's key cache, if it has one.
#[derive(Clone, Copy)]
pub struct KeyDatabase<'h> {
    db: &'h Db,
    keyring: Option<&'h Keyring>,
}

impl<'h> From<&'h Db> for KeyDatabase<'h> {
    fn from(db: &'h Db) -> Self {
        Self { db, keyring: None }
    }
}

impl<'h> From<&'h Keyring> for KeyDatabase<'h> {
    fn from(keyring: &'h Keyring) -> Self {
        Self { db: keyring.db(), keyring: Some(keyring) }
    }
}

impl KeyDatabase<'_> {
    /// Begins a change.
    pub(super) async fn begin(self) -> Result<Tx, StoreError> {
        self.db.begin().await
    }

    /// Commits a change, and notifies all servers.
    pub(super) async fn commit(self, mut tx: Tx) -> Result<(), StoreError> {
        count_key_change(&mut tx).await?;
        let committed = tx.commit().await;
        // Also when the commit's outcome is unknown: clearing a cache is harmless.
        self.keyring.inspect(|keyring| keyring.forget());
        committed
    }
}
