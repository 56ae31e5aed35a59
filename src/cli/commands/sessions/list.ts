// `pi sessions list`: what sessions there are. Called through cli/commands/sessions.

import type { Command } from "commander";
import { PiError } from "../../../contracts/error.ts";
import type { Host } from "../../../platform/host.ts";
import { listSessions, type SessionSummary, sessionIds } from "../../../session/list-sessions.ts";
import { idShortener } from "../../../session/short-ids.ts";
import { RecordOutput, recordForm } from "../../record-output.ts";
import { ageInWords, costText, cutToWidth, padEnd, plainLine, type TextForm, textForm, textWidth } from "../../terminal-text.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { addPlaceOptions, type PlaceFlags, sessionPlaces } from "./session-places.ts";

interface Flags extends PlaceFlags {
  all?: boolean;
  json?: boolean;
  jsonl?: boolean;
  limit?: string;
  named?: boolean;
  search?: string;
  whole?: boolean;
}

/** Counting means reading: the newest sessions are counted as far as these bytes go, which takes some 20 ms. */
const wholeBytes = 8 << 20;

export function define(command: Command, { host, exit }: SubcommandContext): void {
  addPlaceOptions(command)
    .option("--all", "of every project")
    .option("-n, --limit <n>", "only so many")
    .option("--named", "only those that have a name")
    .option("--search <text>", "only those whose name, first prompt or id holds this text")
    .option("--whole", "count messages and cost of all, not only of the newest; takes longer")
    .option("--json", "as one JSON array")
    .option("--jsonl", "as JSON lines")
    .action(async (flags: Flags) => exit(await list(host, flags)));
}

async function list(host: Host, flags: Flags): Promise<number> {
  const limit = wholeNumber(flags.limit);
  const places = await sessionPlaces(host, flags);
  const request = places.scope(flags.all === true);
  const shorten = idShortener(sessionIds(request));
  const form = recordForm(flags);
  const output = new RecordOutput(host, form);
  const table = new SessionTable(host, output, flags.all === true, shorten);
  let found = 0;
  for await (const summary of listSessions({ ...request, whole: flags.whole === true, wholeBytes })) {
    if (found === limit) break;
    if (!isWanted(summary, flags)) continue;
    found++;
    const isOpen = form === "text" ? await table.add(summary) : await output.add(JSON.stringify(described(summary, shorten)));
    if (!isOpen) break;
  }
  await table.end();
  if (found === 0 && form === "text" && !host.stdout.isClosed) {
    const where = flags.all ? "" : ` of ${places.cwd}; --all shows those of every project`;
    await host.stderr.write(`No sessions${flags.named || flags.search !== undefined ? " like that" : ""}${where}.\n`);
  }
  return output.end();
}

function isWanted({ id, name, firstPrompt }: SessionSummary, { named, search }: Flags): boolean {
  if (named && name === undefined) return false;
  const wanted = search?.toLowerCase();
  return wanted === undefined || [id, name, firstPrompt].some((text) => text?.toLowerCase().includes(wanted));
}

/** Every field is there in every record; what is not known is null. */
function described(summary: SessionSummary, shorten: (id: string) => string): Record<string, unknown> {
  const { id, path, cwd, name, firstPrompt, messageCount, cost, model, timestamp, modifiedMs, sizeBytes, parentSession } = summary;
  return {
    id,
    shortId: shorten(id),
    path,
    cwd,
    name: name ?? null,
    firstPrompt: firstPrompt ?? null,
    messageCount: messageCount ?? null,
    cost: cost ?? null,
    model: model ?? null,
    created: timestamp,
    modified: new Date(modifiedMs).toISOString(),
    sizeBytes,
    parentSession: parentSession ?? null,
  };
}

/** So many rows are looked at to find the widths of the columns; what comes later goes on with them. */
const firstRows = 64;
const headings = ["SESSION", "CHANGED", "MESSAGES", "COST", "MODEL", "PROJECT", "NAME OR FIRST PROMPT"];
const rightAligned = new Set([2, 3]);

class SessionTable {
  readonly #host: Host;
  readonly #output: RecordOutput;
  readonly #form: TextForm;
  readonly #columns: number[];
  readonly #shorten: (id: string) => string;
  readonly #waiting: { cells: string[]; isNamed: boolean }[] = [];
  #widths: number[] | undefined;

  constructor(host: Host, output: RecordOutput, withProject: boolean, shorten: (id: string) => string) {
    this.#host = host;
    this.#output = output;
    this.#form = textForm(host);
    this.#columns = withProject ? [0, 1, 2, 3, 4, 5, 6] : [0, 1, 2, 3, 4, 6];
    this.#shorten = shorten;
  }

  /** False when nobody reads any more. */
  async add(summary: SessionSummary): Promise<boolean> {
    const { id, name, firstPrompt, messageCount, cost, model, modifiedMs, cwd } = summary;
    const cells = [
      plainLine(this.#shorten(id)),
      ageInWords(modifiedMs, this.#host.now()),
      messageCount === undefined ? "-" : String(messageCount),
      cost === undefined ? "-" : costText(cost),
      plainLine(model?.slice(model.indexOf("/") + 1) ?? "-"),
      plainLine(tilde(cwd, this.#host.homeDir)),
      plainLine(name ?? firstPrompt ?? ""),
    ];
    this.#waiting.push({ cells, isNamed: name !== undefined });
    return this.#widths !== undefined || this.#waiting.length >= firstRows ? this.#flush() : !this.#host.stdout.isClosed;
  }

  async end(): Promise<void> {
    if (this.#waiting.length > 0) await this.#flush();
  }

  async #flush(): Promise<boolean> {
    if (this.#widths === undefined) {
      const rows = this.#waiting.map(({ cells }) => cells);
      // Headings help eyes, not programs.
      if (this.#form.width !== undefined) rows.push(headings);
      this.#widths = headings.map((_, column) => Math.max(...rows.map((cells) => textWidth(cells[column] ?? ""))));
      if (this.#form.width !== undefined) await this.#output.add(this.#line(headings, { isHeading: true, isNamed: false }));
    }
    for (const { cells, isNamed } of this.#waiting.splice(0)) {
      if (!(await this.#output.add(this.#line(cells, { isHeading: false, isNamed })))) return false;
    }
    return true;
  }

  #line(cells: readonly string[], { isHeading, isNamed }: { isHeading: boolean; isNamed: boolean }): string {
    const { paint, width } = this.#form;
    const last = this.#columns.length - 1;
    let room = width ?? Number.POSITIVE_INFINITY;
    const parts = this.#columns.map((column, place) => {
      const cell = cells[column] ?? "";
      const columnWidth = this.#widths?.[column] ?? 0;
      const filled = rightAligned.has(column) ? " ".repeat(Math.max(0, columnWidth - textWidth(cell))) + cell : padEnd(cell, columnWidth);
      const shown = cutToWidth(place === last ? cell : filled, Math.max(0, room));
      room -= textWidth(shown) + 2;
      if (isHeading) return paint(shown, "dim");
      if (column === 0) return paint(shown, "yellow");
      if (column === 6) return isNamed ? paint(shown, "bold") : shown;
      return column === 1 || column === 5 ? paint(shown, "dim") : shown;
    });
    return parts.join("  ").trimEnd();
  }
}

function tilde(path: string, homeDir: string): string {
  return path === homeDir || path.startsWith(`${homeDir}/`) ? `~${path.slice(homeDir.length)}` : path;
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new PiError("usage.bad_value", `--limit ${JSON.stringify(text)} is not a whole number`, { hint: "For example --limit 10" });
}
