//! The sessions of who is signed in.

use flow_gateway::access::sessions::stored::Role;

use crate::support::{dashboard::PASSWORD, studio::on_both_engines};

#[apply(on_both_engines!)]
async fn who_is_signed_in_sees_their_sessions_and_ends_one_or_all(studio: Studio) {
    studio.add_staff(studio.id, "rui@casa.example", Role::Owner).await;
    let stranger = studio.browser().sign_in("rui@casa.example", PASSWORD).await.1;
    studio.add_staff(studio.id, "anna@casa.example", Role::Viewer).await;
    let at_home = studio.browser().from("192.0.2.77").sign_in("anna@casa.example", PASSWORD).await.1;
    let page = at_home.open("/studio/sessions").await.html();
    let end_first = page.split_once("action=\"/studio/sessions/ses_").expect("a session").1;
    let end_home = format!("/studio/sessions/ses_{}", end_first.split_once('"').unwrap().0);
    let on_the_way = studio.browser().from("198.51.100.9").sign_in("anna@casa.example", PASSWORD).await.1;
    let page = on_the_way.open("/studio/sessions").await.html();
    assert_eq!(page.matches("/studio/sessions/ses_").count(), 2, "nobody else's: {page}");
    assert_eq!(page.matches("this one").count(), 1, "{page}");
    assert!(page.contains("192.0.2.0/24") && page.contains("198.51.100.0/24"), "masked: {page}");
    assert!(!page.contains("192.0.2.77"), "{page}");
    assert_eq!(stranger.send(&end_home, &[]).await.status, 404, "somebody else's session stays");
    assert_eq!(at_home.open("/studio/api-keys").await.status, 200);
    assert_eq!(on_the_way.send(&end_home, &[]).await.leads_to(), "/studio/sessions");
    assert!(at_home.open("/studio/api-keys").await.leads_to().starts_with("/studio/sign-in"));
    assert_eq!(on_the_way.open("/studio/api-keys").await.status, 200);
    let third = studio.browser().sign_in("anna@casa.example", PASSWORD).await.1;
    let out = third.send("/studio/sessions/end", &[]).await;
    assert_eq!(out.leads_to(), "/studio/sign-in");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    for browser in [&third, &on_the_way] {
        assert!(browser.open("/studio/api-keys").await.leads_to().starts_with("/studio/sign-in"));
    }
    assert_eq!(stranger.open("/studio/api-keys").await.status, 200);
}
