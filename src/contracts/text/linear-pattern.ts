// A regular expression that somebody types while a program waits for it: all ways through it are walked at the same time, so that the time it takes
// grows with the text and not with the ways. Used by the lists. Invariant: what it finds is what the language's own expressions find.

/** One that nobody types. */
const maxSource = 500;
/** Steps that it may have, with what is counted (`a{9}`) written out. */
const maxSteps = 200;

type Test = (text: string, at: number) => boolean;

type Node =
  | { kind: "one"; test: Test }
  | { kind: "place"; test: Test }
  | { kind: "all"; nodes: Node[] }
  | { kind: "any"; nodes: Node[] }
  | { kind: "repeat"; node: Node; least: number; most: number };

interface Step {
  /** Of one character, or of the place before it. */
  kind: "one" | "place" | "fork" | "end";
  test?: Test;
  /** Where it goes on: one, or for a fork several. */
  next: number[];
}

/** Whether a text has it; case does not count. Nothing where it is no expression, is too long, or looks around or back (`(?=`, `\1`). */
export function linearPattern(source: string): ((text: string) => boolean) | undefined {
  if (source.length > maxSource) return undefined;
  try {
    // What the language does not take, none of this has to understand.
    new RegExp(source, "i");
    const steps: Step[] = [];
    write(new Reader(source).whole(), steps);
    steps.push({ kind: "end", next: [] });
    return (text) => runs(steps, text);
  } catch {
    return undefined;
  }
}

class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Up to the end, or to the parenthesis that closes a group. */
  whole(): Node {
    const branches: Node[][] = [[]];
    while (this.#at < this.#source.length && this.#source[this.#at] !== ")") {
      if (this.#take(/\|/y) !== undefined) branches.push([]);
      else branches.at(-1)?.push(this.#repeated(this.#atom()));
    }
    const [first = [], ...others] = branches;
    return others.length === 0 ? { kind: "all", nodes: first } : { kind: "any", nodes: branches.map((nodes) => ({ kind: "all", nodes })) };
  }

  #atom(): Node {
    if (this.#take(/\((?:\?:|\?<[^=!>][^>]*>|(?!\?))/y) !== undefined) {
      const inner = this.whole();
      this.#at++;
      return inner;
    }
    if (this.#take(/\^/y) !== undefined) return { kind: "place", test: (_, at) => at === 0 };
    if (this.#take(/\$/y) !== undefined) return { kind: "place", test: (text, at) => at === text.length };
    const edge = this.#take(/\\b/iy);
    if (edge !== undefined) return { kind: "place", test: (text, at) => isEdge(text, at) === (edge === "\\b") };
    const one = this.#take(/\[(?:\\[\s\S]|[^\]\\])*\]|\\(?:x[\da-f]{2}|u[\da-f]{4}|c[a-z]|0(?!\d)|[^\dk])|[^\\(]/iy);
    if (one === undefined) throw new Error("it looks around or back");
    return { kind: "one", test: ofOne(one) };
  }

  #repeated(node: Node): Node {
    const mark = this.#take(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/y);
    if (mark === undefined) return node;
    const [least = 0, most = least] = mark.startsWith("{")
      ? mark
          .slice(1, mark.indexOf("}"))
          .split(",")
          .map((count) => (count === "" ? Number.POSITIVE_INFINITY : Number(count)))
      : { "*": [0, Number.POSITIVE_INFINITY], "+": [1, Number.POSITIVE_INFINITY], "?": [0, 1] }[mark[0] as "*" | "+" | "?"];
    return { kind: "repeat", node, least, most };
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [taken] = pattern.exec(this.#source) ?? [];
    this.#at += taken?.length ?? 0;
    return taken;
  }
}

/** By the language's own reading of it, once for each character that comes. */
function ofOne(token: string): Test {
  const expression = new RegExp(`^${token}$`, "i");
  const known = new Map<string, boolean>();
  return (text, at) => {
    const character = text[at] ?? "";
    const fits = known.get(character) ?? expression.test(character);
    known.set(character, fits);
    return fits;
  };
}

function isEdge(text: string, at: number): boolean {
  return /\w/.test(text[at - 1] ?? "") !== /\w/.test(text[at] ?? "");
}

function write(node: Node, steps: Step[]): void {
  if (steps.length > maxSteps) throw new Error("it is too long");
  if (node.kind === "one" || node.kind === "place") steps.push({ kind: node.kind, test: node.test, next: [steps.length + 1] });
  else if (node.kind === "all") for (const one of node.nodes) write(one, steps);
  else if (node.kind === "any") {
    const ends: Step[] = [];
    const fork = forkIn(steps);
    for (const one of node.nodes) {
      fork.next.push(steps.length);
      write(one, steps);
      ends.push(forkIn(steps));
    }
    for (const end of ends) end.next.push(steps.length);
  } else {
    for (let count = 0; count < node.least; count++) write(node.node, steps);
    for (let count = node.least; count < node.most; count++) {
      const start = steps.length;
      const fork = forkIn(steps);
      fork.next.push(steps.length);
      write(node.node, steps);
      const again = node.most === Number.POSITIVE_INFINITY;
      if (again) forkIn(steps).next.push(start);
      fork.next.push(steps.length);
      if (again) break;
    }
  }
}

function forkIn(steps: Step[]): Step {
  const fork: Step = { kind: "fork", next: [] };
  steps.push(fork);
  return fork;
}

function runs(steps: readonly Step[], text: string): boolean {
  /** At which place a step was last reached. */
  const reached = new Int32Array(steps.length).fill(-1);
  let now: number[] = [];
  for (let at = 0; at <= text.length; at++) {
    const waiting: number[] = [];
    // Also what only begins here.
    for (const open = [0, ...now.reverse()]; open.length > 0; ) {
      const index = open.pop() ?? 0;
      const step = steps[index];
      if (step === undefined || reached[index] === at) continue;
      reached[index] = at;
      if (step.kind === "end") return true;
      if (step.kind === "one") waiting.push(index);
      else if (step.kind === "fork" || step.test?.(text, at)) open.push(...step.next);
    }
    now = waiting.filter((index) => at < text.length && steps[index]?.test?.(text, at)).map((index) => index + 1);
  }
  return false;
}
