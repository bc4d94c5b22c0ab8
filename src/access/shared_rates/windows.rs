//! Sliding windows that all instances count in. Promises to be the twin of [`Window`](crate::access::window::Window) and of how
//! [`PasswordThrottle`](crate::access::sessions::throttle::PasswordThrottle) counts with it.

use std::{fmt, sync::LazyLock};

use redis::{Script, ScriptInvocation};

use super::{SharedParts, SharedRates};
use crate::access::{rate::Exhausted, window::WindowLimit};

/// No window is longer; what says so is not what we asked.
const LONGEST_WAIT: i64 = 30 * 24 * 60 * 60 * 1_000_000;

pub(super) static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("windows.lua")));

/// A window in Redis.
pub struct SharedWindow<'s> {
    shared: &'s SharedParts,
    name: String,
    limit: WindowLimit,
}

/// What an attempt counts by.
pub struct SharedAttempt<'s> {
    /// The attempts of who tries that succeeded.
    pub(in crate::access) successes: SharedWindow<'s>,
    /// The attempts of their network.
    pub(in crate::access) network: Option<SharedWindow<'s>>,
    /// Their attempts.
    pub(in crate::access) who: SharedWindow<'s>,
    /// The attempts on their account, which do not stop who succeeded before.
    pub(in crate::access) account: Option<SharedWindow<'s>>,
}

impl SharedRates {
    /// The window of somebody, if Redis answers.
    pub(in crate::access) fn window(
        &self,
        what: &str,
        who: &dyn fmt::Display,
        limit: WindowLimit,
    ) -> Option<SharedWindow<'_>> {
        self.answering().map(|shared| SharedWindow { shared, name: shared.name(what, who), limit })
    }
}

impl SharedWindow<'_> {
    /// Whether one more event is allowed; nothing if Redis does not answer.
    pub(in crate::access) async fn check(&self) -> Option<Result<(), Exhausted>> {
        ask("check", [0, 0], &[self]).await
    }

    /// Counts an event.
    pub(in crate::access) async fn add(&self) {
        ask("add", [0, 0], &[self]).await;
    }
}

impl SharedAttempt<'_> {
    /// Counts an attempt, if it is allowed; nothing if Redis does not answer.
    pub(in crate::access) async fn begin(&self) -> Option<Result<(), Exhausted>> {
        self.ask("begin").await
    }

    /// An attempt was right.
    pub(in crate::access) async fn succeeded(&self) {
        self.ask("succeeded").await;
    }

    async fn ask(&self, verb: &str) -> Option<Result<(), Exhausted>> {
        let Self { successes, network, who, account } = self;
        let windows: Vec<_> =
            [Some(successes), network.as_ref(), Some(who), account.as_ref()].into_iter().flatten().collect();
        // Lua counts from one.
        let at_account = if account.is_some() { windows.len() } else { 0 };
        let at_who = windows.len() - usize::from(account.is_some());
        ask(verb, [at_account, at_who], &windows).await
    }
}

/// Asks of windows with these names what an attempt to sign in asks.
pub(super) fn trial(verb: &str, names: [&str; 4]) -> ScriptInvocation<'static> {
    let mut call = SCRIPT.prepare_invoke();
    call.arg(verb).arg("").arg(&[4, 3]);
    for name in names {
        call.key(name).arg(1).arg(1000);
    }
    call
}

async fn ask(verb: &str, numbers: [usize; 2], windows: &[&SharedWindow<'_>]) -> Option<Result<(), Exhausted>> {
    let shared = windows.first()?.shared;
    let mut call = SCRIPT.prepare_invoke();
    call.arg(verb).arg(shared.time()).arg(&numbers[..]);
    for window in windows {
        let span = i64::try_from(window.limit.span.as_micros()).unwrap_or(i64::MAX);
        call.key(&window.name).arg(window.limit.events).arg(span);
    }
    answer(shared, &call).await
}

async fn answer(shared: &SharedParts, call: &ScriptInvocation<'_>) -> Option<Result<(), Exhausted>> {
    let micros: i64 = shared.redis.ask(call).await?;
    Some(if micros > 0 { Err(Exhausted::for_micros(micros.min(LONGEST_WAIT))) } else { Ok(()) })
}
