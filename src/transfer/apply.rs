//! The one moment in which an import becomes true: what was judged beside the others is written in statements that go from
//! table to table, in a transaction that holds the studio. Where something has changed since it was judged, nothing is
//! written, and it is judged anew.

use super::staging::{Staging, Table, has_removed, state};
use crate::store::{
    audit::{self, Action},
    clock::Clock,
    db::{Engine, Tx},
    error::StoreError,
    id::StudioId,
    moment::Moment,
    turns::lock_studio,
};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is written.
    Done,
    /// Others have written meanwhile.
    Outdated,
}

/// Writes what was staged and compared, and in the audit log what that was.
pub async fn apply(mut staging: Staging, clock: &Clock, action: Option<Action>) -> Result<Applied, StoreError> {
    let mut columns = Vec::new();
    for table in &staging.tables.clone() {
        columns.push(staging.names(table.name).await?);
    }
    let lines = staging.names("imported_lines").await?;
    let Staging { db, tx, studio, real, tables, began_with, instants, had_none, .. } = staging;
    tx.commit().await?;
    let (tx, now) = db.begin_write_of(clock, u32::try_from(instants.max(1)).unwrap_or(u32::MAX)).await?;
    let mut writing = Writing { tx, studio, real, now, removes: false };
    lock_studio(&mut writing.tx, studio).await?;
    if state(&mut writing.tx, studio, (&writing.real, &tables)).await? != began_with {
        return Ok(Applied::Outdated);
    }
    let written = match writing.all(&tables, &columns, &lines).await {
        Ok(true) => writing.are_alone(&had_none).await,
        other => other,
    };
    if let (Ok(true), Some(action)) = (&written, action) {
        audit::add(&mut writing.tx, studio, action, now.clock).await?;
    }
    match written {
        Ok(true) => writing.tx.commit().await.map(|()| Applied::Done),
        // On PostgreSQL, who does not take the studio's lock may come between the look and the write.
        Ok(false) => Ok(Applied::Outdated),
        Err(error) if error.is_of_others() => Ok(Applied::Outdated),
        Err(error) => Err(error),
    }
}

struct Writing {
    tx: Tx,
    studio: StudioId,
    real: String,
    now: Moment,
    /// Whether it removes rows itself.
    removes: bool,
}

impl Writing {
    /// Writes all tables; false where a row is not the one that was judged.
    async fn all(&mut self, tables: &[&Table], columns: &[Vec<String>], lines: &[String]) -> Result<bool, StoreError> {
        if tables.iter().any(|table| table.name == "members") {
            self.withdraw_invitations().await?;
        }
        if tables.iter().any(|table| table.name == "occurrences") {
            self.remove_what_gave_way().await?;
        }
        for table in tables {
            self.make_room(table).await?;
        }
        for (table, columns) in tables.iter().zip(columns) {
            // Before the new rows: PostgreSQL does not know yet how many there will be, and would look through all of them.
            if !self.update(table, columns).await? {
                return Ok(false);
            }
            self.insert(table, columns).await?;
        }
        self.note_lines(lines).await?;
        Ok(true)
    }

    async fn run(&mut self, text: String) -> Result<u64, StoreError> {
        self.tx.on().query(text).bind(self.studio).execute().await
    }

    /// What a column is written with. Rows take their instants now, in the order in which they were changed.
    fn value(&self, column: &str) -> String {
        if column != "updated_at" {
            return format!("c.{column}");
        }
        let micros = format!("({} + c.place)", self.now.stamp().micros());
        let instant = match self.tx.engine() {
            Engine::Sqlite => format!(
                "strftime('%Y-%m-%dT%H:%M:%S', {micros} / 1000000, 'unixepoch') || printf('.%06dZ', {micros} % 1000000)"
            ),
            Engine::Postgres => format!("timestamptz 'epoch' + {micros} * interval '1 microsecond'"),
        };
        format!("case when c.place is null then c.updated_at else {instant} end")
    }

    /// Nobody is invited by a link to an address that is not the member's any more, or to what is over.
    async fn withdraw_invitations(&mut self) -> Result<(), StoreError> {
        let real = self.real.clone();
        for table in ["outbox", "mail_links"] {
            let text = format!(
                "delete from {real}.{table} where studio_id = $1 and membership_id in (select c.id \
                from changed_members as c join {real}.members as r on r.studio_id = c.studio_id and r.id = c.id \
                where r.status = 'invited' and (c.status <> 'invited' or c.email_key <> r.email_key))"
            );
            self.run(text).await?;
        }
        Ok(())
    }

