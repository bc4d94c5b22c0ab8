"""The sign-in widget in a real Chromium: each function is a promise. Usage: rows.py BINARY CHROMIUM [NAME…]

One gateway, and one browser with a fresh profile for each row. Prints a line for each, and exits 1 when one is broken.
"""

import base64
import datetime
import json
import os
import sys
import tempfile
import time
import traceback
import zlib

from playwright.sync_api import Error, sync_playwright

from gateway import EMAIL, PASSWORD, Gateway

ROWS = []
# What every frame and page of a row notes: the messages that it gets, and what its Content-Security-Policy refuses.
NOTE = """
  window.heard = []; window.violations = []; window.seen = {in: 0, out: 0, errors: []};
  addEventListener("message", (event) => window.heard.push({origin: event.origin, data: JSON.stringify(event.data), ports: event.ports.length}), true);
  document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.effectiveDirective + " " + event.blockedURI));
"""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Casa Prana</title>%s</head><body>
<button id="before">Before</button><div id="sign-in"></div><button id="after">After</button>
<script src="MEMBERS/flow.js"></script><script src="/site.js"></script></body></html>"""
SITE_JS = """
  Flow.configure({storefront: "STOREFRONT"});
  window.mount = (more = {}) => window.handle = Flow.mountSignIn(document.getElementById("sign-in"), {pk: "PK",
    onSignedIn: () => seen.in++, onSignedOut: () => seen.out++,
    onError: (error) => seen.errors.push({code: error.code, directive: error.directive, message: error.message}), ...more});
  window.settled = async (work) => { const began = Date.now(); let code = "ok";
    try { await work(); } catch (error) { code = error.code || String(error); } return {code, took: Date.now() - began}; };
  if (!location.search.includes("later")) mount();
"""


def row(what, cookies=True):
    """A promise, by what others ran into; without cookies, the browser keeps none at all."""

    def keep(run):
        ROWS.append((run.__name__, what, run, cookies))
        return run

    return keep


class Browser:
    """A browser with a fresh profile, and the pages of the row."""

    current = None

    def __init__(self, playwright, chromium, gateway, cookies=True):
        self.gateway = gateway
        self.profile = tempfile.TemporaryDirectory(prefix="flow-rows-", ignore_cleanup_errors=True)
        # Cookies of other sites are blocked in any case, but for those with a partition of their own.
        args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--test-third-party-cookie-phaseout"]
        if not cookies:
            os.mkdir(f"{self.profile.name}/Default")
            with open(f"{self.profile.name}/Default/Preferences", "w") as settings:
                json.dump({"profile": {"default_content_setting_values": {"cookies": 2}}}, settings)
        self.context = playwright.chromium.launch_persistent_context(
            self.profile.name,
            executable_path=chromium,
            headless=True,
            args=args,
            ignore_https_errors=True,
            viewport={"width": 900, "height": 700},
        )
        self.context.set_default_timeout(30000)
        self.context.add_init_script(NOTE)
        Browser.current = self.context
        self.console = []
        self.requests = []
        self.context.on("console", lambda message: self.console.append(message.text))
        self.context.on("request", lambda request: self.requests.append((request.url, request.post_data or "")))
        self.put("/", PAGE % "")
        self.put("/site.js", SITE_JS, Content_Type="text/javascript")

    def filled(self, text):
        names = {"MEMBERS": self.gateway.members, "STOREFRONT": self.gateway.storefront, "PK": self.gateway.pk}
        for name, value in names.items():
            text = text.replace(name, value)
        return text

    def put(self, path, body, pages=None, **headers):
        (pages or self.gateway.site).put(path, self.filled(body), **headers)

    def open(self, path="/", origin=None):
        page = self.context.new_page()
        page.goto((origin or self.gateway.casa) + path)
        return page

    def close(self):
        self.context.close()
        self.profile.cleanup()


def pause(seconds):
    """Waits, while the browser's events are taken in."""
    Browser.current.pages[0].wait_for_timeout(1000 * seconds)


