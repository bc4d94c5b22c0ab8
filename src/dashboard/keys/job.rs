//! The jobs that a key can start from: each is a form filled in with the smallest key that does the job.

use crate::{
    access::{
        key::KeyKind,
        scope::Scope::{self, CouponsRead, MembersRead, PlansRead, ScheduleRead},
    },
    dashboard::texts::TEXTS,
};

/// A job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// A website shows what is public.
    Website,
    /// A screen in the studio shows the timetable, which is public: a browser may show it.
    TimetableScreen,
    /// An accounting program reads who pays what.
    AccountingExport,
    /// The front desk looks up who comes to which class.
    FrontDesk,
    /// A program reads everything, and changes nothing.
    ReadOnly,
}

impl Job {
    /// Every job, in the order of the page.
    pub(super) const ALL: [Self; 5] =
        [Self::Website, Self::TimetableScreen, Self::AccountingExport, Self::FrontDesk, Self::ReadOnly];

    /// Its name in a link.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Website => "website",
            Self::TimetableScreen => "timetable-screen",
            Self::AccountingExport => "accounting-export",
            Self::FrontDesk => "front-desk",
            Self::ReadOnly => "read-only",
        }
    }

    /// The job with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.name() == name)
    }

    /// What people call it.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Website => TEXTS.job_website,
            Self::TimetableScreen => TEXTS.job_timetable_screen,
            Self::AccountingExport => TEXTS.job_accounting_export,
            Self::FrontDesk => TEXTS.job_front_desk,
            Self::ReadOnly => TEXTS.job_read_only,
        }
    }

    /// What its key is for.
    pub(super) fn about(self) -> &'static str {
        match self {
            Self::Website => TEXTS.job_website_about,
            Self::TimetableScreen => TEXTS.job_timetable_screen_about,
            Self::AccountingExport => TEXTS.job_accounting_export_about,
            Self::FrontDesk => TEXTS.job_front_desk_about,
            Self::ReadOnly => TEXTS.job_read_only_about,
        }
    }

    /// The kind of its key.
    pub(super) fn kind(self) -> KeyKind {
        match self {
            Self::Website | Self::TimetableScreen => KeyKind::Publishable,
            Self::AccountingExport | Self::FrontDesk | Self::ReadOnly => KeyKind::Secret,
        }
    }

    /// The scopes of its key, as few as it needs.
    pub(super) fn scopes(self) -> Vec<Scope> {
        match self {
            Self::Website | Self::TimetableScreen => Vec::new(),
            Self::AccountingExport => vec![CouponsRead, MembersRead, PlansRead],
            Self::FrontDesk => vec![MembersRead, ScheduleRead],
            Self::ReadOnly => Scope::ALL.iter().copied().filter(|scope| scope.name().ends_with(":read")).collect(),
        }
    }
}
