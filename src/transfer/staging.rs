//! Where an import works until it is sure: temporary tables under the names of the studio's own, so that the rules of
//! Management read and write them as ever, while everybody else goes on with the real ones. They know nothing of unique
//! values: those are checked when all rows stand as they end. What differs then is written in one short transaction
//! ([`super::apply`]). Temporary tables belong to one connection: of an import that is killed, nothing is left.

use serde::Deserialize;

use super::tables::{ImportTable, TABLES, TIMETABLE};
use crate::store::{
    clock::Clock,
    db::{Db, Engine},
    error::StoreError,
    id::StudioId,
    moment::Moment,
    record::Record,
    studio::StudioOn,
    studio::StudioTx,
    turns::TimetableTx,
};

/// Rows of an import that was not written yet, in a SQLite file: pages that are kept in memory, in KiB.
const SQLITE_CACHE_KIB: u32 = 64 * 1024;

/// How lines become rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The studio never had a row: an export is imported unchanged, with ids, versions and times.
    MoveIn,
    /// The studio has rows: a line creates one or changes one, by Management's rules.
    ByTheRules,
}

/// What an import has written so far, and what that is based on.
pub struct Staging {
    /// The one connection that sees it.
    pub db: Db,
    /// Where the rules run.
    pub tx: TimetableTx,
    /// Whose rows they are.
    pub studio: StudioId,
    /// How lines become rows.
    pub mode: Mode,
    /// The schema of the real tables.
    pub real: String,
    /// The tables that are staged, and their columns.
    pub tables: Vec<(&'static ImportTable, Vec<String>)>,
    /// Whether a resource of the timetable is imported.
    pub is_of_timetable: bool,
    /// The state of the studio that it began with.
    pub began_with: StudioState,
    /// The moment that rows take for the time being.
    pub now: Moment,
    /// How many rows take an instant of their own when they are written.
    pub instants: i64,
}

/// What changes with every write that an import cannot tell from its own rows.
#[derive(PartialEq, Eq)]
pub struct StudioState {
    /// The studio, and who was erased.
    pub people: Vec<String>,
    /// What takes place, and where.
    pub timetable: Vec<String>,
}

/// A column of a table.
#[derive(Deserialize)]
struct TableColumn {
    name: String,
    kind: String,
    otherwise: Option<String>,
}

impl Record for TableColumn {}

impl Staging {
    /// Copies what an import of these resources may read and write.
    pub async fn begin(db: &Db, studio: StudioId, resources: &[&str], clock: &Clock) -> Result<Self, StoreError> {
        let (mut tx, now) = db.begin_aside(clock, u32::MAX).await?;
        let real = match tx.engine() {
            Engine::Sqlite => "main".to_owned(),
            Engine::Postgres => {
                let text = "select quote_ident(current_schema())";
                tx.on().query(text).scalar::<String>().await?.unwrap_or_else(|| "public".into())
            }
        };
        let mode = mode_of(tx.on().of(studio), &real).await?;
        let tables = TABLES.iter().filter(|table| table.is_for(resources)).map(|table| (table, Vec::new())).collect();
        let db = db.clone();
        let tx = TimetableTx::of_unseen(StudioTx { tx, studio, now });
        let is_of_timetable = resources.iter().any(|resource| TIMETABLE.contains(resource));
        let began_with = StudioState { people: Vec::new(), timetable: Vec::new() };
        let mut staging = Self { db, tx, studio, mode, real, tables, is_of_timetable, began_with, now, instants: 0 };
        if staging.tx.tx.engine() == Engine::Sqlite {
            staging.run(&format!("pragma cache_size = -{SQLITE_CACHE_KIB}")).await?;
        }
        staging.began_with = state(staging.tx.on(), &staging.real, &staging.tables).await?;
        for at in 0..staging.tables.len() {
            staging.tables[at].1 = staging.copy(staging.tables[at].0).await?;
        }
        if staging.tx.tx.engine() == Engine::Sqlite {
            staging.write_sqlite_statistics().await?;
        }
        // Taken back where it ends for a member, and only when that is true.
        for name in ["outbox", "mail_links", "member_passwords", "member_sessions", "calendar_feeds"] {
            staging.make(name, name, "").await?;
        }
        staging.make("staged_lines", "imported_lines", "").await?;
        Ok(staging)
    }

