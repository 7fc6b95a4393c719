// @ts-check
import { count, element, number } from "./dom.js";
import { PROGRAM } from "./data.js";
import { callsOf } from "./stacks.js";
import { shortMethod } from "./tree.js";

/** @typedef {import("./data.js").Dump} Dump */
/** @typedef {import("./stacks.js").Branch} Branch */
/** @typedef {{ name: string, isMine: boolean, count: number, calls: Cell[], caller: Cell | null }} Cell */

const ROW = 22, NARROWEST = 2, ROWS = 400;

/**
 * A flame graph: the width of a call is its share.
 * @param {Cell} all
 * @param {string} unit What is counted.
 * @param {string} search
 * @param {boolean} isFlame Whether the outermost call is at the bottom.
 * @param {(n: number) => string} show
 */
export function flameView(all, unit, search, isFlame, show = number) {
  const sought = search.trim().toLowerCase();
  const graph = element("div", { class: "flame", role: "group", "aria-label": `Flame graph of ${unit}` });
  const status = element("p", { class: "note", "aria-live": "polite" });
  const reset = element("button", { type: "button", click: () => draw(all) }, "Reset zoom");
  const view = element("div", null, element("p", null, reset, " ", status), graph);
  let shown = all, drawn = 0;
  new ResizeObserver(() => graph.clientWidth !== drawn && requestAnimationFrame(() => draw(shown))).observe(graph);
  return view;

  /** @param {Cell} top */
  function draw(top) {
    shown = top;
    const width = graph.clientWidth;
    if (width === 0) return;
    drawn = width;
    const cells = [], callers = [];
    for (let cell = top.caller; cell; cell = cell.caller) callers.unshift(cell);
    callers.forEach((cell, row) => cells.push(cellView(cell, row, 0, width)));
    let rows = callers.length, hidden = 0, deep = 0, found = 0;
    /** @type {[Cell, number, number][]} */
    const open = [[top, callers.length, 0]];
    for (let next; (next = open.pop());) {
      const [cell, row, left] = next;
      const wide = (width * cell.count) / (top.count || 1);
      if (wide < NARROWEST || row >= callers.length + ROWS) {
        if (wide < NARROWEST) hidden++;
        else deep++;
        continue;
      }
      rows = Math.max(rows, row + 1);
      cells.push(cellView(cell, row, left, wide));
      let at = left;
      for (const call of cell.calls) {
        open.push([call, row + 1, at]);
        at += (width * call.count) / (top.count || 1);
      }
    }
    if (sought) found = sum(top);
    graph.style.height = `${rows * ROW}px`;
    for (const cell of cells) cell.style.top = `${(isFlame ? rows - 1 - cell.row : cell.row) * ROW}px`;
    const active = document.activeElement, focused = graph.contains(active) ? /** @type {any} */ (active).cell : active === reset ? top : null;
    graph.replaceChildren();
    for (const cell of cells) graph.append(cell);
    if (focused) (cells.find(c => c.cell === focused) ?? cells[callers.length]).focus();
    reset.disabled = top === all;
    status.textContent = [
      `${top.name}: ${show(top.count)} of ${show(all.count)} ${unit} (${percent(top.count, all.count)})`,
      sought ? `found in ${percent(found, top.count)}` : "",
      hidden > 0 ? `${count(hidden, "call")} too narrow to be drawn` : "",
      deep > 0 ? `${count(deep, "call")} below the last row: click on a box there` : "",
    ].filter(t => t).join("; ");
  }

  /** The share of stacks with a sought call: each stack once. @param {Cell} top */
  function sum(top) {
    let found = 0;
    const open = [top];
    for (let cell; (cell = open.pop());) {
      if (cell.name.toLowerCase().includes(sought)) found += cell.count;
      else for (const call of cell.calls) open.push(call);
    }
    return found;
  }

  /** @param {Cell} cell @param {number} row @param {number} left @param {number} wide */
  function cellView(cell, row, left, wide) {
    const kind = sought && cell.name.toLowerCase().includes(sought) ? "hit" : cell.caller === null || cell.name.startsWith("[") ? "all" : cell.isMine ? "mine" : "";
    const title = `${cell.name}: ${show(cell.count)} of ${show(all.count)} ${unit} (${percent(cell.count, all.count)})`;
    const made = element("button", { type: "button", class: kind, title, "aria-label": title, click: () => draw(cell) }, wide > 30 ? shortMethod(cell.name) : "");
    made.style.left = `${left}px`;
    made.style.width = `${wide}px`;
    made.row = row;
    made.cell = cell;
    return made;
  }
}

/** @param {number} part @param {number} all */
const percent = (part, all) => `${((100 * part) / (all || 1)).toFixed(1)} %`;

/**
 * The graph of one dump.
 * @param {Branch} root
 * @param {boolean} isAsync Whether async stacks are counted, or threads.
 */
export function cellsOf(root, isAsync) {
  /** @param {Branch} at @param {string} name @param {Cell | null} caller @returns {Cell} */
  const make = (at, name, caller) => ({ name, isMine: at.frame?.owner === PROGRAM, count: isAsync ? at.async : at.threads, calls: [], caller });
  const all = make(root, isAsync ? "[async stacks]" : "[threads]", null);
  /** @type {[Branch, Cell][]} */
  const open = [[root, all]];
  for (let next; (next = open.pop());) {
    const [at, cell] = next;
    for (const call of callsOf(at)) {
      // A method that calls itself is one box.
      if (call.frame?.method === cell.name) {
        open.push([call, cell]);
        continue;
      }
      const made = make(call, call.frame?.method ?? "", cell);
      if (made.count === 0) continue;
      cell.calls.push(made);
      open.push([call, made]);
    }
  }
  return all;
}

/**
 * The graph of several dumps: three numbers for each call, each caller before its calls.
 * @param {Dump} dump
 * @param {number[]} list
 */
export function cellsOfSeries(dump, list) {
  let at = 0;
  /** @type {[Cell, number][]} Callers, each with the number of calls that are still to come. */
  const open = [];
  /** @param {Cell | null} caller @returns {Cell} */
  const next = caller => {
    const [id, samples, calls] = list.slice(at, (at += 3));
    const cell = { name: dump.texts[id < 0 ? -1 - id : id], isMine: id < 0, count: samples, calls: [], caller };
    if (calls > 0) open.push([cell, calls]);
    return cell;
  };
  const all = next(null);
  for (let top; (top = open[open.length - 1]);) {
    if (--top[1] === 0) open.pop();
    top[0].calls.push(next(top[0]));
  }
  return all;
}

/**
 * Adds the calls of a second graph to a first one.
 * @param {Cell} all
 * @param {Cell} added
 */
export function withCells(all, added) {
  /** @type {[Cell, Cell][]} */
  const open = [[all, added]];
  for (let next; (next = open.pop());) {
    const [cell, other] = next;
    cell.count += other.count;
    cell.isMine ||= other.isMine;
    const known = new Map(cell.calls.map(call => [call.name, call]));
    for (const call of other.calls) {
      const same = known.get(call.name);
      if (same) {
        open.push([same, call]);
        continue;
      }
      call.caller = cell;
      cell.calls.push(call);
    }
  }
  return sorted(all);
}

/** The calls of most samples first. @param {Cell} all */
function sorted(all) {
  const open = [all];
  for (let cell; (cell = open.pop());) {
    cell.calls.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
    for (const call of cell.calls) open.push(call);
  }
  return all;
}

/** @param {Cell} cell */
export const unitOf = cell => (cell.name === "[threads]" ? "threads" : "async stacks");

