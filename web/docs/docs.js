// What the docs pages do beside being read: samples as tabs, a button that copies, and the search. Without this script every sample
// is shown, one below the other, and the lists at the side lead everywhere. Nothing here asks another origin for anything.
"use strict";

(() => {
  const LANGUAGE = "docs-language";
  const MOST_FOUND = 12;

  const make = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  // A browser may keep nothing for this page; then each page begins with the first tab.
  const stored = {
    get: () => {
      try {
        return localStorage.getItem(LANGUAGE);
      } catch {
        return null;
      }
    },
    set: (language) => {
      try {
        localStorage.setItem(LANGUAGE, language);
      } catch {
        // The choice lasts as long as the page.
      }
    },
  };

  // Samples: one tab list for each group; a choice counts for all groups.

  const groups = [];

  function tabs(group, at) {
    const figures = [...group.querySelectorAll("figure")];
    if (figures.length < 2) return;
    const list = make("div", "", { class: "tabs", role: "tablist", "aria-label": "Language of the sample" });
    // A figure with a caption may have no role, so a panel is around it.
    const panels = figures.map((figure, index) => {
      const id = `sample-${at}-${index}`;
      const panel = make("div", "", { id, role: "tabpanel", "aria-labelledby": `${id}-tab` });
      figure.replaceWith(panel);
      panel.append(figure);
      return panel;
    });
    const buttons = figures.map((figure, index) => {
      const id = panels[index].id;
      const name = figure.querySelector("figcaption").textContent;
      return make("button", name, { id: `${id}-tab`, type: "button", role: "tab", "aria-controls": id });
    });
    const languages = figures.map((figure) => figure.dataset.language);
    const show = (language) => {
      const shown = Math.max(languages.indexOf(language), 0);
      panels.forEach((panel, index) => (panel.hidden = index !== shown));
      buttons.forEach((button, index) => {
        button.setAttribute("aria-selected", String(index === shown));
        button.tabIndex = index === shown ? 0 : -1;
      });
    };
    const choose = (index) => {
      // What the reader looks at stays where it is, while groups above change their height.
      const before = list.getBoundingClientRect().top;
      groups.forEach((showIn) => showIn(languages[index]));
      stored.set(languages[index]);
      window.scrollBy(0, list.getBoundingClientRect().top - before);
      buttons[index].focus({ preventScroll: true });
    };
    buttons.forEach((button, index) => button.addEventListener("click", () => choose(index)));
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      choose((buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length);
    });
    list.append(...buttons);
    group.prepend(list);
    group.classList.add("tabbed");
    groups.push(show);
    show(stored.get());
  }

  document.querySelectorAll(".samples").forEach(tabs);

  function copies(block) {
    const button = make("button", "Copy", { type: "button", class: "copy" });
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    const around = make("div", "", { class: "copied" });
    block.replaceWith(around);
    around.append(block, button);
  }

  if (navigator.clipboard) document.querySelectorAll("main pre").forEach(copies);

  // The search.

  const search = document.querySelector(".search");
  const field = document.getElementById("search");
  const found = document.getElementById("found");
  let entries = null;
  let shown = [];
  let chosen = -1;

  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  async function index() {
    entries ??= fetch(document.body.dataset.search)
      .then((answer) => answer.json())
      .then((all) => all.map((entry) => ({ ...entry, inTitle: plain(entry.title), inText: plain(entry.text) })));
    return entries;
  }

  // Every word has to be there. A title counts for more than a text, and the beginning of a word for more than its middle.
  function rank(entry, words) {
    let sum = 0;
    for (const word of words) {
      const title = entry.inTitle.indexOf(word);
      const text = entry.inText.indexOf(word);
      if (title < 0 && text < 0) return 0;
      const begins = title === 0 || (title > 0 && /[^a-z0-9]/.test(entry.inTitle[title - 1]));
      sum += title < 0 ? 1 : begins ? 8 : 4;
    }
    return sum + 1 / (1 + entry.title.length);
  }

  function near(entry, words) {
    const at = Math.min(...words.map((word) => entry.inText.indexOf(word)).filter((at) => at >= 0));
    const from = Number.isFinite(at) ? Math.max(at - 30, 0) : 0;
    const text = entry.text.slice(from, from + 110).trim();
    return (from > 0 ? "…" : "") + text;
  }

  function choose(next) {
    chosen = shown.length ? (next + shown.length) % shown.length : -1;
    [...found.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    const item = found.children[chosen];
    if (item?.id) field.setAttribute("aria-activedescendant", item.id);
    else field.removeAttribute("aria-activedescendant");
    item?.scrollIntoView({ block: "nearest" });
  }

  function close() {
    found.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  async function look() {
    const text = field.value;
    const words = plain(text).split(/\s+/).filter(Boolean);
    if (!words.length) return close();
    const all = await index();
    if (field.value !== text) return;
    const ranked = all.map((entry) => ({ entry, sum: rank(entry, words) })).filter(({ sum }) => sum > 0);
    shown = ranked.sort((a, b) => b.sum - a.sum).slice(0, MOST_FOUND).map(({ entry }) => entry);
    const items = shown.map((entry, at) => {
      const item = make("li", "", { id: `found-${at}`, role: "option" });
      item.append(make("span", entry.kind, { class: "kind" }), make("span", entry.title));
      item.append(make("span", near(entry, words), { class: "near" }));
      item.addEventListener("mousedown", (event) => event.preventDefault());
      item.addEventListener("click", () => go(entry));
      return item;
    });
    const nothing = make("li", `Nothing is found for “${text}”.`, { role: "option", "aria-disabled": "true" });
    found.replaceChildren(...(items.length ? items : [nothing]));
    found.hidden = false;
    field.setAttribute("aria-expanded", "true");
    choose(0);
  }

  function go(entry) {
    close();
    field.blur();
    location.assign(entry.url);
  }

  search.hidden = false;
  field.addEventListener("input", look);
  field.addEventListener("focus", () => index().catch(() => (entries = null)));
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    }
    if (event.key === "Enter" && !found.hidden && shown[chosen]) go(shown[chosen]);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    field.focus();
  });

  // The menu of narrow screens closes when something in it was chosen.
  const menu = document.querySelector(".menu");
  menu.addEventListener("click", (event) => event.target.closest("a") && menu.removeAttribute("open"));
})();
