// `pi sessions stats`: tokens and cost of one session, or of all, and what their artifacts take. Called through cli/commands/sessions.
// Invariant: an entry that forks and imports carried along counts once.

import type { Command } from "commander";
import { artifactDirectoryOf, sizeOf } from "../../../artifacts/artifact-directories.ts";
import { PiError } from "../../../contracts/error.ts";
import { isoTime } from "../../../contracts/text/iso-time.ts";
import {
  byteText,
  costText,
  countText,
  cutToWidth,
  dayText,
  padEnd,
  plainLine,
  textForm,
  textWidth,
} from "../../../contracts/text/terminal-text.ts";
import type { Host } from "../../../platform/host.ts";
import { type SessionFile, sessionFiles } from "../../../session/library/list-sessions.ts";
import { addCall, emptyTotal, type UsageTotal, type UsedCall, usedCalls } from "../../../session/library/session-totals.ts";
import { outputStatus } from "../../record-output.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { openForReading } from "./open-session.ts";
import { addPlaceOptions, type PlaceFlags, sessionPlaces } from "./session-places.ts";
import { parseSince } from "./since.ts";

interface Flags extends PlaceFlags {
  since?: string;
  by?: string;
  all?: boolean;
  json?: boolean;
}

const groupings = ["model", "project", "day"] as const;
type Grouping = (typeof groupings)[number];

interface Totals {
  sessions: number;
  /** Files beside the sessions looked at, and their bytes. */
  artifacts: { files: number; bytes: number };
  total: UsageTotal;
  groups: Map<string, UsageTotal & { sessions: number }>;
}

export function define(command: Command, { host, exit }: SubcommandContext): void {
  addPlaceOptions(command.argument("[ref]", "one session; else those of every project, or of that of --cwd"))
    .option("--since <when>", "only calls since then: 7d, 12h, or a day such as 2026-11-01")
    .option(`--by <${groupings.join("|")}>`, "a line for each")
    .option("-a, --all", "of every project, also with --cwd")
    .option("--json", "as a JSON object")
    .action(async (ref: string | undefined, flags: Flags) => exit(await stats(host, ref, flags)));
}

async function stats(host: Host, ref: string | undefined, flags: Flags): Promise<number> {
  const by = parseGrouping(flags.by);
  const sinceMs = flags.since === undefined ? undefined : parseSince(flags.since, host.now());
  const places = await sessionPlaces(host, flags);
  const isAll = flags.all === true || flags.cwd === undefined;
  const files = ref === undefined ? sessionFiles(places.scope(isAll)) : [await oneFile(await places.find(ref), host)];
  const totals = await addUp(files, { sinceMs, by }, host);
  if (flags.json) {
    const groups = [...totals.groups].map(([key, group]) => ({ key, ...group }));
    const since = sinceMs === undefined ? null : isoTime(sinceMs);
    const record = {
      since,
      sessions: totals.sessions,
      ...totals.total,
      // As in the text: where there are none, nothing is said of them.
      ...(totals.artifacts.files > 0 && { artifacts: totals.artifacts }),
      ...(by === undefined ? {} : { by, groups }),
    };
    await host.stdout.write(`${JSON.stringify(record, null, 2)}\n`);
  } else {
    const { files: count, bytes } = totals.artifacts;
    await host.stdout.write(totalsText(totals, by, host), "drawn");
    if (count > 0) await host.stdout.write(`Artifacts: ${count} ${count === 1 ? "file" : "files"}, ${byteText(bytes)}\n`);
  }
  await host.stdout.flush();
  return outputStatus(host, 0);
}

async function oneFile(path: string, host: Host): Promise<SessionFile> {
  const session = await openForReading(path, host);
  const { id, cwd, timestamp } = session.header;
  session.close();
  return { path, modifiedMs: Number.POSITIVE_INFINITY, sizeBytes: 0, header: { id, cwd, timestamp } };
}

