//! Where an import works until it is sure: temporary tables under the names of the studio's own, so that the rules of
//! Management read and write them as ever, while everybody else goes on with the real ones. They know nothing of unique
//! values: those are judged when all rows stand as they end. What differs then is written in one short transaction
//! ([`super::apply`]). Temporary tables belong to one connection: of an import that is killed, nothing is left.

use serde::Deserialize;

use crate::store::{
    clock::Clock,
    db::{Db, Engine, Tx},
    error::StoreError,
    id::StudioId,
    moment::Moment,
    record::Record,
};

/// Rows of an import that was not written yet, in a SQLite file: pages that are kept in memory, in KiB.
const SQLITE_CACHE_KIB: u32 = 64 * 1024;

/// A table that an import writes.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its unique columns that cannot be empty, beside `external_id`.
    pub unique: &'static [&'static str],
    /// Those that can.
    pub unique_or_null: &'static [&'static str],
    /// What its rows are found by.
    indexes: &'static [&'static str],
    /// The resources whose import reads or writes it; of all, where there are none.
    only_for: &'static [&'static str],
}

impl Table {
    /// The columns of its indexes, behind the studio's.
    fn found_by(&self) -> impl Iterator<Item = &'static str> {
        ["id", "external_id"].into_iter().chain(self.indexes.iter().copied())
    }
}

const PLAIN: Table = Table { name: "", unique: &[], unique_or_null: &["external_id"], indexes: &[], only_for: &[] };

/// The tables, each behind those that its rows name.
const TABLES: &[Table] = &[
    Table { name: "instructors", unique: &["slug"], indexes: &["slug"], ..PLAIN },
    Table { name: "locations", ..PLAIN },
    Table { name: "rooms", ..PLAIN },
    Table { name: "programs", unique: &["slug"], indexes: &["slug"], ..PLAIN },
    Table { name: "plans", indexes: &["name"], ..PLAIN },
    Table { name: "coupons", unique: &["code"], indexes: &["lower(code)"], only_for: &["coupons"], ..PLAIN },
    Table { name: "content", only_for: &["content"], ..PLAIN },
    Table {
        name: "members",
        unique_or_null: &["external_id", "email_key"],
        indexes: &["email_key"],
        only_for: &["members"],
        ..PLAIN
    },
    Table { name: "classes", indexes: &["location_id", "room_id"], ..PLAIN },
    Table {
        name: "occurrences",
        unique: &["planned_start"],
        indexes: &[
            "class_id, planned_start",
            "class_id, starts_at",
            "room_id, starts_at",
            "instructor_id, starts_at",
            "location_id, starts_at",
        ],
        only_for: &["locations", "rooms", "classes", "schedule"],
        ..PLAIN
    },
];

/// What an import has written so far, and what it was judged against.
pub struct Staging {
    /// The one connection that sees it.
    pub db: Db,
    /// Where the rules run.
    pub tx: Tx,
    /// Whose rows they are.
    pub studio: StudioId,
    /// The schema of the real tables.
    pub real: String,
    /// The tables that are staged.
    pub tables: Vec<&'static Table>,
    /// The state of the studio that it began with.
    pub began_with: Vec<String>,
    /// The moment that rows take for the time being.
    pub now: Moment,
    /// How many rows take an instant of their own when they are written.
    pub instants: i64,
    /// The tables of which the studio had no rows, so that what is written keeps the times that its lines say.
    pub had_none: Vec<&'static str>,
}

/// A column of a table.
#[derive(Deserialize)]
struct Column {
    name: String,
    kind: String,
    otherwise: Option<String>,
}

impl Record for Column {}

