//! The error codes of problems: a closed list. Each says what the caller can do; the docs pages print the same texts.

macro_rules! codes {
    ($($code:ident $name:literal $status:literal $title:literal $advice:literal)*) => {
        /// An error code that a program can branch on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $code),* }

        impl Code {
            /// Every code, in the order of the docs page.
            pub const ALL: &'static [Code] = &[$(Code::$code),*];

            /// The code of this name.
            pub fn named(name: &str) -> Option<Self> { Self::ALL.iter().copied().find(|code| code.name() == name) }

            /// The body's `code`.
            pub const fn name(self) -> &'static str { match self { $(Code::$code => $name),* } }

            /// The HTTP status.
            pub const fn status(self) -> u16 { match self { $(Code::$code => $status),* } }

            /// The body's `title`: the same for every problem of this code.
            pub const fn title(self) -> &'static str { match self { $(Code::$code => $title),* } }

            /// What the caller should do next, for the docs page.
            pub const fn advice(self) -> &'static str { match self { $(Code::$code => $advice),* } }
        }
    };
}

codes! {
    MalformedRequest "malformed_request" 400 "The request could not be understood"
        "Read `detail`, correct the JSON, the query or the cursor, and send it again. Keys belong in the `Authorization` header, never in the URL."
    MissingKey "missing_key" 401 "No key was sent"
        "Send `Authorization: Bearer <key>`."
    MalformedKey "malformed_key" 401 "This is not a key"
        "The key is mistyped or cut off. Copy it again, whole."
    UnknownKey "unknown_key" 401 "This key is unknown"
        "Check that the key belongs to this gateway. A key with a wrong secret part is unknown as well."
    RevokedKey "revoked_key" 401 "This key was revoked"
        "Use its replacement, or ask the studio's owner for a new key."
    ExpiredKey "expired_key" 401 "This key has expired"
        "Ask the studio's owner for a new key."
    MissingToken "missing_token" 401 "No member token was sent"
        "Send `Authorization: Bearer <token>`, with a token of the sign-in widget."
    InvalidToken "invalid_token" 401 "This member token does not count"
        "It is not a token of this gateway, or its session has ended. Ask the sign-in widget for a new one."
    ExpiredToken "expired_token" 401 "This member token has expired"
        "Ask the sign-in widget for a new one: `getToken()` does."
    NotSignedIn "not_signed_in" 401 "No member of this studio is signed in here"
        "Show the sign-in."
    SecretKeyInBrowser "secret_key_in_browser" 403 "A browser sent a secret key"
        "Secret keys belong on servers. Revoke this one, use a publishable key in the page, and let a server of your own call Management. A server that forwards a browser's request must drop its `Origin` and `Sec-Fetch-*` headers."
    WrongKeyKind "wrong_key_kind" 403 "This surface takes the other kind of key"
        "The Storefront takes publishable keys (`flow_pk_…`), Management takes secret keys (`flow_sk_…`)."
    OriginNotAllowed "origin_not_allowed" 403 "This key or token does not allow this origin"
        "Add the site's origin to a new key, or call from an origin that the key allows. A member token is used from the page that it was handed to."
    NetworkNotAllowed "network_not_allowed" 403 "This key does not allow this network"
        "Call from a network that the key allows."
    InsufficientScope "insufficient_scope" 403 "This key lacks the scope of the operation"
        "Make a key that has `required_scope`; scopes are never added to a key."
    CrossSiteForm "cross_site_form" 403 "This form was not sent by a page of the dashboard"
        "The dashboard takes forms of its own pages, sent by a browser. A program uses a key."
    InsufficientRole "insufficient_role" 403 "Your role in this studio does not include this"
        "Ask an owner of the studio."
    UnknownOperation "unknown_operation" 404 "This operation does not exist"
        "Compare the path with the list of operations in these pages."
    NotFound "not_found" 404 "This row does not exist"
        "No row of this studio has this id."
    MethodNotAllowed "method_not_allowed" 405 "This path does not take this method"
        "The `Allow` header names the methods that it takes."
    Conflict "conflict" 409 "A rule for the studio's data does not allow this"
        "Read `detail`, look at the current rows, and decide what to do."
    LocationInUse "location_in_use" 409 "Classes still take place at this location"
        "Move or cancel its future classes first."
    RoomInUse "room_in_use" 409 "Classes still take place in this room"
        "Move or cancel its future classes first."
    OccurrenceInPast "occurrence_in_past" 409 "This occurrence has started, or would start in the past"
        "An occurrence that has started cannot be changed, booked or cancelled. Choose a time in the future."
    CapacityBelowBooked "capacity_below_booked" 409 "More people have booked than this capacity allows"
        "Cancel bookings first, or choose a larger capacity."
    RoomConflict "room_conflict" 409 "The room is taken at that time"
        "`occurrence_id` is what takes place there. Choose another room or time."
    InstructorConflict "instructor_conflict" 409 "The instructor teaches another class at that time"
        "`occurrence_id` is what the instructor teaches then. Choose another instructor or time."
    ClassFull "class_full" 409 "No place is left in this class"
        "Book another class, or send `\"wait\": true` to join the waiting list."
    AlreadyBooked "already_booked" 409 "This member has booked it already"
        "Show the booking: `GET /v1/me/schedule` names it as `booking_id`."
    BookingNotOpen "booking_not_open" 409 "Booking has not opened yet"
        "Try again from `booking.opens_at` on, which `GET /v1/me/schedule` shows."
    BookingClosed "booking_closed" 409 "Booking has closed"
        "Ask the studio, or book another class."
    OccurrenceCancelled "occurrence_cancelled" 409 "This occurrence does not take place"
        "Book another one."
    MembershipNotActive "membership_not_active" 409 "The membership is not active on that day"
        "It is paused, is over, has not begun, or is over by then. Ask the studio."
    AlreadyMember "already_member" 409 "This person is already a member"
        "Find the membership by its `email` and change it."
    PersonErased "person_erased" 409 "This person's data was erased"
        "Only a hash of the address is kept. If they want to return, run `flow-gateway members readmit`."
    IdempotencyInProgress "idempotency_in_progress" 409 "The first request with this Idempotency-Key is still running"
        "Wait a moment, then send the same request again."
    VersionMismatch "version_mismatch" 412 "The row has changed since you read it"
        "Read the row again, apply your change to it, and send the new version in `If-Match`."
    BodyTooLarge "body_too_large" 413 "The body is too large"
        "Send less in one request."
    UnsupportedMediaType "unsupported_media_type" 415 "This media type is not understood"
        "Send JSON with `Content-Type: application/json`, and without `Content-Encoding`."
    ValidationFailed "validation_failed" 422 "Some fields are not valid"
        "`errors` lists every fault with a JSON Pointer (RFC 6901) to the field. Correct them all and send the request again."
    IdempotencyKeyReused "idempotency_key_reused" 422 "This Idempotency-Key belongs to another request"
        "Use a new key for each new request."
    RateLimited "rate_limited" 429 "Too many requests"
        "Wait as long as `Retry-After` says."
    Internal "internal" 500 "Something went wrong in the gateway"
        "Try again. If it happens again, report the `request_id`."
    Unavailable "unavailable" 503 "The gateway cannot reach its data"
        "Wait as long as `Retry-After` says, then send the same request again."
    Overloaded "overloaded" 503 "The gateway is busy"
        "Wait as long as `Retry-After` says, then send the same request again."
    Timeout "timeout" 504 "The request took too long"
        "Send it again; with an `Idempotency-Key` a write is applied once."
}

impl Code {
    /// Whether a call with a key or a member token may get it. The others are for people in the dashboard.
    pub const fn is_for_api_callers(self) -> bool {
        !matches!(self, Code::CrossSiteForm | Code::InsufficientRole)
    }

    /// Whether a call with a key alone may get it.
    pub const fn is_about_keys(self) -> bool {
        matches!(
            self,
            Code::MissingKey
                | Code::MalformedKey
                | Code::UnknownKey
                | Code::RevokedKey
                | Code::ExpiredKey
                | Code::WrongKeyKind
                | Code::NetworkNotAllowed
                | Code::InsufficientScope
        )
    }

    /// Whether a call with a member token alone may get it.
    pub const fn is_about_tokens(self) -> bool {
        matches!(self, Code::MissingToken | Code::InvalidToken | Code::ExpiredToken | Code::NotSignedIn)
    }
}
