//! Rows that no operation makes: written as an import writes them.

use flow_gateway::{
    operation::write::Draft,
    resources::{content::Content, rules},
    store::{id::StudioId, row::Row, turns::WriteTx},
    wire::{input::Input, problem::Problem},
};
use serde_json::Value;

use super::studio::Studio;

/// Makes a piece of content of a studio, or says why there is none.
pub async fn content(studio: &Studio, of: StudioId, sent: Value) -> Result<Value, Problem> {
    let mut tx = studio.app.db.begin_studio(&studio.clock, of, 1).await?;
    let row = Row::new(tx.now, Content::input().create::<Content>(sent)?);
    let row = rules::create_row(&mut tx, Draft::whole(row)).await?;
    tx.commit().await?;
    Ok(serde_json::to_value(&row).expect("a row is JSON"))
}
