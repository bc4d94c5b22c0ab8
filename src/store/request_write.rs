//! How the write of a request to an API begins: on SQLite in a group, which shares a commit ([`super::groups`]); on PostgreSQL as
//! any other. `operation::write` calls it.

use super::{
    clock::Clock,
    db::{Db, Tx},
    error::StoreError,
    groups::{ComingWrite, GroupLimits},
    id::StudioId,
    sqlite_tx::SqliteTx,
    studio::StudioTx,
};

impl Db {
    /// Begins the write of a request. What it reads may be of others who have not committed yet: it holds its answer back until
    /// they have ([`super::on_disk`]).
    pub async fn begin_in_group(&self, coming: Option<ComingWrite>) -> Result<Tx, StoreError> {
        let Db::Sqlite { writer, file_watch, groups, .. } = self else { return self.begin().await };
        file_watch.check()?;
        groups.begin(writer, file_watch, coming).await.map(SqliteTx::grouped).map(Tx::Sqlite)
    }

    /// The same for rows of one studio, which take one instant.
    pub async fn begin_studio_in_group(
        &self,
        clock: &Clock,
        studio: StudioId,
        coming: Option<ComingWrite>,
    ) -> Result<StudioTx, StoreError> {
        let mut tx = self.begin_in_group(coming).await?;
        let now = tx.take_moment(clock, 1).await?;
        Ok(StudioTx { tx, studio, now })
    }

    /// Announces such a write while it waits elsewhere, so that the others do not end their group just before it.
    pub fn announce_write(&self) -> Option<ComingWrite> {
        match self {
            Db::Sqlite { groups, .. } => Some(groups.announce()),
            Db::Postgres(_) => None,
        }
    }

    /// Sets other limits of groups, for measurements and tests.
    pub fn limit_groups(&self, limits: GroupLimits) {
        if let Db::Sqlite { groups, .. } = self {
            groups.limit(limits);
        }
    }

    /// How many commits the writes in groups took.
    pub fn group_commits(&self) -> u64 {
        match self {
            Db::Sqlite { groups, .. } => groups.commits(),
            Db::Postgres(_) => 0,
        }
    }
}
