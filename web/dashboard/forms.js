// Forms, on the pages for staff and for members; each works without it.
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

// The token of a link stands behind "#", which no server is sent. It goes into the form, and out of the address and its history.
for (const form of document.querySelectorAll("form[data-link]")) {
  const token = location.hash.slice(1);
  if (!token) continue;
  form.elements.token.value = token;
  history.replaceState(null, "", location.pathname);
  form.requestSubmit();
}