def until(holds, what, seconds=30):
    end = time.monotonic() + seconds
    while not (got := holds()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        pause(0.05)
    return got


def widget(page):
    """The widget's frame, once it shows something."""

    def shown():
        frames = [frame for frame in page.frames if "/widget" in frame.url]
        try:
            is_shown = frames and frames[0].locator("#out:not([hidden]), #in:not([hidden])").count()
        except Error:
            # The frame went away meanwhile.
            is_shown = False
        return is_shown and frames[0]

    return until(shown, "the widget")


def sign_in(page, password=PASSWORD):
    frame = widget(page)
    frame.get_by_label("E-mail").fill(EMAIL)
    frame.get_by_label("Password").fill(password)
    frame.get_by_role("button", name="Sign in", exact=True).click()
    return frame


def signed_in(page):
    frame = sign_in(page)
    frame.get_by_text(f"Signed in as {EMAIL}").wait_for()
    until(lambda: page.evaluate("seen.in") >= 1, "onSignedIn")
    return frame


def token(page):
    return page.evaluate("handle.getToken()")


def claims(text):
    part = text.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def settled(page, work):
    return page.evaluate(f"settled(async () => {{ {work} }})")


@row("a member signs in on the website, and the page calls the API for them")
def a_member_signs_in(browser):
    page = browser.open()
    signed_in(page)
    me = page.evaluate("Flow.members(handle).me()")
    assert (me["email"], me["firstName"]) == (EMAIL, "Rui"), me
    changed = page.evaluate("Flow.members(handle).updateMe({lastName: 'Alves'})")
    assert changed["lastName"] == "Alves", changed
    wrong = page.evaluate("Flow.members(handle).updateMe({phone: 'x'}).catch(({code, status, errors, requestId}) => ({code, status, errors, requestId}))")
    assert (wrong["code"], wrong["status"]) == ("validation_failed", 422) and wrong["requestId"], wrong
    assert wrong["errors"][0]["pointer"] == "/phone", wrong
    widget(page).get_by_role("button", name="Sign out").click()
    until(lambda: page.evaluate("seen.out") == 1, "onSignedOut")
    assert settled(page, "await handle.getToken()")["code"] == "not_signed_in"
    page.reload()
    assert widget(page).get_by_label("E-mail").is_visible() and page.evaluate("seen.out") == 0


@row("the page of the guide signs a member in, as it stands there")
def the_guides_page_works(browser):
    with open(os.path.join(os.path.dirname(__file__), "../../../docs/guides/sign-in.md"), encoding="utf-8") as guide:
        page = guide.read().split("```html\n")[1].split("```")[0]
    places = {"https://members.example": "MEMBERS", "https://storefront.example": "STOREFRONT", "flow_pk_…": "PK"}
    for place, name in places.items():
        assert place in page, place
        page = page.replace(place, name)
    browser.put("/guide", page)
    page = browser.open("/guide")
    sign_in(page)
    until(lambda: page.inner_text("#hello") == "Welcome, Rui", "the greeting")


@row("a reload keeps who is signed in, by a cookie of this website alone")
def a_reload_keeps_the_session(browser):
    page = browser.open()
    signed_in(page)
    cookies = [cookie for cookie in browser.context.cookies() if "flow_" in cookie["name"]]
    assert [cookie["name"] for cookie in cookies] == ["__Host-flow_frame"], cookies
    assert cookies[0]["secure"] and cookies[0]["httpOnly"] and cookies[0]["sameSite"] == "None", cookies
    page.reload()
    until(lambda: page.evaluate("seen.in") == 1, "onSignedIn after a reload")
    other = browser.open(origin=browser.gateway.other)
    assert widget(other).get_by_label("E-mail").is_visible(), "another site has a partition of its own"
    assert not other.evaluate("seen.in")


@row("token posted to any opener or to `*`")
def nothing_is_posted_to_an_opener(browser):
    hostile = """<!doctype html><title>evil</title><script>window.go = (url) => window.w = open(url);
      setInterval(() => { if (!window.w) return; const hello = {flow: "hello", nonce: "0".repeat(32), id: "1", want: "token"};
        for (const to of [w, ...(() => { try { return [...Array(w.length)].map((_, at) => w[at]) } catch { return [] } })()]) to.postMessage(hello, "*"); }, 50);</script>"""
    browser.put("/", hostile, browser.gateway.evil)
    evil = browser.open(origin=browser.gateway.hostile)
    with browser.context.expect_page() as opened:
        evil.evaluate("url => go(url)", browser.gateway.casa + "/")
    page = opened.value
    signed_in(page)
    assert token(page)
    assert evil.evaluate("heard.length") == 0, evil.evaluate("heard")
    with browser.context.expect_page() as opened:
        evil.evaluate("url => go(url)", f"{browser.gateway.members}/widget?pk={browser.gateway.pk}")
    alone = opened.value
    alone.get_by_label("E-mail").fill(EMAIL)
    alone.get_by_label("Password").fill(PASSWORD)
    alone.get_by_role("button", name="Sign in", exact=True).click()
    alone.wait_for_url("**/account*")
    pause(0.3)
    assert evil.evaluate("heard.length") == 0, evil.evaluate("heard")


RAW = """<!doctype html><html lang="en"><title>raw</title><div id="sign-in"></div><script src="/raw.js"></script>"""
RAW_JS = """window.frameOf = (nonce, pk = "PK") => new Promise((done) => { const frame = document.createElement("iframe");
  frame.src = "MEMBERS/widget?pk=" + pk + "#nonce=" + nonce; frame.onload = () => done(frame); document.body.append(frame); });
  window.ports = []; addEventListener("message", (event) => { if (event.ports[0]) { ports.push(event.ports[0]); event.ports[0].onmessage = ({data}) => window.said.push(data); } });
  window.said = []; window.pause = (time) => new Promise((after) => setTimeout(after, time));"""


@row("check skipped when the nonce was absent")
def a_hello_needs_the_nonce_of_its_frame_once(browser):
    browser.put("/raw", RAW)
    browser.put("/raw.js", RAW_JS, Content_Type="text/javascript")
    page = browser.open("/raw")
    answers = page.evaluate(
        """async () => { const one = await frameOf("aaaa"), other = await frameOf("bbbb"), none = await frameOf(""); const counts = [];
        const say = async (frame, hello) => { frame.contentWindow.postMessage(hello, "MEMBERS"); await pause(400); counts.push(ports.length); };
        for (const frame of [one, none]) for (const nonce of [undefined, "", null, "bbbb", ["aaaa"], {}]) await say(frame, {flow: "hello", nonce});
        await say(none, {flow: "hello"}); await say(one, "hello"); await say(one, null);
        await say(one, {flow: "hello", nonce: "aaaa"}); await say(one, {flow: "hello", nonce: "aaaa"}); await say(other, {flow: "hello", nonce: "aaaa"});
        return counts }""".replace("MEMBERS", browser.gateway.members)
    )
    assert answers[:-3] == [0] * (len(answers) - 3) and answers[-3:] == [1, 1, 1], answers


@row("session planted from outside")
def the_frame_takes_no_session_from_a_message(browser):
    page = browser.open()
    signed_in(page)
    stolen = token(page)
    browser.put("/raw", RAW)
    browser.put("/raw.js", RAW_JS, Content_Type="text/javascript")
    other = browser.open("/raw", browser.gateway.other)
    said = other.evaluate(
        """async (token) => { const frame = await frameOf("aaaa"); frame.contentWindow.postMessage({flow: "hello", nonce: "aaaa", session: token, token}, "MEMBERS");
        while (!ports[0]) await pause(20);
        for (const planted of [{session: token}, {token}, {state: "in"}, {id: 1, want: "begin", session: token}, {id: 2, want: "signIn", session: token, token}, null, "x", 7])
          { ports[0].postMessage(planted); frame.contentWindow.postMessage(planted, "MEMBERS"); }
        ports[0].postMessage({id: 9, want: "token"}); while (!said.some((one) => one.id === 9)) await pause(20); return said }""".replace(
            "MEMBERS", browser.gateway.members
        ),
        stolen,
    )
    assert said[-1]["error"]["code"] == "not_signed_in" or any(one.get("error", {}).get("code") == "not_signed_in" for one in said), said
    assert not any(one.get("token") or one.get("state") == "in" for one in said), said


@row("password in an error object")
def a_password_is_in_one_request_and_nowhere_else(browser):
    canary = "canary lantern orbit 93"
    page = browser.open()
    frame = sign_in(page, canary)
    frame.get_by_text("do not belong together").wait_for()
    in_requests = [url for url, body in browser.requests if "canary" in body or "canary" in url]
    assert len(in_requests) == 1 and in_requests[0].endswith("/widget/sign-in"), in_requests
    browser.context.set_offline(True)
    frame.get_by_label("Password").fill(canary)
    frame.get_by_role("button", name="Sign in", exact=True).click()
    frame.get_by_text("did not work").wait_for()
    browser.context.set_offline(False)
    for place in [browser.console, page.evaluate("heard"), page.evaluate("seen"), frame.evaluate("heard"), frame.content()]:
        assert "canary" not in json.dumps(place), place


@row("embedder's origin from a parameter")
def a_tokens_origin_is_what_the_browser_says(browser):
    for origin in [browser.gateway.casa, browser.gateway.other]:
        page = browser.open(origin=origin)
        signed_in(page)
        got = claims(token(page))
        assert got["origin"] == origin and got["iss"] == browser.gateway.members, got
        assert got["sub"] == browser.gateway.membership
    frame = widget(page)
    forged = frame.evaluate(
        """async (pk) => { const answer = await fetch("/widget/token", {method: "POST", body: new URLSearchParams({pk, origin: "https://evil.example"})});
        return (await answer.json()).code }""",
        browser.gateway.pk,
    )
    assert forged == "origin_not_allowed", forged


@row('origin "null"')
def a_page_without_an_origin_is_refused_with_words(browser):
    browser.put("/sandbox", PAGE % "", Content_Security_Policy="sandbox allow-scripts allow-forms")
    page = browser.open("/sandbox")
    error = until(lambda: page.evaluate("seen.errors[0]"), "an error")
    assert error["code"] == "origin_not_allowed" and "sandboxed" in error["message"], error
    inner = f"<iframe src='{browser.gateway.members}/widget?pk={browser.gateway.pk}'></iframe>"
    for parent in [f"data:text/html,<h1>x</h1>{inner}", "about:srcdoc"]:
        page = browser.context.new_page()
        if parent == "about:srcdoc":
            page.goto(browser.gateway.casa + "/sandbox")
            page.evaluate("inner => { const frame = document.createElement('iframe'); frame.srcdoc = inner; document.body.append(frame) }", inner)
        else:
            page.goto(parent)
        pause(0.7)
        assert not any(frame.url.startswith(browser.gateway.members) and "Password" in frame.content() for frame in page.frames), parent
    with open(f"{browser.profile.name}/page.html", "w") as file:
        file.write(browser.filled(PAGE % "").replace("/site.js", "data:text/javascript;base64," + base64.b64encode(browser.filled(SITE_JS).encode()).decode()))
    page = browser.context.new_page()
    page.goto(f"file://{browser.profile.name}/page.html")
    error = until(lambda: page.evaluate("seen.errors[0]"), "an error")
    assert error["code"] in ("origin_not_allowed", "frame_blocked"), error


@row("frame navigated away, or redirected")
def the_port_dies_with_its_document(browser):
    browser.put("/", "<!doctype html><title>evil</title>", browser.gateway.evil)
    page = browser.open()
    signed_in(page)
    page.evaluate("url => document.querySelector('iframe').src = url", browser.gateway.hostile + "/")
    evil = until(lambda: [frame for frame in page.frames if frame.url.startswith(browser.gateway.hostile)], "the other document")[0]
    page.evaluate("handle && Flow && 1")
    got = page.evaluate("settled(async () => { await new Promise((after) => setTimeout(after, 500)); await Promise.race([handle.signOut()]) })")
    assert got["code"] in ("timeout", "frame_blocked") and got["took"] < 10600, got
    assert evil.evaluate("heard.length") == 0, evil.evaluate("heard")


@row("element moved in the DOM, remounted by React, mounted twice")
def moved_remounted_and_mounted_twice(browser):
    page = browser.open()
    signed_in(page)
    page.evaluate("() => { const box = document.createElement('section'); document.body.prepend(box); box.append(document.getElementById('sign-in')) }")
    widget(page).get_by_text(f"Signed in as {EMAIL}").wait_for()
    assert token(page) and page.evaluate("seen.out") == 0
    assert page.evaluate("heard.filter((one) => one.ports).length") == 2, "one port a load"
    page.evaluate("async () => { mount(); mount() }")
    assert page.evaluate("document.querySelectorAll('iframe').length") == 1
    widget(page).get_by_text(f"Signed in as {EMAIL}").wait_for()
    until(lambda: settled(page, "await handle.getToken()")["code"] == "ok", "a token of the last one")
    page.evaluate(
        """() => { window.live = 0; const add = EventTarget.prototype.addEventListener;
        EventTarget.prototype.addEventListener = function (type, listener, options) { if (options?.signal) { live++; options.signal.addEventListener("abort", () => live--); } return add.apply(this, arguments) } }"""
    )
    page.evaluate("async () => { mount(); await new Promise((after) => setTimeout(after, 200)); await handle.destroy() }")
    assert page.evaluate("[document.querySelectorAll('iframe').length, live]") == [0, 0]
    assert settled(page, "await handle.getToken()")["code"] == "destroyed"


@row("renewal on `focus`, which never fires in a cross-origin frame")
def a_token_is_fresh_after_eleven_hidden_minutes(browser):
    page = browser.open()
    frame = signed_in(page)
    first = token(page)
    assert token(page) == first, "it is kept while it is good"
    page.evaluate("() => { const now = Date.now.bind(Date); Date.now = () => now() + 11 * 60 * 1000 }")
    second = token(page)
    assert claims(second)["jti"] != claims(first)["jti"]
    looked = lambda: len([1 for url, _ in browser.requests if url.endswith("/widget/state")])
    before, asked = looked(), asked_for_tokens(browser)
    frame.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    until(lambda: looked() > before, "it looks when it is shown again")
    assert asked_for_tokens(browser) == asked, "and no token is made for that"


def asked_for_tokens(browser):
    return len([1 for url, _ in browser.requests if url.endswith("/widget/token")])


@row('"cannot see the cookie" taken for "signed out"', cookies=False)
def blocked_cookies_sign_nobody_out(browser):
    page = browser.open()
    signed_in(page)
    assert page.evaluate("Flow.members(handle).me()")["email"] == EMAIL
    frame = widget(page)
    for _ in range(3):
        frame.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        pause(0.2)
    assert page.evaluate("seen.out") == 0 and len(browser.context.pages) == 2, "no window, no sign-out"
    page.evaluate("document.body.prepend(document.getElementById('sign-in'))")
    until(lambda: [one for one in page.evaluate("seen.errors") if one["code"] == "sign_in_again"], "it says so")
    signed_in(page)
    until(lambda: page.evaluate("seen.in") == 2, "signed in again without a reload")
    assert page.evaluate("seen.out") == 0


@row("promise that never settles")
def every_promise_settles_within_ten_seconds_offline_too(browser):
    page = browser.open()
    signed_in(page)
    storefront = ["listClasses", "listSchedule", "listInstructors", "listLocations", "listPlans", "listPrograms", "listContent", "config", "site", "policies"]
    works = [f"Flow.storefront('PK').{name}()" for name in storefront] + ["Flow.storefront('PK').getProgram('x')"]
    works += [f"Flow.members(handle).{name}" for name in ["me()", "updateMe({})", "listSchedule()", "listBookings()", "getBooking('x')", "book('x')", "cancelBooking('x')"]]
    works += ["handle.getToken()", "handle.signOut()", "(async () => { for await (const row of Flow.storefront('PK').listPlans()) return row })()"]
    script = "Promise.all([%s].map((work) => settled(work)))" % ",".join(f"() => {browser.filled(work)}" for work in works)
    page.evaluate("handle.getToken()")
    page.evaluate("() => { const now = Date.now.bind(Date); Date.now = () => now() + 11 * 60 * 1000 }")
    # No connection; and then a server that takes each request, and never answers.
    browser.context.set_offline(True)
    offline = page.evaluate(script)
    browser.context.set_offline(False)
    held = []
    for surface in [browser.gateway.storefront, browser.gateway.members]:
        browser.context.route(f"{surface}/v1/**", lambda route: held.append(route))
        browser.context.route(f"{surface}/widget/**", lambda route: held.append(route))
    unanswered = page.evaluate(script)
    assert held
    for route in held:
        route.abort()
    for got in [offline, unanswered]:
        assert len(got) == len(works) and all(one["code"] != "ok" and one["took"] < 10600 for one in got), list(zip(works, got))
    assert settled(page, "await handle.destroy()")["code"] == "ok"


@row("blocked by the page's CSP")
def a_blocked_frame_names_the_directive(browser):
    for path, policy, directive in [("/a", "frame-src 'none'", "frame-src"), ("/b", "default-src 'self' MEMBERS; frame-src https://x.example", "frame-src")]:
        browser.put(path, PAGE % "", Content_Security_Policy=browser.filled(policy))
        page = browser.open(path)
        error = until(lambda: page.evaluate("seen.errors[0]"), "an error", 5)
        assert (error["code"], error["directive"]) == ("frame_blocked", directive), error
        assert browser.gateway.members in error["message"], error
    browser.put("/", PAGE % "", browser.gateway.evil)
    browser.put("/site.js", SITE_JS, browser.gateway.evil, Content_Type="text/javascript")
    page = browser.open(origin=browser.gateway.hostile)
    error = until(lambda: page.evaluate("seen.errors[0]"), "an error", 12)
    assert (error["code"], error["directive"]) == ("frame_blocked", "frame-ancestors"), error
    assert browser.gateway.hostile in error["message"], error


@row("strict pages")
def a_strict_page_sees_no_violation(browser):
    policy = (
        "default-src 'self'; script-src 'self' MEMBERS; frame-src MEMBERS; connect-src MEMBERS STOREFRONT; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    browser.put("/", PAGE % "", Content_Security_Policy=browser.filled(policy), Referrer_Policy="no-referrer")
    page = browser.open()
    frame = signed_in(page)
    assert isinstance(page.evaluate(browser.filled("Flow.storefront('PK').listClasses()")), list)
    assert page.evaluate("Flow.members(handle).me()")["email"] == EMAIL
    widget(page).get_by_role("button", name="Sign out").click()
    until(lambda: page.evaluate("seen.out") == 1, "onSignedOut")
    assert page.evaluate("violations") == [] and frame.evaluate("violations") == []
    assert not [line for line in browser.console if "Content Security Policy" in line or "Trusted" in line], browser.console


@row("window blocked, closed, reopened")
def a_window_of_its_own_signs_the_frame_in(browser):
    browser.put("/", PAGE % "", Cross_Origin_Opener_Policy="same-origin")
    page = browser.open()
    button = lambda: widget(page).get_by_role("button", name="Sign in in a window")
    with browser.context.expect_page() as opened:
        button().click()
    opened.value.get_by_text(f"For the website {browser.gateway.casa}").wait_for()
    opened.value.close()
    pause(2)
    assert page.evaluate("seen.in + seen.out + seen.errors.length") == 0, "a closed window decides nothing"
    with browser.context.expect_page() as opened:
        button().click()
    window = opened.value
    window.get_by_text(f"For the website {browser.gateway.casa}").wait_for()
    assert window.evaluate("window.opener") is None
    window.get_by_label("E-mail").fill(EMAIL)
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Sign in", exact=True).click()
    window.get_by_text("Close this window").wait_for()
    until(lambda: page.evaluate("seen.in") == 1, "onSignedIn")
    assert claims(token(page))["origin"] == browser.gateway.casa
    widget(page).get_by_role("button", name="Sign out").click()
    until(lambda: page.evaluate("seen.out") == 1, "onSignedOut")
    window.goto(browser.gateway.members + "/account")
    assert window.url.endswith("/sign-in"), "who signs out of the widget is signed out of its window"


@row("two tabs")
def signing_out_in_one_tab_signs_the_other_out(browser):
    one = browser.open()
    signed_in(one)
    two = browser.open()
    until(lambda: two.evaluate("seen.in") == 1, "the second tab is signed in by the cookie")
    kept = token(two)
    call = """async (token) => (await fetch("MEMBERS/v1/me", {headers: {Authorization: "Bearer " + token}})).status""".replace("MEMBERS", browser.gateway.members)
    assert two.evaluate(call, kept) == 200
    widget(one).get_by_role("button", name="Sign out").click()
    until(lambda: one.evaluate("seen.out") == 1, "onSignedOut")
    until(lambda: two.evaluate(call, kept) == 401, "the other is refused", 5)
    until(lambda: two.evaluate("seen.out") == 1, "the other is told", 30)


def pixel(page, x, y):
    """The colour of one pixel."""
    png = page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})
    data, at = b"", 8
    while at < len(png):
        size, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        data += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += 12 + size
    return tuple(zlib.decompress(data)[1:4])


