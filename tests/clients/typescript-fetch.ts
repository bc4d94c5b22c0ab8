// Calls a running gateway with the client that openapi-generator's typescript-fetch makes of its document. Each resource goes the way of
// an integration: create, list, try a change, change, remove.

import {
  ClassesApi,
  Configuration,
  ContentApi,
  CouponsApi,
  InstructorsApi,
  LocationsApi,
  MembersApi,
  PlansApi,
  ProgramsApi,
  ScheduleApi,
  type WeeklySlot,
} from "./generated/typescript-fetch/index.js";

const { MANAGEMENT_URL = "", FLOW_SECRET_KEY = "" } = process.env;
const flow = new Configuration({ basePath: MANAGEMENT_URL, accessToken: FLOW_SECRET_KEY });
const dryRun = true;

function same(found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${String(found)} is not ${String(wanted)}`);
}

async function gone(answer: Promise<{ raw: Response }>): Promise<void> {
  same((await answer).raw.status, 204);
}

async function instructors(): Promise<string> {
  const api = new InstructorsApi(flow);
  const instructorCreate = { displayName: "Rita Sousa" };
  same((await api.managementCreateInstructor({ instructorCreate, dryRun })).dryRun, true);
  const { id, version } = await api.managementCreateInstructor({ instructorCreate });
  same((await api.managementListInstructors({ id })).data[0]?.id, id);
  const change = { instructorId: id, instructorChange: { bio: "Teaches slow mornings." } };
  same((await api.managementUpdateInstructor({ ...change, dryRun })).bio, change.instructorChange.bio);
  same((await api.managementUpdateInstructor({ ...change, ifMatch: `"${version}"` })).version, version + 1);
  return id;
}

async function places(): Promise<string> {
  const api = new LocationsApi(flow);
  const { id: locationId } = await api.managementCreateLocation({ locationCreate: { name: "Annexe", address: { city: "Lisboa" } } });
  const moved = await api.managementUpdateLocation({ locationId, locationChange: { address: { city: "Porto" } } });
  same(moved.address?.city, "Porto");
  const room = await api.managementCreateRoom({ locationId, roomCreate: { name: "Attic", capacity: 12 } });
  const { id: roomId } = await api.managementCreateRoom({ locationId, roomCreate: { name: "Cellar" } });
  same((await api.managementListRooms({ locationId })).data.length, 2);
  same((await api.managementUpdateRoom({ locationId, roomId, roomChange: { name: "Vault" } })).name, "Vault");
  same((await api.managementDeleteRoom({ locationId, roomId, dryRun }))?.result, null);
  await gone(api.managementDeleteRoomRaw({ locationId, roomId }));
  const garden = await api.managementCreateLocation({ locationCreate: { name: "Garden" } });
  await gone(api.managementDeleteLocationRaw({ locationId: garden.id }));
  return room.id;
}

async function classes(instructorId: string, roomId: string): Promise<void> {
  const [api, programs, schedule] = [new ClassesApi(flow), new ProgramsApi(flow), new ScheduleApi(flow)];
  const { id: programId } = await programs.managementCreateProgram({ programCreate: { name: "Generated" } });
  same((await programs.managementUpdateProgram({ programId, programChange: { capacity: 20 } })).capacity, 20);
  const on = (weekday: WeeklySlot["weekday"]): WeeklySlot[] => [{ weekday, startTime: "05:10" }];
  const { id: classId } = await api.managementCreateClass({
    classCreate: {
      name: "Generated",
      durationMinutes: 30,
      roomId,
      instructorId,
      programId,
      price: { amount: 1800, currency: "EUR" },
      recurrence: { startsOn: new Date("2026-01-05"), weekly: on("tuesday") },
    },
  });
  same((await programs.managementGetProgram({ programId })).classes[0]?.id, classId);
  const classChange = { recurrence: { weekly: on("friday") } };
  const tried = await api.managementUpdateClass({ classId, classChange, dryRun });
  const changed = await api.managementUpdateClass({ classId, classChange });
  same(changed.effects.moved, tried.effects.moved);
  same(changed.price?.amount, 1800);
  const occurrence = (await schedule.managementListSchedule({ classId, from: "2026-01-01" })).data.at(-1);
  const noted = { occurrenceId: occurrence?.id ?? "", occurrenceChange: { note: "Bring a mat." } };
  same((await schedule.managementRescheduleOccurrence(noted)).note, "Bring a mat.");
  same((await api.managementCancelClass({ classId })).status, "cancelled");
}

async function sales(): Promise<void> {
  const [api, coupons] = [new PlansApi(flow), new CouponsApi(flow)];
  const planCreate = { name: "Generated", price: { amount: 5900, currency: "EUR" } };
  const { id: planId } = await api.managementCreatePlan({ planCreate });
  same((await api.managementUpdatePlan({ planId, planChange: { price: { amount: 6100 } } })).price.amount, 6100);
  same((await api.managementArchivePlan({ planId, dryRun })).result?.status, "archived");
  same((await api.managementArchivePlan({ planId })).status, "archived");
  const { id } = await coupons.managementCreateCoupon({ couponCreate: { code: "GENERATED", percentOff: 10 } });
  same((await coupons.managementListCoupons({ id })).data.length, 1);
  await gone(coupons.managementDeleteCouponRaw({ couponId: id }));
}

async function members(): Promise<void> {
  const api = new MembersApi(flow);
  const { id: membershipId } = await api.managementInviteMember({ membershipCreate: { email: "generated@fetch.example" } });
  same((await api.managementUpdateMember({ membershipId, membershipChange: { firstName: "Ana" } })).firstName, "Ana");
  const cancelled = await api.managementCancelMembership({ membershipId, cancellation: { when: "now" } });
  same(cancelled.status, "cancelled");
}

async function content(): Promise<void> {
  const api = new ContentApi(flow);
  const contentId = (await api.managementListContent({ limit: 1 })).data[0]?.id ?? "";
  same((await api.managementUpdateContent({ contentId, contentChange: { title: "Generated" } })).title, "Generated");
  await gone(api.managementDeleteContentRaw({ contentId }));
}

await classes(await instructors(), await places());
await sales();
await members();
await content();
console.log("openapi-generator typescript-fetch: every resource went its way");
