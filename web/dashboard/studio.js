// Makes the dashboard's pages smoother; each of them works without it.
"use strict";

// The keys of the keyboard: "?" and "g" with a letter lead to pages, "/" to the search, "n" to the next page. The page that
// lists them turns them off.
const KEYS_OFF = "flow-keys-off";
const areKeysOff = () => {
  try {
    return localStorage.getItem(KEYS_OFF) !== null;
  } catch {
    return false;
  }
};
let goSince = -Infinity;
addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || areKeysOff()) return;
  const isGo = event.timeStamp - goSince < 1500;
  goSince = -Infinity;
  let target = null;
  if (isGo) target = document.querySelector(`nav [data-stroke="${CSS.escape(event.key)}"]`);
  else if (event.key === "g") goSince = event.timeStamp;
  else if (event.key === "?") target = document.querySelector('[data-stroke="?"]');
  else if (event.key === "n") target = document.querySelector("main a[rel=next]");
  else if (event.key === "/") target = document.querySelector("main input[type=search], main .filters select");
  if (!target) return;
  event.preventDefault();
  if (target.matches("a")) target.click();
  else target.focus();
});
for (const place of document.querySelectorAll("[data-keyboard]")) {
  const button = document.createElement("button");
  const say = () => (button.textContent = areKeysOff() ? place.dataset.on : place.dataset.off);
  button.type = "button";
  button.addEventListener("click", () => {
    try {
      if (areKeysOff()) localStorage.removeItem(KEYS_OFF);
      else localStorage.setItem(KEYS_OFF, "");
    } catch {
      // A browser that stores nothing keeps the keys on.
    }
    say();
  });
  say();
  place.append(button);
}

// What is copied is the key or nothing, and "copied" is only said when it is true.
for (const key of document.querySelectorAll("[data-key]")) {
  const button = document.createElement("button");
  const status = document.createElement("span");
  button.type = "button";
  button.textContent = key.dataset.copy;
  status.setAttribute("role", "status");
  status.className = "quiet";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(key.textContent.trim());
      status.textContent = key.dataset.copied;
    } catch {
      getSelection().selectAllChildren(key);
      status.textContent = key.dataset.selected;
    }
  });
  const line = document.createElement("p");
  line.className = "buttons";
  line.append(button, status);
  key.after(line);
}

// What is shown once is left without a question only by who says that it is stored.
if (document.querySelector("[data-once]")) {
  const ask = (event) => event.preventDefault();
  addEventListener("beforeunload", ask);
  document.querySelector("form[data-stored]").addEventListener("submit", () => removeEventListener("beforeunload", ask));
}

// The live tail: how many calls came, with the list loaded anew when some did. It pauses, and ends after half an hour, so
// that a page which nobody looks at does not keep a session alive.
for (const tail of document.querySelectorAll("[data-live]")) {
  const status = document.createElement("span");
  const button = document.createElement("button");
  const since = tail.dataset.since;
  let endsAt = 0;
  let newCalls = 0;
  let more = "";
  let last = tail.dataset.live;
  let source = null;
  const say = () => {
    const text = !source ? tail.dataset.paused : newCalls ? tail.dataset.came : tail.dataset.none;
    status.textContent = text.replace("{calls}", newCalls + more).replace("{time}", since);
    button.textContent = source ? tail.dataset.pause : tail.dataset.resume;
  };
  const load = () => {
    const request = new XMLHttpRequest();
    request.open("GET", tail.querySelector("a").href);
    request.responseType = "document";
    request.onload = () => {
      const rows = request.response?.getElementById("rows");
      const shown = document.getElementById("rows");
      // Rows are not replaced while one of them has the focus.
      if (rows && !shown.contains(document.activeElement)) shown.replaceWith(document.adoptNode(rows));
    };
    request.send();
  };
  const pause = () => {
    source?.close();
    source = null;
    say();
  };
  const resume = () => {
    endsAt = Date.now() + 30 * 60 * 1000;
    source = new EventSource(last);
    source.onmessage = (event) => {
      const url = new URL(tail.dataset.live, location);
      url.searchParams.set("after", event.lastEventId);
      last = url.href;
      // A plus says that there were more than the server counts.
      const calls = parseInt(event.data, 10);
      if (event.data.endsWith("+")) more = "+";
      if (calls > 0) {
        newCalls += calls;
        load();
        say();
      }
      if (Date.now() > endsAt) pause();
    };
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED) pause();
    };
    say();
  };
  button.type = "button";
  status.setAttribute("role", "status");
  button.addEventListener("click", () => (source ? pause() : resume()));
  tail.prepend(status, button);
  resume();
}
