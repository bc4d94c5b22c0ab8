//! The rows of the demo studio, from `casa-prana.json`. A new resource adds its list there, and a line to [`seed_studio`].

use std::{collections::HashMap, time::Duration};

use serde::Deserialize;
use serde_json::Value;

use super::people::People;
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
        db::{Db, Tx},
        id::StudioId,
        moment::Moment,
        row::{self, Row},
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
    fn next(&mut self) -> Moment {
        self.given += 1;
        self.now.of_row(self.given)
    }
}

/// Creates the studio with all its rows. Each row has its own timestamp, so that lists keep this order.
pub async fn seed_studio(db: &Db, clock: &Clock) -> Result<StudioId, Failure> {
    let seeds: Seeds = serde_json::from_str(TEXT).map_err(Failure::refused)?;
    let (mut tx, now) = db.begin_write_of(clock, MAX_TIMESTAMPS).await?;
    let mut timestamps = Timestamps { now, given: 0 };
    let row = Row::new(now, Studio::input().create::<Studio>(seeds.studio)?);
    studios::create(&mut tx, &row).await?;
    let studio = row.id.studio();
    let mut names = Names::default();
    for instructor in seeds.instructors {
        let instructor = plant::<Instructor>(&mut tx, studio, instructor, timestamps.next(), |_| ()).await?;
        names.people.extend(instructor.fields.external_id.map(|name| (name.0, instructor.id)));
    }
    for House { location, rooms } in seeds.locations {
        let location = plant::<Location>(&mut tx, studio, location, timestamps.next(), |_| ()).await?;
        for room in rooms {
            let room = Draft::whole(Row::new(timestamps.next(), Room::input().create::<Room>(room)?));
            let room = rooms::create(&mut tx, studio, location.id, room, now).await?;
            names.rooms.extend(room.fields.external_id.map(|name| (name.0, room.id)));
        }
    }
    for Course { instructors, program } in seeds.programs {
        let taught_by = instructors.iter().filter_map(|name| names.people.get(name).copied()).collect();
        let teach = |program: &mut Program| program.instructor_ids = taught_by;
        let program = plant::<Program>(&mut tx, studio, program, timestamps.next(), teach).await?;
        names.programs.extend(program.fields.external_id.map(|name| (name.0, program.id)));
    }
    for lesson in seeds.classes {
        teach(&mut tx, studio, lesson, timestamps.next(), &names).await?;
    }
    let mut for_sale = Vec::new();
    for plan in seeds.plans {
        let plan = Row::new(timestamps.next(), Plan::input().create::<Plan>(plan)?);
        let plan = rules::create_row(&mut tx, studio, Draft::whole(plan), now).await?;
        for_sale.push(plan.id);
        names.plans.extend(plan.fields.external_id.map(|name| (name.0, plan.id)));
    }
    for Voucher { plans, redeemed, begins_in_days, coupon } in seeds.coupons {
        let mut fields: Coupon = Coupon::input().create(coupon)?;
        let now = timestamps.next();
        fields.plan_ids = plans.iter().filter_map(|name| names.plans.get(name).copied()).collect();
        fields.redeemed_count = redeemed;
        fields.valid_from = begins_in_days.map(|days| now.clock.plus(Duration::from_hours(24 * days)));
        coupons::create(&mut tx, studio, Draft::whole(Row::new(now, fields)), now).await?;
    }
    for piece in seeds.content {
        release(&mut tx, studio, piece, timestamps.next(), &names).await?;
    }
    let today = members::today(&row.fields, now.clock)?;
    seeds.members.join(&mut tx, studio, &for_sale, today, timestamps.next()).await?;
    tx.commit().await?;
    Ok(studio)
}

/// Creates a class as Management would, with its occurrences.
async fn teach(tx: &mut Tx, studio: StudioId, lesson: Lesson, now: Moment, names: &Names) -> Result<(), Failure> {
    let mut fields: Class = Class::input().create(lesson.class)?;
    fields.program_id = lesson.program.and_then(|program| names.programs.get(&program).copied());
    fields.instructor_id = names.people.get(&lesson.instructor).copied();
    fields.room_id = names.rooms.get(&lesson.room).copied();
    classes::create(tx, studio, Draft::whole(Row::new(now, fields)), now).await?;
    Ok(())
}

/// Creates content as an import would.
async fn release(tx: &mut Tx, studio: StudioId, piece: Piece, now: Moment, names: &Names) -> Result<(), Failure> {
    let mut fields: Content = Content::input().create(piece.content)?;
    fields.instructor_id = names.people.get(&piece.instructor).copied();
    fields.program_id = piece.program.and_then(|name| names.programs.get(&name).copied());
    fields.plan_ids = piece.plans.iter().filter_map(|name| names.plans.get(name).copied()).collect();
    rules::create_row(tx, studio, Draft::whole(Row::new(now, fields)), now).await?;
    Ok(())
}

/// Writes a row, validated as if a client had sent it; `finish` sets what clients cannot.
async fn plant<T: Input>(
    tx: &mut Tx,
    studio: StudioId,
    sent: Value,
    now: Moment,
    finish: impl FnOnce(&mut T),
) -> Result<Row<T>, Failure> {
    let mut fields: T = T::input().create(sent)?;
    finish(&mut fields);
    let row = Row::new(now, fields);
    row::insert(tx.on(), studio, &row).await?;
    Ok(row)
}