@row("height loops, half pixels, white boxes")
def the_height_settles_and_the_ground_shows_through(browser):
    for scheme, text, ground in [("light", "#222", (250, 200, 210)), ("dark", "#eee", (20, 40, 60))]:
        for size in ["120px", "3000px"]:
            style = f"<link rel='stylesheet' href='/s.css'>"
            browser.put("/s.css", f"html{{color-scheme:{scheme}}}body{{margin:0;color:{text};background:rgb{ground};height:{size};width:417.5px}}", Content_Type="text/css")
            browser.put("/", PAGE % style)
            page = browser.context.new_page()
            page.emulate_media(color_scheme="dark" if scheme == "light" else "light")
            page.add_init_script("window.heights = []; new MutationObserver(() => { const h = document.querySelector('iframe')?.style.height; if (h && h !== heights.at(-1) && h !== '0px') heights.push(h) }).observe(document, {subtree: true, attributes: true, childList: true})")
            page.goto(browser.gateway.casa + "/")
            frame = widget(page)
            until(lambda: page.evaluate("heights.length"), "a height")
            pause(1)
            heights = page.evaluate("heights")
            assert 1 <= len(heights) <= 3 and all(height[:-2].isdigit() for height in heights), heights
            assert frame.evaluate("document.documentElement.scrollHeight <= innerHeight"), "nothing is cut off"
            box = page.locator("iframe").bounding_box()
            seen = pixel(page, box["x"] + box["width"] - 3, box["y"] + 2)
            assert seen == ground, f"{scheme}: {seen} in place of {ground}"
            page.close()


