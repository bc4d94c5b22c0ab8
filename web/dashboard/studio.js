// Makes the dashboard's pages smoother; each of them works without it.
"use strict";

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
