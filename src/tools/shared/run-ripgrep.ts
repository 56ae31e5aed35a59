// Runs ripgrep through the session's shell and hands over its records as they come. Used by grep and find.
// Through the shell, so that it runs where the session's commands run, and is ended with them.

import type { ToolContext } from "../../contracts/tool.ts";
import { hasUnsoundBelow, listsAbove, listsBelow } from "./ignore-lists.ts";

export interface RipgrepOutcome {
  /** `undefined` when it was stopped by `onRecord` or by an abort. */
  exitCode: number | undefined;
  aborted: boolean;
  /** What was said beside the records: errors. */
  messages: string;
}

export interface RipgrepRun {
  program: string;
  args: readonly string[];
  cwd: string;
  /** The byte that ends a record. */
  separator: "\n" | "\0";
  /** `false` stops the run. */
  onRecord(record: string): boolean;
  /** It begins anew: what came so far counts no more. */
  restart(): void;
}

/** A note on a result: what the run said beside its records. */
export function incomplete(messages: string): string {
  return `Not everything could be searched: ${messages.split("\n").slice(0, 3).join("; ")}`;
}

const startMark = "\x01";

/** Where one of the lists of what to ignore cannot be read, it is passed over, and `messages` says so. */
export async function runRipgrep(run: RipgrepRun, context: ToolContext): Promise<RipgrepOutcome> {
  const above = await listsAbove(run.cwd, context);
  if (above.unsound.length === 0) {
    const outcome = await runWatched(run, context);
    if (outcome !== undefined) return outcome;
    run.restart();
  }
  // All that it would find by itself is given to it instead.
  const below = await listsBelow(run.cwd, context, context.signal, false);
  const around = above.unsound.length > 0 ? above : await listsAbove(run.cwd, context, true);
  const patterns = [...around.patterns, ...below.patterns];
  const unsound = [...around.unsound, ...below.unsound].map((path) => `${path} is no list of what to ignore`);
  const outcome = await runOnce({ ...run, args: [...ownListsOnly, ...run.args] }, context, new AbortController(), patterns);
  return { ...outcome, messages: [...unsound, ...(outcome.messages === "" ? [] : [outcome.messages])].join("\n") };
}

const ownListsOnly = [
  "--no-ignore-dot",
  "--no-ignore-vcs",
  "--no-ignore-exclude",
  "--no-ignore-global",
  "--no-ignore-parent",
  "--ignore-file=/dev/stdin",
];

/** Nothing where a list further down would have held it. */
async function runWatched(run: RipgrepRun, context: ToolContext): Promise<RipgrepOutcome | undefined> {
  const [stop, over] = [new AbortController(), new AbortController()];
  const watching = hasUnsoundBelow(run.cwd, context, over.signal).then((isHeld) => {
    if (isHeld && !over.signal.aborted) stop.abort();
  });
  try {
    const outcome = await runOnce(run, context, stop);
    return stop.signal.aborted && outcome.exitCode === undefined && !outcome.aborted && !outcome.isEnough ? undefined : outcome;
  } finally {
    over.abort();
    await watching;
  }
}

/** What a shell says of a program that is there and could not be started. */
const notStarted = 126;
/** Between one try and the next. */
const pausesMs = [10, 20, 40, 80, 160];

/** A program unpacked a moment ago counts as open for writing as long as another thread of ours is starting one: it is tried again. */
async function runOnce(...[run, context, stop, patterns]: Parameters<typeof tryOnce>): ReturnType<typeof tryOnce> {
  for (const pauseMs of pausesMs) {
    const outcome = await tryOnce(run, context, stop, patterns);
    if (outcome.exitCode !== notStarted) return outcome;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return tryOnce(run, context, stop, patterns);
}

async function tryOnce(
  run: RipgrepRun,
  context: ToolContext,
  stop: AbortController,
  patterns?: readonly string[],
): Promise<RipgrepOutcome & { isEnough: boolean }> {
  const onAbort = (): void => stop.abort();
  context.signal.addEventListener("abort", onAbort, { once: true });
  if (context.signal.aborted) stop.abort();
  let isEnough = false;
  const splitter = new RecordSplitter(run.separator.charCodeAt(0), run.onRecord);
  const given = patterns === undefined ? "" : `printf '%s\\n' ${quoted(patterns.join("\n"))} | `;
  const words = given + [run.program, "--no-config", ...run.args].map(quoted).join(" ");
  // What a configured prefix prints comes before the mark; errors come behind the records in a file descriptor of their own.
  const command = `printf '\\001'; { messages=$(${words} 2>&1 1>&3 3>&-); } 3>&1; code=$?; printf '\\001%s' "$messages"; exit $code`;
  try {
    const outcome = await context.shell.run({
      command,
      cwd: run.cwd,
      isUnwatched: true,
      signal: stop.signal,
      onData: (chunk) => {
        if (splitter.push(chunk)) return;
        isEnough = true;
        stop.abort();
      },
    });
    const messages = splitter.end();
    return { exitCode: outcome.exitCode, aborted: context.signal.aborted, messages, isEnough };
  } finally {
    context.signal.removeEventListener("abort", onAbort);
  }
}

class RecordSplitter {
  readonly #separator: number;
  readonly #onRecord: (record: string) => boolean;
  #rest: Buffer = Buffer.alloc(0);
  #started = false;
  #stopped = false;
  #inMessages = false;

  constructor(separator: number, onRecord: (record: string) => boolean) {
    this.#separator = separator;
    this.#onRecord = onRecord;
  }

  /** False once no more is wanted. */
  push(chunk: Uint8Array): boolean {
    if (this.#stopped) return false;
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (!this.#started) {
      const mark = bytes.indexOf(startMark);
      if (mark < 0) return true;
      this.#started = true;
      bytes = bytes.subarray(mark + 1);
    }
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    // A record starts with a path or a digit; the mark in its place begins the messages.
    for (let end = 0; !this.#inMessages; at = end + 1) {
      this.#inMessages = all[at] === 1;
      end = this.#inMessages ? -1 : all.indexOf(this.#separator, at);
      if (end < 0) break;
      if (this.#onRecord(all.toString("utf8", at, end))) continue;
      this.#stopped = true;
      return false;
    }
    this.#rest = Buffer.from(all.subarray(at));
    return true;
  }

  end(): string {
    return this.#inMessages ? this.#rest.toString("utf8", 1).trim() : "";
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