@row("history")
def the_history_stays_as_it_is(browser):
    page = browser.open()
    widget(page)
    before = page.evaluate("history.length")
    frame = sign_in(page, "a wrong password 1")
    frame.get_by_text("do not belong together").wait_for()
    signed_in(page)
    widget(page).get_by_role("button", name="Sign out").click()
    until(lambda: page.evaluate("seen.out") == 1, "onSignedOut")
    page.evaluate("document.body.prepend(document.getElementById('sign-in'))")
    widget(page)
    assert page.evaluate("history.length") == before


@row("storage that throws")
def storage_that_throws_breaks_nothing(browser):
    browser.context.add_init_script(
        """for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches", "BroadcastChannel"])
        Object.defineProperty(window, name, {get() { throw new DOMException("denied", "SecurityError") }});
        Object.defineProperty(Document.prototype, "cookie", {get() { throw new DOMException("denied", "SecurityError") }, set() { throw new DOMException("denied", "SecurityError") }});"""
    )
    page = browser.open()
    signed_in(page)
    widget(page).get_by_role("button", name="Sign out").click()
    until(lambda: page.evaluate("seen.out") == 1, "onSignedOut")
    assert not [line for line in browser.console if "denied" in line], browser.console


@row("frame without a name, focus traps")
def the_frame_has_a_name_and_focus_passes_through(browser):
    browser.put("/french", (PAGE % "").replace('lang="en"', 'lang="fr-CH"'))
    page = browser.open("/french")
    frame = until(lambda: [frame for frame in page.frames if "/widget" in frame.url], "a frame")[0]
    frame.get_by_label("Mot de passe").wait_for()
    assert page.evaluate("document.querySelector('iframe').title") == "Se connecter"
    assert frame.evaluate("document.documentElement.lang + document.title") == "frSe connecter"
    page = browser.open()
    frame = widget(page)
    page.focus("#before")
    passed = []
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = frame.evaluate("document.hasFocus() && document.activeElement !== document.body ? document.activeElement.textContent.trim() || document.activeElement.id : ''")
        passed.append(inside or page.evaluate("document.activeElement.id"))
        if passed[-1] == "after":
            break
    assert passed == ["email", "password", "Sign in", "Sign in in a window", "Forgot your password?", "after"], passed
    hidden = browser.open("/?later")
    hidden.evaluate("() => { mount(); document.querySelector('iframe').src = 'about:blank' }")
    hidden.focus("#before")
    hidden.keyboard.press("Tab")
    assert hidden.evaluate("document.activeElement.id") == "after", "nothing takes the focus while nothing is shown"


