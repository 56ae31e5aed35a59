// Keys as terminals send them, by name. Imported by extensions. Pure.

const named: Readonly<Record<string, string>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\x1b": "escape",
  "\x7f": "backspace",
  "\b": "backspace",
  " ": "space",
  "\x1b[Z": "shift+tab",
  "\x1b\r": "alt+enter",
  "\x1b[3~": "delete",
  "\x1b[2~": "insert",
  "\x1b[5~": "pageUp",
  "\x1b[6~": "pageDown",
};

const arrows: Readonly<Record<string, string>> = { A: "up", B: "down", C: "right", D: "left", H: "home", F: "end" };
const tildes: Readonly<Record<string, string>> = { "1": "home", "2": "insert", "3": "delete", "4": "end", "5": "pageUp", "6": "pageDown" };
const codes: Readonly<Record<string, string>> = { "9": "tab", "13": "enter", "27": "escape", "32": "space", "127": "backspace" };

/** `ctrl+c`, `shift+tab`, `a`; nothing for what is no key. */
export function parseKey(data: string): string | undefined {
  const known = named[data];
  if (known !== undefined) return known;
  const csi = /^\x1b(?:\[|O)(?:(\d+)(?:;(\d+)(?::\d+)?)?)?([A-Za-z~])$/.exec(data);
  if (csi !== null) {
    const [, first = "", modifier = "1", last = ""] = csi;
    const name = last === "~" ? tildes[first] : last === "u" ? (codes[first] ?? String.fromCodePoint(Number(first))) : arrows[last];
    return name === undefined ? undefined : withModifiers(name, Number(modifier) - 1);
  }
  if (/^\x1b[^\x1b[O]$/.test(data)) return `alt+${parseKey(data.slice(1)) ?? data.slice(1)}`;
  const code = data.codePointAt(0) ?? 0;
  if ([...data].length !== 1) return undefined;
  return code > 0 && code < 27 ? `ctrl+${String.fromCodePoint(code + 96)}` : data;
}

function withModifiers(name: string, bits: number): string {
  const names = ["shift", "alt", "ctrl", "super"].filter((_, at) => (bits & (1 << at)) !== 0);
  return [...inOrder(names), name].join("+");
}

const order = ["ctrl", "shift", "alt", "super"];
const inOrder = (names: readonly string[]): string[] => order.filter((one) => names.includes(one));

/** Whether what was typed is the key of that name, in whatever order its modifiers stand. */
export function matchesKey(data: string, key: string): boolean {
  const typed = parseKey(data);
  return typed !== undefined && normal(typed) === normal(key);
}

function normal(key: string): string {
  const parts = key.split("+").map((part) => (part === "esc" ? "escape" : part === "return" ? "enter" : part));
  const name = parts.pop() ?? "";
  return [...inOrder(parts.map((part) => part.toLowerCase())), name.length > 1 ? name.toLowerCase() : name].join("+");
}

export function isKeyRelease(data: string): boolean {
  return /^\x1b\[[\d;]*:3[A-Za-z~]$/.test(data);
}

export function isKeyRepeat(data: string): boolean {
  return /^\x1b\[[\d;]*:2[A-Za-z~]$/.test(data);
}

const plain = [
  "escape",
  "enter",
  "tab",
  "space",
  "backspace",
  "delete",
  "insert",
  "home",
  "end",
  "pageUp",
  "pageDown",
  "up",
  "down",
  "left",
  "right",
];
const withModifier = (modifier: string) => (key: string) => `${modifier}+${key}`;

/** `Key.enter`, `Key.ctrl("c")`, `Key.ctrlShift("p")`. */
export const Key = {
  ...Object.fromEntries(plain.map((name) => [name, name])),
  ...Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`f${at + 1}`, `f${at + 1}`])),
  esc: "escape",
  return: "enter",
  ctrl: withModifier("ctrl"),
  shift: withModifier("shift"),
  alt: withModifier("alt"),
  super: withModifier("super"),
  ctrlShift: withModifier("ctrl+shift"),
  shiftCtrl: withModifier("ctrl+shift"),
  ctrlAlt: withModifier("ctrl+alt"),
  altCtrl: withModifier("ctrl+alt"),
  shiftAlt: withModifier("shift+alt"),
  altShift: withModifier("shift+alt"),
  ctrlShiftAlt: withModifier("ctrl+shift+alt"),
} as unknown as Record<string, string> &
  Record<"ctrl" | "shift" | "alt" | "super" | "ctrlShift" | "ctrlAlt" | "shiftAlt", (key: string) => string>;

/** Whether the letters of a query stand in a text in that order, and how well: less is better. */
export function fuzzyMatch(query: string, text: string): { matches: boolean; score: number } {
  const [wanted, where] = [query.toLowerCase(), text.toLowerCase()];
  let at = -1;
  let score = 0;
  for (const char of wanted) {
    const next = where.indexOf(char, at + 1);
    if (next < 0) return { matches: false, score: 0 };
    score += next === at + 1 ? -5 : (next - at) * 2;
    if (next === 0 || /[\s\-_/.:]/.test(where[next - 1] ?? "")) score -= 10;
    at = next;
  }
  return { matches: true, score };
}

/** The best first. */
export function fuzzyFilter<T>(items: readonly T[], query: string, getText: (item: T) => string): T[] {
  const words = query
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return [...items];
  return items
    .flatMap((item) => {
      const found = words.map((word) => fuzzyMatch(word, getText(item)));
      return found.every(({ matches }) => matches) ? [{ item, score: found.reduce((sum, one) => sum + one.score, 0) }] : [];
    })
    .sort((a, b) => a.score - b.score)
    .map(({ item }) => item);
}
