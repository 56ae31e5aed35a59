// `pi sessions import`: session files from anywhere among one's own. Called through cli/commands/sessions.

import { readdirSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { PiError } from "../../../contracts/error.ts";
import { BroughtAlong } from "../../../harness/host/brought-along.ts";
import type { Host } from "../../../platform/host.ts";
import { absolutePath } from "../../../platform/paths.ts";
import { sessionIds } from "../../../session/library/list-sessions.ts";
import { type ImportRequest, importSession } from "../../../session/repair/repair-session.ts";
import { RecordOutput, recordForm } from "../../record-output.ts";
import { errorReport } from "../../report-error.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { addPlaceOptions, existingDirectory, type PlaceFlags, sessionPlaces } from "./session-places.ts";

interface Flags extends PlaceFlags {
  keepProject?: boolean;
  json?: boolean;
}

export function define(command: Command, { host, exit }: SubcommandContext): void {
  addPlaceOptions(command.argument("<file...>", "session files, or directories of them"))
    .option("--keep-project", "each stays a session of the directory it was made in, with its date")
    .option("--json", "as one JSON array")
    .addHelpText(
      "after",
      "\nThe copy belongs to this directory, so that pi -c goes on with it; the file itself is left as it is. Versions " +
        "1 to 3 are read, damaged lines are left out. Artifacts that lie beside it (NAME.artifacts) come along. The npm agent keeps its sessions where pi does: those of this " +
        "machine are there already; this is for other machines, homes and backups. Prints id and path of each copy.",
    )
    .action(async (files: string[], flags: Flags) => exit(await importFiles(host, files, flags)));
}

async function importFiles(host: Host, files: readonly string[], flags: Flags): Promise<number> {
  if (flags.cwd !== undefined) existingDirectory(flags.cwd, host);
  const places = await sessionPlaces(host, flags);
  const paths = files.flatMap((file) => sessionFilesAt(absolutePath(file, host.cwd, host.homeDir)));
  const output = new RecordOutput(host, recordForm(flags));
  const stores = new BroughtAlong(places.agentDir);
  let status = 0;
  for (const source of paths) {
    try {
      const request = { cwd: places.cwd, directoryFor: places.directoryFor, keepsProject: flags.keepProject === true };
      const bring: ImportRequest["bring"] = ({ path, lines }) => stores.bring(source, path, lines);
      const imported = importSession(source, { ...request, bring }, (id, directory) => sessionIds({ directory }).includes(id));
      if (imported === undefined) {
        await host.stderr.write(`${source} is already there.\n`);
        continue;
      }
      const { id, path, entryCount } = imported;
      const changes = [...imported.changes, ...stores.told()];
      for (const change of changes) await host.stderr.write(`${source}: ${change}\n`);
      await output.add(flags.json ? JSON.stringify({ id, path, source, entryCount, changes }) : `${id} ${path}`);
    } catch (error) {
      // One bad file among many must not keep the others out.
      if (paths.length === 1) throw error;
      await host.stderr.write(`${errorReport(error, false).text}\n`);
      status = 1;
    }
  }
  return output.end(status);
}

/** The file itself, or the session files of a directory and of those in it. */
function sessionFilesAt(path: string): string[] {
  const info = infoOf(path);
  if (info === undefined)
    throw new PiError("session.not_found", `Session file not found: ${path}`, {
      hint: "Name a .jsonl file or a directory of them",
      exitStatus: 2,
    });
  // What is no file is told when its turn comes.
  if (info === "unknown" || !info.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".jsonl") && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function infoOf(path: string): Stats | "unknown" | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return "unknown";
  }
}
