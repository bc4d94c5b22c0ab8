//! Where keys are changed: beside a server, by a command, or inside one. Every change is counted in its own
//! transaction, which other processes notice; a server's own memory forgets with the commit, so that a key which is
//! revoked here is refused from the next request on.

use super::{keyring::Keyring, unscoped::count_key_change};
use crate::store::{
    db::{Db, Tx},
    error::StoreError,
};

/// A database, and the memory of keys that stands before it in this process, if one does.
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

    /// Commits a change, and tells everyone.
    pub(super) async fn commit(self, mut tx: Tx) -> Result<(), StoreError> {
        count_key_change(&mut tx).await?;
        let committed = tx.commit().await;
        // Also when the outcome is not known: what was forgotten is only read again.
        self.keyring.inspect(|keyring| keyring.forget());
        committed
    }
}
