//! What a row of a surface's table is, and what is folded from the rows: the router, the rules that its guard judges
//! by, and the OpenAPI document. The three cannot disagree, and there is no other way to register a route.

pub mod answers;
pub mod describe;
pub mod document;
mod links;
pub mod whole;

use axum::{
    Router,
    handler::Handler,
    routing::{MethodFilter, MethodRouter, on},
};

pub use self::describe::{PublicShape, Shape};
use self::{
    answers::Answers,
    describe::{Asks, Operation},
};
use crate::{
    access::{
        scope::Scope,
        table::{Rule, Table},
    },
    app::App,
};

/// One row: an operation, its handler, and what the handler's signature tells of it.
pub struct Endpoint {
    /// What the guard judges by.
    pub rule: Rule,
    /// What the handler takes and answers.
    pub operation: Operation,
    /// What its document says beyond that.
    pub more: Option<&'static str>,
    route: MethodRouter<App>,
}

impl Endpoint {
    /// Says more of the operation in the document: what its signature does not tell.
    #[must_use]
    pub fn says(self, more: &'static str) -> Self {
        Self { more: Some(more), ..self }
    }
}

/// A handler whose signature describes itself.
pub trait Described<M>: Handler<M, App> {
    /// What it takes and answers.
    fn describe(path: &'static str) -> Operation;
}

macro_rules! described {
    ($($argument:ident)*) => {
        impl<F, Fut, R, M, $($argument,)*> Described<(M, $($argument,)*)> for F
        where
            F: Fn($($argument),*) -> Fut + Handler<(M, $($argument,)*), App>,
            Fut: Future<Output = R>,
            R: Answers,
            $($argument: Asks,)*
        {
            fn describe(path: &'static str) -> Operation {
                let mut operation = Operation::new(path);
                $($argument::ask(&mut operation);)*
                R::answer(&mut operation);
                operation
            }
        }
    };
}

described!(A);
described!(A B);
described!(A B C);
described!(A B C D);

macro_rules! methods {
    ($($(#[doc = $doc:literal])+ $name:ident $method:literal $filter:ident)*) => {$(
        $(#[doc = $doc])+
        pub fn $name<M, H: Described<M>>(path: &'static str, scope: Scope, id: &'static str, handler: H) -> Endpoint
        where
            M: 'static,
        {
            row($method, MethodFilter::$filter, path, Some(scope), id, handler)
        }
    )*};
}

methods! {
    /// A Management row that reads.
    get "GET" GET
    /// A Management row that creates, or does.
    post "POST" POST
    /// A Management row that changes.
    patch "PATCH" PATCH
    /// A Management row that removes.
    delete "DELETE" DELETE
}

/// A Storefront row: it reads what is public, and needs no scope.
pub fn read<M: 'static, H: Described<M>>(path: &'static str, id: &'static str, handler: H) -> Endpoint {
    row("GET", MethodFilter::GET, path, None, id, handler)
}

fn row<M: 'static, H: Described<M>>(
    method: &'static str,
    filter: MethodFilter,
    path: &'static str,
    scope: Option<Scope>,
    id: &'static str,
    handler: H,
) -> Endpoint {
    let (rule, operation) = (Rule { method, path, scope, id }, H::describe(path));
    Endpoint { rule, operation, more: None, route: on(filter, handler) }
}

/// The router of these rows.
pub fn router(endpoints: Vec<Endpoint>, app: App) -> Router {
    endpoints.into_iter().fold(Router::new(), |router, row| router.route(row.rule.path, row.route)).with_state(app)
}

/// The rules of these rows.
#[must_use]
pub fn table(endpoints: &[Endpoint]) -> Table {
    Table::new(endpoints.iter().map(|row| row.rule.clone()).collect())
}

/// The router of pages that need no key: a path and what answers it.
pub fn open<S: Clone + Send + Sync + 'static>(pages: Vec<(&'static str, MethodRouter<S>)>, state: S) -> Router {
    pages.into_iter().fold(Router::new(), |router, (path, page)| router.route(path, page)).with_state(state)
}
