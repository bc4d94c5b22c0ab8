//! The demo studio's website: one page with the timetable, the sign-in and booking, of `flow.js` and nothing else. It has a port of its
//! own, as a studio's website has an origin of its own.

use std::{
    convert::Infallible,
    future::ready,
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use axum::{
    extract::Request,
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    serve::IncomingStream,
};
use tower::service_fn;

use crate::{access::origin::AllowedOrigin, cli::Failure, operation::app::Urls};

/// Where it listens, unless that is set. If another program listens there, any port is taken.
const DEFAULT_PORT: u16 = 7609;
/// The port of `examples/website`, which may use the same key.
const EXAMPLE_PORT: u16 = 7610;

const PAGE: &str = include_str!("../../../web/website/index.html");
const SCRIPT: &str = include_str!("../../../web/website/site.js");
const STYLE: &str = include_str!("../../../web/website/site.css");

/// The website's listener, before it serves.
pub struct Website(TcpListener);

impl Website {
    /// Binds the port.
    ///
    /// # Errors
    /// When the set address cannot be used.
    pub fn bind(set: Option<SocketAddr>) -> Result<Self, Failure> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let bound = match set {
            Some(address) => TcpListener::bind(address),
            None => TcpListener::bind(SocketAddr::new(any.ip(), DEFAULT_PORT)).or_else(|_| TcpListener::bind(any)),
        };
        let refuse = |error| Failure::refused(format!("the demo's website cannot listen (--website-addr): {error}"));
        let listener = bound.map_err(refuse)?;
        listener.set_nonblocking(true).map_err(refuse)?;
        Ok(Self(listener))
    }

    /// Its address.
    ///
    /// # Errors
    /// When the system does not tell the port.
    pub fn url(&self) -> Result<String, Failure> {
        Ok(format!("http://{}", self.0.local_addr()?))
    }

    /// The origins that its key names: it, by the names that this machine has for it.
    ///
    /// # Errors
    /// When it listens beyond this machine, where browsers need https.
    pub fn origins(&self) -> Result<Vec<AllowedOrigin>, Failure> {
        let port = self.0.local_addr()?.port();
        let local = [port, EXAMPLE_PORT]
            .into_iter()
            .flat_map(|port| [format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}")]);
        local.map(|origin| origin.parse().map_err(Failure::refused)).collect()
    }

    /// Serves it, until the process ends.
    ///
    /// # Errors
    /// When the runtime does not take the listener.
    pub fn serve(self, urls: &Urls, publishable_key: &str) -> Result<(), Failure> {
        let Urls { storefront, members, .. } = urls;
        let fill = |text: &str| {
            text.replace("{{storefront}}", storefront)
                .replace("{{members}}", members)
                .replace("{{publishable_key}}", publishable_key)
        };
        let policy = fill(
            "default-src 'self'; script-src 'self' {{members}}; frame-src {{members}}; connect-src {{members}} {{storefront}}; \
            img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
            require-trusted-types-for 'script'",
        );
        let (page, policy): (Arc<str>, Arc<str>) = (fill(PAGE).into(), policy.into());
        let site =
            service_fn(move |request: Request| ready(Ok::<_, Infallible>(file(request.uri().path(), &page, &policy))));
        let each =
            service_fn(move |_: IncomingStream<'_, tokio::net::TcpListener>| ready(Ok::<_, Infallible>(site.clone())));
        let listener = tokio::net::TcpListener::from_std(self.0)?;
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, each).await {
                tracing::error!(%error, "the demo's website has stopped");
            }
        });
        Ok(())
    }
}

fn file(path: &str, page: &str, policy: &str) -> Response {
    let (kind, text) = match path {
        "/" => ("text/html; charset=utf-8", page),
        "/site.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "/site.css" => ("text/css; charset=utf-8", STYLE),
        _ => return (StatusCode::NOT_FOUND, "There is nothing here.").into_response(),
    };
    let headers: [(HeaderName, String); 4] = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, text.to_owned()).into_response()
}
