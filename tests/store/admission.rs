//! One studio asks for all that the database can do; the others do not notice.

use flow_gateway::{
    access::scope::Scope::{InstructorsRead, InstructorsWrite},
    store::fair::{Party, Slot},
};
use serde_json::json;

use crate::support::studio::{Studio, on_both_engines};

const LIST: &str = "/v1/instructors";

fn of(studio: &Studio) -> Party {
    Party { studio: Some(studio.id), network: "0.0.0.0".parse().unwrap() }
}

/// Takes every slot that this studio may have.
async fn all_reads(studio: &Studio) -> Vec<Slot> {
    let mut held = Vec::new();
    while let Ok(slot) = studio.app.admission.read(of(studio)).await {
        held.push(slot);
    }
    held
}

async fn all_writes(studio: &Studio) -> Vec<Slot> {
    let mut held = Vec::new();
    while let Ok(slot) = studio.app.admission.write(of(studio), std::time::Duration::ZERO).await {
        held.push(slot);
    }
    held
}

on_both_engines! {
    async fn a_studio_whose_reads_fill_its_share_is_refused_and_the_others_read_on(studio: Studio) {
        let studio = studio.instance_that_does_not_wait().await;
        let noisy = studio.server(&[InstructorsRead]).await;
        let quiet = studio.server_of(studio.neighbour().await, &[InstructorsRead]).await;
        for server in [&noisy, &quiet] {
            server.get(LIST).await.expect(200);
        }
        let held = all_reads(&studio).await;
        assert!(held.len() >= 4, "alone it reads with nearly all: {}", held.len());
        for _ in 0..20 {
            let refused = noisy.get(LIST).await;
            refused.is_problem(503, "overloaded");
            assert_eq!(refused.header("retry-after"), "1");
            quiet.get(LIST).await.expect(200);
        }
        drop(held);
        noisy.get(LIST).await.expect(200);
    }

    async fn the_visitors_of_a_website_read_on_while_its_server_reads_all_it_may(studio: Studio) {
        let studio = studio.instance_that_does_not_wait().await;
        let neighbours = studio.website_of(studio.neighbour().await).await;
        neighbours.get(LIST).await.expect(200);
        let _held = all_reads(&studio).await;
        for _ in 0..20 {
            neighbours.get(LIST).await.expect(200);
        }
    }

    async fn reads_go_on_while_writes_are_refused(studio: Studio) {
        let studio = studio.instance_that_does_not_wait().await;
        let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
        server.post(LIST, json!({"display_name": "Anna"})).await.expect(201);
        let held = all_writes(&studio).await;
        for _ in 0..20 {
            let refused = server.post(LIST, json!({"display_name": "Rui"})).await;
            refused.is_problem(503, "overloaded");
            assert_eq!(refused.header("retry-after"), "1");
            server.get(LIST).await.expect(200);
        }
        drop(held);
        server.post(LIST, json!({"display_name": "Rui"})).await.expect(201);
    }
}
