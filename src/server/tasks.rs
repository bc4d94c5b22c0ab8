//! The background tasks of a running gateway. They end when their `JoinSet` is dropped.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};

use crate::{
    access::{
        activity, member_sessions, rotation_end, sessions, signing_keys,
        unscoped::{self, StudioToSweep},
        usage,
        watch::watch,
    },
    mail::sender::{SEND_EVERY, keep_sending},
    operation::{
        app::{App, Options},
        write::idempotency,
    },
    resources::{
        by_time,
        members::passing,
        schedule::{ahead, zone_rules},
    },
    signin::{
        owner_mails::{expiry, exposure},
        second_factor,
    },
    store::{clock::ClockSteps, db::Db, error::StoreError},
};

/// How often old records are deleted, and how long the clock must have run steadily before: setting the clock forward and back
/// again deletes nothing.
const SWEEP_EVERY: Duration = Duration::from_mins(59);
/// How often the activity of studios that had many calls is cut to the rows that are kept.
const TRIM_EVERY: Duration = Duration::from_secs(5);
/// How often unsent mail is counted for the metrics.
const COUNT_EVERY: Duration = Duration::from_secs(15);

/// Creates the application state and starts its tasks.
pub async fn start(db: Db, options: Options) -> Result<(App, JoinSet<()>), StoreError> {
    let (app, recorder) = App::new(db, &options).await?;
    let mut tasks = Tasks { app: app.clone(), set: JoinSet::new() };
    tasks.set.spawn(recorder);
    second_factor::report_unreadable(&app).await?;
    tasks.set.spawn(watch(Arc::clone(&app.access.keyring)));
    if let Some(redis) = options.redis {
        tasks.set.spawn(redis.keep_connected());
    }
    if let Some(mailer) = options.mailer {
        app.task_runs.is_due_every("mail", SEND_EVERY);
        let (runs, clock) = (app.task_runs.clone(), app.clock.clone());
        let looked = move |succeeded| runs.ran("mail", succeeded, clock.now());
        tasks.set.spawn(keep_sending(app.db.clone(), app.clock.clone(), mailer, app.outbox_signal.clone(), looked));
    }
    tasks.every("mail_count", COUNT_EVERY, "unsent mail is not counted", |app| async move {
        app.unsent_mails.count(&app.db).await
    });
    tasks.every("usage", usage::WRITE_EVERY, "usage is not written yet", |app| async move {
        app.access.usage.write(&app.db).await
    });
    tasks.every("activity_trim", TRIM_EVERY, "old rows of the activity are not removed yet", |app| async move {
        let mut trimmed = Ok(());
        for studio in app.access.usage.activity.take_studios_to_trim() {
            trimmed = activity::trim(&app.db, studio, activity::MAX_ROWS).await.and(trimmed);
        }
        trimmed
    });
    let mut steps = ClockSteps::of(&app.clock);
    tasks.every("sweep", SWEEP_EVERY, "old records are not removed yet", move |app| {
        let is_due = steps.has_run_evenly_for(SWEEP_EVERY);
        async move { if is_due { sweep(&app).await } else { Ok(()) } }
    });
    let mut steps = ClockSteps::of(&app.clock);
    tasks.every("membership_expiry", passing::EXPIRE_EVERY, "memberships have not expired yet", move |app| {
        let is_due = steps.was_not_set_for(passing::AFTER_A_STEP);
        async move { if is_due { passing::expire_due(&app.db, &app.clock, &app.turns).await } else { Ok(()) } }
    });
    tasks.every("signing_keys", signing_keys::LOOK_EVERY, "the signing key is not replaced yet", |app| async move {
        app.access.signing_keys.replace_due().await
    });
    tasks.every(
        "changes_by_time",
        by_time::LOOK_EVERY,
        "changes that come with time are not reported yet",
        |app| async move { by_time::touch_due(&app.db, &app.clock).await },
    );
    let mut steps = ClockSteps::of(&app.clock);
    tasks.every("key_expiry_mails", expiry::LOOK_EVERY, "owners are not told yet of keys that expire", move |app| {
        let is_due = steps.was_not_set_for(expiry::AFTER_A_STEP);
        async move { if is_due { expiry::notify_due(&app).await } else { Ok(()) } }
    });
    tasks.every(
        "rotation_end",
        rotation_end::LOOK_EVERY,
        "the end of replaced keys is not set yet",
        |app| async move { rotation_end::set_due(&app.access.keyring).await },
    );
    tasks.every("exposure_mails", exposure::LOOK_EVERY, "owners are not told yet of exposed keys", |app| async move {
        exposure::notify_new(&app).await
    });
    tasks.every("schedule_ahead", ahead::LAY_OUT_EVERY, "occurrences are not laid out yet", |app| async move {
        ahead::lay_out_once(&app.db, &app.clock, &app.turns).await
    });
    tasks.until_done(
        "zone_rules",
        zone_rules::TRY_AGAIN_AFTER,
        "occurrences do not follow other zone rules yet",
        |app| async move { zone_rules::fit_all_once(&app.db, &app.clock, &app.turns, &zone_rules::RULES).await },
    );
    Ok((app, tasks.set))
}

/// Deletes old records.
pub async fn sweep(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    usage::sweep(&app.db, now).await?;
    sessions::unscoped::sweep(&app.db, now).await?;
    member_sessions::unscoped::sweep(&app.db, now).await?;
    second_factor::unscoped::sweep(&app.db, now).await?;
    idempotency::sweep(&app.db, now).await?;
    // Few of many studios have any: a transaction for each would take seconds.
    let mut last = None;
    loop {
        let limits = (now.minus(activity::KEPT), activity::MAX_ROWS);
        let due = unscoped::studios_to_sweep(app.db.read(), limits, last).await?;
        for StudioToSweep { studio_id: studio } in &due {
            activity::trim(&app.db, *studio, activity::MAX_ROWS).await?;
            activity::sweep(&app.db, *studio, now).await?;
        }
        last = due.last().map(|studio| studio.studio_id);
        if last.is_none() {
            return Ok(());
        }
    }
}

struct Tasks {
    app: App,
    set: JoinSet<()>,
}

impl Tasks {
    /// Runs the work periodically. A failure is counted under the task's name and logged with the text `undone`; the next run tries
    /// again.
    fn every<W>(
        &mut self,
        name: &'static str,
        period: Duration,
        undone: &'static str,
        mut work: impl FnMut(App) -> W + Send + 'static,
    ) where
        W: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let app = self.app.clone();
        app.task_runs.is_due_every(name, period);
        self.set.spawn(async move {
            loop {
                run(name, undone, &app, &mut work).await;
                sleep(period).await;
            }
        });
    }

    /// Runs the work until it succeeds once.
    fn until_done<W>(
        &mut self,
        name: &'static str,
        period: Duration,
        undone: &'static str,
        mut work: impl FnMut(App) -> W + Send + 'static,
    ) where
        W: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let app = self.app.clone();
        self.set.spawn(async move {
            while !run(name, undone, &app, &mut work).await {
                sleep(period).await;
            }
        });
    }
}

/// Runs a task's work once, and notes how that went; whether it succeeded.
async fn run<W>(name: &'static str, undone: &str, app: &App, work: &mut impl FnMut(App) -> W) -> bool
where
    W: Future<Output = Result<(), StoreError>>,
{
    let began = Instant::now();
    let result = work(app.clone()).await;
    app.task_runs.took(name, began.elapsed());
    app.task_runs.ran(name, result.is_ok(), app.clock.now());
    result.inspect_err(|cause| cause.log(undone)).is_ok()
}
