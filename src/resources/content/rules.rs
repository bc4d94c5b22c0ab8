//! What must hold of content beyond the limits of each field.

use super::model::{Access, Content, ContentStatus};
use crate::{
    operation::write::{Change, Draft},
    resources::{instructors::Instructor, plans::Plan, programs::Program, references, unique},
    store::{
        db::Tx,
        id::StudioId,
        moment::Moment,
        row::{self, Row},
    },
    wire::problem::{Fault, Problem},
};

/// Writes a new piece of content.
///
/// # Errors
/// `validation_failed`; `conflict` when the external id is taken.
pub async fn create(
    tx: &mut Tx,
    studio: StudioId,
    draft: Draft<'_, Content>,
    now: Moment,
) -> Result<Row<Content>, Problem> {
    let content = check(tx, studio, draft, now).await?;
    row::insert(tx.on(), studio, &content).await?;
    Ok(content)
}

/// Writes a piece of content's next version.
///
/// # Errors
/// As [`create`].
pub async fn change(
    tx: &mut Tx,
    studio: StudioId,
    current: &Row<Content>,
    change: &Change<Content>,
    now: Moment,
) -> Result<Row<Content>, Problem> {
    let mut draft = change.onto(current, now)?;
    let fields = draft.fields_mut();
    if change.names("access") && fields.access != Access::Plans && !change.names("plan_ids") {
        fields.plan_ids.clear();
    }
    let content = check(tx, studio, draft, now).await?;
    row::update(tx.on(), studio, &content).await?;
    Ok(content)
}

/// What is published is so from some time on; who comes back from the archive keeps the first.
fn publish(content: &mut Content, now: Moment) {
    if content.status == ContentStatus::Published {
        content.published_at.get_or_insert(now.clock);
    }
}

async fn check(
    tx: &mut Tx,
    studio: StudioId,
    mut draft: Draft<'_, Content>,
    now: Moment,
) -> Result<Row<Content>, Problem> {
    publish(draft.fields_mut(), now);
    draft.rule(&["access", "plan_ids"], for_whom);
    references::named::<_, Instructor>(tx, studio, &mut draft, "instructor_id", |content| content.instructor_id)
        .await?;
    references::named::<_, Program>(tx, studio, &mut draft, "program_id", |content| content.program_id).await?;
    references::all_named::<_, Plan>(tx, studio, &mut draft, "plan_ids", |content| &content.plan_ids).await?;
    let content = draft.settle()?;
    let external_id = content.fields.external_id.as_ref();
    unique::refuse::<Content>([unique::external_id(tx, studio, content.id, external_id).await?])?;
    Ok(content)
}

fn for_whom(content: &Content) -> Option<Fault> {
    let wrong = match (content.access, content.plan_ids.is_empty()) {
        (Access::Plans, true) => "must name at least one plan where `access` is `plans`",
        // Kept without a word, they would leave open to everyone what was meant for some.
        (Access::Public | Access::Members, false) => "must be empty unless `access` is `plans`",
        (Access::Plans, false) | (Access::Public | Access::Members, true) => return None,
    };
    Some(Fault::at("/plan_ids", wrong))
}
