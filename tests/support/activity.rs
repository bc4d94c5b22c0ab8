//! Calls of a key that nobody sent: for tests of the activity that need very many.

use std::time::Duration;

use axum::http::HeaderMap;
use flow_gateway::{
    access::{activity::queue::AnsweredCall, keys::Created, network::Network, stored::LiveKey, surface::Surface},
    wire::request::RequestId,
};

use super::studio::Studio;

impl Studio {
    /// Records so many calls of a key, as the server does after it has answered.
    pub fn record_calls(&self, key: &Created, calls: usize, surface: Surface) {
        let key = LiveKey::new(key.stored.clone(), None).into();
        (0..calls).for_each(|_| self.app.access.usage.activity.record(&key, self.answered(surface)));
    }

    fn answered(&self, surface: Surface) -> AnsweredCall {
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", "mine".parse().expect("a value"));
        AnsweredCall {
            at: self.clock.now(),
            surface,
            operation: Some("managementListInstructors"),
            unknown: None,
            network: Network::of([192, 0, 2, 1].into()),
            status: 200,
            refused: false,
            code: None,
            required_scope: None,
            request_id: RequestId::sent(&headers).expect("an id"),
            took: Duration::from_micros(250),
        }
    }
}
