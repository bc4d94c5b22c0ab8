// The types of flow.js. Each field is described at `/docs` of the Storefront and of the Members surface.

/** An instant, as RFC 3339 in UTC. */
export type Instant = string;
/** A day, as YYYY-MM-DD. */
export type Day = string;

export interface Money {
  /** In minor units. */
  amount: number;
  currency: string;
}

export interface Address {
  line1: string | null;
  line2: string | null;
  city: string | null;
  region: string | null;
  postalCode: string | null;
  country: string | null;
}

export interface BookingWindow {
  opensMinutesBefore: number | null;
  closesMinutesBefore: number | null;
}

export interface Recurrence {
  startsOn: Day | null;
  endsOn: Day | null;
  weekly: { weekday: string; startTime: string }[];
  everyWeeks: number;
  exceptOn: Day[];
  dates: { date: Day; startTime: string }[];
}

export interface PublicClass {
  id: string;
  name: string;
  description: string | null;
  programId: string | null;
  instructorId: string | null;
  locationId: string | null;
  roomId: string | null;
  level: "all" | "beginner" | "intermediate" | "advanced";
  tags: string[];
  imageUrl: string | null;
  durationMinutes: number;
  capacity: number | null;
  price: Money | null;
  bookingWindow: BookingWindow | null;
  recurrence: Recurrence;
}

export interface PublicOccurrence {
  id: string;
  classId: string;
  startsAt: Instant;
  endsAt: Instant;
  localStart: string;
  timeZone: string;
  instructorId: string | null;
  locationId: string | null;
  roomId: string | null;
  capacity: number | null;
  spotsLeft: number | null;
  waitingCount: number;
  status: "scheduled" | "cancelled";
  cancelReason: string | null;
}

export interface PublicInstructor {
  id: string;
  displayName: string;
  slug: string | null;
  bio: string | null;
  photoUrl: string | null;
  specialties: string[];
  links: Record<string, string>;
  position: number;
}

export interface PublicRoom {
  id: string;
  name: string;
  capacity: number | null;
  amenities: string[];
}

export interface LocationWithoutRooms {
  id: string;
  name: string;
  kind: "physical" | "online";
  address: Address | null;
  timeZone: string | null;
  latitude: number | null;
  longitude: number | null;
  phone: string | null;
  email: string | null;
  description: string | null;
  directions: string | null;
}

export interface PublicLocation extends LocationWithoutRooms {
  rooms: PublicRoom[];
  moreRooms: boolean;
}

/** The last four are there where `embed` asked for them; null where the row is not public. */
export interface TimetableOccurrence extends PublicOccurrence {
  class?: PublicClass | null;
  instructor?: PublicInstructor | null;
  location?: LocationWithoutRooms | null;
  room?: PublicRoom | null;
}

export interface PublicPlan {
  id: string;
  name: string;
  description: string | null;
  kind: "membership" | "class_pack" | "drop_in" | "trial";
  price: Money;
  billingInterval: "week" | "month" | "year" | "once";
  billingIntervalCount: number;
  classCredits: number | null;
  trialDays: number | null;
  programIds: string[];
  position: number;
}

export interface PublicProgram {
  id: string;
  name: string;
  slug: string | null;
  description: string | null;
  kind: "course" | "series" | "workshop" | "retreat";
  startsOn: Day | null;
  endsOn: Day | null;
  imageUrl: string | null;
  instructorIds: string[];
  price: Money | null;
  capacity: number | null;
}

export interface PublicContent {
  id: string;
  title: string;
  description: string | null;
  kind: "video" | "audio" | "article" | "playlist";
  mediaUrl: string | null;
  thumbnailUrl: string | null;
  durationSeconds: number | null;
  instructorId: string | null;
  programId: string | null;
  tags: string[];
  publishedAt: Instant | null;
}

export interface PublicConfig {
  studioId: string;
  slug: string;
  name: string;
  timeZone: string;
  currency: string;
  locale: string;
}

export interface PublicSite {
  name: string;
  description: string | null;
  logoUrl: string | null;
  contact: { email: string | null; phone: string | null };
  address: Address | null;
  links: Record<string, string>;
}

export interface PublicPolicies {
  cancellation: string | null;
  lateCancellationMinutes: number | null;
  noShow: string | null;
  waiver: string | null;
  privacy: string | null;
  terms: string | null;
}

export interface Me {
  id: string;
  version: number;
  createdAt: Instant;
  updatedAt: Instant;
  email: string;
  firstName: string | null;
  lastName: string | null;
  phone: string | null;
  birthDate: Day | null;
  marketingConsent: boolean;
  planId: string | null;
  status: "invited" | "active" | "paused" | "cancelled" | "expired";
  startsOn: Day | null;
  endsOn: Day | null;
  cancelOn: Day | null;
  lastSignedInAt: Instant | null;
}

/** The own fields that a member may change. */
export type MeChanges = Partial<Pick<Me, "firstName" | "lastName" | "phone" | "birthDate" | "marketingConsent">>;

/** The filters of a list, by the names of its parameters. */
export type Filters = Record<string, string | number | boolean | Date | null | undefined>;

/** Awaited, all rows; with `for await`, row by row. It follows the list's cursors. */
export interface List<Row> extends PromiseLike<Row[]>, AsyncIterable<Row> {
  catch<T>(failed: (error: FlowError) => T): Promise<Row[] | T>;
  finally(after: () => void): Promise<Row[]>;
}