async function addUp(
  files: Iterable<SessionFile>,
  { sinceMs, by }: { sinceMs: number | undefined; by: Grouping | undefined },
  host: Host,
): Promise<Totals> {
  const totals: Totals = { sessions: 0, artifacts: { files: 0, bytes: 0 }, total: emptyTotal(), groups: new Map() };
  const seen = new Set<string>();
  for (const { path, modifiedMs, header } of files) {
    // Files are only added to: one that was not changed since then has nothing newer.
    if (header === undefined || (sinceMs !== undefined && modifiedMs < sinceMs)) continue;
    const artifacts = sizeOf(artifactDirectoryOf(path));
    totals.artifacts.files += artifacts.files;
    totals.artifacts.bytes += artifacts.bytes;
    const touched = new Set<string>();
    try {
      for (const call of usedCalls(path)) {
        if (seen.has(call.key) || (sinceMs !== undefined && !(call.timestampMs >= sinceMs))) continue;
        seen.add(call.key);
        addCall(totals.total, call);
        const key = by === undefined ? "" : groupOf(call, by, header.cwd);
        const group = totals.groups.get(key) ?? { sessions: 0, ...emptyTotal() };
        totals.groups.set(key, group);
        addCall(group, call);
        if (!touched.has(key)) group.sessions++;
        touched.add(key);
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      await host.stderr.write(`Warning: Session file ${path} cannot be read: ${code}\n`);
    }
    if (touched.size > 0) totals.sessions++;
  }
  totals.groups = new Map([...totals.groups].sort(by === "day" ? ([a], [b]) => (a < b ? -1 : 1) : ([, a], [, b]) => b.cost - a.cost));
  return totals;
}

function groupOf(call: UsedCall, by: Grouping, cwd: string): string {
  if (by === "model") return call.model;
  return by === "project" ? cwd : Number.isFinite(call.timestampMs) ? dayText(call.timestampMs) : "unknown";
}

const headings = ["SESSIONS", "ANSWERS", "INPUT", "OUTPUT", "CACHE READ", "CACHE WRITE", "TOKENS", "COST"];

function totalsText(totals: Totals, by: Grouping | undefined, host: Host): string {
  const { paint, width } = textForm(host);
  const cells = (one: UsageTotal & { sessions: number }): string[] => [
    String(one.sessions),
    String(one.answers),
    ...[one.input, one.output, one.cacheRead, one.cacheWrite, one.totalTokens].map(countText),
    costText(one.cost),
  ];
  const rows = [
    [...headings, by === undefined ? "" : by.toUpperCase()],
    ...(by === undefined ? [] : [...totals.groups].map(([key, group]) => [...cells(group), plainLine(key)])),
    [...cells({ ...totals.total, sessions: totals.sessions }), by === undefined ? "" : "total"],
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => textWidth(row[column] ?? "")))) ?? [];
  const shown = fitting(widths, width);
  return rows
    .map((row, at) => {
      const cells = shown.map((column) =>
        column < headings.length ? padStart(row[column] ?? "", widths[column] ?? 0) : cutToWidth(row[column] ?? "", widths[column]),
      );
      const line = cells.join("  ").trimEnd();
      return `${at === 0 ? paint(line, "dim") : line}\n`;
    })
    .join("");
}

/** What a narrow terminal can do without, the least needed first. */
const spareColumns = [5, 4, 2, 3, 1, 6];

/** Columns that fit; the last one is made as narrow as it must be. */
function fitting(widths: number[], width: number | undefined): number[] {
  let columns = widths.map((_, column) => column);
  if (width === undefined) return columns;
  const lack = (): number => columns.reduce((sum, column) => sum + (widths[column] ?? 0) + 2, -2) - width;
  for (const spare of spareColumns) if (lack() > 0) columns = columns.filter((column) => column !== spare);
  const last = headings.length;
  widths[last] = Math.max(0, (widths[last] ?? 0) - Math.max(0, lack()));
  return columns;
}

function padStart(text: string, width: number): string {
  return padEnd("", width - textWidth(text)) + text;
}

function parseGrouping(text: string | undefined): Grouping | undefined {
  const found = groupings.find((one) => one === text);
  if (text === undefined || found !== undefined) return found;
  throw new PiError("usage.bad_value", `--by ${JSON.stringify(text)} is not one of ${groupings.join(", ")}`, {
    hint: "For example --by model",
  });
}
