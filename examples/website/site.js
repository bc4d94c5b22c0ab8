// Reads the Storefront from the visitor's browser. Texts go into the page as text, never as markup.

const { storefront, key } = document.body.dataset;
const status = document.getElementById("status");
const list = document.getElementById("instructors");

async function* instructors() {
  for (let cursor = null; ; ) {
    const url = new URL("/v1/instructors", storefront);
    url.searchParams.set("limit", "100");
    if (cursor) url.searchParams.set("cursor", cursor);
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${key}` } });
    const body = await answer.json();
    // A problem says in `detail` what to do; `request_id` is what the studio's people find it by.
    if (!answer.ok) throw new Error(`${body.detail} (${body.request_id})`);
    yield* body.data;
    cursor = body.next_cursor;
    if (!cursor) return;
  }
}

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

function show({ id, display_name, bio }) {
  const item = element("li", "");
  item.id = id;
  item.append(element("h2", display_name));
  if (bio) item.append(element("p", bio));
  list.append(item);
}

async function addYears() {
  const answer = await fetch("/api/team");
  if (!answer.ok) return;
  const { since } = await answer.json();
  for (const [id, year] of Object.entries(since)) {
    document.getElementById(id)?.append(element("p", `With us since ${year}`, "since"));
  }
}

try {
  for await (const instructor of instructors()) show(instructor);
  status.textContent = list.children.length ? "" : "Nobody teaches here yet.";
  await addYears();
} catch (error) {
  status.textContent = `The list cannot be shown: ${error.message}`;
}
