// The studio's website. It calls flow.js and nothing else. Texts go into the page as text, never as markup.
"use strict";

const { storefront, key } = document.body.dataset;
Flow.configure({ storefront });
const shop = Flow.storefront(key);
const at = (id) => document.getElementById(id);
let zone = "UTC";
let member = null;
// What the signed-in member may book, by the occurrence's id.
let own = new Map();

const element = (name, content, className = "") => {
  const made = document.createElement(name);
  made.className = className;
  made.append(...[content].flat().filter((one) => one !== null && one !== undefined));
  return made;
};
const money = ({ amount, currency }) => {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
};
const written = (instant, options) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }).format(new Date(instant));
const day = (instant) => written(instant, { weekday: "long", day: "numeric", month: "long" });
const time = (instant) => written(instant, { hour: "2-digit", minute: "2-digit" });

function complain(error) {
  at("problem").textContent = error.requestId ? `${error.message} (${error.requestId})` : error.message;
  at("problem").hidden = false;
}

// How often a plan is paid: "a month", "every 3 months".
const every = ({ billingInterval, billingIntervalCount }) =>
  billingInterval === "once" ? "once" : billingIntervalCount > 1 ? `every ${billingIntervalCount} ${billingInterval}s` : `a ${billingInterval}`;

async function showStudio() {
  const [config, site] = await Promise.all([shop.config(), shop.site()]);
  zone = config.timeZone;
  document.title = at("name").textContent = site.name;
  at("about").textContent = site.description || "";
  at("title").textContent = site.address?.city ? `Yoga, in ${site.address.city}` : site.name;
}

let timetable = [];

async function showTimetable() {
  const to = new Date(Date.now() + 7 * 24 * 3600 * 1000);
  const [classes, teachers, occurrences] = await Promise.all([
    shop.listClasses(), shop.listInstructors(), shop.listSchedule({ to, embed: "class,instructor,location,room" }),
  ]);
  timetable = occurrences;
  drawTimetable();
  at("class-list").replaceChildren(...classes.map((one) =>
    element("li", [
      element("h3", one.name),
      element("p", `${one.level === "all" ? "All levels" : one.level} · ${one.durationMinutes} minutes${one.price ? ` · ${money(one.price)}` : ""}`, "quiet"),
      one.description && element("p", one.description),
    ])));
  at("teacher-list").replaceChildren(...teachers.map((one) =>
    element("li", [element("h3", one.displayName), one.specialties.length ? element("p", one.specialties.join(", "), "quiet") : null, one.bio && element("p", one.bio)])));
}

function drawTimetable() {
  const days = new Map();
  for (const one of timetable) days.set(day(one.startsAt), [...(days.get(day(one.startsAt)) || []), one]);
  at("status").textContent = timetable.length ? "" : "There is no class this week.";
  at("days").replaceChildren(...[...days].map(([name, list]) =>
    element("section", [element("h3", name), element("ul", list.map(drawOccurrence), "day")])));
}

// A class for members alone has its name in what the signed-in member may book.
const called = (one) => one.class?.name || own.get(one.id)?.className || "Class";

function drawOccurrence(one) {
  const where = [one.instructor?.displayName, one.location?.name, one.room?.name].filter(Boolean).join(" · ");
  const isOff = one.status === "cancelled";
  const places = isOff ? `Cancelled${one.cancelReason ? `: ${one.cancelReason}` : ""}` : one.spotsLeft === null ? "" : one.spotsLeft === 0 ? "Full" : `${one.spotsLeft} ${one.spotsLeft === 1 ? "place" : "places"} left`;
  const item = element("li", [
    element("time", `${time(one.startsAt)}–${time(one.endsAt)}`),
    element("div", [element("strong", called(one)), element("span", where, "quiet")]),
    element("span", places, "places"),
    bookingButton(one),
  ], isOff ? "off" : "");
  item.id = one.id;
  return item;
}

// What a member may do about an occurrence: the server says, before they try.
const WHY_NOT = { booking_not_open: "Not open yet", booking_closed: "Closed", membership_not_active: "Not with your membership", occurrence_in_past: "Over" };

function bookingButton(one) {
  const mine = own.get(one.id);
  if (!mine || one.status === "cancelled") return null;
  if (mine.bookingId) return button("Cancel", () => member.cancelBooking(mine.bookingId), `Cancel ${called(one)}, ${time(one.startsAt)}`);
  if (mine.booking.open) return button("Book", () => member.book(one.id), `Book ${called(one)}, ${time(one.startsAt)}`, "main");
  if (mine.booking.code === "class_full") return button("Wait", () => member.book(one.id, { wait: true }), `Wait for a place in ${called(one)}, ${time(one.startsAt)}`);
  return element("span", WHY_NOT[mine.booking.code] || "Not open", "quiet");
}

function button(text, act, label, className = "") {
  const made = element("button", text, className);
  made.setAttribute("aria-label", label);
  made.addEventListener("click", async () => {
    made.disabled = true;
    at("problem").hidden = true;
    try {
      await act();
    } catch (error) {
      complain(error);
    }
    await Promise.all([showTimetable(), showOwn()]).catch(complain);
  });
  return made;
}

async function showPlans() {
  const plans = await shop.listPlans();
  at("plan-list").replaceChildren(...plans.map((one) =>
    element("li", [
      element("h3", one.name),
      element("p", [element("strong", money(one.price)), ` ${every(one)}`]),
      one.description && element("p", one.description),
    ])));
}

async function showOwn() {
  const me = await member.me();
  at("welcome").textContent = `Welcome, ${me.firstName || me.email}.`;
  at("mine").hidden = false;
  try {
    const [schedule, bookings] = await Promise.all([
      member.listSchedule({ to: new Date(Date.now() + 7 * 24 * 3600 * 1000) }), member.listBookings({ when: "upcoming" }),
    ]);
    own = new Map(schedule.map((one) => [one.id, one]));
    const shown = bookings.filter(({ status }) => status === "booked" || status === "waiting");
    at("booked").hidden = false;
    at("bookings").replaceChildren(...(shown.length ? shown.map(({ occurrence, className, status, position }) =>
      element("li", `${className || "Class"}, ${day(occurrence.startsAt)}, ${time(occurrence.startsAt)}${status === "waiting" ? ` (waiting, place ${position})` : ""}`)) : [element("li", "None so far.", "quiet")]));
    drawTimetable();
  } catch (error) {
    // A gateway without bookings shows the membership alone.
    if (error.code !== "unknown_operation") throw error;
  }
}

const handle = Flow.mountSignIn(at("sign-in"), {
  pk: key,
  onSignedIn: () => {
    at("problem").hidden = true;
    member = Flow.members(handle);
    showOwn().catch(complain);
  },
  onSignedOut: () => {
    member = null;
    own = new Map();
    at("mine").hidden = true;
    drawTimetable();
  },
  onError: complain,
});

showStudio()
  .then(() => Promise.all([showTimetable(), showPlans()]))
  .then(() => member && showOwn())
  .catch((error) => (at("status").textContent = `This cannot be shown: ${error.message}`));
