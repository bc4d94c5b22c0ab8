//! What a studio's servers may do with members.

use axum::extract::State;

use super::{
    audited,
    cancel::{self, Cancellation},
    invitation::Sending,
    invite,
    model::{Membership, MembershipId},
    queries::{self, MemberFilter},
    rules,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{ActionBody, Change, Changed, CreatedOrChanged, NewOrChange, Stop, Write},
    },
    store::row::Row,
    wire::{page::Page, problem::Problem},
};

/// Lists members, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Membership, MemberFilter>,
) -> Result<Page<Row<Membership>>, Problem> {
    let rows = queries::list(app.db.of(list.studio), list.searched(list.filter.q.as_ref()), &list.filter).await?;
    Ok(list.page(rows))
}

/// What the document says of inviting somebody.
pub const INVITING: &str = "Creates a membership with the status `invited`, and an e-mail with a link that is valid for seven days. \
Without a mail server, `flow-gateway outbox show` prints the link.";

/// Invites somebody: makes the membership, and sends a link.
pub async fn invite(
    State(app): State<App>,
    write: Write<NewOrChange<Membership>>,
) -> Result<CreatedOrChanged<Membership>, Stop> {
    let (mut write, sent) = write.begin_in_turn().await?;
    let sending = sending(&app);
    let (member, is_new) = invite::invite(&mut write.tx, sent, &sending).await?;
    let invited = audited::action(&write.by, "members.invite", None, &member);
    write.tx.note(invited).await?;
    let done = write.created_or_changed(&member, is_new).await?;
    app.outbox_signal.notify();
    Ok(done)
}

/// What the document says of changing a membership.
pub const CHANGING: &str = "A member who is paused gives back the places in classes to come, and those in waiting lists; one whose \
last day is earlier now, those behind that day. They do not come back when the membership goes on. With `dry_run`, \
`effects.bookings_cancelled` tells how many.";

/// Changes a membership.
pub async fn change(
    State(app): State<App>,
    PathIds(id): PathIds<MembershipId>,
    write: Write<Change<Membership>>,
) -> Result<Changed<Membership>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let sending = sending(&app);
    let (member, effects) = rules::change(&mut write.tx, &current, &change, &sending).await?;
    let changed = audited::action(&write.by, "members.change", Some(&current), &member);
    write.tx.note(changed).await?;
    let done = write.telling(effects).changed(&member).await?;
    app.outbox_signal.notify();
    Ok(done)
}

/// What the document says of cancelling a membership.
pub const CANCELLING: &str = "The member's bookings of classes behind the last day are cancelled, and their places go to who waits. With \
`dry_run`, `effects.bookings_cancelled` tells how many.";

/// Cancels a membership, now or at the end of the period.
pub async fn cancel(
    PathIds(id): PathIds<MembershipId>,
    write: Write<ActionBody<Cancellation>>,
) -> Result<Changed<Membership>, Stop> {
    let (mut write, told) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let (member, effects) = cancel::cancel(&mut write.tx, current.clone(), told.validated()?).await?;
    let cancelled = audited::action(&write.by, "members.cancel", Some(&current), &member);
    write.tx.note(cancelled).await?;
    write.telling(effects).changed(&member).await
}

fn sending(app: &App) -> Sending {
    Sending { page: app.invitation_page(), mail_quota: app.mail_quota }
}
