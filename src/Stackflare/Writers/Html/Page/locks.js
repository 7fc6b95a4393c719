// @ts-check
import { count, element, shape } from "./dom.js";
import { PROGRAM, nameOf, stackOf } from "./data.js";
import { shortMethod, shortPlace } from "./tree.js";

/** @typedef {import("./data.js").Dump} Dump */
/** @typedef {{ key: string, label: string, detail: string, title: string, isLock: boolean, isBad: boolean, entries: Set<number>, next: Set<string>, size: number, rank: number, x: number, y: number }} Box */

/** More waiters of one lock that hold nothing themselves are one box. */
const ALONE = 3;
const WIDE = 240, HIGH = 46, GAP_X = 56, GAP_Y = 26, MOST = 400, LETTERS = 29;

/**
 * Who holds what, and who waits for it: from left to right, to what all wait for.
 * @param {Dump} dump
 * @param {(entries: number[]) => void} show Shows stacks.
 */
export function locksView(dump, show) {
  if (dump.waits.length === 0) return element("p", { class: "note" }, "No thread waits for a lock, or for another thread that is known.");
  const all = boxesOf(dump);
  const boxes = all.slice(0, MOST);
  const kept = new Map(boxes.map(box => [box.key, box]));
  place(kept);
  const width = Math.max(...boxes.map(b => b.x)) + WIDE + 2, height = Math.max(...boxes.map(b => b.y)) + HIGH + GAP_Y;
  const drawing = shape("svg", { viewBox: `-1 -1 ${width} ${height}`, width, height, role: "img", "aria-label": "Graph of locks and waits. The list below says the same." });
  for (const box of boxes) for (const key of box.next) if (kept.has(key)) drawing.append(arrow(box, /** @type {Box} */ (kept.get(key))));
  for (const box of boxes) drawing.append(draw(box));
  return element("div", null,
    all.length > MOST ? element("p", { class: "note" }, `The graph has the first ${MOST} of ${count(all.length, "box", "boxes")}.`) : null,
    element("div", { class: "wide", role: "region", "aria-label": "Graph", tabindex: 0 }, drawing), listOf(boxes, kept, show));

  /** @param {Box} box */
  function draw(box) {
    const made = shape("g", { class: `box${box.isLock ? " lock" : ""}${box.isBad ? " bad" : ""}`, transform: `translate(${box.x} ${box.y})` },
      shape("title", {}, box.title), shape("rect", { width: WIDE, height: HIGH, rx: box.isLock ? 3 : 16 }),
      shape("text", { x: 12, y: 19 }, cut(box.label)), shape("text", { x: 12, y: 36, class: "dim" }, cut(box.detail)));
    if (box.entries.size > 0) made.addEventListener("click", () => show([...box.entries]));
    return made;
  }
}

/** Where a thread is in the program. @param {Dump} dump @param {import("./data.js").Thread} thread */
function placeIn(dump, thread) {
  const frame = thread.entry < 0 ? undefined : stackOf(dump, dump.entries[thread.entry]).find(f => f.owner === PROGRAM);
  return frame ? shortMethod(frame.method) + (frame.file ? " " + shortPlace(frame) : "") : "";
}

/** @param {string} text */
const cut = text => (text.length > LETTERS ? text.slice(0, LETTERS - 1) + "…" : text);

/** @param {Dump} dump @returns {Box[]} */
function boxesOf(dump) {
  const dead = new Set(dump.deadlocks.flat());
  const waiting = new Map(dump.waits.map(wait => [wait.thread, wait]));
  const wanted = new Set();
  for (const lock of dump.locks) for (const id of [lock.owner, ...lock.readers]) wanted.add(id);
  for (const wait of dump.waits) if (wait.lock < 0) for (const id of wait.threads) wanted.add(id);
  /** @type {Map<string, Box>} */
  const boxes = new Map();
  /** @param {string} key @param {string} label @param {string} detail @param {string} title @param {boolean} isLock @param {boolean} isBad */
  const add = (key, label, detail, title, isLock, isBad) => {
    if (!boxes.has(key)) boxes.set(key, { key, label, detail, title, isLock, isBad, entries: new Set(), next: new Set(), size: 1, rank: 0, x: 0, y: 0 });
    return /** @type {Box} */ (boxes.get(key));
  };
  /** @param {number} id */
  const addThread = id => {
    const known = boxes.get(`t${id}`);
    if (known) return known;
    const thread = dump.threads[id], does = waiting.get(id)?.label ?? thread.doing;
    const box = add(`t${id}`, nameOf(thread), placeIn(dump, thread) || does, `${nameOf(thread)}, ${does}`, false, dead.has(id));
    if (thread.entry >= 0) box.entries.add(thread.entry);
    return box;
  };
  /** @type {Map<number, import("./data.js").Wait[]>} By lock, the threads that wait for it and that nobody waits for. */
  const crowds = new Map();
  for (const wait of dump.waits) {
    if (wait.lock < 0 || wanted.has(wait.thread)) continue;
    const crowd = crowds.get(wait.lock);
    if (crowd) crowd.push(wait);
    else crowds.set(wait.lock, [wait]);
  }
  // Those of deadlocks first, because the number of boxes is limited.
  for (const wait of [...dump.waits].sort((a, b) => Number(dead.has(b.thread)) - Number(dead.has(a.thread)))) {
    const target = wait.lock >= 0 ? `l${wait.lock}` : wait.threads.map(id => `t${id}`).join();
    const crowd = crowds.get(wait.lock) ?? [];
    let from;
    if (wait.lock >= 0 && !wanted.has(wait.thread) && crowd.length > ALONE) {
      from = boxes.get(`c${target}`) ?? add(`c${target}`, count(crowd.length, "thread"), placeIn(dump, dump.threads[wait.thread]) || wait.label, crowd.slice(0, 20).map(w => nameOf(dump.threads[w.thread])).join(", "), false, false);
      from.size = crowd.length;
      if (dump.threads[wait.thread].entry >= 0) from.entries.add(dump.threads[wait.thread].entry);
    } else {
      from = addThread(wait.thread);
    }
    if (wait.lock < 0) {
      for (const id of wait.threads) from.next.add(addThread(id).key);
      continue;
    }
    const lock = dump.locks[wait.lock];
    const owners = lock.owner >= 0 ? [lock.owner] : lock.readers;
    const [address, type] = /^(<.*?>) \((.*)\)$/.exec(lock.label)?.slice(1) ?? [lock.label, ""];
    const lost = lock.isAbandoned ? ", held by a thread that has ended" : "";
    const box = add(target, type.replace(/^.*\.(?=\w+$)/, "") || address, type ? address + lost : lost, lock.label + lost, true, lock.isAbandoned || (dead.has(wait.thread) && owners.some(id => dead.has(id))));
    from.next.add(target);
    for (const id of owners) box.next.add(addThread(id).key);
  }
  return [...boxes.values()];
}

