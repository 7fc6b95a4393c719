// @ts-check
import { copy, count, counts, element, number } from "./dom.js";
import { nameOf, readDump, textOf } from "./data.js";
import { chosen, merge } from "./stacks.js";
import { treeView } from "./tree.js";
import { cellsOf, cellsOfSeries, flameView, unitOf, withCells } from "./flame.js";
import { threadsView } from "./threads.js";
import { locksView } from "./locks.js";

const dump = readDump(JSON.parse(/** @type {any} */ (document.getElementById("data")).textContent));

/** What the reader has chosen. */
const filter = { search: "", only: /** @type {Set<number> | null} */ (null), idle: false, mine: false, byMethod: false, unchanged: false };
const flame = { isAsync: false, isFlame: false, ofSeries: dump.series !== null, isTime: false };
const order = { column: -1, isDown: false };

const series = dump.series;
const hasAsync = dump.entries.some(e => e.isAsync) || (series !== null && series.async.length + series.idleAsync.length > 6);
flame.isAsync = hasAsync && series === null && !dump.entries.some(e => !e.isAsync && !e.isIdle);

/** @type {{ key: string, title: string, make: () => Node }[]} */
const views = [
  { key: "stacks", title: "Stacks", make: () => treeView(dump, merge(dump, entries(), filter, false), filter.search, filter.byMethod) },
  { key: "flame", title: "Flame graph", make: flamePanel },
  { key: "threads", title: "Threads", make: () => threadsView(dump, threads(), order) },
  { key: "locks", title: "Locks and waits", make: () => locksView(dump, showEntries) },
];
if (hasAsync) views.push({ key: "awaits", title: "Awaits", make: () => treeView(dump, merge(dump, entries().filter(e => e.isAsync), filter, true), filter.search, filter.byMethod) });

let view = views[0];

const search = element("input", { type: "search", id: "search", placeholder: "method, file:line, thread", "aria-label": "Search", input: later(() => change({ search: search.value, only: null })) });
const found = element("span", { class: "note", "aria-live": "polite" });
const only = element("p", { class: "only", hidden: true });
const tabs = views.map(v => element("button", { type: "button", role: "tab", id: `tab-${v.key}`, "aria-controls": "panel", click: () => go(v) }, v.title));
const panel = element("div", { role: "tabpanel", id: "panel", tabindex: -1 });
const copyAll = element("button", { type: "button", click: () => copy(copyAll, entries().map(e => textOf(dump, e)).join("\n")) }, "Copy as text");

document.getElementById("views")?.replaceChildren(
  element("div", { class: "tools" },
    element("div", { role: "tablist", "aria-label": "Views", class: "tabs", keydown: moveTab }, ...tabs),
    element("div", { class: "filters" }, search, box("mine", "My code only"), box("byMethod", "By method"), box("idle", "Idle of the framework"),
      dump.entries.some(e => e.unchanged >= 0) ? box("unchanged", series ? `Not run in all ${number(series.dumps)} dumps` : "Not run since the first dump") : null, copyAll, found)),
  only, panel);

document.addEventListener("keydown", event => {
  const isTyping = event.target instanceof HTMLInputElement && event.target.type === "search";
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "Escape") {
    search.value = "";
    history.replaceState(null, "", `#${view.key}`);
    change({ search: "", only: null });
  } else if (!isTyping && event.key >= "1" && event.key <= String(views.length)) {
    go(views[Number(event.key) - 1]);
  } else if (event.target instanceof HTMLElement && event.target.tagName === "SUMMARY") {
    moveInTree(event, event.target);
  }
});
addEventListener("hashchange", follow);
open(view);
follow();

function entries() {
  return chosen(dump, filter);
}

/** The threads of the chosen entries, and those that have no entry. */
function threads() {
  const shown = new Set(entries().flatMap(e => e.threads));
  const word = filter.search.trim().toLowerCase();
  return dump.threads.filter(t => shown.has(t.id) || (t.entry < 0 && !filter.only && nameOf(t).toLowerCase().includes(word)));
}

/** @param {Partial<typeof filter>} changes */
function change(changes) {
  Object.assign(filter, changes);
  draw();
}

function draw() {
  const shown = entries();
  const sum = /** @param {boolean} isAsync */ isAsync => shown.filter(e => e.isAsync === isAsync).reduce((n, e) => n + e.count, 0);
  found.textContent = counts(sum(false), sum(true));
  only.hidden = !filter.only;
  if (filter.only) {
    const ids = [...filter.only].flatMap(id => dump.entries[id].threads);
    const what = ids.length > 0 ? nameOf(dump.threads[ids[0]]) + (ids.length > 1 ? ` and ${count(ids.length - 1, "more thread")}` : "") : count([...filter.only].reduce((n, id) => n + dump.entries[id].count, 0), "async stack");
    only.replaceChildren(`Only ${what}. `, element("button", { type: "button", click: () => change({ only: null }) }, "Show all"));
  }
  const focused = document.activeElement, isInside = focused !== null && panel.contains(focused);
  panel.replaceChildren(view.make());
  // What had the focus was replaced.
  if (isInside) ((focused.id && document.getElementById(focused.id)) || panel).focus();
}

