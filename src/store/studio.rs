//! What a studio's rows are read and written through: it knows its studio, so that no statement can leave the studio out.
//!
//! Every store function of a resource takes a [`StudioOn`], every rule a [`StudioTx`], or a
//! [`TimetableTx`](super::turns::TimetableTx) where the studio's timetable has to stand still. A statement has the studio
//! bound as `$1`. Statements about all studios are in files named `unscoped.rs`.

use std::slice;

use serde::Serialize;

use super::{
    clock::Clock,
    db::{Db, Engine, On, Statement, Tx},
    error::StoreError,
    id::StudioId,
    moment::Moment,
    record::{Given, Record, encode},
};

/// Where statements of one studio run.
#[derive(Debug)]
pub struct StudioOn<'c> {
    pub(super) on: On<'c>,
    pub(super) studio: StudioId,
}

/// A transaction that writes rows of one studio, and the time of that write.
#[derive(Debug)]
pub struct StudioTx {
    /// The transaction, for what belongs to no resource, such as the audit log and mail.
    pub tx: Tx,
    /// Whose rows it writes.
    pub studio: StudioId,
    /// The time that its rows take. Who writes many rows may give each an instant of its own.
    pub now: Moment,
}

impl<'c> On<'c> {
    /// The same place, for statements of one studio.
    pub fn of(self, studio: StudioId) -> StudioOn<'c> {
        StudioOn { on: self, studio }
    }
}

impl Db {
    /// For reads of one studio outside a transaction.
    pub fn of(&self, studio: StudioId) -> StudioOn<'_> {
        self.read().of(studio)
    }

    /// Begins a transaction that writes rows of one studio, and takes so many instants for them.
    pub async fn begin_studio(&self, clock: &Clock, studio: StudioId, instants: u32) -> Result<StudioTx, StoreError> {
        let (tx, now) = self.begin_write_of(clock, instants).await?;
        Ok(StudioTx { tx, studio, now })
    }
}

impl<'c> StudioOn<'c> {
    /// Starts a statement whose `$1` is the studio.
    pub fn query(self, text: impl Into<String>) -> Statement<'c> {
        self.on.query(text).bind(self.studio)
    }

    /// The same place, for one statement of several.
    pub fn again(&mut self) -> StudioOn<'_> {
        self.on.again().of(self.studio)
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        self.on.engine()
    }

    /// Whose rows these are.
    pub fn studio(&self) -> StudioId {
        self.studio
    }
}

impl StudioTx {
    /// For statements inside this transaction.
    pub fn on(&mut self) -> StudioOn<'_> {
        self.tx.on().of(self.studio)
    }

    /// The same transaction, for rows of another studio.
    pub fn of(self, studio: StudioId) -> Self {
        Self { studio, ..self }
    }

    /// Starts a statement whose `$1` is the studio.
    pub fn query(&mut self, text: impl Into<String>) -> Statement<'_> {
        self.on().query(text)
    }
}

impl StudioOn<'_> {
    /// Inserts a record: every column from its field of the same name, and the studio's id.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when a unique value is there already.
    pub async fn insert<R: Record + Serialize>(self, table: &str, record: &R) -> Result<(), StoreError> {
        self.insert_all(table, slice::from_ref(record)).await
    }

    /// Inserts many records in one statement.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when a unique value is there already.
    pub async fn insert_all<R: Record + Serialize>(self, table: &str, records: &[R]) -> Result<(), StoreError> {
        let Given { columns, values, source, .. } = Given::of::<R>(self.engine(), table, "$2");
        let (columns, values) = (columns.join(", "), values.join(", "));
        let text = format!("insert into {table} (studio_id, {columns}) select $1, {values} from {source}");
        self.query(text).bind(encode(records)?).execute().await.map(drop)
    }

    /// Overwrites the record with the same id.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when a unique value is there already.
    pub async fn update<R: Record + Serialize>(self, table: &str, record: &R) -> Result<(), StoreError> {
        self.update_all(table, slice::from_ref(record)).await
    }

    /// Overwrites many records in one statement.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when a unique value is there already.
    pub async fn update_all<R: Record + Serialize>(self, table: &str, records: &[R]) -> Result<(), StoreError> {
        let given = Given::of::<R>(self.engine(), table, "$2");
        let text = format!("{} and {table}.studio_id = $1", given.overwrite(table));
        self.query(text).bind(encode(records)?).execute().await.map(drop)
    }
}
