// The sign-in widget, in the frame of a website. Opened by itself, the page needs none of this.
//
// It speaks to the page that frames it over one port, which it hands to an origin that the website's key names, in answer to a hello
// with this frame's nonce. It gives tokens, and takes none: nothing that a message says becomes a session.
"use strict";

const box = document.getElementById("widget");
if (window.parent !== window && document.getElementById("out")) start();

function start() {
  const root = document.documentElement;
  const [note, out, signedIn, as, opener, opened] = ["note", "out", "in", "as", "window", "opened"].map((id) => document.getElementById(id));
  const { pk } = box.dataset;
  const origins = JSON.parse(box.dataset.origins);
  const given = new URLSearchParams(location.hash.slice(1));
  const nonce = given.get("nonce");
  // The page's origin, as the browser says it, and the port to that page.
  let origin = "";
  let port = null;
  // The session, in this frame's memory, for a browser that keeps no cookie here.
  let kept = "";
  let isIn = null;
  let who = "";
  // Sign-ins and sign-outs here: what was asked before one says nothing about after it.
  let changes = 0;
  let isBusy = false;
  let wanted = null;
  let height = 0;
  let others = null;

  root.classList.add("framed");
  show(given.get("theme"));
  if (self.origin === "null") {
    say(box.dataset.nowhere);
    return;
  }

  addEventListener("message", (event) => {
    const hello = event.data;
    if (port || event.source !== window.parent || !nonce || !hello || hello.flow !== "hello" || hello.nonce !== nonce) return;
    if (!origins.includes(event.origin)) return;
    origin = event.origin;
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = ({ data }) => answer(data);
    window.parent.postMessage({ flow: "port", nonce }, origin, [channel.port2]);
    new ResizeObserver(measure).observe(box);
    look().catch(() => {
      if (isIn !== null) return;
      out.hidden = opener.hidden = false;
      say(box.dataset.again);
    });
  });

  // What the page asks for over the port.
  async function answer({ id, want, theme } = {}) {
    if (want === "theme") show(theme);
    if (want !== "token" && want !== "signOut") return;
    try {
      const body = want === "token" ? await look("/widget/token") : await signOut();
      port.postMessage({ id, token: body.token, expiresIn: body.expires_in });
    } catch (error) {
      port.postMessage({ id, error: { code: error.code || "unavailable", message: error.message, status: error.status } });
    }
  }

  async function post(path, fields) {
    const aborter = new AbortController();
    const timer = setTimeout(() => aborter.abort(), 8000);
    let response;
    try {
      response = await fetch(path, {
        method: "POST",
        body: new URLSearchParams({ pk, origin, session: kept, ...fields }),
        headers: { "Accept-Language": root.lang },
        signal: aborter.signal,
      });
    } catch {
      throw failure("unavailable", "The sign-in does not answer. Try again.", 0);
    } finally {
      clearTimeout(timer);
    }
    const body = await response.json().catch(() => ({}));
    return { status: response.status, body };
  }

  function failure(code, message, status) {
    return Object.assign(new Error(message), { code, status });
  }

  // Asks our server who is signed in here, and for a token where the page wants one. That the server does not answer changes nothing.
  async function look(path = "/widget/state") {
    const before = changes;
    const { status, body } = await post(path);
    if (before !== changes) return look(path);
    if (status === 200) {
      say("");
      become(true, body.email);
      return body;
    }
    if (body.code === "not_signed_in") {
      kept = "";
      become(false);
    }
    throw failure(body.code, body.detail || "The sign-in does not answer. Try again.", status);
  }

  function become(now, email) {
    if (now) as.textContent = box.dataset.as.replace("{email}", () => email);
    out.hidden = now;
    signedIn.hidden = !now;
    opener.hidden = now;
    measure();
    if (isIn === now && (!now || email === who)) return;
    // Another member signed in elsewhere: the page forgets the one before.
    if (isIn && now) port.postMessage({ state: "out" });
    const isFirst = isIn === null;
    isIn = now;
    who = email;
    if (now) out.reset();
    port.postMessage({ state: now ? "in" : "out", isFirst });
  }

  async function signOut() {
    const { status, body } = await post("/widget/sign-out");
    if (status !== 200) throw failure(body.code, body.detail, status);
    changes += 1;
    kept = "";
    become(false);
    tellOthers();
    return {};
  }

  function begin(session) {
    changes += 1;
    kept = session;
    wanted = null;
    opened.textContent = "";
    tellOthers();
    return look();
  }

  function say(text) {
    note.textContent = text;
    note.hidden = !text;
    measure();
  }

  async function busily(work) {
    if (isBusy || !port) return;
    isBusy = true;
    say("");
    try {
      await work();
    } catch {
      say(box.dataset.again);
    }
    isBusy = false;
  }

  out.addEventListener("submit", (event) => {
    event.preventDefault();
    busily(async () => {
      const { email, password } = out.elements;
      const { status, body } = await post("/widget/sign-in", { email: email.value, password: password.value });
      password.value = "";
      if (status === 200) return begin(body.session);
      say(status === 422 || status === 429 ? body.detail : box.dataset.again);
      password.focus();
    });
  });
  signedIn.addEventListener("submit", (event) => {
    event.preventDefault();
    busily(signOut);
  });

  // A window of its own, opened in the click's own task. Whether it is open still decides nothing: our server says what became of it.
  opener.addEventListener("click", () => {
    if (!port) return;
    const isNew = !wanted || wanted.until < Date.now();
    if (isNew) wanted = { id: random(16), secret: random(32), until: Date.now() + 9 * 60 * 1000 };
    open(`/widget/window?${new URLSearchParams({ request: wanted.id, lang: root.lang })}`, "_blank", "noopener,popup,width=480,height=720");
    say("");
    opened.textContent = box.dataset.window;
    measure();
    if (isNew) askForWindow(wanted);
  });

  async function askForWindow(request) {
    const fields = { id: request.id, secret: request.secret };
    try {
      const { status } = await post("/widget/request", fields);
      if (status !== 201) throw new Error();
    } catch {
      wanted = null;
      opened.textContent = "";
      say(box.dataset.again);
      return;
    }
    while (wanted === request && request.until > Date.now()) {
      await new Promise((after) => setTimeout(after, document.hidden ? 3000 : 1500));
      if (wanted !== request) return;
      const { status, body } = await post("/widget/claim", fields).catch(() => ({}));
      if (wanted !== request) return;
      if (status === 200) return begin(body.session).catch(() => say(box.dataset.again));
      if (status === 404) break;
    }
    if (wanted === request) wanted = null;
    opened.textContent = "";
  }

  function random(bytes) {
    const text = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes)));
    return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }

  // A session may end or begin elsewhere: in another tab, or on the page of the account.
  const lookQuietly = () => port && look().catch(() => {});
  document.addEventListener("visibilitychange", () => document.hidden || lookQuietly());
  setInterval(() => isIn && lookQuietly(), 20000);
  try {
    others = new BroadcastChannel("flow-widget");
    others.onmessage = lookQuietly;
  } catch {
    // Without it the other tabs look by themselves.
  }
  function tellOthers() {
    try {
      others?.postMessage("look");
    } catch {
      // As above.
    }
  }

  function show(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  }

  // A frame that is not shown yet lays nothing out by itself, so that the observer alone would never begin.
  function measure() {
    if (!port) return;
    const now = Math.ceil(box.getBoundingClientRect().height);
    if (now === height) return;
    height = now;
    port.postMessage({ height });
  }
}