    async fn copy(&mut self, table: &ImportTable) -> Result<Vec<String>, StoreError> {
        let (name, real) = (table.name, self.real.clone());
        let names = self.make(name, name, "").await?;
        let columns = names.join(", ");
        let text = format!("insert into {name} ({columns}) select {columns} from {real}.{name} where studio_id = $1");
        self.tx.query(text).execute().await?;
        let schema = if self.tx.tx.engine() == Engine::Sqlite { "temp." } else { "" };
        for (number, columns) in table.found_by().enumerate() {
            self.run(&format!("create index {schema}staged_{name}_{number} on {name} (studio_id, {columns})")).await?;
        }
        self.analyze(name).await?;
        Ok(names)
    }

    /// As the migration does of the real tables: unasked, SQLite expects ten rows of a studio, and would look at each of them
    /// for every row that it is given.
    async fn write_sqlite_statistics(&mut self) -> Result<(), StoreError> {
        // This makes the table of what is expected.
        self.run("analyze temp.instructors").await?;
        self.run("delete from temp.sqlite_stat1").await?;
        for (table, _) in self.tables.clone() {
            for (number, columns) in table.found_by().enumerate() {
                let more = if columns.contains(',') { "1000000 1000 1" } else { "1000000 1" };
                let name = table.name;
                let text = format!(
                    "insert into temp.sqlite_stat1 (tbl, idx, stat) values ('{name}', 'staged_{name}_{number}', '1000000 {more}')"
                );
                self.run(&text).await?;
            }
        }
        self.run("analyze temp.sqlite_schema").await.map(drop)
    }

    /// Makes an empty temporary table with the columns of a real one, and some more; the names of those columns.
    async fn make(&mut self, name: &str, like: &str, more: &str) -> Result<Vec<String>, StoreError> {
        let columns = self.columns(like).await?;
        let made = columns.iter().map(|TableColumn { name, kind, otherwise }| match otherwise {
            Some(value) => format!("{name} {kind} default {value}"),
            None => format!("{name} {kind}"),
        });
        let made = format!("{}{more}", made.collect::<Vec<_>>().join(", "));
        let schema = if self.tx.tx.engine() == Engine::Sqlite { "temp" } else { "pg_temp" };
        self.run(&format!("drop table if exists {schema}.{name}")).await?;
        self.run(&format!("create temporary table {name} ({made})")).await?;
        Ok(columns.into_iter().map(|column| column.name).collect())
    }

    async fn columns(&mut self, table: &str) -> Result<Vec<TableColumn>, StoreError> {
        let text = match self.tx.tx.engine() {
            Engine::Sqlite => {
                "select name, type as kind, dflt_value as otherwise \
                from pragma_table_info($1, 'main') order by cid"
            }
            Engine::Postgres => {
                "select a.attname::text as name, \
                format_type(a.atttypid, a.atttypmod) || case when a.attcollation = 0 then '' \
                else ' collate ' || quote_ident(c.collname) end as kind, \
                pg_get_expr(d.adbin, d.adrelid) as otherwise \
                from pg_attribute as a left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum \
                left join pg_collation as c on c.oid = a.attcollation \
                where a.attrelid = cast(current_schema() || '.' || $1 as regclass) and a.attnum > 0 \
                and not a.attisdropped and a.attgenerated = '' order by a.attnum"
            }
        };
        self.tx.tx.on().query(text).bind(table.to_owned()).all().await
    }

    /// Runs a statement that is of this module alone.
    async fn run(&mut self, text: &str) -> Result<u64, StoreError> {
        self.tx.tx.on().query(text).execute().await
    }

    /// Has PostgreSQL look how the values of a temporary table are spread.
    async fn analyze(&mut self, table: &str) -> Result<(), StoreError> {
        match self.tx.tx.engine() {
            Engine::Sqlite => Ok(()),
            Engine::Postgres => self.run(&format!("analyze {table}")).await.map(drop),
        }
    }

