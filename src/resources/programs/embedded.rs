//! What a program that is shown by itself has besides its fields: its classes, in the shape of the surface.

use serde::Serialize;
use serde_json::{Value, json};

use super::model::ProgramId;
use crate::{
    operation::{
        describe::{Operation, Shape},
        whole::ExtraFields,
    },
    resources::classes::{self, Class},
    store::{
        error::StoreError,
        row::{Listed, Row},
        studio::StudioOn,
    },
};

/// A program of more classes than this, or of more than fill a page, is read class by class, so that no answer grows without end.
const MOST: u8 = 100;

/// The first classes of a program.
#[derive(Debug, Serialize)]
pub struct Classes<C> {
    classes: Vec<C>,
    more_classes: bool,
}

impl<C: From<Row<Class>>> Classes<C> {
    /// Reads them.
    pub async fn of(on: StudioOn<'_>, program: ProgramId, only_public: bool) -> Result<Self, StoreError> {
        let Listed { rows, more } = classes::of_program(on, program, only_public, MOST.into()).await?;
        Ok(Self { classes: rows.into_iter().map(C::from).collect(), more_classes: more })
    }
}

impl<C: Shape + Serialize> ExtraFields for Classes<C> {
    const NAME: &'static str = "WithClasses";

    fn schema(operation: &mut Operation) -> Value {
        let class = operation.names(C::name(), C::schema());
        let example = json!({"classes": [operation.example_of(&C::name())], "more_classes": false});
        json!({"type": "object", "required": ["classes", "more_classes"], "examples": [example], "properties": {
            "classes": {"type": "array", "items": class, "maxItems": MOST, "readOnly": true,
                "description": format!("Its classes, oldest first: at most {MOST}.")},
            "more_classes": {"type": "boolean", "readOnly": true,
                "description": "Whether it has more classes. `GET /v1/classes?program_id=…` lists all of them."}}})
    }
}
