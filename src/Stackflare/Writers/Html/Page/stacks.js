// @ts-check
import { PROGRAM, nameOf, stackOf } from "./data.js";

/** @typedef {import("./data.js").Dump} Dump */
/** @typedef {import("./data.js").Entry} Entry */
/** @typedef {import("./data.js").Frame} Frame */
/** @typedef {{ search: string, only: Set<number> | null, idle: boolean, mine: boolean, byMethod: boolean, unchanged: boolean }} Filter */
/** @typedef {{ frame: Frame | null, threads: number, async: number, calls: Map<string | number, Branch>, ends: Entry[] }} Branch */

/**
 * The entries that the reader wants to see.
 * @param {Dump} dump
 * @param {Filter} filter
 */
export function chosen(dump, filter) {
  const search = filter.search.trim().toLowerCase();
  const found = search ? dump.frames.map(frame => matches(frame, search)) : [];
  const entries = filter.unchanged
    ? dump.entries.filter(e => e.unchanged > 0).map(e => ({ ...e, count: e.unchanged, threads: e.threads.filter(id => dump.threads[id].isUnchanged) }))
    : dump.entries;
  return entries.filter(entry => {
    if (filter.only) return filter.only.has(entry.id);
    if (entry.isIdle && !filter.idle) return false;
    if (!search) return true;
    for (let path = entry.path; path > 0; path = dump.parents[path]) if (found[dump.frameOf[path]]) return true;
    return entry.threads.some(id => nameOf(dump.threads[id]).toLowerCase().includes(search)) || entry.lines.some(line => line.toLowerCase().includes(search));
  });
}

/**
 * Whether a frame has a text. A line number at its end is the whole number: line 6 is not line 60.
 * @param {Frame} frame
 * @param {string} search In lower case.
 */
export function matches(frame, search) {
  const ends = /:(line )?\d+$/.test(search);
  const has = /** @param {string} text */ text => (ends ? text.toLowerCase().endsWith(search) : text.toLowerCase().includes(search));
  return frame.method.toLowerCase().includes(search) || (frame.file !== "" && (has(`${frame.file}:line ${frame.line}`) || has(`${frame.file}:${frame.line}`)));
}

/** @param {Frame | null} frame @returns {Branch} */
const branch = frame => ({ frame, threads: 0, async: 0, calls: new Map(), ends: [] });

/**
 * One tree of stacks: what they have in common is there once.
 * @param {Dump} dump
 * @param {Entry[]} entries
 * @param {Filter} filter
 * @param {boolean} isInverted Whether the tree begins with what async stacks wait for, and goes on to the callers.
 */
export function merge(dump, entries, filter, isInverted) {
  const root = branch(null);
  for (const entry of entries) {
    let stack = stackOf(dump, entry);
    if (filter.mine) stack = stack.filter(frame => frame.owner === PROGRAM);
    if (isInverted) stack.unshift({ id: -3, method: entry.wait, owner: 0, isApproximate: false, file: "", line: 0, source: "" });
    else stack.reverse();
    let at = root;
    add(at, entry);
    for (const frame of stack) {
      const key = filter.byMethod || frame.id < 0 ? frame.method : frame.id;
      let next = at.calls.get(key);
      if (!next) at.calls.set(key, (next = branch(frame)));
      add((at = next), entry);
    }
    at.ends.push(entry);
  }
  return root;
}

/** @param {Branch} at @param {Entry} entry */
function add(at, entry) {
  if (entry.isAsync) at.async += entry.count;
  else at.threads += entry.count;
}

/** The calls of a branch: those of most threads and async stacks first. @param {Branch} at */
export const callsOf = at => [...at.calls.values()].sort((a, b) => b.threads + b.async - a.threads - a.async);

/**
 * The frames from a branch to the next one, and the last of them.
 * @param {Branch} first
 */
export function chainOf(first) {
  const frames = first.frame ? [first.frame] : [];
  let last = first;
  while (last.ends.length === 0 && last.calls.size === 1) {
    [last] = last.calls.values();
    if (last.frame) frames.push(last.frame);
  }
  return { frames, last };
}
