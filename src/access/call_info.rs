//! What the guard hands to the server about a call, for its log line, its metrics and its row in the activity. It is set as
//! soon as it is known, so that a call that is cut off is logged with it.

use std::sync::{Arc, OnceLock};

use axum::http::Extensions;
use tokio::time::Instant;

use super::{activity::queue::AnsweredCall, stored::LiveKey, usage::Usage};
use crate::store::clock::Clock;

/// A call, as far as the guard knows it.
#[derive(Clone, Debug, Default)]
pub struct CallInfo {
    /// Its key, and where its end is recorded.
    pub keyed: Option<KeyedCall>,
    /// The staff member.
    pub staff: Option<StaffInfo>,
    /// The operation's id.
    pub operation: Option<&'static str>,
    /// Whether the call was admitted.
    pub admitted: bool,
}

/// Somebody of the staff who calls.
#[derive(Clone, Debug)]
pub struct StaffInfo {
    /// The studio's id.
    pub studio: String,
    /// Their own.
    pub staff: String,
}

/// A call with a key whose secret part is right.
#[derive(Clone, Debug)]
pub struct KeyedCall {
    /// The key.
    pub key: Arc<LiveKey>,
    /// Where its end is recorded.
    pub usage: Usage,
    /// The gateway's clock.
    pub clock: Clock,
}

impl KeyedCall {
    /// Records how the call ended.
    pub fn record(&self, call: AnsweredCall) {
        self.usage.activity.record(&self.key, call);
    }
}

impl CallInfo {
    /// The studio's id, for logs.
    pub fn studio(&self) -> Option<&str> {
        let of_key = self.keyed.as_ref().map(|keyed| &*keyed.key.studio);
        of_key.or_else(|| self.staff.as_ref().map(|staff| staff.studio.as_str()))
    }

    /// The masked key, for logs.
    pub fn masked_key(&self) -> Option<&str> {
        self.keyed.as_ref().map(|keyed| &*keyed.key.masked)
    }
}

/// A place in the request where the guard puts the [`CallInfo`]. The server puts one into each request.
#[derive(Clone, Debug)]
pub struct CallSlot {
    /// When the request began.
    pub started: Instant,
    info: Arc<OnceLock<CallInfo>>,
}

impl CallSlot {
    /// An empty one.
    pub fn new(started: Instant) -> Self {
        Self { started, info: Arc::default() }
    }

    /// What the guard put into it.
    pub fn info(&self) -> Option<&CallInfo> {
        self.info.get()
    }

    /// Sets what is known in the slot of a request, if it has one.
    pub fn set(extensions: &Extensions, info: CallInfo) {
        if let Some(slot) = extensions.get::<Self>() {
            // A request is judged once.
            slot.info.set(info).ok();
        }
    }
}
