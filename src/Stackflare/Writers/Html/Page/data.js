// @ts-check

/** @typedef {{ id: number, method: string, owner: number, isApproximate: boolean, file: string, line: number, source: string }} Frame */
/** @typedef {{ id: number, path: number, count: number, isIdle: boolean, unchanged: number, isAsync: boolean, wait: string, threads: number[], lines: string[] }} Entry */
/** @typedef {{ id: number, name: string, managedId: number, osId: number, state: string, cpu: number, doing: string, isMain: boolean, isBackground: boolean, isPool: boolean, isUnchanged: boolean, entry: number }} Thread */
/** @typedef {{ label: string, owner: number, readers: number[], isAbandoned: boolean }} Lock */
/** @typedef {{ thread: number, lock: number, threads: number[], label: string }} Wait */
/** @typedef {{ dumps: number, isTime: boolean, interval: number, threads: number[], async: number[], idleThreads: number[], idleAsync: number[] }} Series */
/** @typedef {{ texts: string[], frames: Frame[], parents: number[], frameOf: number[], entries: Entry[], threads: Thread[], locks: Lock[], waits: Wait[], deadlocks: number[][], series: Series | null }} Dump */

/**
 * What PageData.cs writes. Numbers refer to the other tables; -1: none.
 * @typedef {object} Json
 * @property {string[]} texts
 * @property {[method: number, flags: number, file?: number, line?: number, source?: number][]} frames The flags are the owner, and 4 for a line that is only near.
 * @property {number[]} paths See readPaths.
 * @property {[path: number, count: number, idle: number, unchanged: number, wait: number, threads: number[], lines: number[]][]} entries
 * @property {[name: number, managedId: number, osId: number, state: number, cpu: number, doing: number, flags: number, entry: number][]} threads The flags are 1 for Main, 2 background, 4 pool, 8 not run.
 * @property {[label: number, owner: number, readers: number[], abandoned: number][]} locks
 * @property {[thread: number, lock: number, threads: number[], label: number][]} waits
 * @property {number[][]} deadlocks
 * @property {{ dumps: number, isTime: boolean, intervalMs: number, threads: number[], async: number[], idleThreads: number[], idleAsync: number[] }} [series] Whether samples are times, and of which unit.
 */

/** Whose code a frame is. */
export const PROGRAM = 2;

/** In the list of paths: no calls. One call is not written, two are -5. */
const NO_CALLS = -3;

const missing = [
  "... more frames not walked: a limit was reached",
  "... more frames not walked: the runtime could not continue",
];

/**
 * Reads the tables of a dump. They refer to each other by number.
 * @param {Json} json
 * @returns {Dump}
 */
export function readDump(json) {
  const texts = json.texts;
  /** @param {number | undefined} id */
  const text = id => (id === undefined || id < 0 ? "" : texts[id]);
  const frames = json.frames.map(([method, flags, file, line, source], id) => ({
    id, method: text(method), owner: flags & 3, isApproximate: (flags & 4) !== 0, file: text(file), line: line ?? 0, source: text(source),
  }));
  const { parents, frameOf } = readPaths(json.paths);
  return {
    texts, frames, parents, frameOf,
    entries: json.entries.map(([path, count, idle, unchanged, wait, threads, lines], id) => ({
      id, path, count, isIdle: idle === 1, unchanged, isAsync: wait >= 0, wait: text(wait), threads, lines: lines.map(text),
    })),
    threads: json.threads.map(([name, managedId, osId, state, cpu, doing, flags, entry], id) => ({
      id, name: text(name), managedId, osId, state: text(state), cpu, doing: text(doing),
      isMain: (flags & 1) !== 0, isBackground: (flags & 2) !== 0, isPool: (flags & 4) !== 0, isUnchanged: (flags & 8) !== 0, entry,
    })),
    locks: json.locks.map(([label, owner, readers, abandoned]) => ({ label: text(label), owner, readers, isAbandoned: abandoned === 1 })),
    waits: json.waits.map(([thread, lock, threads, label]) => ({ thread, lock, threads, label: text(label) })),
    deadlocks: json.deadlocks,
    series: json.series ? (({ intervalMs, ...series }) => ({ ...series, interval: intervalMs }))(json.series) : null,
  };
}

/**
 * Reads a tree that is written with each caller before its calls: a frame, then the number of its calls if it is not one.
 * @param {number[]} list
 */
function readPaths(list) {
  /** @type {number[]} */
  const parents = [];
  /** @type {number[]} */
  const frameOf = [];
  /** @type {[number, number][]} Callers, each with the number of calls that are still to come. */
  const open = [];
  let at = 0;
  /** @param {number} parent @param {number} frame */
  const add = (parent, frame) => {
    const calls = at < list.length && list[at] <= NO_CALLS ? NO_CALLS - list[at++] : 1;
    if (calls > 0) open.push([parents.length, calls]);
    parents.push(parent);
    frameOf.push(frame);
  };
  add(-1, NO_CALLS);
  for (let top; (top = open[open.length - 1]);) {
    if (--top[1] === 0) open.pop();
    add(top[0], list[at++]);
  }
  return { parents, frameOf };
}

/**
 * The frames of an entry, innermost first.
 * @param {Dump} dump
 * @param {Entry} entry
 * @returns {Frame[]}
 */
export function stackOf(dump, entry) {
  const stack = [];
  for (let path = entry.path; path > 0; path = dump.parents[path]) stack.push(frameAt(dump, dump.frameOf[path]));
  return stack;
}

/** @param {Dump} dump @param {number} id @returns {Frame} */
const frameAt = (dump, id) => dump.frames[id] ?? { id, method: missing[-1 - id], owner: 0, isApproximate: false, file: "", line: 0, source: "" };

/** @param {Frame} frame */
export const placeOf = frame => (frame.file ? `${frame.file}:line ${frame.line}${frame.isApproximate ? " (approximate)" : ""}` : "");

/** @param {Thread} thread */
export const nameOf = thread => `"${thread.name}" ${thread.managedId ? `#${thread.managedId}` : `tid=${thread.osId}`}`;

/**
 * An entry as the default text format shows it.
 * @param {Dump} dump
 * @param {Entry} entry
 */
export function textOf(dump, entry) {
  const lines = [...entry.lines];
  for (const frame of stackOf(dump, entry)) {
    lines.push(`   at ${frame.method}${frame.file ? " in " + placeOf(frame) : ""}`);
    if (frame.source) lines.push("      " + frame.source);
  }
  return lines.join("\n") + "\n";
}
