// How calls of a tool are shown: part of a tool's record, handed to the transcript by whoever has the tools. Pure.
// Invariant: nothing here throws, whatever stands in a call; arguments come from models, and from session files of any writer.

export type CallArguments = Readonly<Record<string, unknown>>;

/** What was asked for, as far as the headline does not say it. */
export type CallBody = { kind: "command"; text: string; note?: string } | { kind: "file"; text: string; path: string };

/** A result as far as its tool can tell people of it. */
export interface ShownResult {
  /** Its texts, one LF between them. */
  text: string;
  isError: boolean;
  details: unknown;
}

/** What a tool does not say is shown as that of any tool: one of the arguments in the headline, all of them as JSON in the body. */
export interface ToolView {
  /** What it is about, in one line if it is one: a command, a path, a pattern. */
  headline?(args: CallArguments): string;
  /** `undefined`: the headline says all. */
  body?(args: CallArguments): CallBody | undefined;
  /** What it changes in a file, in place of the body: lines with `-`, `+` or a blank before them. Empty: nothing that is known. */
  diff?(args: CallArguments, details: unknown): string;
  /** The file whose text the output is, for its language. */
  outputPath?(args: CallArguments): string;
  /** The file that it changes. */
  changedFile?(args: CallArguments): string;
  /** What came of it, in a few words: `exit 1`, `+3 −1`. Empty: nothing that the headline does not say. */
  outcome?(args: CallArguments, result: ShownResult): string;
}

export type ToolViews = ReadonlyMap<string, ToolView>;

/** Of tools by name; of two with one name the first counts. */
export function viewsOf(tools: Iterable<{ readonly name: string; readonly view?: ToolView }>): ToolViews {
  const views = new Map<string, ToolView>();
  for (const { name, view } of tools) if (view !== undefined && !views.has(name)) views.set(name, view);
  return views;
}

/** The first of these arguments that is a text and not empty. */
export function textArgument(args: CallArguments, ...names: string[]): string {
  for (const name of names) {
    const value = args[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return "";
}

/** A number that can be counted with; 0 for everything else. */
export function numberArgument(args: CallArguments, name: string): number {
  const value = args[name];
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

export function pathArgument(args: CallArguments): string {
  return textArgument(args, "path", "file_path");
}

/** Of tools that look for a pattern. */
export function searchHeadline(args: CallArguments): string {
  const path = pathArgument(args);
  return `${textArgument(args, "pattern")}${path === "" ? "" : ` in ${path}`}`;
}

export function headlineOf(view: ToolView | undefined, args: CallArguments): string {
  if (view?.headline !== undefined) return view.headline(args);
  const [first] = Object.values(args);
  return textArgument(args, "path", "file_path", "command", "query", "url") || (typeof first === "string" ? first : "");
}

/** What was asked for and the headline does not say, as whoever shows it has to draw it. */
export type ShownBody = CallBody | { kind: "diff"; text: string } | { kind: "arguments"; args: CallArguments };

/** By the tool's record, else all arguments; nothing where the headline says all. A call that failed has changed nothing. */
export function bodyOf(
  view: ToolView | undefined,
  args: CallArguments,
  result?: Pick<ShownResult, "isError" | "details">,
): ShownBody | undefined {
  const diff = result?.isError ? "" : (view?.diff?.(args, result?.details) ?? "");
  if (diff !== "") return { kind: "diff", text: diff };
  if (view?.body !== undefined) return view.body(args);
  return Object.keys(args).length === 0 ? undefined : { kind: "arguments", args };
}

/** In a few words, by the tool's record; else that it failed and why, or how much came back. */
export function outcomeOf(view: ToolView | undefined, args: CallArguments, result: ShownResult): string {
  const own = view?.outcome?.(args, result);
  if (own !== undefined && (own !== "" || !result.isError)) return own;
  const text = result.text.trim();
  if (result.isError) return text === "" ? "failed" : `failed: ${text.slice(0, text.indexOf("\n") < 0 ? text.length : text.indexOf("\n"))}`;
  return text === "" ? "" : countedLines(text);
}

export function countedLines(text: string): string {
  const count = text.replace(/\n$/, "").split("\n").length;
  return `${count} line${count === 1 ? "" : "s"}`;
}
