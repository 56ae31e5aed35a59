// `pi sessions check`: what is wrong with session files, `path:line: what`. Called through cli/commands/sessions.
// Exit status 1 when something is; that a run was killed is told, and is no damage.

import type { Command } from "commander";
import { artifactDirectoryOf, sizeOf } from "../../../artifacts/artifact-directories.ts";
import { byteText, textForm } from "../../../contracts/text/terminal-text.ts";
import type { Host } from "../../../platform/host.ts";
import { LeaseHolders } from "../../../platform/locks/lease-holders.ts";
import { sessionFiles } from "../../../session/library/list-sessions.ts";
import { checkSession } from "../../../session/repair/check-session.ts";
import { RecordOutput, recordForm } from "../../record-output.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { addPlaceOptions, type PlaceFlags, type SessionPlaces, sessionPlaces } from "./session-places.ts";

interface Flags extends PlaceFlags {
  all?: boolean;
  json?: boolean;
  jsonl?: boolean;
}

export function define(command: Command, { host, exit }: SubcommandContext): void {
  addPlaceOptions(command.argument("[ref...]", "the sessions; else those of this project"))
    .option("-a, --all", "those of every project")
    .option("--json", "what was found, as one JSON array")
    .option("--jsonl", "as JSON lines")
    .action(async (refs: string[], flags: Flags) => exit(await check(host, refs, flags)));
}

/** What is wrong with every line of a file (it was never a session) is not told line by line. */
const mostShown = 20;

async function check(host: Host, refs: readonly string[], flags: Flags): Promise<number> {
  const form = recordForm(flags);
  const { paint } = textForm(host);
  const output = new RecordOutput(host, form);
  let fileCount = 0;
  let badCount = 0;
  let interruptedCount = 0;
  let artifactBytes = 0;
  const holders = new LeaseHolders();
  for (const path of await pathsOf(refs, flags, await sessionPlaces(host, flags))) {
    const findings = checkSession(path, holders);
    fileCount++;
    artifactBytes += sizeOf(artifactDirectoryOf(path)).bytes;
    if (findings.some(({ isInterruption }) => !isInterruption)) badCount++;
    else if (findings.length > 0) interruptedCount++;
    for (const [index, { lineNumber, kind, text, entryId, isInterruption = false }] of findings.entries()) {
      if (form === "text" && index === mostShown && findings.length > mostShown + 1) {
        await output.add(`${paint(path, "yellow")}: and ${findings.length - mostShown} lines more; --jsonl names them all`);
        break;
      }
      const record = { path, lineNumber, kind, entryId: entryId ?? null, text, isInterruption };
      const line = `${paint(path, "yellow")}:${lineNumber}: ${isInterruption ? "interrupted: " : ""}${text}`;
      const isOpen = await output.add(form === "text" ? line : JSON.stringify(record));
      if (!isOpen) break;
    }
    if (!(await output.turn())) break;
  }
  const status = await output.end(badCount > 0 ? 1 : 0);
  if (form === "text" && !host.stdout.isClosed) {
    const files = `${fileCount} session${fileCount === 1 ? "" : "s"} checked`;
    const interrupted = interruptedCount === 0 ? "" : `${interruptedCount} interrupted`;
    const damaged = badCount === 0 ? "" : `${badCount} damaged`;
    const what = [damaged, interrupted].filter((part) => part !== "").join(", ") || "sound";
    const artifacts = artifactBytes === 0 ? "" : ` Artifacts take ${byteText(artifactBytes)}.`;
    await host.stderr.write(`${files}: ${what}.${artifacts}${badCount === 0 ? "" : " pi sessions repair mends one."}\n`);
  }
  return status;
}

async function pathsOf(refs: readonly string[], flags: Flags, places: SessionPlaces): Promise<string[]> {
  if (refs.length === 0) return [...sessionFiles(places.scope(flags.all === true))].map(({ path }) => path);
  const paths: string[] = [];
  for (const ref of refs) paths.push(await places.find(ref));
  return paths;
}
