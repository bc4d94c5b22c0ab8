// Calls a running gateway with types that openapi-typescript makes of its document, by openapi-fetch. Each resource goes the way of an
// integration: create, list, try a change, change, remove. `tsc --strict` has to accept it: no answer is narrowed and nothing is cast.

import createClient from "openapi-fetch";
import type { components, paths } from "./generated/typescript/management";

type Schemas = components["schemas"];

const { MANAGEMENT_URL = "", FLOW_SECRET_KEY = "" } = process.env;
const flow = createClient<paths>({ baseUrl: MANAGEMENT_URL, headers: { Authorization: `Bearer ${FLOW_SECRET_KEY}` } });
const tried = { query: { dry_run: true } } as const;

interface Answer<T> {
  data?: T;
  error?: Schemas["Problem"];
  response: Response;
}

/** What was answered, with this status. */
function answered<T>({ data, error, response }: Answer<T>, status = 200): NonNullable<T> {
  if (response.status !== status || data === undefined || data === null) {
    throw new Error(`${response.url}: ${response.status} ${JSON.stringify(error)}`);
  }
  return data;
}

function gone({ response }: { response: Response }): void {
  same(response.status, 204);
}

function same(found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${String(found)} is not ${String(wanted)}`);
}

async function instructors(): Promise<Schemas["Instructor"]> {
  const body: Schemas["InstructorCreate"] = { display_name: "Rita Sousa" };
  same(answered(await flow.POST("/v1/instructors", { params: tried, body })).display_name, "Rita Sousa");
  const made = answered(await flow.POST("/v1/instructors", { body }), 201);
  const list = answered(await flow.GET("/v1/instructors", { params: { query: { id: made.id } } }));
  same(list.data[0]?.id, made.id);
  const path = { instructorId: made.id };
  const change = { bio: "Teaches slow mornings." };
  same(answered(await flow.PATCH("/v1/instructors/{instructorId}", { params: { path, ...tried }, body: change })).dry_run, true);
  const header = { "If-Match": `"${made.version}"` };
  const changed = answered(await flow.PATCH("/v1/instructors/{instructorId}", { params: { path, header }, body: change }));
  same(changed.bio, change.bio);
  return changed;
}

async function places(): Promise<Schemas["Room"]> {
  const body: Schemas["LocationCreate"] = { name: "Annexe", time_zone: "Europe/Lisbon", address: { line1: "Rua A 1", city: "Lisboa" } };
  const location = answered(await flow.POST("/v1/locations", { body }), 201);
  const path = { locationId: location.id };
  const moved = answered(await flow.PATCH("/v1/locations/{locationId}", { params: { path }, body: { address: { city: "Porto" } } }));
  same(moved.address?.city, "Porto");
  const room = answered(await flow.POST("/v1/locations/{locationId}/rooms", { params: { path }, body: { name: "Attic", capacity: 12 } }), 201);
  const cellar = answered(await flow.POST("/v1/locations/{locationId}/rooms", { params: { path }, body: { name: "Cellar" } }), 201);
  const rooms = answered(await flow.GET("/v1/locations/{locationId}/rooms", { params: { path } }));
  same(rooms.data.length, 2);
  const inside = { ...path, roomId: cellar.id };
  const renamed = answered(
    await flow.PATCH("/v1/locations/{locationId}/rooms/{roomId}", { params: { path: inside }, body: { name: "Vault" } }),
  );
  same(renamed.name, "Vault");
  const left = answered(await flow.DELETE("/v1/locations/{locationId}/rooms/{roomId}", { params: { path: inside, ...tried } }));
  same(left.result, null);
  gone(await flow.DELETE("/v1/locations/{locationId}/rooms/{roomId}", { params: { path: inside } }));
  const garden = answered(await flow.POST("/v1/locations", { body: { name: "Garden" } }), 201);
  gone(await flow.DELETE("/v1/locations/{locationId}", { params: { path: { locationId: garden.id } } }));
  return room;
}

async function classes(instructor: Schemas["Instructor"], room: Schemas["Room"]): Promise<void> {
  const program = answered(await flow.POST("/v1/programs", { body: { name: "Generated", starts_on: "2030-01-07" } }), 201);
  const path = { programId: program.id };
  answered(await flow.PATCH("/v1/programs/{programId}", { params: { path }, body: { capacity: 20 } }));
  const body: Schemas["ClassCreate"] = {
    name: "Generated",
    duration_minutes: 30,
    room_id: room.id,
    instructor_id: instructor.id,
    program_id: program.id,
    price: { amount: 1800, currency: "EUR" },
    recurrence: { starts_on: "2026-01-05", weekly: [{ weekday: "tuesday", start_time: "05:10" }] },
  };
  const made = answered(await flow.POST("/v1/classes", { body }), 201);
  same(answered(await flow.GET("/v1/programs/{programId}", { params: { path } })).classes[0]?.id, made.id);
  const ofClass = { classId: made.id };
  const moved = { recurrence: { weekly: [{ weekday: "friday", start_time: "05:10" }] } } satisfies Schemas["ClassChange"];
  const trial = answered(await flow.PATCH("/v1/classes/{classId}", { params: { path: ofClass, ...tried }, body: moved }));
  const changed = answered(await flow.PATCH("/v1/classes/{classId}", { params: { path: ofClass }, body: moved }));
  same(changed.effects.moved, trial.effects.moved);
  same(changed.price?.amount, 1800);
  const schedule = answered(await flow.GET("/v1/schedule", { params: { query: { class_id: made.id } } }));
  const occurrence = schedule.data[0];
  if (!occurrence) throw new Error("the class has no occurrence");
  const ofOccurrence = { occurrenceId: occurrence.id };
  const noted = answered(await flow.PATCH("/v1/schedule/{occurrenceId}", { params: { path: ofOccurrence }, body: { note: "Bring a mat." } }));
  same(noted.note, "Bring a mat.");
  same(answered(await flow.DELETE("/v1/classes/{classId}", { params: { path: ofClass } })).status, "cancelled");
}

async function sales(): Promise<void> {
  const body: Schemas["PlanCreate"] = { name: "Generated", price: { amount: 5900, currency: "EUR" } };
  const plan = answered(await flow.POST("/v1/plans", { body }), 201);
  const path = { planId: plan.id };
  same(answered(await flow.PATCH("/v1/plans/{planId}", { params: { path }, body: { price: { amount: 6100 } } })).price.amount, 6100);
  same(answered(await flow.DELETE("/v1/plans/{planId}", { params: { path, ...tried } })).result?.status, "archived");
  same(answered(await flow.DELETE("/v1/plans/{planId}", { params: { path } })).status, "archived");
  const coupon = answered(await flow.POST("/v1/coupons", { body: { code: "GENERATED", percent_off: 10 } }), 201);
  same(answered(await flow.GET("/v1/coupons", { params: { query: { id: coupon.id } } })).data.length, 1);
  gone(await flow.DELETE("/v1/coupons/{couponId}", { params: { path: { couponId: coupon.id } } }));
}

async function members(): Promise<void> {
  const body: Schemas["MembershipCreate"] = { email: "generated@member.example" };
  const member = answered(await flow.POST("/v1/members/invites", { body }), 201);
  same(answered(await flow.POST("/v1/members/invites", { body })).id, member.id);
  const path = { membershipId: member.id };
  same(answered(await flow.PATCH("/v1/members/{membershipId}", { params: { path }, body: { first_name: "Ana" } })).first_name, "Ana");
  const cancelled = answered(await flow.POST("/v1/members/{membershipId}/cancel", { params: { path }, body: { when: "now" } }));
  same(cancelled.status, "cancelled");
}

async function content(): Promise<void> {
  const [first] = answered(await flow.GET("/v1/content", { params: { query: { limit: 1 } } })).data;
  if (!first) throw new Error("there is no content");
  const path = { contentId: first.id };
  same(answered(await flow.PATCH("/v1/content/{contentId}", { params: { path }, body: { title: "Generated" } })).title, "Generated");
  gone(await flow.DELETE("/v1/content/{contentId}", { params: { path } }));
}

const instructor = await instructors();
await classes(instructor, await places());
await sales();
await members();
await content();
console.log("openapi-fetch: every resource went its way");