export interface Storefront {
  listClasses(filters?: Filters): List<PublicClass>;
  /** With `embed: "class,instructor,location,room"`, each row shows these. */
  listSchedule(filters?: Filters): List<TimetableOccurrence>;
  listInstructors(filters?: Filters): List<PublicInstructor>;
  listLocations(filters?: Filters): List<PublicLocation>;
  listPlans(filters?: Filters): List<PublicPlan>;
  listPrograms(filters?: Filters): List<PublicProgram>;
  listContent(filters?: Filters): List<PublicContent>;
  getProgram(id: string): Promise<PublicProgram & { classes: PublicClass[] }>;
  config(): Promise<PublicConfig>;
  site(): Promise<PublicSite>;
  policies(): Promise<PublicPolicies>;
}

/**
 * The codes that flow.js gives itself.
 * - `not_configured`: a call lacks a key, an element or an origin.
 * - `network`: the server cannot be reached, or the page's Content-Security-Policy (`connect-src`) blocks it.
 * - `timeout`: no answer within ten seconds.
 * - `malformed_answer`: the answer is no JSON. `unknown`: an error without a code, as a proxy makes it.
 * - `frame_blocked`: a Content-Security-Policy blocks the sign-in; `directive` names which of its directives.
 * - `origin_not_allowed`: the page has no origin of its own.
 * - `not_signed_in`: nobody is signed in. `sign_in_again`: the sign-in was loaded anew, in a browser that keeps no cookie for it.
 * - `unavailable`: the sign-in does not answer, or was loaded anew meanwhile.
 * - `destroyed`: the sign-in was taken off the page.
 */
export type FlowCode =
  | "not_configured"
  | "network"
  | "timeout"
  | "malformed_answer"
  | "unknown"
  | "frame_blocked"
  | "origin_not_allowed"
  | "not_signed_in"
  | "sign_in_again"
  | "unavailable"
  | "destroyed";

/** What a FlowError says beside its code and its message. */
export interface FlowErrorMore {
  status?: number;
  errors?: { pointer: string; detail: string }[];
  requestId?: string | null;
  directive?: string;
}

/** What went wrong. */
export class FlowError extends Error {
  constructor(code: FlowCode | (string & {}), message: string, more?: FlowErrorMore);
  /** One of flow.js, or the API's: `/docs` lists these. */
  code: FlowCode | (string & {});
  /** The HTTP status; 0 without an answer. */
  status: number;
  /** Which fields are not valid. */
  errors: { pointer: string; detail: string }[];
  /** What the server's log knows the call by. */
  requestId: string | null;
  /** The directive of a Content-Security-Policy, with `frame_blocked`. */
  directive?: string;
}

export interface SignInOptions {
  /** The publishable key. Its allowed origins name the page. */
  pk: string;
  /** By default that of the page around it. */
  theme?: "auto" | "light" | "dark";
  onSignedIn?(handle: SignInHandle): void;
  onSignedOut?(): void;
  onError?(error: FlowError): void;
}

/** A sign-in on the page. Each promise settles within ten seconds. */
export interface SignInHandle {
  /** A token that is good for another half minute at least. Rejects with `not_signed_in` where nobody is. */
  getToken(): Promise<string>;
  signOut(): Promise<void>;
  /** Takes the sign-in off the page. Nobody is signed out. */
  destroy(): Promise<void>;
}

/** A date of a class, with what the member may do about it. */
export interface MemberOccurrence extends PublicOccurrence {
  className: string;
  /** Whether the member can book it now; if not, `code` is what an attempt would be refused with. */
  booking: { open: boolean; code: string | null; opensAt: Instant | null; closesAt: Instant | null };
  bookingId: string | null;
}

/** A booking of the member. */
export interface MyBooking {
  id: string;
  version: number;
  createdAt: Instant;
  updatedAt: Instant;
  status: "booked" | "waiting" | "cancelled" | "late_cancelled" | "attended" | "no_show";
  cancelledAt: Instant | null;
  occurrenceId: string;
  startsAt: Instant;
  endsAt: Instant;
  occurrence: PublicOccurrence;
  className: string;
  /** The position in the waiting list. */
  position: number | null;
  /** The member's other bookings for the same time. */
  overlaps: string[];
}

export interface CalendarFeed {
  createdAt: Instant;
}

export interface CalendarLink extends CalendarFeed {
  url: string;
  webcalUrl: string;
}

export interface Members {
  me(): Promise<Me>;
  updateMe(changes: MeChanges): Promise<Me>;
  listSchedule(filters?: Filters): List<MemberOccurrence>;
  listBookings(filters?: Filters): List<MyBooking>;
  getBooking(id: string): Promise<MyBooking>;
  /** With `wait`, a place in the waiting list of a class that is full. */
  book(occurrenceId: string, options?: { wait?: boolean }): Promise<MyBooking>;
  cancelBooking(id: string): Promise<MyBooking>;
  /** Fails with `not_found` where there is none. */
  calendarFeed(): Promise<CalendarFeed>;
  /** A link that is shown this once, in place of the one before. */
  makeCalendarFeed(): Promise<CalendarLink>;
  revokeCalendarFeed(): Promise<null>;
}

export interface FlowApi {
  /** Where the two surfaces are. By default the Members surface is where the script comes from. */
  configure(where: { members?: string; storefront?: string }): void;
  storefront(pk: string): Storefront;
  mountSignIn(element: Element, options: SignInOptions): SignInHandle;
  members(handle: SignInHandle): Members;
  FlowError: typeof FlowError;
}

export const Flow: FlowApi;
export default Flow;

declare global {
  var Flow: FlowApi;
}
