//! What a listener serves: a surface, and its operations for each audience. Made by `surfaces`. A key of one kind
//! cannot reach the handlers of the other.

use axum::Router;

use super::{
    caller::{Anyone, Audience, KeyCaller},
    key::KeyKind,
    member_sessions::visitor::SignedInMember,
    member_tokens::caller::MemberCaller,
    sessions::caller::StaffCaller,
    surface::Surface,
    table::Table,
};

/// The operations of one audience: rules and handlers. `C` is its caller type, so that handlers of another audience do not fit.
/// `S` is the state that the handlers still lack.
pub struct Operations<C: Audience, S = ()> {
    /// The rules.
    pub table: Table<C::Needs>,
    /// The handlers.
    pub router: Router<S>,
}

impl<C: Audience, S: Clone + Send + Sync + 'static> Operations<C, S> {
    fn with_state(self, state: &S) -> Operations<C> {
        Operations { table: self.table, router: self.router.with_state(state.clone()) }
    }
}

/// One surface, both APIs, or a surface that serves nothing yet.
pub struct Listener<S = ()> {
    /// The surface.
    pub surface: Surface,
    /// The operations for publishable keys.
    pub storefront: Option<Operations<KeyCaller, S>>,
    /// The operations for secret keys.
    pub management: Option<Operations<KeyCaller, S>>,
    /// The pages for staff, and the one where they sign in.
    pub staff: Option<Operations<StaffCaller, S>>,
    /// The operations for members with a token.
    pub members: Option<Operations<MemberCaller, S>>,
    /// The pages for members.
    pub member_pages: Option<Operations<SignedInMember, S>>,
    /// What needs no credential.
    pub without_credential: Operations<Anyone, S>,
}

impl<S: Clone + Send + Sync + 'static> Listener<S> {
    /// Adds the state that the handlers lack.
    pub fn with_state(self, state: &S) -> Listener {
        let Self { surface, storefront, management, staff, members, member_pages, without_credential } = self;
        Listener {
            surface,
            storefront: storefront.map(|operations| operations.with_state(state)),
            management: management.map(|operations| operations.with_state(state)),
            staff: staff.map(|operations| operations.with_state(state)),
            members: members.map(|operations| operations.with_state(state)),
            member_pages: member_pages.map(|operations| operations.with_state(state)),
            without_credential: without_credential.with_state(state),
        }
    }
}

impl<S> Listener<S> {
    /// The rules for keys of this kind.
    pub(super) fn table(&self, kind: KeyKind) -> Option<&Table> {
        match kind {
            KeyKind::Publishable => self.storefront.as_ref(),
            KeyKind::Secret => self.management.as_ref(),
        }
        .map(|operations| &operations.table)
    }

    /// The path of the operation or page that a path names, with `{name}` for a parameter, whatever credential it takes.
    pub fn template(&self, path: &str) -> Option<&'static str> {
        fn of<C: Audience, S>(operations: Option<&Operations<C, S>>, path: &str) -> Option<&'static str> {
            operations?.table.template(path)
        }
        of(self.management.as_ref(), path)
            .or_else(|| of(self.storefront.as_ref(), path))
            .or_else(|| of(self.members.as_ref(), path))
            .or_else(|| of(self.staff.as_ref(), path))
            .or_else(|| of(self.member_pages.as_ref(), path))
            .or_else(|| of(Some(&self.without_credential), path))
    }

    /// The surface that secret keys reach here, for exposure records.
    pub fn reached_by_secret_keys(&self) -> Surface {
        if self.management.is_some() { Surface::Management } else { self.surface }
    }
}
