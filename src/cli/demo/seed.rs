//! The rows of the demo's studio. Its texts stand in `casa-prana.json`; a new resource adds its list there, and a line
//! to [`sow`].

use std::{collections::HashMap, time::Duration};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    cli::Failure,
    resources::{
        classes::{self, Class},
        coupons::{self, Coupon},
        instructors::{Instructor, InstructorId},
        locations::{
            Location,
            rooms::{Room, RoomId},
        },
        plans::{self, Plan},
        studios::{self, Studio},
    },
    store::{
        clock::Clock,
        db::{Db, Tx},
        id::StudioId,
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
    classes: Vec<Lesson>,
    plans: Vec<Value>,
    coupons: Vec<Voucher>,
}

#[derive(Deserialize)]
struct House {
    rooms: Vec<Value>,
    #[serde(flatten)]
    location: Value,
}

/// A class; it names its instructor and its room by the external ids that they have here.
#[derive(Deserialize)]
struct Lesson {
    instructor: String,
    room: String,
    #[serde(flatten)]
    class: Value,
}

/// A coupon; it names its plans by their external ids. Its state has to be lifelike on whichever day the demo runs.
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

/// Makes the studio with everything that it has. Each row has a time of its own, so that lists keep this order.
pub async fn sow(db: &Db, clock: &Clock) -> Result<StudioId, Failure> {
    let seeds: Seeds = serde_json::from_str(TEXT).map_err(Failure::refused)?;
    let mut tx = db.begin().await?;
    let row = Row::new(clock.now(), Studio::input().create::<Studio>(seeds.studio)?);
    studios::create(&mut tx, &row).await?;
    let studio = row.id.studio();
    let (mut people, mut places, mut offers) = (HashMap::new(), HashMap::new(), HashMap::new());
    for instructor in seeds.instructors {
        let instructor = plant::<Instructor>(&mut tx, studio, instructor, clock, |_| ()).await?;
        people.extend(instructor.fields.external_id.map(|name| (name.0, instructor.id)));
    }
    for House { location, rooms } in seeds.locations {
        let location = plant::<Location>(&mut tx, studio, location, clock, |_| ()).await?;
        for room in rooms {
            let room = plant::<Room>(&mut tx, studio, room, clock, |room| room.location_id = Some(location.id)).await?;
            places.extend(room.fields.external_id.map(|name| (name.0, room.id)));
        }
    }
    for lesson in seeds.classes {
        teach(&mut tx, studio, lesson, clock, &people, &places).await?;
    }
    for plan in seeds.plans {
        let plan = Row::new(clock.now(), Plan::input().create::<Plan>(plan)?);
        plans::create(&mut tx, studio, &plan).await?;
        offers.extend(plan.fields.external_id.map(|name| (name.0, plan.id)));
    }
    for Voucher { plans, redeemed, begins_in_days, coupon } in seeds.coupons {
        let mut fields: Coupon = Coupon::input().create(coupon)?;
        let now = clock.now();
        fields.plan_ids = plans.iter().filter_map(|name| offers.get(name).copied()).collect();
        fields.redeemed_count = redeemed;
        fields.valid_from = begins_in_days.map(|days| now.plus(Duration::from_hours(24 * days)));
        coupons::create(&mut tx, studio, &mut Row::new(now, fields)).await?;
    }
    tx.commit().await?;
    Ok(studio)
}

/// Makes a class as Management would, with its occurrences.
async fn teach(
    tx: &mut Tx,
    studio: StudioId,
    lesson: Lesson,
    clock: &Clock,
    people: &HashMap<String, InstructorId>,
    rooms: &HashMap<String, RoomId>,
) -> Result<(), Failure> {
    let mut fields: Class = Class::input().create(lesson.class)?;
    fields.instructor_id = people.get(&lesson.instructor).copied();
    fields.room_id = rooms.get(&lesson.room).copied();
    let now = clock.now();
    classes::create(tx, studio, &mut Row::new(now, fields), now).await?;
    Ok(())
}

/// Writes a row, checked as if a client had sent it; `finish` sets what clients cannot.
async fn plant<T: Input>(
    tx: &mut Tx,
    studio: StudioId,
    sent: Value,
    clock: &Clock,
    finish: impl FnOnce(&mut T),
) -> Result<Row<T>, Failure> {
    let mut fields: T = T::input().create(sent)?;
    finish(&mut fields);
    let row = Row::new(clock.now(), fields);
    row::insert(tx.on(), studio, &row).await?;
    Ok(row)
}
