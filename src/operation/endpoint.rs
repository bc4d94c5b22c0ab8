//! What a row of a surface's table is, and what is folded from the rows: the router, the rules that its guard judges
//! by, and the OpenAPI document. The three cannot disagree, and there is no other way to register a route.

use axum::{
    Router,
    handler::Handler,
    middleware::from_fn,
    routing::{MethodFilter, MethodRouter, on},
};

use super::{
    app::App,
    describe::{Answers, Asks, Operation},
    write,
};
use crate::access::{
    caller::{Audience, KeyCaller},
    listener::Operations,
    member_tokens::caller::MemberCaller,
    scope::Scope,
    table::{Rule, Table},
};
use crate::store::answer_versions::SourceTable;

/// One row: an operation, its handler, and what the handler's signature says about it. `C` is who calls: a handler that was
/// written for another caller does not fit into the row.
pub struct Endpoint<C: Audience> {
    /// What the guard judges by.
    pub rule: Rule<C::Needs>,
    /// What its document says beyond the handler's signature.
    pub more: Option<&'static str>,
    /// What its document calls it, where its id says too little.
    pub summary: Option<&'static str>,
    describe: fn(&'static str) -> Operation,
    route: MethodRouter<App>,
}

impl<C: Audience> Endpoint<C> {
    /// What the handler takes and answers. Made anew by each call: only documents ask.
    pub fn operation(&self) -> Operation {
        (self.describe)(self.rule.path)
    }

    /// Lets answers be kept while nothing is written to the tables that they are read from.
    pub fn cached(mut self, sources: &'static [SourceTable]) -> Self {
        self.rule.sources = sources;
        self
    }

    /// Says more of the operation in the document: what its signature does not tell.
    pub fn says(self, more: &'static str) -> Self {
        Self { more: Some(more), ..self }
    }

    /// Names the operation in the document otherwise than its id does.
    pub fn named(self, summary: &'static str) -> Self {
        Self { summary: Some(summary), ..self }
    }
}

/// A handler for this caller whose signature describes itself.
pub trait Described<C, M>: Handler<M, App> {
    /// What it takes and answers.
    fn describe(path: &'static str) -> Operation;
}

macro_rules! described {
    ($($argument:ident)*) => {
        impl<C, F, Fut, R, M, $($argument,)*> Described<C, (M, $($argument,)*)> for F
        where
            F: Fn($($argument),*) -> Fut + Handler<(M, $($argument,)*), App>,
            Fut: Future<Output = R>,
            R: Answers,
            $($argument: Asks<C>,)*
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

described!(A1);
described!(A1 A2);
described!(A1 A2 A3);
described!(A1 A2 A3 A4);

macro_rules! methods {
    ($($(#[doc = $doc:literal])+ $name:ident $method:literal $filter:ident)*) => {$(
        $(#[doc = $doc])+
        pub fn $name<M: 'static>(
            path: &'static str,
            scope: Scope,
            id: &'static str,
            handler: impl Described<KeyCaller, M>,
        ) -> Endpoint<KeyCaller> {
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
pub fn read<M: 'static>(
    path: &'static str,
    id: &'static str,
    handler: impl Described<KeyCaller, M>,
) -> Endpoint<KeyCaller> {
    row("GET", MethodFilter::GET, path, None, id, handler)
}

/// A row of the Members API that reads.
pub fn member_get<M: 'static>(
    path: &'static str,
    id: &'static str,
    handler: impl Described<MemberCaller, M>,
) -> Endpoint<MemberCaller> {
    row("GET", MethodFilter::GET, path, (), id, handler)
}

/// A row of the Members API that changes.
pub fn member_patch<M: 'static>(
    path: &'static str,
    id: &'static str,
    handler: impl Described<MemberCaller, M>,
) -> Endpoint<MemberCaller> {
    row("PATCH", MethodFilter::PATCH, path, (), id, handler)
}

/// A row of the Members API that makes something.
pub fn member_post<M: 'static>(
    path: &'static str,
    id: &'static str,
    handler: impl Described<MemberCaller, M>,
) -> Endpoint<MemberCaller> {
    row("POST", MethodFilter::POST, path, (), id, handler)
}

/// A row of the Members API that cancels.
pub fn member_delete<M: 'static>(
    path: &'static str,
    id: &'static str,
    handler: impl Described<MemberCaller, M>,
) -> Endpoint<MemberCaller> {
    row("DELETE", MethodFilter::DELETE, path, (), id, handler)
}

fn row<C: Audience, M: 'static, H: Described<C, M>>(
    method: &'static str,
    filter: MethodFilter,
    path: &'static str,
    needs: C::Needs,
    id: &'static str,
    handler: H,
) -> Endpoint<C> {
    let handler = on(filter, handler);
    let route = if method == "GET" { handler } else { handler.layer(from_fn(write::held_until_on_disk)) };
    Endpoint { rule: Rule::new(method, path, needs, id), more: None, summary: None, describe: H::describe, route }
}

/// The rules and the handlers of these rows.
pub fn operations<C: Audience>(endpoints: Vec<Endpoint<C>>) -> Operations<C, App> {
    serve(endpoints.into_iter().map(|row| (row.rule, row.route)))
}

/// The same, from rows that are in no OpenAPI document.
pub fn serve<C: Audience, S: Clone + Send + Sync + 'static>(
    rows: impl IntoIterator<Item = (Rule<C::Needs>, MethodRouter<S>)>,
) -> Operations<C, S> {
    let (mut rules, mut router) = (Vec::new(), Router::new());
    for (rule, route) in rows {
        rules.push(rule);
        router = router.route(rule.path, route);
    }
    Operations { table: Table::new(rules), router }
}

/// A row that needs no credential, and reads. Its path is its id.
pub fn page<M: 'static, S: Clone + Send + Sync + 'static>(
    path: &'static str,
    handler: impl Handler<M, S>,
) -> (Rule<()>, MethodRouter<S>) {
    (Rule::new("GET", path, (), path), on(MethodFilter::GET, handler))
}