EVIL_FRAME = """<!doctype html><title>evil</title><script>
  addEventListener("message", ({data}) => { if (data.run) window.timer = setInterval(() => run(data.run), 20) });
  window.got = [];
  const port = () => { const {port1, port2} = new MessageChannel(); port1.onmessage = ({data}) => got.push(data); return port2 };
  const run = ({kind, nonce}) => { try {
    if (kind === "port") parent.postMessage({flow: "port", nonce}, "*", [port()]);
    else for (let at = 0; at < parent.length; at += 1) if (parent[at] !== self) parent[at].postMessage({flow: "hello", nonce}, "*");
  } catch {} };</script>"""


def with_an_evil_frame(browser):
    """The website with a frame of another site in it, which is told whatever it needs."""
    browser.put("/frame", EVIL_FRAME, browser.gateway.evil)
    page = browser.open("/?later")
    page.evaluate("src => new Promise((done) => { const frame = document.createElement('iframe'); frame.id = 'evil'; frame.onload = done; frame.src = src; document.body.append(frame) })", browser.gateway.hostile + "/frame")
    evil = [frame for frame in page.frames if frame.url.startswith(browser.gateway.hostile)][0]
    return page, evil


NONCE = "new URLSearchParams(document.querySelector('#sign-in iframe').src.split('#')[1]).get('nonce')"
TELL_EVIL = "(kind) => document.getElementById('evil').contentWindow.postMessage({run: {kind, nonce: %s}}, '*')" % NONCE


