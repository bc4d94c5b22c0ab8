//! The live tail of the activity, in a real browser.

use flow_gateway::access::scope::Scope;

use super::dashboard::{serve, sign_in};
use crate::support::{devtools::Page, studio::Studio};

const TOLD: &str = "document.querySelector('.tail [role=status]').textContent";
const ROWS: &str = "document.querySelectorAll('#rows tbody tr').length";

fn press(page: &mut Page, name: &str) {
    let button = "document.querySelector('.tail button')";
    assert_eq!(page.run(&format!("{button}.textContent")), name);
    page.run(&format!("{button}.click()"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_live_tail_says_how_many_calls_came_asks_for_none_while_it_is_paused_and_then_counts_on() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let server = studio.server(&[Scope::ClassesRead]).await;
    server.get("/v1/classes").await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.expect("written");
    let runtime = tokio::runtime::Handle::current();
    let call = || drop(runtime.block_on(server.get("/v1/classes")).expect(200));
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        sign_in(&mut page, &url);
        page.go(&format!("{url}/studio/activity"));
        page.wait_until(&format!("{TOLD}.startsWith('Waiting for calls since')"));
        // From here on the page's connections are known, so that one can be seen to be closed.
        page.run(
            "window.EventSource = class extends EventSource { constructor(url) { super(url); window.tail = this } }; 0",
        );
        press(&mut page, "Pause");
        assert_eq!(page.run(TOLD), "Paused. New calls: 0.");
        press(&mut page, "Resume");
        call();
        call();
        page.wait_until(&format!("{TOLD}.startsWith('New calls since') && {TOLD}.endsWith(': 2.')"));
        page.wait_until(&format!("{ROWS} === 3"));

        press(&mut page, "Pause");
        assert_eq!(page.run("window.tail.readyState === EventSource.CLOSED"), true, "no more is asked for");
        call();
        studio_writes(&studio, &runtime);
        assert_eq!((page.run(TOLD), page.run(ROWS)), ("Paused. New calls: 2.".into(), 3.into()));
        press(&mut page, "Resume");
        page.wait_until(&format!("{TOLD}.startsWith('New calls since') && {TOLD}.endsWith(': 3.')"));
        page.wait_until(&format!("{ROWS} === 4"));

        // A row that has the focus stays, and so does the focus.
        page.run("document.querySelector('#rows tbody a').focus(); window.focused = document.activeElement; 0");
        call();
        page.wait_until(&format!("{TOLD}.endsWith(': 4.')"));
        assert_eq!(page.run("document.activeElement === window.focused && window.focused.isConnected"), true);
    });
}

fn studio_writes(studio: &Studio, runtime: &tokio::runtime::Handle) {
    runtime.block_on(studio.app.access.usage.write(&studio.app.db)).expect("written");
}