    async fn remove_what_gave_way(&mut self) -> Result<(), StoreError> {
        let real = &self.real;
        let text = format!(
            "delete from {real}.occurrences where studio_id = $1 and not exists (select 1 from occurrences as s \
            where s.studio_id = {real}.occurrences.studio_id and s.id = {real}.occurrences.id)"
        );
        self.removes = self.run(text).await? > 0;
        Ok(())
    }

    /// Takes their unique values from rows that get others, so that two may swap them.
    async fn make_room(&mut self, table: &Table) -> Result<(), StoreError> {
        let (name, real) = (table.name, &self.real);
        let empty = table.unique_or_null.iter().map(|column| (column, "null"));
        let set: Vec<_> = empty.chain(table.unique.iter().map(|column| (column, "id"))).collect();
        let sets: Vec<_> = set.iter().map(|(column, value)| format!("{column} = {value}")).collect();
        let differs: Vec<_> = set.iter().map(|(column, _)| format!("c.{column} is distinct from r.{column}")).collect();
        let text = format!(
            "update {real}.{name} set {} where studio_id = $1 and id in (select c.id from changed_{name} as c \
            join {real}.{name} as r on r.studio_id = c.studio_id and r.id = c.id where {})",
            sets.join(", "),
            differs.join(" or ")
        );
        self.run(text).await.map(drop)
    }

    async fn insert(&mut self, table: &Table, columns: &[String]) -> Result<(), StoreError> {
        let (name, real) = (table.name, &self.real);
        let values: Vec<_> = columns.iter().map(|column| self.value(column)).collect();
        let text = format!(
            "insert into {real}.{name} ({}) select {} from changed_{name} as c \
            where studio_id = $1 and was_version is null order by id",
            columns.join(", "),
            values.join(", ")
        );
        self.run(text).await.map(drop)
    }

    /// Whether each row was the one that was judged.
    async fn update(&mut self, table: &Table, columns: &[String]) -> Result<bool, StoreError> {
        let (name, real) = (table.name, &self.real);
        let written = columns.iter().filter(|column| !["studio_id", "id"].contains(&column.as_str()));
        let sets: Vec<_> = written.map(|column| format!("{column} = {}", self.value(column))).collect();
        let text = format!(
            "update {real}.{name} as r set {} from changed_{name} as c where r.studio_id = $1 and c.studio_id = $1 \
            and c.was_version is not null and r.id = c.id and r.version = c.was_version",
            sets.join(", ")
        );
        let done = self.run(text).await?;
        let text = format!("select count(*) from changed_{name} where was_version is not null");
        let wanted = self.tx.on().query(text).scalar::<i64>().await?.unwrap_or_default();
        Ok(i64::try_from(done) == Ok(wanted))
    }

    /// Whether all rows of these tables are the import's own, and will be when it commits. They keep older times: who has
    /// seen another row of such a list, or one that is gone, has gone on behind them, and would never be told of them.
    async fn are_alone(&mut self, tables: &[&str]) -> Result<bool, StoreError> {
        let studio = self.studio;
        let count = async |tx: &mut Tx, table: &str| {
            let text = format!("select count(*) from {table} where studio_id = $1");
            tx.on().query(text).bind(studio).scalar::<i64>().await.map(Option::unwrap_or_default)
        };
        for name in tables {
            let brought = count(&mut self.tx, &format!("changed_{name}")).await?;
            if brought == 0 {
                continue;
            }
            let table = format!("{}.{name}", self.real);
            if self.tx.engine() == Engine::Postgres {
                // Who writes at this moment is waited for, and who comes now waits for the commit, which is next.
                // All studios write this table: nobody waits long behind this.
                self.tx.on().query("set local lock_timeout = '100ms'").execute().await?;
                let text = format!("lock table {table} in share row exclusive mode");
                self.tx.on().query(text).execute().await?;
            }
            if count(&mut self.tx, &table).await? != brought {
                return Ok(false);
            }
        }
        Ok(tables.is_empty() || self.removes || !has_removed(&mut self.tx, self.studio, &self.real).await?)
    }

    async fn note_lines(&mut self, columns: &[String]) -> Result<(), StoreError> {
        let (real, columns) = (&self.real, columns.join(", "));
        let text = format!(
            "insert into {real}.imported_lines ({columns}) select {columns} from staged_lines where studio_id = $1 \
            on conflict (studio_id, resource, id) do update set external_id = excluded.external_id, said = excluded.said"
        );
        self.run(text).await.map(drop)
    }
}
