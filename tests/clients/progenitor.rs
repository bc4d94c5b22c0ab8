//! Calls a running gateway with the client that progenitor makes in Rust of its OpenAPI 3.0 document. Each resource goes the way of an
//! integration: create, list, try a change, change, remove.

use std::{env, error::Error, fmt::Debug, future::Future};

use flow::{ByteStream, Client, ResponseValue, types};

type Done<T = ()> = Result<T, Box<dyn Error>>;
type Answer<T> = Result<ResponseValue<T>, flow::Error<ByteStream>>;

/// What was answered; an error shows the problem.
async fn answered<T>(call: impl Future<Output = Answer<T>>) -> Done<T> {
    match call.await {
        Ok(answer) => Ok(answer.into_inner()),
        Err(flow::Error::UnexpectedResponse(answer)) => Err(answer.text().await?.into()),
        Err(error) => Err(error.into()),
    }
}

async fn gone<T>(call: impl Future<Output = Answer<T>>) -> Done {
    same(call.await.map_err(|error| error.to_string())?.status().as_u16(), 204)
}

fn same<T: PartialEq + Debug>(found: T, wanted: T) -> Done {
    if found == wanted { Ok(()) } else { Err(format!("{found:?} is not {wanted:?}").into()) }
}

#[tokio::main]
async fn main() -> Done {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {}", env::var("FLOW_SECRET_KEY")?).parse()?);
    let http = reqwest::Client::builder().default_headers(headers).build()?;
    let client = Client::new_with_client(&env::var("MANAGEMENT_URL")?, http);
    let (instructor, room) = (instructors(&client).await?, places(&client).await?);
    classes(&client, &instructor, &room).await?;
    sales(&client).await?;
    members(&client).await?;
    content(&client).await?;
    println!("progenitor: every resource went its way");
    Ok(())
}

async fn instructors(client: &Client) -> Done<String> {
    let create = || client.management_create_instructor().body_map(|body| body.display_name("Rita Sousa"));
    let tried = answered(create().dry_run(true).send()).await?;
    same(tried.dry_run, Some(true))?;
    let made = answered(create().send()).await?;
    same(made.dry_run, None)?;
    let listed = answered(client.management_list_instructors().id(made.id.to_string()).send()).await?;
    same(listed.data[0].id.to_string(), made.id.to_string())?;
    let bio: types::InstructorChangeBio = "Teaches slow mornings.".parse()?;
    let change = || {
        client
            .management_update_instructor()
            .instructor_id(made.id.to_string())
            .body_map(|body| body.bio(Some(bio.clone())))
    };
    let tried = answered(change().dry_run(true).send()).await?;
    same(tried.bio.map(|bio| bio.to_string()), Some(bio.to_string()))?;
    let changed = answered(change().if_match(format!("\"{}\"", made.version)).send()).await?;
    same(changed.version.get(), made.version.get() + 1)?;
    Ok(made.id.to_string())
}

async fn places(client: &Client) -> Done<String> {
    let create = |name: &'static str| client.management_create_location().body_map(|body| body.name(name)).send();
    let location = answered(create("Annexe")).await?.id.to_string();
    let zone = client
        .management_update_location()
        .location_id(location.as_str())
        .body_map(|body| body.time_zone(Some("Europe/Lisbon".parse().expect("a zone"))));
    same(answered(zone.send()).await?.time_zone.map(|zone| zone.to_string()), Some("Europe/Lisbon".to_owned()))?;
    let build = |name: &'static str| {
        client.management_create_room().location_id(location.as_str()).body_map(|body| body.name(name)).send()
    };
    let room = answered(build("Attic")).await?;
    let cellar = answered(build("Cellar")).await?.id.to_string();
    same(answered(client.management_list_rooms().location_id(location.as_str()).send()).await?.data.len(), 2)?;
    let renamed = client.management_update_room().location_id(location.as_str()).room_id(cellar.as_str());
    same(
        answered(renamed.body_map(|body| body.name(Some("Vault".parse().expect("a name")))).send())
            .await?
            .name
            .to_string(),
        "Vault".to_owned(),
    )?;
    let remove = || client.management_delete_room().location_id(location.as_str()).room_id(cellar.as_str());
    same(remove().dry_run(true).send().await?.status().as_u16(), 200)?;
    gone(remove().send()).await?;
    let garden = answered(create("Garden")).await?.id.to_string();
    gone(client.management_delete_location().location_id(garden).send()).await?;
    Ok(room.id.to_string())
}

