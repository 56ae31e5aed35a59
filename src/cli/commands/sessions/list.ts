// `pi sessions list`: what sessions there are. Called through cli/commands/sessions.

import type { Command } from "commander";
import { PiError } from "../../../contracts/error.ts";
import { isoTime } from "../../../contracts/text/iso-time.ts";
import type { Host } from "../../../platform/host.ts";
import { filesOf, idsOf, listSessions, type SessionSummary } from "../../../session/library/list-sessions.ts";
import { idShortener } from "../../../session/library/short-ids.ts";
import { requireReadable } from "../../../session/lines/file-errors.ts";
import { RecordOutput, recordForm } from "../../record-output.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { addPlaceOptions, type PlaceFlags, sessionPlaces } from "./session-places.ts";
import { SessionTable } from "./session-table.ts";
import { parseSince } from "./since.ts";

interface Flags extends PlaceFlags {
  all?: boolean;
  json?: boolean;
  jsonl?: boolean;
  limit?: string;
  named?: boolean;
  search?: string;
  since?: string;
  whole?: boolean;
}

/** Counting means reading: the newest sessions are counted as far as these bytes go, which is more than a screen of them and takes some 5 ms. */
const wholeBytes = 4 << 20;

export function define(command: Command, { host, exit }: SubcommandContext): void {
  addPlaceOptions(command)
    .allowExcessArguments()
    .option("-a, --all", "of every project")
    .option("-n, --limit <n>", "only so many; -5 is --limit 5")
    .option("--since <when>", "only those changed since then: 7d, 12h, or a day such as 2026-11-01")
    .option("--named", "only those that have a name")
    .option("--search <text>", "only those whose name, first prompt or id holds this text")
    .option("--whole", "count messages and cost of all, not only of the newest; takes longer")
    .option("--json", "as one JSON array")
    .option("--jsonl", "as JSON lines")
    .addHelpText(
      "after",
      "\nOn a narrow terminal the columns that say least give way to the name. Messages and cost are " +
        "counted for the newest files only, up to 4 MB of them: - is not counted, --whole counts all.",
    )
    .action(async (flags: Flags) => exit(await list(host, flags, command.args)));
}

async function list(host: Host, flags: Flags, words: readonly string[]): Promise<number> {
  const [word] = words;
  if (word !== undefined) {
    throw new PiError("usage.command", `pi sessions list takes no ${JSON.stringify(word)}`, {
      hint: `pi sessions list --search ${word} looks for it, pi sessions show ${word} shows one session`,
    });
  }
  const limit = wholeNumber(flags.limit);
  const sinceMs = flags.since === undefined ? undefined : parseSince(flags.since, host.now());
  const form = recordForm(flags);
  const places = await sessionPlaces(host, flags);
  const scope = places.scope(flags.all === true);
  const files = filesOf(scope);
  const shorten = idShortener(idsOf(files));
  const names = flags.named === true || flags.search !== undefined;
  const output = new RecordOutput(host, form);
  const table = new SessionTable(host, output, flags.all === true, shorten);
  let found = 0;
  for (const summary of listSessions({ ...scope, files, names, whole: flags.whole === true, wholeBytes, damaged: true })) {
    if (found === limit || (sinceMs !== undefined && summary.modifiedMs < sinceMs)) break;
    if (!isWanted(summary, flags)) continue;
    found++;
    const isOpen = await (form === "text" ? table.add(summary) : output.add(JSON.stringify(described(summary, shorten))));
    if (!isOpen) break;
  }
  await table.end();
  // To find nothing and not to be let in are two things.
  if (found === 0) requireReadable(scope.directory);
  if (found === 0 && limit !== 0 && form === "text" && !host.stdout.isClosed) {
    const where = flags.all ? "" : ` of ${places.cwd}; --all shows those of every project`;
    await host.stderr.write(`No sessions${names || sinceMs !== undefined ? " like that" : ""}${where}.\n`);
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
  const { id, path, cwd, name, firstPrompt, messageCount, cost, model, timestamp, modifiedMs, sizeBytes, parentSession, damage } = summary;
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
    modified: isoTime(modifiedMs),
    sizeBytes,
    parentSession: parentSession ?? null,
    damage: damage ?? null,
  };
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new PiError("usage.bad_value", `--limit ${JSON.stringify(text)} is not a whole number`, { hint: "For example --limit 10" });
}
