//! The second factor of who is signed in: its state, turning it on and off, and recovery codes. The secret is in the page that
//! turns it on, and recovery codes in the answer that makes them, and nowhere else.

use askama::Template;
use axum::{
    body::Body,
    extract::State,
    http::{Response, StatusCode},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use qrcode::{QrCode, render::svg};

use super::{
    form::Sent,
    frame::Frame,
    page::{lead_to, page, with_status},
    texts::TEXTS,
    time::local_time,
};
use crate::{
    access::sessions::caller::StaffCaller,
    operation::app::App,
    signin::second_factor::{
        change::{self, ChangeError},
        enrolment::{self, Offer},
        recovery::RecoveryCode,
        unscoped,
    },
    store::mailbox,
    wire::problem::Problem,
};

const SECOND_FACTOR: &str = "/studio/second-factor";
/// The least size of the QR code, in pixels.
const QR_SIZE: u32 = 220;
/// With fewer codes left, the page advises to make new ones.
const FEW_CODES: i64 = 4;

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage {
    frame: Frame,
    /// Since when it is on.
    since: Option<String>,
    codes_left: i64,
    has_few_codes: bool,
    is_required: bool,
}

#[derive(Template)]
#[template(path = "second_factor_new.html")]
struct TurnOnPage<'p> {
    frame: Frame,
    /// What the page offers; nothing where the gateway has no signing secret.
    offer: Option<OfferView<'p>>,
    is_required: bool,
    fault: Option<&'static str>,
}

/// A secret, as the page shows it.
struct OfferView<'p> {
    /// The QR code, as the address of an image.
    image: String,
    secret: String,
    form: &'p str,
}

