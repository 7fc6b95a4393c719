// @ts-check
import { copy, counts, element, number } from "./dom.js";
import { PROGRAM, placeOf, textOf } from "./data.js";
import { callsOf, chainOf, matches } from "./stacks.js";

/** @typedef {import("./data.js").Dump} Dump */
/** @typedef {import("./data.js").Frame} Frame */
/** @typedef {import("./stacks.js").Branch} Branch */

/** How many frames are there when the tree appears, how many calls of one branch, and how far branches are indented. */
const AT_FIRST = 120, CALLS = 200, DEEPEST = 24;

/**
 * A tree of branches. What is folded is made when it is opened.
 * @param {Dump} dump
 * @param {Branch} root
 * @param {string} search What to mark.
 * @param {boolean} byMethod Whether frames with several lines are one.
 */
export function treeView(dump, root, search, byMethod) {
  const view = element("div", { class: "tree" });
  const sought = search.trim().toLowerCase();
  let left = AT_FIRST;
  appendEnds(view, root);
  appendCalls(view, root, 0);
  if (root.threads + root.async === 0) view.append(element("p", { class: "note" }, "Nothing to show."));
  return view;

  /** @param {HTMLElement} to @param {Branch} at @param {number} level */
  function appendCalls(to, at, level, from = 0) {
    const calls = callsOf(at);
    for (const call of calls.slice(from, from + CALLS)) to.append(branchView(call, level));
    const rest = calls.length - from - CALLS;
    if (rest > 0) {
      const more = element("button", { type: "button", click: () => { more.remove(); appendCalls(to, at, level, from + CALLS); } }, `${number(rest)} more`);
      to.append(more);
    }
  }

  /** @param {Branch} first @param {number} level */
  function branchView(first, level) {
    const { frames, last } = chainOf(first);
    const size = root.threads + root.async || 1;
    const summary = element("summary", null,
      element("meter", { min: 0, max: size, value: first.threads + first.async, "aria-hidden": "true" }),
      element("b", null, counts(first.threads, first.async)), " ", element("span", { class: "to" }, labelOf(frames)));
    const details = element("details", { class: level > DEEPEST ? "deep" : null }, summary);
    const fill = () => {
      if (details.childElementCount > 1) return;
      const list = element("ol");
      appendFrames(list, frames);
      details.append(list);
      appendEnds(details, last);
      appendCalls(details, last, level + 1);
    };
    details.addEventListener("toggle", () => details.open && fill());
    if (left > 0) {
      left -= frames.length;
      details.open = true;
      fill();
    }
    return details;
  }

  /** The repeated frames of a recursion are shown once. @param {HTMLElement} list @param {Frame[]} frames */
  function appendFrames(list, frames) {
    for (let i = 0; i < frames.length;) {
      const { period, repeats } = runAt(frames, i);
      for (let k = i; k < i + period; k++) list.append(frameView(frames[k]));
      if (repeats > 1) list.append(element("li", { class: "note" }, `... the ${period === 1 ? "frame" : `${period} frames`} above repeated ${number(repeats - 1)} more times`));
      i += period * repeats;
    }
  }

  /** @param {Frame} frame */
  function frameView(frame) {
    return element("li", { class: sought && matches(frame, sought) ? "hit" : frame.owner === PROGRAM ? "mine" : null },
      ...methodView(frame.method), byMethod || !frame.file ? null : " ",
      byMethod || !frame.file ? null : element("a", { href: `#frame-${frame.id}`, title: placeOf(frame) }, shortPlace(frame)),
      byMethod || !frame.source ? null : element("code", null, frame.source));
  }

  /** @param {HTMLElement} to @param {Branch} at */
  function appendEnds(to, at) {
    for (const entry of at.ends) {
      const button = element("button", { type: "button", click: () => copy(button, textOf(dump, entry)) }, "Copy");
      to.append(element("div", { class: "end" }, button, ...entry.lines.map(line => element("p", { class: line.startsWith("= ") ? "thread" : null }, line))));
    }
  }
}

/** The longest repetition that begins at a frame: of up to eight frames. @param {Frame[]} frames @param {number} from */
function runAt(frames, from) {
  for (let period = 1; period <= 8; period++) {
    let end = from + period;
    while (end < frames.length && frames[end].id === frames[end - period].id) end++;
    const repeats = Math.floor((end - from) / period);
    if (repeats > 2) return { period, repeats };
  }
  return { period: 1, repeats: 1 };
}

/** Where a chain ends in the program, for a branch that is folded. @param {Frame[]} frames */
function labelOf(frames) {
  const last = [...frames].reverse().find(frame => frame.owner === PROGRAM) ?? frames[frames.length - 1];
  if (!last) return "";
  return shortMethod(last.method) + (last.file ? " " + shortPlace(last) : "");
}

/** @param {Frame} frame */
export const shortPlace = frame => `${frame.file.replace(/^.*[/\\]/, "")}:${frame.line}${frame.isApproximate ? " (approximate)" : ""}`;

/** @param {string} method */
function partsOf(method) {
  const end = method.search(/[(<[]/);
  const name = end <= 0 ? method : method.slice(0, end);
  const cut = name.lastIndexOf(".", name.lastIndexOf(".") - 1) + 1;
  return [name.slice(0, cut), name.slice(cut), method.slice(name.length)];
}

/** Type and method, without namespace and parameters. @param {string} method */
export const shortMethod = method => partsOf(method)[1];

/** @param {string} method */
function methodView(method) {
  const [space, name, rest] = partsOf(method);
  return [element("span", { class: "dim" }, space), element("b", null, name), element("span", { class: "dim" }, rest)];
}
