//! The tables that an import writes, and what a temporary copy of each needs to know.

/// A table that an import writes.
pub struct ImportTable {
    /// Its name.
    pub name: &'static str,
    /// Its unique columns that cannot be empty.
    pub unique: &'static [&'static str],
    /// Those that can.
    pub unique_or_null: &'static [&'static str],
    /// What its rows are found by.
    indexes: &'static [&'static str],
    /// The resources whose import reads or writes it; of all, where there are none.
    only_for: &'static [&'static str],
}

const PLAIN: ImportTable =
    ImportTable { name: "", unique: &[], unique_or_null: &["external_id"], indexes: &[], only_for: &[] };

/// The resources whose rows take bookings with them: what is called off, or whose membership ends, gives its places back.
const BOOKED: &[&str] = &["locations", "rooms", "members", "classes", "schedule", "bookings"];

/// The resources that an import cannot change beside somebody who changes the timetable.
pub const TIMETABLE: &[&str] = &["locations", "rooms", "classes", "schedule", "bookings"];

/// The tables, each behind those that its rows name.
pub const TABLES: &[ImportTable] = &[
    ImportTable { name: "instructors", unique: &["slug"], indexes: &["slug"], ..PLAIN },
    ImportTable { name: "locations", ..PLAIN },
    ImportTable { name: "rooms", ..PLAIN },
    ImportTable { name: "programs", unique: &["slug"], indexes: &["slug"], ..PLAIN },
    ImportTable { name: "plans", indexes: &["name"], ..PLAIN },
    ImportTable { name: "coupons", unique: &["code"], indexes: &["lower(code)"], only_for: &["coupons"], ..PLAIN },
    ImportTable { name: "content", only_for: &["content"], ..PLAIN },
    ImportTable {
        name: "members",
        unique_or_null: &["external_id", "email_key"],
        indexes: &["email_key"],
        only_for: &["members", "bookings"],
        ..PLAIN
    },
    ImportTable { name: "classes", indexes: &["location_id", "room_id"], ..PLAIN },
    ImportTable {
        name: "occurrences",
        unique: &["planned_start"],
        indexes: &[
            "class_id, planned_start",
            "class_id, starts_at",
            "room_id, starts_at",
            "instructor_id, starts_at",
            "location_id, starts_at",
        ],
        only_for: BOOKED,
        ..PLAIN
    },
    ImportTable {
        name: "bookings",
        unique_or_null: &["external_id", "queue_number"],
        indexes: &["occurrence_id", "membership_id"],
        only_for: BOOKED,
        ..PLAIN
    },
];

impl ImportTable {
    /// The columns of its indexes, behind the studio's.
    pub fn found_by(&self) -> impl Iterator<Item = &'static str> {
        ["id", "external_id"].into_iter().chain(self.indexes.iter().copied())
    }

    /// Whether an import of these resources reads or writes it.
    pub fn is_for(&self, resources: &[&str]) -> bool {
        self.only_for.is_empty() || self.only_for.iter().any(|resource| resources.contains(resource))
    }
}