#[derive(Template)]
#[template(path = "second_factor_change.html")]
struct ChangePage {
    frame: Frame,
    title: &'static str,
    hint: &'static str,
    button: &'static str,
    path: &'static str,
    is_required: bool,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct CodesPage {
    frame: Frame,
    codes: Vec<String>,
}

/// Its state.
pub(super) async fn show(State(app): State<App>, caller: StaffCaller) -> Result<Response<Body>, Problem> {
    let email_key = mailbox::key(&caller.session().email);
    let factor = unscoped::find(app.db.read(), &email_key).await?;
    let codes_left = unscoped::count_recovery_codes(app.db.read(), &email_key).await?;
    let since = factor.map(|factor| local_time(factor.turned_on_at, &caller.session().time_zone));
    page(&SecondFactorPage {
        frame: Frame::of(&app, &caller).await?,
        since,
        codes_left,
        has_few_codes: codes_left < FEW_CODES,
        is_required: is_required(&caller),
    })
}

/// The page that turns it on: a new secret each time.
pub(super) async fn new(State(app): State<App>, caller: StaffCaller) -> Result<Response<Body>, Problem> {
    if caller.session().has_second_factor {
        return show(State(app), caller).await;
    }
    new_offer(&app, &caller, StatusCode::OK).await
}

/// Turns it on, and shows the recovery codes.
pub(super) async fn turn_on(
    State(app): State<App>,
    caller: StaffCaller,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let code = form.text("code").unwrap_or_default();
    let offer = match enrolment::offered(&app, &caller, form.text("form").unwrap_or_default()) {
        Ok(offer) => offer,
        Err(ChangeError::Late) => return new_offer(&app, &caller, StatusCode::UNPROCESSABLE_ENTITY).await,
        Err(refused) => return done_or_failed(refused),
    };
    match enrolment::turn_on(&app, &caller, &offer, code).await {
        Ok(codes) => codes_page(&app, &caller, &codes).await,
        Err(refused @ (ChangeError::WrongCode | ChangeError::OtherPassword)) => {
            let is_wrong = matches!(refused, ChangeError::WrongCode);
            let fault = if is_wrong { TEXTS.wrong_code } else { TEXTS.other_password };
            offer_page(&app, &caller, StatusCode::UNPROCESSABLE_ENTITY, Some(&offer), Some(fault)).await
        }
        // Sent twice, or in two tabs: it is on.
        Err(refused) => done_or_failed(refused),
    }
}

/// The page that asks before it makes new recovery codes.
pub(super) async fn new_codes(State(app): State<App>, caller: StaffCaller) -> Result<Response<Body>, Problem> {
    let words = (TEXTS.new_codes, TEXTS.new_codes_hint, TEXTS.make_codes);
    change_page(app, caller, words, "/studio/second-factor/codes", false).await
}

/// Makes new recovery codes, and shows them.
pub(super) async fn make_codes(
    State(app): State<App>,
    caller: StaffCaller,
    Sent(_): Sent,
) -> Result<Response<Body>, Problem> {
    match change::make_recovery_codes(&app, &caller).await {
        Ok(codes) => codes_page(&app, &caller, &codes).await,
        Err(refused) => done_or_failed(refused),
    }
}

/// The page that asks before it turns the second factor off.
pub(super) async fn off(State(app): State<App>, caller: StaffCaller) -> Result<Response<Body>, Problem> {
    let words = (TEXTS.turn_off_title, TEXTS.turn_off_hint, TEXTS.turn_off);
    let is_required = is_required(&caller);
    change_page(app, caller, words, "/studio/second-factor/off", is_required).await
}

/// Turns it off.
pub(super) async fn turn_off(
    State(app): State<App>,
    caller: StaffCaller,
    Sent(_): Sent,
) -> Result<Response<Body>, Problem> {
    match change::turn_off(&app, &caller).await {
        Ok(()) => Ok(lead_to(SECOND_FACTOR)),
        Err(refused) => done_or_failed(refused),
    }
}

/// What was done already is not done again: the page of its state says so.
fn done_or_failed(refused: ChangeError) -> Result<Response<Body>, Problem> {
    match refused {
        ChangeError::Store(error) => Err(error.into()),
        ChangeError::NoSecret(_)
        | ChangeError::Late
        | ChangeError::WrongCode
        | ChangeError::OtherPassword
        | ChangeError::IsOn
        | ChangeError::IsOff => Ok(lead_to(SECOND_FACTOR)),
    }
}

fn is_required(caller: &StaffCaller) -> bool {
    caller.session().second_factor_required_since.is_some()
}

async fn offer_page(
    app: &App,
    caller: &StaffCaller,
    status: StatusCode,
    offer: Option<&Offer>,
    fault: Option<&'static str>,
) -> Result<Response<Body>, Problem> {
    let offer = offer.map(|offer| OfferView::of(offer, &caller.session().email)).transpose()?;
    let (frame, is_required) = (Frame::of(app, caller).await?, is_required(caller));
    with_status(status, &TurnOnPage { frame, offer, is_required, fault })
}

/// A new secret; where the status says that another was refused, the page says so.
async fn new_offer(app: &App, caller: &StaffCaller, status: StatusCode) -> Result<Response<Body>, Problem> {
    let fault = (status != StatusCode::OK).then_some(TEXTS.new_offer);
    match enrolment::offer(app, caller) {
        Ok(offer) => offer_page(app, caller, status, Some(&offer), fault).await,
        Err(_) => offer_page(app, caller, StatusCode::SERVICE_UNAVAILABLE, None, Some(TEXTS.no_signing_secret)).await,
    }
}

async fn change_page(
    app: App,
    caller: StaffCaller,
    (title, hint, button): (&'static str, &'static str, &'static str),
    path: &'static str,
    is_required: bool,
) -> Result<Response<Body>, Problem> {
    if !caller.session().has_second_factor {
        return show(State(app), caller).await;
    }
    page(&ChangePage { frame: Frame::of(&app, &caller).await?, title, hint, button, path, is_required })
}

async fn codes_page(app: &App, caller: &StaffCaller, codes: &[RecoveryCode]) -> Result<Response<Body>, Problem> {
    let codes = codes.iter().map(RecoveryCode::as_written).collect();
    page(&CodesPage { frame: Frame::of(app, caller).await?, codes })
}

impl<'p> OfferView<'p> {
    fn of(offer: &'p Offer, email: &str) -> Result<Self, Problem> {
        let url = offer.secret.url(email).ok_or_else(|| Problem::internal("no address for an app"))?;
        let code = QrCode::new(url).map_err(Problem::internal)?;
        let image = code.render::<svg::Color<'_>>().min_dimensions(QR_SIZE, QR_SIZE).build();
        let image = format!("data:image/svg+xml;base64,{}", BASE64_STANDARD.encode(image));
        Ok(Self { image, secret: offer.secret.as_typed(), form: &offer.form })
    }
}