impl Staging {
    /// Copies what an import of these resources may read and write.
    pub async fn begin(
        db: &Db,
        studio: StudioId,
        resources: &[&str],
        (clock, instants): (&Clock, u32),
    ) -> Result<Self, StoreError> {
        let is_needed = |table: &Table| {
            table.only_for.is_empty() || table.only_for.iter().any(|resource| resources.contains(resource))
        };
        let (mut tx, now) = db.begin_aside(clock, instants).await?;
        let real = match tx.on().engine() {
            Engine::Sqlite => "main".to_owned(),
            Engine::Postgres => {
                let text = "select quote_ident(current_schema())";
                tx.on().query(text).scalar::<String>().await?.unwrap_or_else(|| "public".into())
            }
        };
        let tables = TABLES.iter().filter(|table| is_needed(table)).collect();
        let mut staging = Self {
            db: db.clone(),
            tx,
            studio,
            real,
            tables,
            began_with: Vec::new(),
            now,
            instants: 0,
            had_none: Vec::new(),
        };
        if staging.tx.on().engine() == Engine::Sqlite {
            staging.run(&format!("pragma cache_size = -{SQLITE_CACHE_KIB}")).await?;
        }
        staging.began_with = state(&mut staging.tx, studio, (&staging.real, &staging.tables)).await?;
        for table in staging.tables.clone() {
            staging.copy(table).await?;
        }
        if staging.tx.engine() == Engine::Sqlite {
            staging.tell_sqlite_what_to_expect().await?;
        }
        // Taken back where it ends for a member, and only when that is true.
        for name in ["outbox", "mail_links"] {
            staging.make(name, name, "").await?;
        }
        staging.make("staged_lines", "imported_lines", "").await?;
        Ok(staging)
    }

    async fn copy(&mut self, table: &Table) -> Result<(), StoreError> {
        let (name, real) = (table.name, self.real.clone());
        let columns = self.make(name, name, "").await?.join(", ");
        let text = format!("insert into {name} ({columns}) select {columns} from {real}.{name} where studio_id = $1");
        self.tx.on().query(text).bind(self.studio).execute().await?;
        for (number, columns) in table.found_by().enumerate() {
            let schema = match self.tx.on().engine() {
                Engine::Sqlite => "temp.",
                Engine::Postgres => "",
            };
            self.run(&format!("create index {schema}staged_{name}_{number} on {name} (studio_id, {columns})")).await?;
        }
        if self.tx.on().engine() == Engine::Postgres {
            self.run(&format!("analyze {name}")).await?;
        }
        Ok(())
    }