@row("messages that forge the port, with the right nonce")
def a_forged_port_is_never_taken(browser):
    page, evil = with_an_evil_frame(browser)
    # Held back, so that the forged ports come before the true one.
    browser.context.route(f"{browser.gateway.members}/widget?*", lambda route: (time.sleep(1.5), route.continue_()))
    page.evaluate("() => { mount() }")
    page.evaluate(TELL_EVIL, "port")
    page.evaluate(
        """() => { window.own = []; const forge = () => { const {port1, port2} = new MessageChannel(); port1.onmessage = ({data}) => own.push(data);
        window.postMessage({flow: "port", nonce: NONCE}, "*", [port2]) }; forge(); setInterval(forge, 50) }""".replace("NONCE", NONCE)
    )
    until(lambda: page.evaluate("heard.filter((one) => one.data.includes('\"port\"')).length") > 10, "forged ports came")
    signed_in(page)
    assert claims(token(page))["sub"] == browser.gateway.membership
    page.evaluate("handle.signOut()")
    assert evil.evaluate("got") == [] and page.evaluate("own") == [], "nothing was asked over a forged port"
    assert page.evaluate("seen.errors") == []


@row("a hello of a frame beside it, with the right nonce")
def a_sibling_frame_gets_no_port(browser):
    page, evil = with_an_evil_frame(browser)
    page.evaluate("() => { mount() }")
    page.evaluate(TELL_EVIL, "hello")
    signed_in(page)
    frame = widget(page)
    until(lambda: frame.evaluate("heard.filter((one) => one.origin.includes('evil')).length") > 10, "hellos came to the widget")
    assert token(page)
    assert not [one for one in evil.evaluate("heard") if one["ports"] or "token" in one["data"]], evil.evaluate("heard")
    assert page.evaluate("heard.filter((one) => one.ports).length") == 1, "one port, to the page"