/** @param {typeof view} next */
function open(next) {
  view = next;
  tabs.forEach((tab, i) => {
    tab.setAttribute("aria-selected", String(views[i] === view));
    tab.tabIndex = views[i] === view ? 0 : -1;
  });
  panel.setAttribute("aria-labelledby", `tab-${view.key}`);
  draw();
}

/** Opens a view, and makes it the page's address. @param {typeof view} next */
function go(next) {
  open(next);
  location.hash = next.key;
}

/** @param {number[]} shown Entries. */
function showEntries(shown) {
  if (shown.length === 0) return;
  search.value = "";
  Object.assign(filter, { search: "", only: new Set(shown) });
  go(views[0]);
  panel.focus();
}

function flamePanel() {
  const isSeries = flame.ofSeries && series !== null;
  // The search marks boxes and says their share of all.
  const shown = chosen(dump, { ...filter, search: "" });
  const cells = isSeries ? seriesCells(series) : cellsOf(merge(dump, shown, { ...filter, byMethod: true }, false), flame.isAsync);
  const isTime = isSeries && (flame.isTime || series.isTime) && series.interval > 0;
  const show = isTime ? /** @param {number} n */ n => `${((n * series.interval) / 1000).toFixed(2)} s` : number;
  const choices = element("p", { class: "filters" },
    hasAsync ? choice("Async stacks", flame.isAsync, on => (flame.isAsync = on), "flame-async") : null,
    choice("Outermost call at the bottom", flame.isFlame, on => (flame.isFlame = on), "flame-up"),
    series ? choice(`All ${number(series.dumps)} dumps`, flame.ofSeries, on => (flame.ofSeries = on), "flame-series") : null,
    isSeries && series.interval > 0 && !series.isTime ? choice("As time", flame.isTime, on => (flame.isTime = on), "flame-time") : null);
  const note = isSeries ? element("p", { class: "note" }, "This graph is of all dumps. Of the choices above, only “Idle of the framework” changes it; the search marks methods.") : null;
  return element("div", null, choices, note, flameView(cells, isSeries ? `${isTime ? "of " : "samples of "}${unitOf(cells)}` : unitOf(cells), filter.search, flame.isFlame, show));
}

/** @param {import("./data.js").Series} series */
function seriesCells(series) {
  const cells = cellsOfSeries(dump, flame.isAsync ? series.async : series.threads);
  return filter.idle ? withCells(cells, cellsOfSeries(dump, flame.isAsync ? series.idleAsync : series.idleThreads)) : cells;
}

/** @param {string} label @param {boolean} isOn @param {(on: boolean) => void} set */
function choice(label, isOn, set, id = "") {
  const input = element("input", { type: "checkbox", id: id || null, checked: isOn, change: () => { set(input.checked); draw(); } });
  return element("label", null, input, " ", label);
}

/** @param {"mine" | "byMethod" | "idle" | "unchanged"} key @param {string} label */
function box(key, label) {
  return choice(label, filter[key], on => (filter[key] = on), key);
}

/** A link to a view or to a frame: #locks, #frame-12. */
function follow() {
  const linked = location.hash === "" ? views[0] : views.find(v => location.hash === `#${v.key}`);
  if (linked && linked !== view) open(linked);
  const frame = dump.frames[Number(/^#frame-(\d+)$/.exec(location.hash)?.[1] ?? -1)];
  if (!frame) return;
  search.value = frame.file ? `${frame.file}:${frame.line}` : frame.method;
  filter.search = search.value;
  filter.only = null;
  if (!entries().length) /** @type {any} */ (document.getElementById("idle")).click();
  open(views[0]);
}

/** @param {KeyboardEvent} event */
function moveTab(event) {
  const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (step === 0) return;
  const next = (views.indexOf(view) + step + views.length) % views.length;
  go(views[next]);
  tabs[next].focus();
}

/** @param {KeyboardEvent} event @param {HTMLElement} summary */
function moveInTree(event, summary) {
  const details = /** @type {HTMLDetailsElement} */ (summary.parentElement);
  const all = [...panel.querySelectorAll("summary")].filter(s => s.checkVisibility());
  const at = all.indexOf(summary);
  if (event.key === "ArrowRight") details.open = true;
  else if (event.key === "ArrowLeft") details.open = false;
  else if (event.key === "ArrowDown") all[at + 1]?.focus();
  else if (event.key === "ArrowUp") all[at - 1]?.focus();
  else return;
  event.preventDefault();
}

/** Runs an action when the reader pauses. @param {() => void} action */
function later(action) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, 150);
  };
}