    /// As the migration does of the real tables: unasked, SQLite expects ten rows of a studio, and would look at each of them
    /// for every row that it is given.
    async fn tell_sqlite_what_to_expect(&mut self) -> Result<(), StoreError> {
        // This makes the table of what is expected.
        self.run("analyze temp.instructors").await?;
        self.run("delete from temp.sqlite_stat1").await?;
        for table in self.tables.clone() {
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
    pub async fn make(&mut self, name: &str, like: &str, more: &str) -> Result<Vec<String>, StoreError> {
        let columns = self.columns(like).await?;
        let engine = self.tx.on().engine();
        let made: Vec<_> = columns
            .iter()
            .map(|Column { name, kind, otherwise }| match otherwise {
                Some(value) => format!("{name} {kind} default {value}"),
                None => format!("{name} {kind}"),
            })
            .collect();
        let made = format!("{}{more}", made.join(", "));
        let schema = match engine {
            Engine::Sqlite => "temp",
            Engine::Postgres => "pg_temp",
        };
        self.run(&format!("drop table if exists {schema}.{name}")).await?;
        self.run(&format!("create temporary table {name} ({made})")).await?;
        Ok(columns.into_iter().map(|column| column.name).collect())
    }

    /// The names of a real table's columns.
    pub async fn names(&mut self, table: &str) -> Result<Vec<String>, StoreError> {
        Ok(self.columns(table).await?.into_iter().map(|column| column.name).collect())
    }

    async fn columns(&mut self, table: &str) -> Result<Vec<Column>, StoreError> {
        let text = match self.tx.on().engine() {
            Engine::Sqlite => {
                "select {rows} from (select name, type as kind, dflt_value as otherwise \
                from pragma_table_info($1, 'main') order by cid) as page"
            }
            Engine::Postgres => {
                "select {rows} from (select a.attname::text as name, \
                format_type(a.atttypid, a.atttypmod) || case when a.attcollation = 0 then '' \
                else ' collate ' || quote_ident(c.collname) end as kind, \
                pg_get_expr(d.adbin, d.adrelid) as otherwise \
                from pg_attribute as a left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum \
                left join pg_collation as c on c.oid = a.attcollation \
                where a.attrelid = cast(current_schema() || '.' || $1 as regclass) and a.attnum > 0 \
                and not a.attisdropped and a.attgenerated = '' order by a.attnum) as page"
            }
        };
        self.tx.on().query(text).bind(table.to_owned()).all().await
    }

    /// Runs a statement that is of this module alone.
    pub async fn run(&mut self, text: &str) -> Result<u64, StoreError> {
        self.tx.on().query(text).execute().await
    }

    /// Whether a table is staged.
    pub fn has(&self, table: &str) -> bool {
        self.tables.iter().any(|staged| staged.name == table)
    }

    /// Notes for each table which of its rows are new or different, and numbers those that take an instant of their own when
    /// they are written: not where a studio had none before, whose rows have the times that their lines say.
    pub async fn compare(&mut self) -> Result<(), StoreError> {
        let (studio, real) = (self.studio, self.real.clone());
        for Table { name, .. } in self.tables.clone() {
            let columns = self.make(&format!("changed_{name}"), name, ", was_version bigint, place bigint").await?;
            let list = |of: &str| columns.iter().map(|column| format!("{of}{column}")).collect::<Vec<_>>().join(", ");
            let differs: Vec<_> =
                columns.iter().map(|column| format!("s.{column} is distinct from r.{column}")).collect();
            let text = format!(
                "insert into changed_{name} ({}, was_version) select {}, r.version from {name} as s \
                left join {real}.{name} as r on r.studio_id = s.studio_id and r.id = s.id \
                where s.studio_id = $1 and (r.id is null or {})",
                list(""),
                list("s."),
                differs.join(" or ")
            );
            self.tx.on().query(text).bind(studio).execute().await?;
            if self.tx.engine() == Engine::Postgres {
                self.run(&format!("analyze changed_{name}")).await?;
            }
            if self.had_none(name).await? && !self.has_removed().await? {
                self.had_none.push(name);
            } else {
                self.number(name).await?;
            }
        }
        Ok(())
    }

    /// Whether the studio had none of these rows.
    async fn had_none(&mut self, table: &str) -> Result<bool, StoreError> {
        let text =
            format!("select count(*) from (select id from {}.{table} where studio_id = $1 limit 1) as one", self.real);
        Ok(self.tx.on().query(text).bind(self.studio).scalar::<i64>().await?.unwrap_or_default() == 0)
    }

    /// Whether a row of the studio was ever removed.
    async fn has_removed(&mut self) -> Result<bool, StoreError> {
        has_removed(&mut self.tx, self.studio, &self.real).await
    }

    async fn number(&mut self, table: &str) -> Result<(), StoreError> {
        let text = format!(
            "update changed_{table} set place = n.place from (select c.id, \
            $2 - 1 + row_number() over (order by c.updated_at, c.id) as place from changed_{table} as c \
            left join {}.{table} as r on r.studio_id = c.studio_id and r.id = c.id \
            where c.studio_id = $1 and c.updated_at is distinct from r.updated_at) as n where changed_{table}.id = n.id",
            self.real
        );
        let numbered = self.tx.on().query(text).bind(self.studio).bind(self.instants).execute().await?;
        self.instants += i64::try_from(numbered).unwrap_or_default();
        Ok(())
    }
}

/// Whether a row of the studio was ever removed: somebody who follows may have seen it.
pub async fn has_removed(tx: &mut Tx, studio: StudioId, real: &str) -> Result<bool, StoreError> {
    let text = format!("select count(*) from {real}.studios where id = $1 and has_removed");
    Ok(tx.on().query(text).bind(studio).scalar::<i64>().await?.unwrap_or_default() > 0)
}

/// What changes with every write that an import cannot tell from its own rows: where it has to do with the timetable, what
/// takes place; and else who was erased. That a row which it changes is another now, or that a value is taken, it finds when
/// it writes.
pub async fn state(
    tx: &mut Tx,
    studio: StudioId,
    (real, tables): (&str, &[&Table]),
) -> Result<Vec<String>, StoreError> {
    let mut asked = vec![("studios", "id", "updated_at"), ("erased_people", "studio_id", "erased_at")];
    if tables.iter().any(|table| table.name == "occurrences") {
        let timetable = ["locations", "rooms", "classes", "occurrences"];
        asked.extend(timetable.map(|name| (name, "studio_id", "updated_at")));
    }
    let mut state = Vec::new();
    for (name, studio_id, last) in asked {
        let text = format!(
            "select cast(count(*) as text) || ' ' || coalesce(cast(max({last}) as text), '') \
            from {real}.{name} where {studio_id} = $1"
        );
        state.push(tx.on().query(text).bind(studio).scalar::<String>().await?.unwrap_or_default());
    }
    Ok(state)
}