@row("a page that lures somebody into the window of its own sign-in")
def a_window_that_another_site_opens_takes_no_password(browser):
    # Somebody else waits for the session: their widget made a request that is good.
    waits = browser.open()
    with browser.context.expect_page() as opened:
        widget(waits).get_by_role("button", name="Sign in in a window").click()
    honest = opened.value
    honest.get_by_text(f"For the website {browser.gateway.casa}").wait_for()
    assert honest.get_by_text("Casa Prana").is_visible(), "the person sees for which studio and which website"
    url = honest.url
    honest.close()
    lure = f"""<!doctype html><title>evil</title><a id=\"opener\" href="{url}" target="_blank">a</a><a id=\"bare\" href="{url}" target="_blank" rel="noreferrer">b</a>
      <form id="form" method="post" action="{browser.gateway.members}/widget/window" target="_blank"><input name="request" value="x"><button>c</button></form>"""
    browser.put("/lure", lure.replace('\\"', '"'), browser.gateway.evil)
    evil = browser.open("/lure", browser.gateway.hostile)
    for element in ["#opener", "#bare", "#form button"]:
        with browser.context.expect_page() as opened:
            evil.locator(element).click()
        lured = opened.value
        lured.wait_for_load_state()
        assert lured.get_by_label("Password").count() == 0, f"{element}: {lured.content()}"
        assert browser.gateway.casa not in lured.content(), element
        lured.close()
    said = evil.evaluate(
        """async ([members, pk, origin]) => { const said = []; for (const path of ["request", "state", "token", "sign-in"]) {
        const body = new URLSearchParams({pk, origin, id: "a".repeat(22), secret: "b".repeat(43)});
        said.push(await fetch(`${members}/widget/${path}`, {method: "POST", body, credentials: "include"}).then(({status}) => status, () => "unreadable")) } return said }""",
        [browser.gateway.members, browser.gateway.pk, browser.gateway.casa],
    )
    assert all(one in ("unreadable", 403) for one in said), said
    assert waits.evaluate("seen.in") == 0