    /// Whether a table is staged.
    pub fn has(&self, name: &str) -> bool {
        self.tables.iter().any(|(table, _)| table.name == name)
    }

    /// Notes for each table which of its rows are new or different, and numbers those that take an instant of their own when
    /// they are written: not where they moved in, with the times that their lines say.
    pub async fn compare(&mut self) -> Result<(), StoreError> {
        let real = self.real.clone();
        for (ImportTable { name, .. }, columns) in self.tables.clone() {
            self.make(&format!("changed_{name}"), name, ", was_version bigint, place bigint").await?;
            let staged: Vec<_> = columns.iter().map(|column| format!("s.{column}")).collect();
            let differs: Vec<_> =
                columns.iter().map(|column| format!("s.{column} is distinct from r.{column}")).collect();
            let text = format!(
                "insert into changed_{name} ({}, was_version) select {}, r.version from {name} as s \
                left join {real}.{name} as r on r.studio_id = s.studio_id and r.id = s.id \
                where s.studio_id = $1 and (r.id is null or {})",
                columns.join(", "),
                staged.join(", "),
                differs.join(" or ")
            );
            self.tx.query(text).execute().await?;
            self.analyze(&format!("changed_{name}")).await?;
            if self.mode == Mode::ByTheRules {
                self.number(name).await?;
            }
        }
        Ok(())
    }

    async fn number(&mut self, table: &str) -> Result<(), StoreError> {
        let text = format!(
            "update changed_{table} set place = n.place from (select c.id, \
            $2 - 1 + row_number() over (order by c.updated_at, c.id) as place from changed_{table} as c \
            left join {}.{table} as r on r.studio_id = c.studio_id and r.id = c.id \
            where c.studio_id = $1 and c.updated_at is distinct from r.updated_at) as n where changed_{table}.id = n.id",
            self.real
        );
        let numbered = self.tx.query(text).bind(self.instants).execute().await?;
        self.instants += i64::try_from(numbered).unwrap_or_default();
        Ok(())
    }
}

/// How lines become rows in a studio. One whose rows were all removed is no new one: who follows its lists has seen them, and
/// would never see rows with older times.
pub async fn mode_of(on: StudioOn<'_>, real: &str) -> Result<Mode, StoreError> {
    let any_row: Vec<_> = TABLES
        .iter()
        .map(|ImportTable { name, .. }| format!("exists (select 1 from {real}.{name} where studio_id = $1)"))
        .collect();
    let text =
        format!("select count(*) from {real}.studios where id = $1 and (has_removed or {})", any_row.join(" or "));
    let had_rows = on.query(text).scalar::<i64>().await? != Some(0);
    Ok(if had_rows { Mode::ByTheRules } else { Mode::MoveIn })
}

/// The state of a studio: of its timetable only where that is staged. That a row which the import changes is another now, or that a
/// value is taken, it finds when it writes.
pub async fn state(
    mut on: StudioOn<'_>,
    real: &str,
    tables: &[(&ImportTable, Vec<String>)],
) -> Result<StudioState, StoreError> {
    let people = [("studios", "id", "updated_at"), ("erased_people", "studio_id", "erased_at")];
    let timetable = ["locations", "rooms", "classes", "occurrences"].map(|name| (name, "studio_id", "updated_at"));
    let is_staged = tables.iter().any(|(table, _)| table.name == "occurrences");
    Ok(StudioState {
        people: last_changes(on.again(), real, &people).await?,
        timetable: last_changes(on, real, if is_staged { &timetable } else { &[] }).await?,
    })
}

async fn last_changes(
    mut on: StudioOn<'_>,
    real: &str,
    asked: &[(&str, &str, &str)],
) -> Result<Vec<String>, StoreError> {
    let mut changes = Vec::new();
    for (name, studio_id, last) in asked {
        let text = format!(
            "select cast(count(*) as text) || ' ' || coalesce(cast(max({last}) as text), '') \
            from {real}.{name} where {studio_id} = $1"
        );
        changes.push(on.again().query(text).scalar::<String>().await?.unwrap_or_default());
    }
    Ok(changes)
}
