(() => {
  "use strict";
  const folded = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().trim();
  const make = (name, about, ...inside) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(about)) made.setAttribute(key, value);
    made.append(...inside);
    return made;
  };

  // Tables: a click on a heading sorts, a second one turns the order round.
  const comma = document.documentElement.lang === "ro";
  const number = (text) => {
    const apart = text.replace(/\u2212/g, "-").replace(/(\d)[\u00a0\u202f](?=\d{3})/g, "$1");
    const plain = comma ? apart.replace(/(\d),(?=\d)/g, "$1.") : apart.replace(/(\d),(?=\d{3})/g, "$1");
    const found = /^(over|under|peste|sub|>|<|~)?\s*([+-]?\d+(\.\d+)?)/.exec(plain.trim());
    if (!found) return NaN;
    const past = { over: 1, peste: 1, ">": 1, under: -1, sub: -1, "<": -1 }[found[1]] ?? 0;
    return Number(found[2]) + past * 1e-6;
  };
  const key = (row, column) => (row.cells[column]?.innerText ?? "").trim();
  const sort = (table, column, head) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const told = rows.map((row) => key(row, column)).filter((text) => text && text !== "-");
    const counted = told.length > 0 && told.every((text) => !Number.isNaN(number(text)));
    const down = head.getAttribute("aria-sort") === "ascending";
    const order = (a, b) => {
      const [x, y] = [key(a, column), key(b, column)];
      if (!counted) return x.localeCompare(y, document.documentElement.lang);
      const [p, q] = [number(x), number(y)];
      if (Number.isNaN(p) || Number.isNaN(q)) return Number.isNaN(p) - Number.isNaN(q);
      return p - q;
    };
    rows.sort((a, b) => (down ? order(b, a) : order(a, b)));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows);
  };
  for (const table of document.querySelectorAll(".scroll > table")) {
    if (table.tHead === null || table.tBodies[0].rows.length < 3) continue;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = make("button", { type: "button", class: "sort" }, ...head.childNodes);
      button.addEventListener("click", () => sort(table, column, head));
      head.append(button);
    });
  }

  // What if: one row of the table at a time, as a sentence. The columns are what, today, value, score, interval, next.
  const asked = document.getElementById("points");
  if (asked !== null) {
    const points = new Map();
    for (const row of asked.querySelector("table").tBodies[0].rows) {
      const cells = [...row.cells].map((cell) => cell.textContent.trim());
      points.set(cells[0], [...(points.get(cells[0]) ?? []), cells]);
    }
    const select = make("select", { id: "what-changes" }, ...[...points.keys()].map((name) => make("option", {}, name)));
    const slider = make("input", { id: "to-which", type: "range", min: "1", step: "1" });
    const said = make("output", { for: "what-changes to-which" });
    const fill = (text, cells) => {
      const [, now, value, score, interval, next] = cells;
      return text.replace(/\$(value|now|score|interval|next)/g, (_, name) => ({ value, now, score, interval, next })[name]);
    };
    const those = () => [...points.values()][select.selectedIndex]; // an option's value has lost some of its spaces
    const tell = () => {
      const cells = those()[Number(slider.value) - 1];
      const known = cells[3] !== "-";
      const parts = known ? [asked.dataset.said] : [asked.dataset.unknown];
      if (known && cells[5] !== "-") parts.push(asked.dataset.next);
      said.textContent = fill(parts.join(" "), cells);
      slider.setAttribute("aria-valuetext", cells[2]);
    };
    const choose = () => {
      const rows = those();
      slider.max = String(rows.length);
      slider.value = String(Math.ceil(rows.length / 2));
      tell();
    };
    select.addEventListener("change", choose);
    slider.addEventListener("input", tell);
    const changes = make("label", { for: "what-changes" }, asked.dataset.choose);
    const where = make("label", { for: "to-which" }, asked.dataset.move);
    asked.prepend(make("div", { class: "try" }, changes, select, where, slider, said));
    choose();
  }

  // Finding: everything on the page that says it can be found, and its headings.
  const box = document.getElementById("find");
  const words = (box?.dataset.findWords ?? "").split("|");
  const known = [...document.querySelectorAll("[data-find]"), ...document.querySelectorAll("main h2[id]")].map((one) => ({
    text: one.textContent.trim(),
    also: folded(`${one.textContent} ${one.dataset.also ?? ""}`),
    kind: one.dataset.find ?? words[3],
    address: one.getAttribute("href") ?? `#${one.id}`,
  }));
  let field = null;
  if (box !== null && document.querySelector("[data-find]") !== null) {
    const list = make("ul", { id: "found", role: "listbox", "aria-label": words[2] });
    field = make("input", {
      id: "finding", type: "search", role: "combobox", autocomplete: "off", placeholder: words[1],
      "aria-expanded": "false", "aria-controls": "found", "aria-autocomplete": "list",
    });
    const label = make("label", { for: "finding" }, words[0]);
    const count = make("p", { class: "count", role: "status" });
    box.append(label, field, list, count);
    list.hidden = true;
    let chosen = -1;
    const choose = (place) => {
      chosen = place;
      [...list.children].forEach((one, n) => one.setAttribute("aria-selected", String(n === place)));
      const one = list.children[place];
      if (one) { field.setAttribute("aria-activedescendant", one.id); one.scrollIntoView({ block: "nearest" }); }
      else field.removeAttribute("aria-activedescendant");
    };
    const go = (address) => {
      show("");
      field.value = "";
      field.blur();
      window.location.href = address;
    };
    const show = (asked) => {
      const parts = folded(asked).split(/\s+/).filter(Boolean);
      const all = parts.length === 0 ? [] : known.filter((one) => parts.every((part) => one.also.includes(part)));
      const found = all.slice(0, 12);
      list.replaceChildren(...found.map((one, n) => {
        const kind = make("span", { class: "kind" }, one.kind);
        const item = make("li", { id: `found-${n}`, role: "option", "aria-selected": "false" }, one.text, " ", kind);
        item.addEventListener("mousedown", (event) => { event.preventDefault(); go(one.address); });
        item.dataset.address = one.address;
        return item;
      }));
      list.hidden = found.length === 0;
      field.setAttribute("aria-expanded", String(found.length > 0));
      count.textContent = parts.length === 0 ? "" : `${all.length} ${words[2]}`;
      choose(found.length > 0 ? 0 : -1);
    };
    field.addEventListener("input", () => show(field.value));
    field.addEventListener("blur", () => { list.hidden = true; field.setAttribute("aria-expanded", "false"); });
    field.addEventListener("focus", () => show(field.value));
    field.addEventListener("keydown", (event) => {
      const last = list.children.length - 1;
      if (event.key === "ArrowDown") choose(chosen >= last ? 0 : chosen + 1);
      else if (event.key === "ArrowUp") choose(chosen <= 0 ? last : chosen - 1);
      else if (event.key === "Enter" && list.children[chosen]) go(list.children[chosen].dataset.address);
      else if (event.key === "Escape") { field.value = ""; show(""); }
      else return;
      event.preventDefault();
    });
    if (window.location.hash === "#find") field.focus();
  }
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const overview = document.querySelector("nav a[href]");
    if (field === null && overview === null) return;
    event.preventDefault();
    if (field !== null) field.focus();
    else window.location.href = `${overview.getAttribute("href")}#find`;
  });

  // A deep link into what is folded unfolds it.
  const unfold = () => {
    const target = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    for (let one = target?.parentElement; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
    if (target !== null && target.id !== "find") target.scrollIntoView();
  };
  window.addEventListener("hashchange", unfold);
  if (window.location.hash.length > 1) unfold();
})();
