// flow.js: a studio's website reads its Storefront, signs its members in, and calls the Members API for them. No dependency.
// https://… is the Members surface that serves this file; `/docs` there says more.
"use strict";

globalThis.Flow = (() => {
  // Each promise settles within this time.
  const LIMIT = 10000;
  const MOST_TRIES = 4;
  const TITLES = { en: "Sign in", de: "Anmelden", fr: "Se connecter", es: "Iniciar sesión", it: "Accedi", pt: "Iniciar sessão" };
  const script = globalThis.document?.currentScript;
  const settings = { members: script ? originOf(script.src) : null, storefront: null };
  const mounted = new WeakMap();
  const forgetters = new WeakMap();

  class FlowError extends Error {
    constructor(code, message, more = {}) {
      super(message);
      this.name = "FlowError";
      Object.assign(this, { code, status: 0, errors: [], requestId: null }, more);
    }
  }

  function originOf(url) {
    return new URL(url, location.href).origin;
  }

  function configure({ members, storefront } = {}) {
    if (members) settings.members = originOf(members);
    if (storefront) settings.storefront = originOf(storefront);
  }

  function needed(which) {
    if (!settings[which]) throw new FlowError("not_configured", `Call Flow.configure({ ${which}: "https://…" }) first.`);
    return settings[which];
  }

  // Names as JavaScript writes them. What a studio's own people wrote as keys stays as it is.
  const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  function renamed(value, rename) {
    if (Array.isArray(value)) return value.map((one) => renamed(one, rename));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [rename(key), key === "metadata" || key === "links" ? inner : renamed(inner, rename)]));
  }

  const late = () => new FlowError("timeout", "There was no answer within 10 seconds.");
  const pause = (time) => new Promise((after) => setTimeout(after, time));

  // The same work, which is given up at the limit.
  function bounded(work, until = Date.now() + LIMIT) {
    let timer;
    const end = new Promise((_, no) => (timer = setTimeout(() => no(late()), until - Date.now() - 200)));
    return Promise.race([work(), end]).finally(() => clearTimeout(timer));
  }

  // One call, tried again where the server says when, within the limit.
  async function call(base, path, { method = "GET", query = {}, body, headers = {}, bearer, until = Date.now() + LIMIT }) {
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) url.searchParams.set(snake(name), value instanceof Date ? value.toISOString() : value);
    }
    for (let tries = 1; ; tries += 1) {
      const left = until - Date.now();
      if (left <= 0) throw late();
      const authorization = `Bearer ${typeof bearer === "string" ? bearer : await bearer()}`;
      const aborter = new AbortController();
      const timer = setTimeout(() => aborter.abort(), Math.max(0, until - Date.now()));
      let response, answer;
      try {
        response = await fetch(url, {
          method,
          headers: { Authorization: authorization, ...(body && { "Content-Type": "application/json" }), ...headers },
          body: body && JSON.stringify(renamed(body, snake)),
          credentials: "omit",
          signal: aborter.signal,
        });
        const text = await response.text();
        // A proxy that is busy may answer with a page.
        const isBusy = response.status === 429 || response.status === 503;
        answer = text && !(isBusy && text[0] === "<") ? JSON.parse(text) : null;
      } catch (error) {
        if (aborter.signal.aborted) throw late();
        if (!response) throw new FlowError("network", "The server cannot be reached: no connection, or the page's Content-Security-Policy (connect-src) blocks it.");
        throw new FlowError("malformed_answer", "The answer is no JSON.", { status: response.status });
      } finally {
        clearTimeout(timer);
      }
      if (response.ok) return renamed(answer, camel);
      const { status } = response;
      const wait = 1000 * (Number(response.headers.get("Retry-After")) || 1);
      if ((status === 429 || status === 503) && tries < MOST_TRIES && Date.now() + wait < until) {
        await pause(wait);
        continue;
      }
      const { code = "unknown", detail, title, errors = [], request_id: requestId = null } = answer || {};
      throw new FlowError(code, detail || title || `The server answered ${status}.`, { status, errors, requestId });
    }
  }

  // A list that follows its cursors: awaited it is an array of all rows, and `for await` reads row by row.
  function list(read, filters = {}) {
    async function* rows(until) {
      let cursor = null;
      do {
        const page = await read({ limit: 100, ...filters, ...(cursor && { cursor }) }, until);
        yield* page.data;
        cursor = page.nextCursor;
      } while (cursor);
    }
    const all = async () => {
      const found = [];
      for await (const row of rows(Date.now() + LIMIT)) found.push(row);
      return found;
    };
    return {
      [Symbol.asyncIterator]: () => rows(),
      then: (done, failed) => all().then(done, failed),
      catch: (failed) => all().catch(failed),
      finally: (after) => all().finally(after),
    };
  }

  function storefront(pk) {
    if (!pk) throw new FlowError("not_configured", "Flow.storefront needs a publishable key.");
    const get = async (path, query, until) => call(needed("storefront"), path, { query, bearer: pk, until });
    const lists = (name) => (filters) => list((query, until) => get(`/v1/${name}`, query, until), filters);
    return {
      listClasses: lists("classes"),
      listSchedule: lists("schedule"),
      listInstructors: lists("instructors"),
      listLocations: lists("locations"),
      listPlans: lists("plans"),
      listPrograms: lists("programs"),
      listContent: lists("content"),
      getProgram: (id) => get(`/v1/programs/${encodeURIComponent(id)}`),
      config: () => get("/v1/config"),
      site: () => get("/v1/site"),
      policies: () => get("/v1/policies"),
    };
  }

  function members(handle) {
    const ask = async (path, options = {}) => {
      const until = options.until || Date.now() + LIMIT;
      const send = () => bounded(() => call(needed("members"), path, { ...options, until, bearer: () => handle.getToken() }), until);
      try {
        return await send();
      } catch (error) {
        // The session may go on with another token, for example once the keys were replaced.
        if (error.status !== 401 || error.code === "not_signed_in" || !forgetters.has(handle)) throw error;
        forgetters.get(handle)();
        return send();
      }
    };
    const once = () => ({ "Idempotency-Key": random(16) });
    const booking = (id) => `/v1/me/bookings/${encodeURIComponent(id)}`;
    return {
      me: () => ask("/v1/me"),
      updateMe: (changes) => ask("/v1/me", { method: "PATCH", body: changes, headers: once() }),
      listSchedule: (filters) => list((query, until) => ask("/v1/me/schedule", { query, until }), filters),
      listBookings: (filters) => list((query, until) => ask("/v1/me/bookings", { query, until }), filters),
      getBooking: (id) => ask(booking(id)),
      book: (occurrenceId, { wait = false } = {}) =>
        ask("/v1/me/bookings", { method: "POST", body: { occurrenceId, ...(wait && { wait }) }, headers: once() }),
      cancelBooking: (id) => ask(booking(id), { method: "DELETE", headers: once() }),
      calendarFeed: () => ask("/v1/me/calendar-feed"),
      makeCalendarFeed: () => ask("/v1/me/calendar-feed", { method: "POST" }),
      revokeCalendarFeed: () => ask("/v1/me/calendar-feed", { method: "DELETE" }),
    };
  }

  function random(bytes) {
    return [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // The colour scheme of what surrounds the widget: light text stands on dark ground.
  function schemeAround(element) {
    const { color, colorScheme } = getComputedStyle(element);
    const [red, green, blue] = (/^rgba?\(([\d.]+)[, ]+([\d.]+)[, ]+([\d.]+)/.exec(color) || []).slice(1).map(Number);
    if (red !== undefined) return 0.3 * red + 0.6 * green + 0.1 * blue > 140 ? "dark" : "light";
    return /dark/.test(colorScheme) && (!/light/.test(colorScheme) || matchMedia("(prefers-color-scheme: dark)").matches) ? "dark" : "light";
  }

  function mountSignIn(element, { pk, theme = "auto", onSignedIn, onSignedOut, onError } = {}) {
    if (element?.nodeType !== 1) throw new FlowError("not_configured", "Flow.mountSignIn needs an element of the page.");
    mounted.get(element)?.destroy();
    const ended = new AbortController();
    const { signal } = ended;
    const nonce = random(16);
    const asked = new Map();
    let frame = null;
    let port = null;
    let timer = 0;
    let token = null;
    let state = null;
    let ready = null;
    let open, refuse, failed, pending;

    const tell = (callback, ...values) => callback && queueMicrotask(() => ended.signal.aborted || callback(...values));
    const gone = () => new FlowError("destroyed", "This widget was taken off the page.");

    async function there() {
      await ready;
      if (signal.aborted) throw gone();
    }

    // Waits for the port of the document that is in the frame now.
    function wait() {
      ready = new Promise((done, no) => ([open, refuse] = [done, no]));
      ready.catch(() => {});
      clearTimeout(timer);
      timer = setTimeout(() => fail(new FlowError("timeout", "The sign-in did not load within 9 seconds.")), 9000);
    }

    function fail(error) {
      clearTimeout(timer);
      refuse(error);
      if (failed) return;
      failed = error;
      tell(onError, error);
    }

    function ask(want, more) {
      const id = random(8);
      return new Promise((done, no) => {
        const late = setTimeout(() => no(asked.delete(id) && new FlowError("timeout", "The sign-in did not answer within 9 seconds.")), 9000);
        asked.set(id, { done, no, late });
        port.postMessage({ id, want, ...more });
      });
    }

    function heard({ id, height, state: now, isFirst, token: text, expiresIn, error }) {
      if (height) Object.assign(frame.style, { height: `${height}px`, visibility: "" });
      if (now === "in" && state !== "in") {
        state = "in";
        tell(onSignedIn, handle);
      }
      if (now === "out" && state === "in") {
        state = "out";
        token = null;
        // A frame that was loaded anew and sees no session may only lack its cookie.
        if (isFirst) tell(onError, new FlowError("sign_in_again", "The sign-in was loaded anew, and the browser keeps no cookie for it. Sign in again."));
        else tell(onSignedOut);
      }
      const waiting = asked.get(id);
      if (!waiting) return;
      asked.delete(id);
      clearTimeout(waiting.late);
      if (error) waiting.no(new FlowError(error.code, error.message, { status: error.status || 0 }));
      else waiting.done({ text, until: Date.now() + (expiresIn - 30) * 1000 });
    }

    const getToken = () => bounded(async () => {
      await there();
      if (token && token.until > Date.now()) return token.text;
      pending ||= ask("token").finally(() => (pending = null));
      token = await pending;
      return token.text;
    });

    const signOut = () => bounded(async () => {
      await there();
      token = null;
      await ask("signOut");
    });

    async function destroy() {
      if (signal.aborted) return;
      ended.abort();
      clearTimeout(timer);
      port?.close();
      frame?.remove();
      if (mounted.get(element) === handle) mounted.delete(element);
      refuse(gone());
      giveUp(gone());
    }

    // No answer comes any more to what was asked.
    function giveUp(error) {
      for (const { no, late } of asked.values()) {
        clearTimeout(late);
        no(error);
      }
      asked.clear();
    }

    const handle = { getToken, signOut, destroy };
    forgetters.set(handle, () => (token = null));
    mounted.set(element, handle);
    wait();
    try {
      start();
    } catch (error) {
      fail(error);
    }
    return handle;

    function start() {
      const base = needed("members");
      if (self.origin === "null") {
        throw new FlowError("origin_not_allowed", "This page has no origin of its own: it is sandboxed, a file or a data: URL. Nobody can sign in here.");
      }
      const scheme = () => (theme === "light" || theme === "dark" ? theme : schemeAround(element));
      const language = (document.documentElement.lang || navigator.language || "en").slice(0, 2).toLowerCase();
      frame = document.createElement("iframe");
      frame.title = TITLES[language] || TITLES.en;
      // Hidden, and so without focus, until it has something to show.
      Object.assign(frame.style, { border: "0", width: "100%", height: "0", display: "block", visibility: "hidden", colorScheme: scheme() });

      document.addEventListener("securitypolicyviolation", (event) => {
        const directive = event.effectiveDirective;
        if (event.disposition === "report") return;
        if (!/^(frame|child|default)-src/.test(directive) || !event.blockedURI.startsWith(base)) return;
        fail(new FlowError("frame_blocked", `The page's Content-Security-Policy blocks the sign-in: add ${base} to its ${directive}.`, { directive }));
      }, { signal });

      addEventListener("message", (event) => {
        const { data, origin, source, ports } = event;
        if (port || source !== frame.contentWindow || origin !== base || data?.flow !== "port" || data.nonce !== nonce || !ports[0]) return;
        // It came after all: who asks from now on waits for this one.
        if (failed) wait();
        clearTimeout(timer);
        failed = null;
        port = ports[0];
        port.onmessage = (message) => heard(message.data);
        open();
      }, { signal });

      // Each document that is loaded into the frame gets one hello: also after the element was moved.
      frame.addEventListener("load", () => {
        if (port) {
          port.close();
          port = null;
          giveUp(new FlowError("unavailable", "The sign-in was loaded anew. Ask again."));
          wait();
        }
        frame.contentWindow?.postMessage({ flow: "hello", nonce }, base);
        clearTimeout(timer);
        timer = setTimeout(() => {
          const message = `The sign-in may not be shown here (frame-ancestors): the key must name ${self.origin} among its allowed origins, and it must be current.`;
          fail(new FlowError("frame_blocked", message, { directive: "frame-ancestors" }));
        }, 6000);
      }, { signal });

      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
        frame.style.colorScheme = scheme();
        port?.postMessage({ want: "theme", theme: scheme() });
      }, { signal });

      const query = new URLSearchParams({ pk, ...(TITLES[language] && { lang: language }) });
      frame.src = `${base}/widget?${query}#${new URLSearchParams({ nonce, theme: scheme() })}`;
      element.append(frame);
    }
  }

  return { configure, storefront, members, mountSignIn, FlowError };
})();
