// Makes the dashboard's pages smoother; each of them works without it.
"use strict";

// A form is sent once, however often its button is pressed.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "true";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// What is copied is the key or nothing, and "copied" is only said when it is true.
for (const key of document.querySelectorAll("[data-key]")) {
  const button = document.createElement("button");
  const told = document.createElement("span");
  button.type = "button";
  button.textContent = key.dataset.copy;
  told.setAttribute("role", "status");
  told.className = "quiet";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(key.textContent.trim());
      told.textContent = key.dataset.copied;
    } catch {
      getSelection().selectAllChildren(key);
      told.textContent = key.dataset.selected;
    }
  });
  const line = document.createElement("p");
  line.className = "buttons";
  line.append(button, told);
  key.after(line);
}

// The live tail: how many calls came, with the list loaded anew when some did. It pauses, and ends after half an hour, so
// that a page which nobody looks at does not keep a session alive.
for (const tail of document.querySelectorAll("[data-live]")) {
  const told = document.createElement("span");
  const button = document.createElement("button");
  const since = tail.dataset.since;
  const endsAt = Date.now() + 30 * 60 * 1000;
  let came = 0;
  let last = tail.dataset.live;
  let source = null;
  const say = () => {
    const text = !source ? tail.dataset.paused : came ? tail.dataset.came : tail.dataset.none;
    told.textContent = text.replace("{calls}", came).replace("{time}", since);
    button.textContent = source ? tail.dataset.pause : tail.dataset.resume;
  };
  const load = () => {
    const request = new XMLHttpRequest();
    request.open("GET", tail.querySelector("a").href);
    request.responseType = "document";
    request.onload = () => {
      const rows = request.response?.getElementById("rows");
      const shown = document.getElementById("rows");
      // Whoever is at a row keeps it.
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
    source = new EventSource(last);
    source.onmessage = (event) => {
      const url = new URL(tail.dataset.live, location);
      url.searchParams.set("after", event.lastEventId);
      last = url.href;
      const calls = Number(event.data);
      if (calls > 0) {
        came += calls;
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
  told.setAttribute("role", "status");
  button.addEventListener("click", () => (source ? pause() : resume()));
  tail.prepend(told, button);
  resume();
}
