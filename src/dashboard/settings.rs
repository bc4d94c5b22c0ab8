//! The studio's profile and policies, for owners. A change goes through the schema and the rules of `studio change`, and leaves
//! the same audit row.

use askama::Template;
use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::Response,
};

use super::{
    form::Sent,
    frame::Frame,
    page::{lead_to, with_status},
    row_form::{Control, FormField, FormSection, RowForm, outdated},
    texts::TEXTS,
    time::local_time,
    turn::WriteInTurn,
};
use crate::{
    access::{
        caller::Caller,
        change_limits::StudioChange,
        sessions::{caller::StaffCaller, pages::SETTINGS},
        vendors::{self, Vendor},
    },
    operation::{app::App, write::Change},
    resources::studios::{self, Studio},
    store::{id::Named, row::Row},
    wire::{
        form::Fields,
        problem::{Code, Problem},
    },
};

/// The fields of the form that name a new link.
const NEW_LINK: [&str; 2] = ["new_link_name", "new_link_address"];
/// The fields of an address. When all of them are empty, the studio has no address.
const ADDRESS: [&str; 6] =
    ["address/line1", "address/line2", "address/postal_code", "address/city", "address/region", "address/country"];
/// What the query of the page says after a change.
const SAVED: &str = "saved";

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    frame: Frame,
    version: Option<i64>,
    note: Option<&'static str>,
    faults: Vec<String>,
    sections: Vec<FormSection>,
    was_saved: bool,
    vendors: Vec<VendorView>,
}

/// Who uses keys, as the page shows it.
struct VendorView {
    used_by: String,
    working: i64,
    ended: i64,
    last_used: String,
    /// When somebody ended it, and who.
    ended_by: Option<String>,
}

/// The form.
pub(super) async fn show(
    State(app): State<App>,
    caller: StaffCaller,
    RawQuery(query): RawQuery,
) -> Result<Response<Body>, Problem> {
    let studio = find(&app, &caller).await?;
    let form = form_of(&studio, &caller)?;
    page(&app, &caller, &studio, form, query.as_deref() == Some(SAVED)).await
}

/// Changes what was typed anew.
pub(super) async fn change(
    State(app): State<App>,
    caller: StaffCaller,
    Sent(typed): Sent,
) -> Result<Response<Body>, Problem> {
    app.access.change_limits.take(caller.studio(), StudioChange::Settings, app.clock.uptime())?;
    let problem = match save(&app, &caller, typed.clone()).await {
        Ok(()) => return Ok(lead_to(&format!("{SETTINGS}?{SAVED}"))),
        Err(problem) => problem,
    };
    let studio = find(&app, &caller).await?;
    let form = form_of(&studio, &caller)?.filled_in(with_new_link(typed));
    let form = if problem.code() == Code::VersionMismatch { form.outdated() } else { form.refused(&problem)? };
    page(&app, &caller, &studio, form, false).await
}

/// In the studio's turn, since its timetable follows its time zone.
async fn save(app: &App, caller: &StaffCaller, typed: Fields) -> Result<(), Problem> {
    let mut write = WriteInTurn::begin(app, caller).await?;
    let tx = &mut write.tx;
    let studio = studios::find(tx.on()).await?.ok_or_else(|| Problem::not_found(Studio::NOUN))?;
    if RowForm::shown_version(&typed) != Some(studio.version) {
        return Err(outdated());
    }
    let mut changes = form_of(&studio, caller)?.filled_in(with_new_link(typed.clone())).changes();
    let has_address = ADDRESS.iter().any(|field| typed.text(field).is_some_and(|text| !text.trim().is_empty()));
    if !has_address && ADDRESS.iter().any(|field| changes.text(field).is_some()) {
        for field in ADDRESS {
            changes.remove(field);
        }
        changes.set("address", "");
    }
    studios::edit(tx, studio, &Change::from_form(changes), &caller.actor()).await?;
    Ok(write.commit().await?)
}

/// What was typed for a new link, as a field of the row.
fn with_new_link(mut typed: Fields) -> Fields {
    let [name, address] = NEW_LINK.map(|field| typed.text(field).unwrap_or_default().trim().to_owned());
    for field in NEW_LINK {
        typed.remove(field);
    }
    if !name.is_empty() || !address.is_empty() {
        typed.set(&format!("links/{}", name.replace('~', "~0").replace('/', "~1")), &address);
    }
    typed
}

