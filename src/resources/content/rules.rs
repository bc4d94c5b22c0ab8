//! What must hold of content beyond the limits of each field.

use super::model::{Content, ContentAccess, ContentStatus};
use crate::{
    operation::write::{Change, Draft},
    resources::{
        instructors::Instructor,
        plans::Plan,
        programs::Program,
        references,
        rules::{Plain, Rules},
    },
    store::{error::StoreError, moment::Moment, studio::StudioTx},
    wire::{fields::ExternalId, problem::Fault},
};

impl Plain for Content {}

impl Rules for Content {
    type Tx = StudioTx;

    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    fn complete(change: &Change<Self>, _: &Self, fields: &mut Self) {
        if change.names("access") && fields.access != ContentAccess::Plans && !change.names("plan_ids") {
            fields.plan_ids.clear();
        }
    }

    async fn check(tx: &mut StudioTx, draft: &mut Draft<'_, Self>) -> Result<(), StoreError> {
        let now = tx.now;
        publish(draft.fields_mut(), now);
        draft.rule(&["access", "plan_ids"], for_whom);
        references::named::<_, Instructor>(tx, draft, "instructor_id", |content| content.instructor_id).await?;
        references::named::<_, Program>(tx, draft, "program_id", |content| content.program_id).await?;
        references::all_named::<_, Plan>(tx, draft, "plan_ids", |content| &content.plan_ids).await
    }
}

/// What is published is so from some time on; who comes back from the archive keeps the first.
fn publish(content: &mut Content, now: Moment) {
    if content.status == ContentStatus::Published {
        content.published_at.get_or_insert(now.clock);
    }
}

fn for_whom(content: &Content) -> Option<Fault> {
    let wrong = match (content.access, content.plan_ids.is_empty()) {
        (ContentAccess::Plans, true) => "must name at least one plan where `access` is `plans`",
        // Kept without a word, they would leave open to everyone what was meant for some.
        (ContentAccess::Public | ContentAccess::Members, false) => "must be empty unless `access` is `plans`",
        (ContentAccess::Plans, false) | (ContentAccess::Public | ContentAccess::Members, true) => return None,
    };
    Some(Fault::at("/plan_ids", wrong))
}
