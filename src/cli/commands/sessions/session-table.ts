// The table of sessions: columns that fit the terminal, or all there is in a pipe. Called by list.
// Invariant: a row is one line, and on a terminal never wider than that; the name or first prompt is what a session is known by, so it gives way last.

import {
  ageInWords,
  costText,
  cutToWidth,
  plainLine,
  shortAge,
  type TextForm,
  textForm,
  textWidth,
} from "../../../contracts/text/terminal-text.ts";
import type { Host } from "../../../platform/host.ts";
import type { SessionSummary } from "../../../session/library/list-sessions.ts";
import type { RecordOutput } from "../../record-output.ts";

/** So many rows are looked at to find the widths of the columns; what comes later goes on with them. */
const firstRows = 64;
const headings = ["SESSION", "CHANGED", "MESSAGES", "COST", "MODEL", "PROJECT", "NAME OR FIRST PROMPT"];
const shortHeadings = ["SESSION", "AGE", "MSGS", "COST", "MODEL", "PROJECT", "NAME OR FIRST PROMPT"];
const column = { id: 0, changed: 1, messages: 2, cost: 3, model: 4, project: 5, title: 6 } as const;
const gap = "  ";

interface Row {
  cells: string[];
  shortAge: string;
  isNamed: boolean;
}

interface Layout {
  columns: number[];
  widths: number[];
  isShort: boolean;
}

export class SessionTable {
  readonly #host: Host;
  readonly #output: RecordOutput;
  readonly #form: TextForm;
  readonly #withProject: boolean;
  readonly #shorten: (id: string) => string;
  readonly #waiting: Row[] = [];
  readonly #made = new Map<string, string>();
  #layout: Layout | undefined;

  constructor(host: Host, output: RecordOutput, withProject: boolean, shorten: (id: string) => string) {
    this.#host = host;
    this.#output = output;
    this.#form = textForm(host);
    this.#withProject = withProject;
    this.#shorten = shorten;
  }