@row("opened outside a frame")
def a_hostile_page_gets_no_widget_nested_or_not(browser):
    browser.put("/nest", f"<!doctype html><title>evil</title><iframe src='{browser.gateway.casa}/'></iframe>", browser.gateway.evil)
    page = browser.open("/nest", browser.gateway.hostile)
    inner = until(lambda: [frame for frame in page.frames if frame.url.startswith(browser.gateway.casa)], "the website, in a hostile frame")[0]
    error = until(lambda: inner.evaluate("seen.errors[0]"), "an error", 12)
    assert error["code"] == "frame_blocked", error
    assert not [frame for frame in page.frames if frame.url.startswith(browser.gateway.members)]
    for key in [browser.gateway.originless, browser.gateway.pk[:-1] + "x"]:
        alone = browser.context.new_page()
        alone.goto(f"{browser.gateway.members}/widget?pk={key}")
        assert alone.locator(".note.bad").is_visible()
    alone.goto(f"{browser.gateway.members}/widget?pk={browser.gateway.pk}")
    assert alone.get_by_role("button", name="Sign in", exact=True).is_visible()
    assert not alone.get_by_role("button", name="Sign in in a window").is_visible()


@row("flow.js reads the Storefront as a script and as a module, follows cursors and waits as it is told")
def the_storefront_is_read(browser):
    module = """import Flow, { Flow as named } from "MEMBERS/flow.mjs"; Flow.configure({storefront: "STOREFRONT"});
      window.result = Promise.all([named === Flow, Flow.storefront("PK").config(), Flow.storefront("PK").policies()]);"""
    browser.put("/module", '<!doctype html><title>module</title><script type="module" src="/module.js"></script>')
    browser.put("/module.js", module, Content_Type="text/javascript")
    page = browser.open("/module")
    same, config, policies = until(lambda: page.evaluate("window.result"), "an answer")
    assert same and config["timeZone"] == "Europe/Lisbon" and "lateCancellationMinutes" in policies, (config, policies)
    page = browser.open("/?later")
    calls = []

    def classes(route):
        calls.append(route.request.url)
        headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After", "Content-Type": "application/json"}
        if len(calls) in (1, 3):
            route.fulfill(status=503 if len(calls) == 1 else 429, headers={**headers, "Retry-After": "1"}, body="{}")
            return
        rows, cursor = ([{"id": "cls_1", "program_id": None}], "next") if "cursor" not in route.request.url else ([{"id": "cls_2", "metadata": {"own_key": 1}}], None)
        route.fulfill(headers=headers, body=json.dumps({"data": rows, "next_cursor": cursor}))

    browser.context.route(f"{browser.gateway.storefront}/v1/classes*", classes)
    rows = page.evaluate(browser.filled("Flow.storefront('PK').listClasses({programId: 'prg_1', from: new Date(0)})"))
    assert rows == [{"id": "cls_1", "programId": None}, {"id": "cls_2", "metadata": {"own_key": 1}}], rows
    assert len(calls) == 4 and all("program_id=prg_1" in url and "from=1970-01-01T00" in url for url in calls), calls
    ids = page.evaluate(browser.filled("(async () => { const ids = []; for await (const row of Flow.storefront('PK').listClasses()) ids.push(row.id); return ids })()"))
    assert ids == ["cls_1", "cls_2"], ids
    wrong = page.evaluate("Flow.storefront('flow_pk_x').config().catch((error) => [error instanceof Flow.FlowError, error.code, error.status])")
    assert wrong == [True, "malformed_key", 401], wrong


@row("a member books on the website, sees it, and cancels")
def a_member_books_on_the_website(browser):
    day = (datetime.date.today() + datetime.timedelta(days=3)).isoformat()
    made = browser.gateway.make_class("Noon flow", day, 1)
    page = browser.open()
    signed_in(page)
    page.evaluate("window.member = Flow.members(handle)")
    find = f"member.listSchedule().then((all) => all.find((one) => one.classId === '{made}'))"
    shown = until(lambda: page.evaluate(find), "the class")
    assert shown["booking"]["open"] and shown["bookingId"] is None and shown["className"] == "Noon flow", shown
    booked = page.evaluate("(id) => member.book(id)", shown["id"])
    assert booked["status"] == "booked" and booked["occurrence"]["id"] == shown["id"], booked
    again = page.evaluate("(id) => member.book(id).catch(({code, status}) => [code, status])", shown["id"])
    assert again == ["already_booked", 409], again
    assert [one["id"] for one in page.evaluate("member.listBookings({when: 'upcoming'})")] == [booked["id"]]
    assert page.evaluate(find)["bookingId"] == booked["id"]
    assert page.evaluate("(id) => member.getBooking(id)", booked["id"])["className"] == "Noon flow"
    cancelled = page.evaluate("(id) => member.cancelBooking(id)", booked["id"])
    assert cancelled["status"] == "cancelled" and cancelled["cancelledAt"], cancelled


def main(binary, chromium, wanted):
    gateway = Gateway(binary)
    broken = 0
    try:
        with sync_playwright() as playwright:
            for name, what, run, cookies in ROWS:
                if wanted and name not in wanted:
                    continue
                began = time.monotonic()
                browser = Browser(playwright, chromium, gateway, cookies)
                try:
                    run(browser)
                    print(f"ok {name} ({what}): {time.monotonic() - began:.1f} s", flush=True)
                except Exception:
                    broken += 1
                    print(f"BROKEN {name} ({what}):\n{traceback.format_exc()}", flush=True)
                finally:
                    browser.close()
    finally:
        gateway.stop()
    print(f"{len(ROWS)} rows, {broken} broken", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
