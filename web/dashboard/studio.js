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
