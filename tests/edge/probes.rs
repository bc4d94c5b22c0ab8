//! Operators' probes while all else is full.

use std::net::SocketAddr;

use flow_gateway::{
    access::surface::Surface,
    server::{Limits, Metrics, Server, ops},
};

use super::line::Line;
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_gateway_whose_requests_hold_every_connection_to_the_database_is_ready(studio: Studio) {
    let metrics = Metrics::new();
    let mut server = Server::new(Limits { connections: 0, requests: 0, ..Limits::default() }, metrics.clone());
    let pages = ops::pages(studio.app.clone(), server.accepting(), metrics);
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let address = server.listen(Surface::Ops, any_port, |_| String::new(), pages).expect("a port");
    let _running = tokio::spawn(server.run(std::future::pending()));
    let _requests = studio.all_connections().await;
    let mut line = Line::to(address).await;
    for page in ["/readyz", "/healthz", "/metrics"] {
        assert_eq!(line.get(page).await.status, 200, "{page}");
    }
}
