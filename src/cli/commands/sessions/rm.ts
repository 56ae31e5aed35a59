// `pi sessions rm`: remove sessions with all that belongs to them. Called through cli/commands/sessions.
// Invariant: nothing is removed unasked: a terminal is asked, anything else has to say --yes; a session in use stays.

import type { Command } from "commander";
import { parseDuration } from "../../../contracts/duration.ts";
import { isPiError, PiError } from "../../../contracts/error.ts";
import { ageInWords, plainLine } from "../../../contracts/text/terminal-text.ts";
import { belongingsOf, everywhere, removeSessionFiles } from "../../../harness/host/remove-session.ts";
import type { Host } from "../../../platform/host.ts";
import { listSessions, type SessionSummary, sessionIds, sessionSummary } from "../../../session/library/list-sessions.ts";
import { idShortener } from "../../../session/library/short-ids.ts";
import { storageReason } from "../../../session/lines/file-errors.ts";
import { errorReport } from "../../report-error.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { withLease } from "./lease.ts";
import { addPlaceOptions, type PlaceFlags, type SessionPlaces, sessionPlaces } from "./session-places.ts";

interface Flags extends PlaceFlags {
  olderThan?: string;
  all?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

interface Candidate {
  path: string;
  /** What the user is asked about. */
  line: string;
}

export function define(command: Command, { host, exit }: SubcommandContext): void {
  addPlaceOptions(command.argument("[ref...]", "the sessions"))
    .option("--older-than <time>", "only those not changed for so long, such as 30d; without a session named: all of this project")
    .option("-a, --all", "with --older-than: of every project")
    .option("-n, --dry-run", "only say what would be removed")
    .option("-y, --yes", "do not ask")
    .addHelpText("after", "\nWith a session go its artifacts (long outputs of tools) and the old files that repair and migration kept.")
    .action(async (refs: string[], flags: Flags) => exit(await remove(host, refs, flags)));
}

async function remove(host: Host, refs: readonly string[], flags: Flags): Promise<number> {
  if (refs.length === 0 && flags.olderThan === undefined) {
    throw new PiError("usage.missing_argument", "Which sessions?", { hint: "Name them, or say --older-than 30d" });
  }
  if (refs.length > 0 && flags.all)
    throw new PiError("usage.conflict", "--all cannot be combined with sessions named", { hint: "Leave one of them out" });
  const places = await sessionPlaces(host, flags);
  const candidates = await candidatesOf(refs, flags, places, host);
  if (candidates.length === 0) {
    await host.stderr.write("There is nothing to remove.\n");
    return 0;
  }
  if (flags.dryRun) {
    for (const { path } of candidates)
      for (const target of [path, ...belongingsOf(path, everywhere(places.agentDir, places.override))])
        await host.stdout.write(`${target}\n`);
    return 0;
  }
  if (!flags.yes && !(await isConfirmed(candidates, host))) {
    await host.stderr.write("Nothing was removed.\n");
    return 1;
  }
  let status = 0;
  for (const { path } of candidates) {
    try {
      await withLease(path, () => removeFiles(path, places));
    } catch (error) {
      if (!isPiError(error)) throw error;
      await host.stderr.write(`${errorReport(error, false).text}\n`);
      status = 1;
    }
  }
  return status;
}

async function candidatesOf(refs: readonly string[], flags: Flags, places: SessionPlaces, host: Host): Promise<Candidate[]> {
  const before = flags.olderThan === undefined ? Number.POSITIVE_INFINITY : host.now() - parseAge(flags.olderThan);
  const shorten = idShortener(sessionIds(places.scope(true)));
  const describe = ({ id, name, firstPrompt, modifiedMs }: SessionSummary): string =>
    `${shorten(id)}  ${ageInWords(modifiedMs, host.now())}  ${plainLine(name ?? firstPrompt ?? "")}`;
  const candidates = new Map<string, Candidate>();
  if (refs.length === 0) {
    for (const summary of listSessions({ ...places.scope(flags.all === true), names: true })) {
      if (summary.modifiedMs < before) candidates.set(summary.path, { path: summary.path, line: describe(summary) });
    }
    return [...candidates.values()];
  }
  for (const ref of refs) {
    const path = await places.find(ref);
    const summary = sessionSummary(path);
    if (summary !== undefined && summary.modifiedMs >= before) continue;
    candidates.set(path, { path, line: summary === undefined ? path : describe(summary) });
  }
  return [...candidates.values()];
}

async function isConfirmed(candidates: readonly Candidate[], host: Host): Promise<boolean> {
  if (!host.stdin.isTerminal || !host.stderr.isTerminal) {
    throw new PiError("usage.not_confirmed", "Removing has to be confirmed, and there is no terminal to ask", {
      hint: "Say --yes, or look first with --dry-run",
    });
  }
  const many = candidates.length === 1 ? "this session" : `these ${candidates.length} sessions`;
  await host.stderr.write(`${candidates.map(({ line }) => `  ${line}\n`).join("")}Remove ${many} for good? [y/N] `);
  await host.stderr.flush();
  let answer = "";
  for await (const chunk of host.stdin.chunks()) {
    answer += new TextDecoder().decode(chunk);
    if (answer.includes("\n")) break;
  }
  host.stdin.release();
  return /^y(es)?$/i.test(answer.trim());
}

function removeFiles(path: string, places: SessionPlaces): void {
  try {
    removeSessionFiles(path, everywhere(places.agentDir, places.override));
  } catch (error) {
    throw new PiError("session.not_removed", `Session file ${path} cannot be removed: ${storageReason(error)}`, {
      hint: "Its directory must be writable",
    });
  }
}

function parseAge(text: string): number {
  const ageMs = parseDuration(text);
  if (ageMs !== undefined) return ageMs;
  throw new PiError("usage.bad_value", `--older-than ${JSON.stringify(text)} is not a length of time`, {
    hint: "For example --older-than 30d",
  });
}
