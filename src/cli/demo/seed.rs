//! The rows of the demo studio, from `casa-prana.json`. A new resource adds its list there, and a line to [`seed_studio`].

use std::{collections::HashMap, time::Duration};

use serde::Deserialize;
use serde_json::Value;

use super::{bookings, people::People};
use crate::{
    cli::Failure,
    operation::write::Draft,
    resources::{
        classes::{self, Class},
        content::Content,
        coupons::{self, Coupon},
        instructors::{Instructor, InstructorId},
        locations::{
            Location,
            rooms::{self, Room, RoomId},
        },
        members,
        plans::{Plan, PlanId},
        programs::{Program, ProgramId},
        rules,
        studios::{self, Studio},
    },
    store::{
        clock::Clock,
        db::Db,
        moment::Moment,
        row::{self, Row},
        studio::StudioTx,
        turns::{TimetableTx, WriteTx},
    },
    wire::input::Input,
};

const TEXT: &str = include_str!("casa-prana.json");

#[derive(Deserialize)]
struct Seeds {
    studio: Value,
    instructors: Vec<Value>,
    locations: Vec<House>,
    programs: Vec<Course>,
    classes: Vec<Lesson>,
    plans: Vec<Value>,
    coupons: Vec<Voucher>,
    content: Vec<Piece>,
    members: People,
}

#[derive(Deserialize)]
struct House {
    rooms: Vec<Value>,
    #[serde(flatten)]
    location: Value,
}

/// A program; it refers to its instructors by external id.
#[derive(Deserialize)]
struct Course {
    instructors: Vec<String>,
    #[serde(flatten)]
    program: Value,
}

/// A class; it refers to its program, instructor and room by external id.
#[derive(Deserialize)]
struct Lesson {
    program: Option<String>,
    instructor: String,
    room: String,
    #[serde(flatten)]
    class: Value,
}

/// A coupon; it refers to its plans by external id. Its dates are relative to the day on which the demo runs.
#[derive(Deserialize)]
struct Voucher {
    #[serde(default)]
    plans: Vec<String>,
    #[serde(default)]
    redeemed: i64,
    begins_in_days: Option<u64>,
    #[serde(flatten)]
    coupon: Value,
}

/// Content; it refers to its instructor, program and plans by external id.
#[derive(Deserialize)]
struct Piece {
    instructor: String,
    program: Option<String>,
    #[serde(default)]
    plans: Vec<String>,
    #[serde(flatten)]
    content: Value,
}

/// The ids of rows by external id.
#[derive(Default)]
struct Names {
    people: HashMap<String, InstructorId>,
    rooms: HashMap<String, RoomId>,
    programs: HashMap<String, ProgramId>,
    plans: HashMap<String, PlanId>,
}

/// More timestamps than there are rows.
const MAX_TIMESTAMPS: u32 = 1000;

/// Makes a timestamp for each row.
struct Timestamps {
    now: Moment,
    given: u64,
}

impl Timestamps {
    /// The transaction at its next moment.
    fn next<'t>(&mut self, tx: &'t mut TimetableTx) -> &'t mut TimetableTx {
        self.given += 1;
        tx.now = self.now.of_row(self.given);
        tx
    }
}

