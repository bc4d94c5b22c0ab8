//! The one moment in which an import becomes true: what was staged beside the others is written in statements that go from
//! table to table, in a transaction that holds the studio. Where something has changed since it was staged, nothing is
//! written, and the import begins again.

use super::{
    last_import::ImportedLine,
    staging::{Mode, Staging, mode_of, state},
    tables::ImportTable,
};
use crate::store::{
    audit::Action,
    clock::Clock,
    db::Engine,
    error::StoreError,
    record::Record,
    turns::{TimetableTx, Turns, WriteTx},
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
pub async fn apply(staging: Staging, clock: &Clock, action: Option<Action>) -> Result<Applied, StoreError> {
    let Staging { db, tx, studio, mode, real, tables, is_of_timetable, began_with, instants, .. } = staging;
    tx.commit().await?;
    let instants = u32::try_from(instants.max(1)).unwrap_or(u32::MAX);
    let tx = Turns::default().begin(&db, clock, studio, instants).await?;
    let mut writing = ApplyRun { tx, real };
    let now = state(writing.tx.on(), &writing.real, &tables).await?;
    let is_same = now.people == began_with.people && mode_of(writing.tx.on(), &writing.real).await? == mode;
    if !is_same
        || now.timetable != began_with.timetable && (is_of_timetable || writing.concerns_bookings(&tables).await?)
    {
        return Ok(Applied::Outdated);
    }
    let written = match writing.all(&tables).await {
        Ok(true) if mode == Mode::MoveIn => writing.are_alone(&tables).await,
        other => other,
    };
    if let (Ok(true), Some(action)) = (&written, action) {
        writing.tx.note(action).await?;
    }
    match written {
        Ok(true) => writing.tx.commit().await.map(|()| Applied::Done),
        // On PostgreSQL, who does not take the studio's lock may come between the look and the write.
        Ok(false) => Ok(Applied::Outdated),
        Err(error) if error.is_of_others() => Ok(Applied::Outdated),
        Err(error) => Err(error),
    }
}

struct ApplyRun {
    tx: TimetableTx,
    real: String,
}

impl ApplyRun {
    /// Writes all tables; false where a row is not the one that was staged.
    async fn all(&mut self, tables: &[(&ImportTable, Vec<String>)]) -> Result<bool, StoreError> {
        if tables.iter().any(|(table, _)| table.name == "members") {
            self.withdraw_invitations().await?;
            self.end_access().await?;
        }
        for (table, _) in tables {
            self.make_room(table).await?;
        }
        for (table, columns) in tables {
            // Before the new rows: PostgreSQL does not know yet how many there will be, and would look through all of them.
            if !self.update(table, columns).await? {
                return Ok(false);
            }
            self.insert(table, columns).await?;
        }
        self.note_lines().await?;
        Ok(true)
    }

    /// Whether bookings go by what is written of members: their places would be counted beside others who book.
    async fn concerns_bookings(&mut self, tables: &[(&ImportTable, Vec<String>)]) -> Result<bool, StoreError> {
        let mut rows = 0;
        for (table, _) in tables {
            rows += match table.name {
                "bookings" | "occurrences" => {
                    self.count(format!("changed_{} where studio_id = $1", table.name)).await?
                }
                "members" => {
                    let ended = "was_version is not null and status not in ('active', 'invited')";
                    self.count(format!("changed_members where studio_id = $1 and {ended}")).await?
                }
                _ => 0,
            };
        }
        Ok(rows > 0)
    }

    async fn run(&mut self, text: String) -> Result<u64, StoreError> {
        self.tx.query(text).execute().await
    }

    async fn count(&mut self, from: String) -> Result<i64, StoreError> {
        let text = format!("select count(*) from {from}");
        Ok(self.tx.query(text).scalar::<i64>().await?.unwrap_or_default())
    }

    /// What a column is written with. Rows take their instants now, in the order in which they were changed.
    fn value(&self, column: &str) -> String {
        if column != "updated_at" {
            return format!("c.{column}");
        }
        let micros = format!("({} + c.place)", self.tx.now.stamp().micros());
        let instant = match self.tx.tx.engine() {
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

    /// As the rules have it: nobody is signed in to a membership that is over now, or reads its calendar; and with another address,
    /// the password that somebody chose at the old one is forgotten as well.
    async fn end_access(&mut self) -> Result<(), StoreError> {
        let real = self.real.clone();
        let (moved, is_over) =
            ("c.email_key <> r.email_key", "c.status in ('cancelled', 'expired') and c.status <> r.status");
        let moved_or_over = format!("({moved}) or ({is_over})");
        for (table, when) in
            [("member_passwords", moved), ("member_sessions", &*moved_or_over), ("calendar_feeds", &*moved_or_over)]
        {
            let text = format!(
                "delete from {real}.{table} where studio_id = $1 and membership_id in (select c.id \
                from changed_members as c join {real}.members as r on r.studio_id = c.studio_id and r.id = c.id where {when})"
            );
            self.run(text).await?;
        }
        Ok(())
    }

    /// Takes their unique values from rows that get others, so that two may swap them.
    async fn make_room(&mut self, table: &ImportTable) -> Result<(), StoreError> {
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

    async fn insert(&mut self, table: &ImportTable, columns: &[String]) -> Result<(), StoreError> {
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

    /// Whether each row was the one that was staged.
    async fn update(&mut self, table: &ImportTable, columns: &[String]) -> Result<bool, StoreError> {
        let (name, real) = (table.name, &self.real);
        let written = columns.iter().filter(|column| !["studio_id", "id"].contains(&column.as_str()));
        let sets: Vec<_> = written.map(|column| format!("{column} = {}", self.value(column))).collect();
        let text = format!(
            "update {real}.{name} as r set {} from changed_{name} as c where r.studio_id = $1 and c.studio_id = $1 \
            and c.was_version is not null and r.id = c.id and r.version = c.was_version",
            sets.join(", ")
        );
        let done = self.run(text).await?;
        let wanted = self.count(format!("changed_{name} where studio_id = $1 and was_version is not null")).await?;
        Ok(i64::try_from(done) == Ok(wanted))
    }

    /// Whether all rows of these tables moved in just now, and will have when it commits. They keep older times: who has seen
    /// another row of such a list has gone on behind them, and would never see them.
    async fn are_alone(&mut self, tables: &[(&ImportTable, Vec<String>)]) -> Result<bool, StoreError> {
        for (ImportTable { name, .. }, _) in tables {
            let moved_in = self.count(format!("changed_{name} where studio_id = $1")).await?;
            if moved_in == 0 {
                continue;
            }
            let table = format!("{}.{name}", self.real);
            if self.tx.tx.engine() == Engine::Postgres {
                // Who writes at this moment is waited for, and who comes now waits for the commit, which is next.
                // All studios write this table: nobody waits long behind this.
                self.tx.tx.on().query("set local lock_timeout = '100ms'").execute().await?;
                let text = format!("lock table {table} in share row exclusive mode");
                self.tx.tx.on().query(text).execute().await?;
            }
            if self.count(format!("{table} where studio_id = $1")).await? != moved_in {
                return Ok(false);
            }
        }
        let removed = format!("{}.studios where id = $1 and has_removed", self.real);
        Ok(self.count(removed).await? == 0)
    }

    async fn note_lines(&mut self) -> Result<(), StoreError> {
        let (real, columns) = (&self.real, ImportedLine::columns().join(", "));
        let text = format!(
            "insert into {real}.imported_lines (studio_id, {columns}) select studio_id, {columns} from staged_lines \
            where studio_id = $1 \
            on conflict (studio_id, resource, id) do update set external_id = excluded.external_id, said = excluded.said"
        );
        self.run(text).await.map(drop)
    }
}