async fn classes(client: &Client, instructor: &str, room: &str) -> Done {
    let program = answered(client.management_create_program().body_map(|body| body.name("Generated")).send())
        .await?
        .id
        .to_string();
    let more = client
        .management_update_program()
        .program_id(program.as_str())
        .body_map(|body| body.capacity(Some(20.try_into().expect("not zero"))));
    same(answered(more.send()).await?.capacity.map(u64::from), Some(20))?;
    let slot = |weekday: &str| -> Done<types::WeeklySlot> {
        Ok(serde_json::from_value(serde_json::json!({"weekday": weekday, "start_time": "05:10"}))?)
    };
    let weekly = types::RecurrenceCreate::builder()
        .starts_on(Some("2026-01-05".parse().expect("a day")))
        .weekly(Some(vec![slot("tuesday")?]));
    let body: types::ClassCreate = types::ClassCreate::builder()
        .name("Generated")
        .duration_minutes(30)
        .recurrence(weekly)
        .room_id(Some(room.parse()?))
        .instructor_id(Some(instructor.parse()?))
        .program_id(Some(program.parse()?))
        .price(Some(types::Money { amount: 1800, currency: "EUR".parse()? }))
        .try_into()?;
    let made = answered(client.management_create_class().body(body).send()).await?.id.to_string();
    let of_program = answered(client.management_get_program().program_id(program.as_str()).send()).await?;
    same(of_program.classes[0].id.to_string(), made.clone())?;
    let moved: types::RecurrenceChange =
        types::RecurrenceChange::builder().weekly(Some(vec![slot("friday")?])).try_into()?;
    let change = || {
        client.management_update_class().class_id(made.as_str()).body_map(|body| body.recurrence(Some(moved.clone())))
    };
    let tried = answered(change().dry_run(true).send()).await?;
    same(answered(change().send()).await?.effects.moved, tried.effects.moved)?;
    let schedule =
        answered(client.management_list_schedule().class_id(made.as_str()).from("2026-01-01").send()).await?;
    let last = schedule.data.last().ok_or("a class has a schedule")?.id.to_string();
    let noted = client
        .management_reschedule_occurrence()
        .occurrence_id(last)
        .body_map(|body| body.note(Some("Bring a mat.".parse().expect("a note"))));
    same(answered(noted.send()).await?.note.map(|note| note.to_string()), Some("Bring a mat.".to_owned()))?;
    let cancelled = answered(client.management_cancel_class().class_id(made.as_str()).send()).await?;
    same(cancelled.status.to_string(), "cancelled".to_owned())
}

async fn sales(client: &Client) -> Done {
    let price = types::Money { amount: 5900, currency: "EUR".parse()? };
    let plan = answered(client.management_create_plan().body_map(|body| body.name("Generated").price(price)).send())
        .await?
        .id
        .to_string();
    let dearer: types::MoneyChange = types::MoneyChange::builder().amount(Some(6100)).try_into()?;
    let changed = client.management_update_plan().plan_id(plan.as_str()).body_map(|body| body.price(Some(dearer)));
    same(answered(changed.send()).await?.price.amount, 6100)?;
    let archive = || client.management_archive_plan().plan_id(plan.as_str());
    same(answered(archive().dry_run(true).send()).await?.status.to_string(), "archived".to_owned())?;
    same(answered(archive().send()).await?.status.to_string(), "archived".to_owned())?;
    let coupon =
        client.management_create_coupon().body_map(|body| body.code("GENERATED").percent_off(10.try_into().ok()));
    let coupon = answered(coupon.send()).await?.id.to_string();
    same(answered(client.management_list_coupons().id(coupon.as_str()).send()).await?.data.len(), 1)?;
    gone(client.management_delete_coupon().coupon_id(coupon).send()).await
}

async fn members(client: &Client) -> Done {
    let member = client.management_invite_member().body_map(|body| body.email("generated@rust.example"));
    let member = answered(member.send()).await?.id.to_string();
    let named = client
        .management_update_member()
        .membership_id(member.as_str())
        .body_map(|body| body.first_name(Some("Ana".parse().expect("a name"))));
    same(answered(named.send()).await?.first_name.map(|name| name.to_string()), Some("Ana".to_owned()))?;
    let cancel = client
        .management_cancel_membership()
        .membership_id(member.as_str())
        .body_map(|body| body.when(Some("now".parse().expect("a choice"))));
    same(answered(cancel.send()).await?.status.to_string(), "cancelled".to_owned())
}

async fn content(client: &Client) -> Done {
    let first = answered(client.management_list_content().limit(1).send()).await?.data[0].id.to_string();
    let titled = client
        .management_update_content()
        .content_id(first.as_str())
        .body_map(|body| body.title(Some("Generated".parse().expect("a title"))));
    same(answered(titled.send()).await?.title.to_string(), "Generated".to_owned())?;
    gone(client.management_delete_content().content_id(first).send()).await
}
