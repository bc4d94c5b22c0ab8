//! The Members surface: what signed-in members may call with a token, and what anyone reaches there, which are the files of its pages
//! and the public keys of member tokens. The pages themselves stand in `member_pages`.

use std::sync::LazyLock;

use axum::{
    body::Body,
    extract::State,
    http::{Response, header},
    response::IntoResponse,
};
use serde_json::{Value, json};

use super::{
    assets::{self, AssetKind, OpenRow},
    calendar, flow_js,
    studio::{FORMS, STYLE},
};
use crate::{
    access::{member_tokens::caller::MemberCaller, signing_keys::stored::SigningKey},
    dashboard::page::POLICY,
    operation::{
        app::App,
        document::{self, About, tags::DocumentTag},
        endpoint::{Endpoint, member_delete, member_get, member_patch, member_post, page},
    },
    resources::{
        bookings::{me as bookings, me_schedule},
        members::{calendar::me as calendar_feed, me},
    },
    wire::problem::Problem,
};

/// The rows of the API.
pub fn endpoints() -> Vec<Endpoint<MemberCaller>> {
    vec![
        member_get("/v1/me", "membersGetMe", me::show).says(me::SHOWING),
        member_patch("/v1/me", "membersUpdateMe", me::change).says(me::CHANGING),
        member_get("/v1/me/schedule", "membersListSchedule", me_schedule::list).says(me_schedule::LISTING),
        member_get("/v1/me/bookings", "membersListBookings", bookings::list).says(bookings::LISTING),
        member_post("/v1/me/bookings", "membersCreateBooking", bookings::book).says(bookings::BOOKING),
        member_get("/v1/me/bookings/{bookingId}", "membersGetBooking", bookings::show).says(bookings::SHOWING),
        member_delete("/v1/me/bookings/{bookingId}", "membersCancelBooking", bookings::cancel)
            .says(bookings::CANCELLING),
        member_get("/v1/me/calendar-feed", "membersGetCalendarFeed", calendar_feed::show).says(calendar_feed::SHOWING),
        member_post("/v1/me/calendar-feed", "membersCreateCalendarFeed", calendar_feed::make)
            .says(calendar_feed::MAKING),
        member_delete("/v1/me/calendar-feed", "membersDeleteCalendarFeed", calendar_feed::revoke)
            .says(calendar_feed::REVOKING),
    ]
}

/// What the document says of the surface. The script's path and hash are those of this version.
static DESCRIPTION: LazyLock<String> = LazyLock::new(|| {
    let flow_js::PinnedScript { path, integrity, .. } = flow_js::current();
    format!(
        "The API for a studio's signed-in members, called by the studio's page with the member's token. Send \
`Authorization: Bearer <token>`. A token lives ten minutes, and works in a browser, from the page that it was handed to: a call \
from another `Origin`, or without one, is refused. When the member signs out, or the membership is over, its tokens are refused at \
once.

## flow.js

`flow.js` shows the sign-in, keeps a token, and makes the calls. It has no dependencies; its types are at `/flow.d.ts`.

```html
<div id=\"sign-in\"></div>
<script src=\"https://MEMBERS/flow.js\"></script>
<script>
  Flow.configure({{ storefront: \"https://STOREFRONT\" }});
  const handle = Flow.mountSignIn(document.getElementById(\"sign-in\"), {{
    pk: \"flow_pk_…\",
    onSignedIn: async () => console.log(await Flow.members(handle).me()),
    onError: (error) => console.error(error.code, error.message),
  }});
</script>
```

The key's allowed origins must name the page. As a module: `import {{ Flow }} from \"https://MEMBERS/flow.mjs\"`. This version never \
changes under its own path, so that a page may pin it:

```html
<script src=\"https://MEMBERS{path}\" integrity=\"{integrity}\" crossorigin=\"anonymous\"></script>
```

A page with a `Content-Security-Policy` names this surface's origin in `script-src`, `frame-src` and `connect-src`, and the \
Storefront's in `connect-src`.

## Tokens on a site's own server

A site's own server may check a token with the public keys at `/.well-known/jwks.json`: EdDSA (Ed25519); `iss` is this surface's \
URL, `aud` the studio, `sub` the membership, `origin` the page's origin, `azp` the id of its publishable key. A new key is published an hour before it signs. Such a \
server learns that a session has ended when the token expires. `examples/verify-token` shows how, in Node and in Python."
    )
});

fn about() -> About {
    About {
        title: "Flow Gateway: Members",
        description: &DESCRIPTION,
        credential: "memberToken",
        credential_says: "A member token, which the sign-in widget hands to the page that frames it.",
    }
}

/// The tags of the document.
pub fn tags() -> Vec<&'static DocumentTag> {
    document::tags::tags(endpoints().iter().map(|endpoint| &endpoint.rule))
}

/// The OpenAPI document.
pub fn document() -> Value {
    document::fold(&about(), &endpoints())
}

/// The rows that need no credential.
pub fn rows() -> Vec<OpenRow<App>> {
    let mut rows = vec![
        assets::file("/members.css", AssetKind::Style, STYLE, POLICY),
        assets::file("/members.js", AssetKind::Script, FORMS, POLICY),
        assets::file("/widget.css", AssetKind::Style, &include_bytes!("../../web/members/widget.css")[..], POLICY),
        assets::file("/widget.js", AssetKind::Script, &include_bytes!("../../web/members/widget.js")[..], POLICY),
        page("/.well-known/jwks.json", public_keys),
        calendar::row(),
    ];
    rows.extend(flow_js::rows());
    rows
}

/// The public keys of member tokens (RFC 7517).
async fn public_keys(State(app): State<App>) -> Result<Response<Body>, Problem> {
    let keys = app.access.signing_keys.published().await?;
    let keys: Vec<_> = keys.iter().map(SigningKey::jwk).collect();
    let headers = [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, json!({"keys": keys}).to_string()).into_response())
}
