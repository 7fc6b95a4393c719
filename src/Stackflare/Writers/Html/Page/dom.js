// @ts-check

/**
 * Makes an element. Text is always text, never HTML.
 * @param {string} name
 * @param {Record<string, any> | null} [attributes] "class", attributes, and functions for events ("click").
 * @param {...(Node | string | null | undefined)} children
 * @returns {any}
 */
export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter(c => c !== null && c !== undefined));
  return made;
}

/**
 * The same for a drawing.
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
export function shape(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** @param {number} n */
export const number = n => n.toLocaleString("en-US");

/** @param {number} n @param {string} one @param {string} [many] */
export const count = (n, one, many) => `${number(n)} ${n === 1 ? one : many ?? one + "s"}`;

/** @param {number} threads @param {number} async */
export const counts = (threads, async) =>
  [threads > 0 ? count(threads, "thread") : "", async > 0 ? count(async, "async stack") : ""].filter(t => t).join(" and ") || "nothing";

/**
 * Copies text; says on the button whether that worked.
 * @param {HTMLElement} button
 * @param {string} text
 */
export async function copy(button, text) {
  const before = button.textContent;
  let isCopied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages from files have no clipboard in some browsers.
    const area = element("textarea", { "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    isCopied = document.execCommand("copy");
    area.remove();
  }
  button.textContent = isCopied ? "Copied" : "Not copied";
  setTimeout(() => (button.textContent = before), 1500);
}
