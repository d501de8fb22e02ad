"use strict";
(() => {
  const STEP = 100;
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = Object.fromEntries(data.fields.map((name, place) => [name, place]));
  const element = (id) => document.getElementById(id);
  const [form, verdict, method, text] = ["filter", "verdict", "method", "text"].map(element);
  const [rows, list, more, count] = ["rows", "list", "more", "count"].map(element);
  const details = new Map([...document.querySelectorAll("details.case")].map((one) => [Number(one.id.slice(5)), one]));
  const good = new Set(["match", "unchecked"]);
  // What the text filter looks through: a small letter each, made once.
  const searched = data.rows.map((row) =>
    `${data.methods[row[at.method]]}/${row[at.case]} ${row[at.request]} ${data.notes[row[at.note]]}`.toLowerCase());
  let listed = [];
  let shown = 0;

  const wanted = (row, place, chosen) => {
    const said = data.verdicts[row[at.verdict]];
    if (chosen.method && data.methods[row[at.method]] !== chosen.method) return false;
    if (chosen.text && !searched[place].includes(chosen.text)) return false;
    switch (chosen.verdict) {
      case "": return true;
      case "wrong": return !good.has(said);
      case "message": return (row[at.marks] & 1) !== 0;
      case "allowed": return (row[at.marks] & 2) !== 0;
      default: return said === chosen.verdict;
    }
  };

  const cell = (row, name, content) => {
    const made = document.createElement("td");
    if (name) made.className = name;
    made.textContent = content;
    row.append(made);
    return made;
  };

  const milliseconds = (value) => value === null ? "" : value >= 1000 ? `${(value / 1000).toFixed(1)} s`
    : value < 10 ? `${value.toFixed(2)} ms` : `${Math.round(value)} ms`;

  const addRows = () => {
    const fragment = document.createDocumentFragment();
    for (const place of listed.slice(shown, shown + STEP)) {
      const row = data.rows[place];
      const said = data.verdicts[row[at.verdict]];
      const made = document.createElement("tr");
      const badge = document.createElement("span");
      badge.className = `badge ${said}`;
      badge.textContent = said;
      cell(made, "", "").append(badge);
      const named = cell(made, "wide", `${data.methods[row[at.method]]}/${row[at.case]}`);
      const marks = [data.notes[row[at.note]], row[at.marks] & 1 ? "other message" : "", row[at.marks] & 2 ? "with allowance" : ""];
      const said_of = marks.filter(Boolean).join(", ");
      if (said_of) {
        const note = document.createElement("small");
        note.textContent = said_of;
        named.append(" ", note);
      }
      const request = document.createElement("code");
      request.textContent = row[at.request];
      cell(made, "wide", "").append(request);
      cell(made, "number", milliseconds(row[at.reference_ms]));
      cell(made, "number", milliseconds(row[at.candidate_ms]));
      fragment.append(made);
    }
    rows.append(fragment);
    shown = Math.min(shown + STEP, listed.length);
    more.hidden = shown >= listed.length;
    more.textContent = `Show more (${(listed.length - shown).toLocaleString("en")} left)`;
  };

  const apply = () => {
    const chosen = { verdict: verdict.value, method: method.value, text: text.value.trim().toLowerCase() };
    let found = 0;
    listed = [];
    data.rows.forEach((row, place) => {
      const fits = wanted(row, place, chosen);
      if (fits) found += 1;
      const detail = details.get(place);
      if (detail) detail.hidden = !fits;
      else if (fits) listed.push(place);
    });
    rows.replaceChildren();
    shown = 0;
    list.hidden = listed.length === 0;
    addRows();
    count.textContent = `${found.toLocaleString("en")} of ${data.rows.length.toLocaleString("en")} cases`;
  };

  // The filter stands in the address, so that it can be sent to somebody, and going back undoes it.
  const write = () => {
    const kept = new URLSearchParams();
    for (const field of [verdict, method, text]) if (field.value) kept.set(field.name, field.value);
    const hash = kept.toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  };

  const read = () => {
    const hash = location.hash.slice(1);
    if (hash.startsWith("case-")) {
      const detail = details.get(Number(hash.slice(5)));
      if (!detail) return;
      if (detail.hidden) {
        form.reset();
        apply();
      }
      detail.open = true;
      detail.scrollIntoView();
      detail.querySelector("summary").focus({ preventScroll: true });
      return;
    }
    if (!hash.includes("=")) return;
    const kept = new URLSearchParams(hash);
    for (const field of [verdict, method, text]) field.value = kept.get(field.name) ?? "";
    // A verdict or method that is not there chooses nothing: all are shown.
    for (const field of [verdict, method]) if (field.selectedIndex < 0) field.value = "";
    apply();
    element("cases").scrollIntoView();
  };

  let waiting = 0;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { apply(); write(); }));
  for (const field of [verdict, method]) field.addEventListener("change", () => { apply(); write(); });
  text.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { apply(); write(); }, 120);
  });
  more.addEventListener("click", addRows);
  addEventListener("hashchange", read);

  // Paper can't be unfolded.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...details.values()].filter((one) => !one.hidden && !one.open);
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });

  form.hidden = false;
  apply();
  if (details.size === 1) details.values().next().value.open = true;
  read();
})();