/// Creates the studio with all its rows. Each row has its own timestamp, so that lists keep this order.
pub async fn seed_studio(db: &Db, clock: &Clock) -> Result<Row<Studio>, Failure> {
    let seeds: Seeds = serde_json::from_str(TEXT).map_err(Failure::refused)?;
    let (row, mut tx) = studio(db, clock, seeds.studio).await?;
    let mut timestamps = Timestamps { now: tx.now, given: 0 };
    let mut names = Names::default();
    for instructor in seeds.instructors {
        let instructor = plant::<Instructor>(timestamps.next(&mut tx), instructor, |_| ()).await?;
        names.people.extend(instructor.fields.external_id.map(|name| (name.0, instructor.id)));
    }
    for House { location, rooms } in seeds.locations {
        let location = plant::<Location>(timestamps.next(&mut tx), location, |_| ()).await?;
        for room in rooms {
            let room = Draft::whole(Row::new(timestamps.next(&mut tx).now, Room::input().create::<Room>(room)?));
            let room = rooms::create(&mut tx, location.id, room).await?;
            names.rooms.extend(room.fields.external_id.map(|name| (name.0, room.id)));
        }
    }
    for Course { instructors, program } in seeds.programs {
        let taught_by = instructors.iter().filter_map(|name| names.people.get(name).copied()).collect();
        let teach = |program: &mut Program| program.instructor_ids = taught_by;
        let program = plant::<Program>(timestamps.next(&mut tx), program, teach).await?;
        names.programs.extend(program.fields.external_id.map(|name| (name.0, program.id)));
    }
    for lesson in seeds.classes {
        teach(timestamps.next(&mut tx), lesson, &names).await?;
    }
    let mut for_sale = Vec::new();
    for plan in seeds.plans {
        let plan = Row::new(timestamps.next(&mut tx).now, Plan::input().create::<Plan>(plan)?);
        let plan = rules::create_row(&mut *tx, Draft::whole(plan)).await?;
        for_sale.push(plan.id);
        names.plans.extend(plan.fields.external_id.map(|name| (name.0, plan.id)));
    }
    for Voucher { plans, redeemed, begins_in_days, coupon } in seeds.coupons {
        let mut fields: Coupon = Coupon::input().create(coupon)?;
        let now = timestamps.next(&mut tx).now;
        fields.plan_ids = plans.iter().filter_map(|name| names.plans.get(name).copied()).collect();
        fields.redeemed_count = redeemed;
        fields.valid_from = begins_in_days.map(|days| now.clock.plus(Duration::from_hours(24 * days)));
        coupons::create(&mut tx, Draft::whole(Row::new(now, fields))).await?;
    }
    for piece in seeds.content {
        release(timestamps.next(&mut tx), piece, &names).await?;
    }
    let today = members::today(&mut tx).await?;
    seeds.members.join(timestamps.next(&mut tx), &for_sale, today).await?;
    bookings::fill(timestamps.next(&mut tx)).await?;
    tx.commit().await?;
    Ok(row)
}

/// Creates the studio itself, and the transaction of all its rows.
async fn studio(db: &Db, clock: &Clock, sent: Value) -> Result<(Row<Studio>, TimetableTx), Failure> {
    let (tx, now) = db.begin_write_of(clock, MAX_TIMESTAMPS).await?;
    let row = Row::new(now, Studio::input().create::<Studio>(sent)?);
    let mut tx = StudioTx { tx, studio: row.id.studio(), now };
    studios::create(&mut tx, &row).await?;
    Ok((row, TimetableTx::of_unseen(tx)))
}

/// Creates a class as Management would, with its occurrences.
async fn teach(tx: &mut TimetableTx, lesson: Lesson, names: &Names) -> Result<(), Failure> {
    let mut fields: Class = Class::input().create(lesson.class)?;
    fields.program_id = lesson.program.and_then(|program| names.programs.get(&program).copied());
    fields.instructor_id = names.people.get(&lesson.instructor).copied();
    fields.room_id = names.rooms.get(&lesson.room).copied();
    classes::create(tx, Draft::whole(Row::new(tx.now, fields))).await?;
    Ok(())
}

/// Creates content as an import would.
async fn release(tx: &mut StudioTx, piece: Piece, names: &Names) -> Result<(), Failure> {
    let mut fields: Content = Content::input().create(piece.content)?;
    fields.instructor_id = names.people.get(&piece.instructor).copied();
    fields.program_id = piece.program.and_then(|name| names.programs.get(&name).copied());
    fields.plan_ids = piece.plans.iter().filter_map(|name| names.plans.get(name).copied()).collect();
    rules::create_row(tx, Draft::whole(Row::new(tx.now, fields))).await?;
    Ok(())
}

/// Writes a row, validated as if a client had sent it; `finish` sets what clients cannot.
async fn plant<T: Input>(tx: &mut StudioTx, sent: Value, finish: impl FnOnce(&mut T)) -> Result<Row<T>, Failure> {
    let mut fields: T = T::input().create(sent)?;
    finish(&mut fields);
    let row = Row::new(tx.now, fields);
    row::insert(tx.on(), &row).await?;
    Ok(row)
}