/** Places what others wait for to the right of them. A cycle is cut where it is entered. @param {Map<string, Box>} boxes */
function place(boxes) {
  /** @type {Map<string, number>} 1: being looked at, 2: done. */
  const state = new Map();
  for (const first of boxes.values()) {
    /** @type {[Box, string[]][]} */
    const open = state.has(first.key) ? [] : [[first, [...first.next]]];
    state.set(first.key, state.get(first.key) ?? 1);
    for (let top; (top = open[open.length - 1]);) {
      const [box, left] = top;
      const key = left.pop();
      if (key === undefined) {
        state.set(box.key, 2);
        open.pop();
        const caller = open[open.length - 1]?.[0];
        if (caller) caller.rank = Math.max(caller.rank, box.rank + 1);
        continue;
      }
      const next = boxes.get(key);
      if (!next) continue;
      if (state.get(key) === 2) box.rank = Math.max(box.rank, next.rank + 1);
      else if (state.get(key) !== 1) {
        state.set(key, 1);
        open.push([next, [...next.next]]);
      }
    }
  }
  const deepest = Math.max(...[...boxes.values()].map(b => b.rank));
  const used = Array(deepest + 1).fill(0);
  // What belongs together is placed together, from right to left.
  const seen = new Set();
  const before = new Map([...boxes.keys()].map(key => [key, /** @type {string[]} */ ([])]));
  for (const box of boxes.values()) for (const key of box.next) before.get(key)?.push(box.key);
  for (const first of [...boxes.values()].sort((a, b) => a.rank - b.rank)) {
    if (seen.has(first.key)) continue;
    const floor = Math.max(...used);
    used.fill(floor);
    const open = [first.key];
    for (let key; (key = open.shift()) !== undefined;) {
      const box = boxes.get(key);
      if (!box || seen.has(key)) continue;
      seen.add(key);
      box.x = (deepest - box.rank) * (WIDE + GAP_X);
      box.y = used[box.rank];
      used[box.rank] += HIGH + GAP_Y;
      open.push(...(before.get(key) ?? []), ...box.next);
    }
  }
}

/** @param {Box} from @param {Box} to */
function arrow(from, to) {
  const kind = `arrow${from.isBad && to.isBad ? " bad" : ""}`;
  if (to.x <= from.x) {
    // The last step of a cycle: back, below the boxes.
    const [x1, y1, x2, y2] = [from.x + WIDE / 2, from.y + HIGH, to.x + WIDE / 2, to.y + HIGH], low = Math.max(y1, y2) + GAP_Y - 6;
    return shape("path", { class: kind, d: `M${x1} ${y1}C${x1} ${low} ${x1} ${low} ${x1 - GAP_X} ${low}L${x2 + GAP_X} ${low}C${x2} ${low} ${x2} ${low} ${x2} ${y2}m-4 7l4 -7l4 7` });
  }
  const [x1, y1, x2, y2] = [from.x + WIDE, from.y + HIGH / 2, to.x, to.y + HIGH / 2], bend = GAP_X / 2;
  return shape("path", { class: kind, d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}m-7 -4l7 4l-7 4` });
}

/**
 * The graph as text: each box can be reached by keyboard.
 * @param {Box[]} boxes
 * @param {Map<string, Box>} kept
 * @param {(entries: number[]) => void} show
 */
function listOf(boxes, kept, show) {
  const link = /** @param {Box} box */ box => (box.isLock ? box.title : element("button", { type: "button", click: () => show([...box.entries]) }, box.label));
  return element("ul", { class: "plain" }, ...boxes.filter(box => box.next.size > 0).map(box => {
    const targets = [...box.next].flatMap(key => kept.get(key) ?? []);
    return element("li", { class: box.isBad ? "bad" : null }, link(box), box.isLock ? " is held by " : box.size > 1 ? " wait for " : " waits for ",
      ...targets.flatMap((target, i) => (i ? [", ", link(target)] : [link(target)])));
  }));
}
