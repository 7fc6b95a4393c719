// @ts-check
import { count, element, number } from "./dom.js";
import { placeOf, stackOf } from "./data.js";

/** @typedef {import("./data.js").Dump} Dump */
/** @typedef {import("./data.js").Thread} Thread */

const ROWS_AT_FIRST = 500, MOST_FRAMES = 2000;

/** @type {[string, (thread: Thread) => string | number, boolean][]} Title, value, whether the column has numbers. */
const columns = [
  ["Thread", t => t.name, false],
  ["Id", t => t.managedId, true],
  ["tid", t => t.osId, true],
  ["State", t => t.state, false],
  ["CPU ms", t => t.cpu, true],
  ["Waits for", t => t.doing, false],
];

/**
 * The table of threads. Each row can be opened.
 * @param {Dump} dump
 * @param {Thread[]} threads
 * @param {{ column: number, isDown: boolean }} order Kept while the page is open.
 */
export function threadsView(dump, threads, order) {
  const body = element("tbody");
  const note = element("p", { class: "note" });
  const heads = columns.map(([title, , isNumber], column) => element("th", { class: isNumber ? "number" : null, scope: "col" },
    element("button", { type: "button", click: () => sort(column) }, title)));
  fill(ROWS_AT_FIRST);
  return element("div", null, note, element("div", { class: "wide", role: "region", "aria-label": "Threads", tabindex: 0 }, element("table", null, element("caption", null, "Threads"), element("thead", null, element("tr", null, ...heads)), body)));

  /** @param {number} column */
  function sort(column) {
    order.isDown = order.column === column ? !order.isDown : columns[column][2];
    order.column = column;
    fill(ROWS_AT_FIRST);
  }

  /** @param {number} most */
  function fill(most) {
    const [, value, isNumber] = columns[order.column] ?? [null, t => t.id, true];
    const sorted = [...threads].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      const result = isNumber ? Number(x) - Number(y) : String(x).localeCompare(String(y));
      return (order.isDown ? -result : result) || a.id - b.id;
    });
    heads.forEach((head, column) => head.setAttribute("aria-sort", column !== order.column ? "none" : order.isDown ? "descending" : "ascending"));
    body.replaceChildren(...sorted.slice(0, most).map(row));
    note.replaceChildren(count(threads.length, "thread"));
    if (sorted.length > most) note.append(`, ${number(most)} shown `, element("button", { type: "button", click: () => fill(sorted.length) }, "Show all"));
  }

  /** @param {Thread} thread */
  function row(thread) {
    const open = element("button", { type: "button", "aria-expanded": "false", click: toggle }, thread.name);
    const marks = [thread.isMain ? "main" : "", thread.isPool ? "pool" : "", thread.isBackground && !thread.isPool ? "background" : "", thread.isUnchanged ? "has not run" : ""].filter(m => m).join(", ");
    const made = element("tr", null, element("td", null, open, marks ? element("span", { class: "dim" }, ` ${marks}`) : null),
      element("td", { class: "number" }, thread.managedId ? String(thread.managedId) : ""), element("td", { class: "number" }, String(thread.osId)),
      element("td", null, thread.state), element("td", { class: "number" }, thread.cpu < 0 ? "" : number(thread.cpu)), element("td", null, thread.doing));
    return made;

    function toggle() {
      const isOpen = open.getAttribute("aria-expanded") === "true";
      open.setAttribute("aria-expanded", String(!isOpen));
      if (isOpen) made.nextElementSibling?.remove();
      else made.after(element("tr", null, element("td", { colspan: columns.length, class: "stack" }, stackView(dump, thread))));
    }
  }
}

/** @param {Dump} dump @param {Thread} thread */
function stackView(dump, thread) {
  const entry = dump.entries[thread.entry];
  const frames = entry ? stackOf(dump, entry) : [];
  if (frames.length === 0) return element("p", null, "No frames.");
  const list = element("ol");
  for (const frame of frames.slice(0, MOST_FRAMES)) list.append(element("li", null, frame.method, " ", element("small", null, placeOf(frame)), frame.source ? element("code", null, frame.source) : null));
  if (frames.length > MOST_FRAMES) list.append(element("li", { class: "note" }, `... and ${count(frames.length - MOST_FRAMES, "more frame")}`));
  return list;
}