async fn find(app: &App, caller: &StaffCaller) -> Result<Row<Studio>, Problem> {
    studios::find(app.db.of(caller.studio())).await?.ok_or_else(|| Problem::not_found(Studio::NOUN))
}

fn form_of(studio: &Row<Studio>, caller: &StaffCaller) -> Result<RowForm, Problem> {
    RowForm::of(&studio.fields, &caller.session().time_zone, &[])
}

async fn page(
    app: &App,
    caller: &StaffCaller,
    studio: &Row<Studio>,
    form: RowForm,
    was_saved: bool,
) -> Result<Response<Body>, Problem> {
    let sections = sections(&form);
    let (frame, faults) = (Frame::of(app, caller).await?, form.other_faults(&sections));
    let version = Some(studio.version);
    let vendors = vendors::list(app.db.of(caller.studio()), app.clock.now()).await?;
    let vendors = vendors.into_iter().map(|vendor| VendorView::of(vendor, caller)).collect();
    let page = SettingsPage { frame, version, note: form.note(), faults, sections, was_saved, vendors };
    with_status(form.status(), &page)
}

impl VendorView {
    fn of(vendor: Vendor, caller: &StaffCaller) -> Self {
        let Vendor { used_by, working, ended, last_used_at, ended_at, ended_by } = vendor;
        let at = |at| local_time(at, &caller.session().time_zone);
        let ended_by = ended_at.zip(ended_by).map(|(day, who)| {
            let who = who.split_once(" (").map_or(who.as_str(), |(_, email)| email.trim_end_matches(')')).to_owned();
            TEXTS.vendor_ended_by.replace("{at}", &at(day)).replace("{who}", &who)
        });
        let last_used = last_used_at.map_or_else(|| TEXTS.use_not_known.to_owned(), at);
        Self { used_by, working, ended, last_used, ended_by }
    }
}

fn sections(form: &RowForm) -> Vec<FormSection> {
    let t = &TEXTS;
    let line = |name, label, hint| form.field(name, label, hint, Control::Input("text"));
    let needed = |name, label, hint| form.field(name, label, hint, Control::Required);
    let text = |name, label| form.field(name, label, "", Control::Lines(4));
    let mut links: Vec<_> = form.names_at("links").iter().map(|name| link(form, name)).collect();
    links.push(line(NEW_LINK[0], t.new_link_name, t.new_link_hint));
    links.push(form.field(NEW_LINK[1], t.new_link_address, "", Control::Input("url")));
    let section = |legend, fields| FormSection { legend, fields };
    vec![
        section(
            t.profile,
            vec![
                needed("name", t.name, t.studio_name_hint),
                needed("slug", t.slug, t.slug_hint),
                text("description", t.description),
                form.field("logo_url", t.logo_url, "", Control::Input("url")),
            ],
        ),
        section(
            t.time_and_money,
            vec![
                needed("time_zone", t.time_zone, t.time_zone_hint),
                needed("currency", t.currency, t.currency_hint),
                needed("locale", t.locale, t.locale_hint),
            ],
        ),
        section(
            t.contact,
            vec![
                form.field("contact/email", t.email, "", Control::Input("email")),
                form.field("contact/phone", t.phone, "", Control::Input("tel")),
            ],
        ),
        section(
            t.address,
            vec![
                line(ADDRESS[0], t.address_line1, ""),
                line(ADDRESS[1], t.address_line2, ""),
                line(ADDRESS[2], t.postal_code, ""),
                line(ADDRESS[3], t.city, ""),
                line(ADDRESS[4], t.region, ""),
                line(ADDRESS[5], t.country, t.country_hint),
            ],
        ),
        section(t.links, links),
        section(
            t.policies,
            vec![
                text("policies/cancellation", t.policy_cancellation),
                form.field(
                    "policies/late_cancellation_minutes",
                    t.policy_late,
                    t.policy_late_hint,
                    Control::Input("number"),
                ),
                text("policies/no_show", t.policy_no_show),
                text("policies/waiver", t.policy_waiver),
                text("policies/privacy", t.policy_privacy),
                text("policies/terms", t.policy_terms),
            ],
        ),
    ]
}

/// A link that is there, under its own name.
fn link(form: &RowForm, name: &str) -> FormField {
    let label = name.trim_start_matches("links/").replace("~1", "/").replace("~0", "~");
    form.field(name, &label, TEXTS.studio_link_hint, Control::Input("url"))
}
