//! The members, which everybody of the staff may look up and nobody changes here.

use flow_gateway::{
    access::sessions::stored::Role,
    resources::members::{self, MembershipId},
    store::turns::{Turns, WriteTx},
};

use crate::{
    resources::members::{PEOPLE, clara, invite, member, monthly},
    support::studio::on_both_engines,
};

const MEMBERS: &str = "/studio/members";

#[apply(on_both_engines!)]
async fn a_member_is_found_by_words_of_the_name_and_shown_without_what_a_front_desk_need_not_see(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let plan = monthly(&server).await;
    let mut clara = clara();
    clara["plan_id"] = plan["id"].clone();
    let clara = server.post("/v1/members/invites", clara).await.expect(201);
    member(&server, "joao@member.example").await;
    let id = clara["id"].as_str().unwrap();
    for role in [Role::Viewer, Role::Developer, Role::Owner] {
        let browser = studio.signed_in(role).await;
        let all = browser.open(MEMBERS).await.html();
        assert!(all.contains("Clara Nunes") && all.contains("joao@member.example"), "{all}");
        for query in ["?q=nun%20clara&status=", "?q=&status=invited", "?q=CLÁRA&status=invited"] {
            let html = browser.open(&format!("{MEMBERS}{query}")).await.html();
            assert!(html.contains("Clara Nunes") && !html.contains("joao@"), "{query}: {html}");
        }
        let html = browser.open(&format!("{MEMBERS}/{id}")).await.html();
        for shown in
            ["Clara Nunes", "Clara.Nunes@Member.example", plan["name"].as_str().unwrap(), "Invited", "15 Jan 2026"]
        {
            assert!(html.contains(shown), "{shown} in {html}");
        }
        for hidden in [" 1990", "1990-", "Mind her knee", "source"] {
            assert!(!html.contains(hidden) && !all.contains(hidden), "{hidden} in {html}");
        }
        assert!(!html.contains("<form method=\"post\" action=\"/studio/members"), "it is read only");
    }
}

#[apply(on_both_engines!)]
async fn members_come_in_pages_and_a_search_is_bounded_as_managements(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    for number in 0..27 {
        invite(&server, &format!("member-{number:02}@member.example")).await;
    }
    let viewer = studio.signed_in(Role::Viewer).await;
    let first = viewer.open(&format!("{MEMBERS}?q=member&status=invited")).await;
    assert_eq!(first.html().matches("<tr role=\"row\"><td").count(), 25);
    let next = first.between("<a class=\"button\" href=\"", "\" rel=\"next\"").replace("&#38;", "&");
    let second = viewer.open(&next).await.html();
    assert_eq!(second.matches("<tr role=\"row\"><td").count(), 2, "{second}");
    assert!(second.contains("member-26") && second.contains("First page"), "{second}");
    // The cursor belongs to its search.
    let other = next.replace("status=invited", "status=active");
    let long = format!("{MEMBERS}?q={}", "a+".repeat(9));
    for wrong in [other, long, format!("{MEMBERS}?status=nonsense"), format!("{MEMBERS}?cursor=AAAA")] {
        let reply = viewer.open(&wrong).await;
        assert_eq!(reply.status, 422, "{wrong}");
        assert!(reply.html().contains("This search is not valid"), "{}", reply.html());
    }
}

#[apply(on_both_engines!)]
async fn another_studios_member_is_not_found_and_one_who_was_erased_has_no_name(studio: Studio) {
    let neighbour = studio.neighbour().await;
    let theirs = invite(&studio.server_of(neighbour, PEOPLE).await, "theirs@member.example").await;
    let server = studio.server(PEOPLE).await;
    let ours = server.post("/v1/members/invites", clara()).await.expect(201);
    let owner = studio.signed_in(Role::Owner).await;
    assert!(!owner.open(MEMBERS).await.html().contains("theirs@"));
    for id in [theirs["id"].as_str().unwrap(), "mbr_01jdc9x0aetqt8q3yv0gcm1v5k", "nonsense"] {
        let reply = owner.open(&format!("{MEMBERS}/{id}")).await;
        assert_eq!(reply.status, 404, "{reply:?}");
        assert!(!reply.html().contains("theirs@"));
    }
    let id: MembershipId = ours["id"].as_str().unwrap().parse().unwrap();
    let mut tx = Turns::default().begin(&studio.app.db, &studio.clock, studio.id, 1).await.unwrap();
    members::erase(&mut tx, id).await.unwrap();
    tx.commit().await.unwrap();
    let html = owner.open(&format!("{MEMBERS}/{id}")).await.html();
    assert!(
        html.contains("Erased person")
            && !html.contains("Clara")
            && !html.contains("Nunes")
            && !html.contains("erased.invalid"),
        "{html}"
    );
}