  /** False when nobody reads any more. */
  add(summary: SessionSummary): boolean | Promise<boolean> {
    const { id, name, firstPrompt, messageCount, cost, model, modifiedMs, cwd, damage } = summary;
    const now = this.#host.now();
    const cells = [
      this.#shorten(id),
      ageInWords(modifiedMs, now),
      messageCount === undefined ? "-" : String(messageCount),
      cost === undefined ? "-" : costText(cost),
      model === undefined ? "-" : this.#once(model, () => plainLine(model.slice(model.indexOf("/") + 1))),
      this.#withProject ? this.#once(cwd, () => plainLine(tilde(cwd, this.#host.homeDir))) : "",
      damage === undefined ? plainLine(name ?? firstPrompt ?? "") : `damaged: ${damage}`,
    ];
    this.#waiting.push({ cells, shortAge: this.#form.width === undefined ? "" : shortAge(modifiedMs, now), isNamed: name !== undefined });
    if (this.#layout === undefined && this.#waiting.length < firstRows) return !this.#host.stdout.isClosed;
    const [row] = this.#waiting;
    if (this.#layout === undefined || row === undefined) return this.#flush();
    this.#waiting.length = 0;
    return this.#output.add(this.#line(row, this.#layout));
  }

  /** Many sessions have one model and one project. */
  #once(text: string, make: () => string): string {
    const known = this.#made.get(text);
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(text, made);
    return made;
  }

  async end(): Promise<void> {
    if (this.#waiting.length > 0) await this.#flush();
  }

  async #flush(): Promise<boolean> {
    const isFirst = this.#layout === undefined;
    this.#layout ??= layOut(this.#waiting, this.#withProject, this.#form.width);
    const layout = this.#layout;
    // Headings help eyes, not programs.
    if (isFirst && this.#form.width !== undefined) await this.#output.add(this.#headingLine(layout));
    for (const row of this.#waiting.splice(0)) if (!(await this.#output.add(this.#line(row, layout)))) return false;
    return true;
  }

  #headingLine({ columns, widths, isShort }: Layout): string {
    const words = isShort ? shortHeadings : headings;
    const cells = columns.map((at) => fitted(words[at] ?? "", at, widths[at] ?? 0, true));
    return this.#form.paint(cells.join(gap).trimEnd(), "dim");
  }

  #line({ cells, shortAge: age, isNamed }: Row, { columns, widths, isShort }: Layout): string {
    const { paint, width } = this.#form;
    let line = "";
    for (const at of columns) {
      const cell = isShort && at === column.changed ? age : (cells[at] ?? "");
      const shown = fitted(cell, at, widths[at] ?? 0, width !== undefined);
      if (at !== column.id) line += gap;
      if (at === column.id) line += paint(shown, "yellow");
      else if (at === column.changed || at === column.project) line += paint(shown, "dim");
      else line += at === column.title && isNamed ? paint(shown, "bold") : shown;
    }
    return line.trimEnd();
  }
}

function layOut(rows: readonly Row[], withProject: boolean, width: number | undefined): Layout {
  const widthOf = (at: number): number => Math.max(...rows.map(({ cells }) => textWidth(cells[at] ?? "")));
  const columns = Object.values(column).filter((at) => withProject || at !== column.project);
  const layout: Layout = { columns, widths: headings.map((_, at) => widthOf(at)), isShort: false };
  if (width !== undefined) makeRoom(layout, rows, width);
  return layout;
}

/** Narrower and fewer columns, until there is room for what a session is known by. */
function makeRoom(layout: Layout, rows: readonly Row[], width: number): void {
  const { widths } = layout;
  const atLeast = (at: number, least: number): number => Math.max(widths[at] ?? 0, least);
  for (const [at, heading] of headings.entries()) widths[at] = atLeast(at, heading.length);
  const titleWidth = Math.min(widths[column.title] ?? 0, Math.max(20, Math.floor(0.4 * width)));
  const lack = (): number =>
    layout.columns.reduce((sum, at) => sum + (at === column.title ? titleWidth : (widths[at] ?? 0) + gap.length), 0) - width;
  const shrink = (at: number, least: number): void => {
    widths[at] = Math.min(widths[at] ?? 0, Math.max(least, (widths[at] ?? 0) - lack()));
  };
  const hide = (hidden: number): void => {
    layout.columns = layout.columns.filter((at) => at !== hidden);
  };
  const steps = [
    () => {
      layout.isShort = true;
      widths[column.changed] = Math.max(...rows.map((row) => row.shortAge.length), "AGE".length);
      widths[column.messages] = Math.max(...rows.map(({ cells }) => (cells[column.messages] ?? "").length), "MSGS".length);
    },
    () => shrink(column.project, 16),
    () => shrink(column.model, 10),
    () => hide(column.model),
    () => hide(column.cost),
    () => shrink(column.project, 8),
    () => hide(column.messages),
  ];
  for (const step of steps) if (lack() > 0) step();
  widths[column.title] = Math.max(0, width - (lack() + width - titleWidth));
}

/** `isCut`: what is longer than its column is cut, the project at its beginning, since its end tells more. */
function fitted(cell: string, at: number, width: number, isCut: boolean): string {
  if (at === column.title && !isCut) return cell;
  // Ids, ages and numbers are what we made them.
  const own = at < column.model ? cell.length : textWidth(cell);
  if (own > width && isCut && at !== column.id) return at === column.project ? cutStart(cell, width) : cutToWidth(cell, width);
  if (at === column.title || own >= width) return cell;
  const filling = " ".repeat(width - own);
  return at === column.messages || at === column.cost ? filling + cell : cell + filling;
}

function cutStart(text: string, width: number): string {
  const characters = [...text];
  while (characters.length > 0 && textWidth(characters.join("")) > width - 1) characters.shift();
  return `…${characters.join("")}`;
}

function tilde(path: string, homeDir: string): string {
  return path === homeDir || path.startsWith(`${homeDir}/`) ? `~${path.slice(homeDir.length)}` : path;
}
