// `pi sessions gc`: removes stored pictures and artifacts that no session needs any more. Called through cli/commands/sessions, and never by itself.

import type { Command } from "commander";
import { BlobFiles, blobDirectory } from "../../../artifacts/blob-files.ts";
import { forgetDirectories, knownDirectories, noteDirectory } from "../../../artifacts/dependent-directories.ts";
import { byteText } from "../../../contracts/text/terminal-text.ts";
import { type CollectRequest, findLeftovers, type Leftovers, removeLeftovers } from "../../../harness/host/collect-leftovers.ts";
import type { Host } from "../../../platform/host.ts";
import { absolutePath } from "../../../platform/paths.ts";
import { sessionRoot } from "../../../session/lines/locate.ts";
import { outputStatus } from "../../record-output.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { addPlaceOptions, existingDirectory, type PlaceFlags, sessionPlaces } from "./session-places.ts";

interface Flags extends PlaceFlags {
  dryRun?: boolean;
  json?: boolean;
  also: string[];
  gone: string[];
}

export function define(command: Command, { host, exit }: SubcommandContext): void {
  const collect = (value: string, all: string[]): string[] => [...all, value];
  addPlaceOptions(command)
    .option("-n, --dry-run", "only say what would be removed")
    .option("--json", "as a JSON object")
    .option("--also <dir>", "sessions lie there, too (repeatable); it is known from then on", collect, [])
    .option("--gone <dir>", "the sessions that lay there are gone for good (repeatable)", collect, [])
    .addHelpText(
      "after",
      "\nStored pictures that no session refers to, and artifacts whose session is gone and that no fork can name. What is " +
        "younger than a day stays. A session that cannot be read may need any of them: then nothing is removed.",
    )
    .action(async (flags: Flags) => exit(await collectGarbage(host, flags)));
}

async function collectGarbage(host: Host, flags: Flags): Promise<number> {
  const { agentDir, override } = await sessionPlaces(host, flags);
  const root = sessionRoot(agentDir);
  const also = flags.also.map((text) => existingDirectory(text, host));
  const gone = flags.gone.map((text) => absolutePath(text, host.cwd, host.homeDir));
  const given = override === undefined ? [] : [override];
  const known = knownDirectories(agentDir).filter((directory) => !gone.includes(directory));
  const request: CollectRequest = {
    blobs: new BlobFiles(blobDirectory(agentDir)),
    directories: [...new Set([root, ...given, ...known, ...also])],
    optional: new Set([root, ...given]),
    now: host.now(),
  };
  const found = findLeftovers(request);
  const isDry = flags.dryRun === true;
  if (!isDry) {
    // As of a session that lies in it.
    for (const directory of also) noteDirectory(agentDir, root, `${directory}/-`);
    if (gone.length > 0) forgetDirectories(agentDir, gone);
  }
  const removed = isDry ? found : removeLeftovers(found, request);
  await tell(host, { ...found, ...removed }, { isDry, isJson: flags.json === true, agentDir });
  await host.stdout.flush();
  return outputStatus(host, 0);
}

async function tell(
  host: Host,
  { blobs, artifacts, kept }: Leftovers,
  { isDry, isJson, agentDir }: { isDry: boolean; isJson: boolean; agentDir: string },
): Promise<void> {
  const sum = (list: readonly { size: number }[]): number => list.reduce((total, { size }) => total + size, 0);
  const paths = [...blobs.map(({ hash }) => `${blobDirectory(agentDir)}/${hash}`), ...artifacts.map(({ path }) => path)];
  if (isJson) {
    const record = {
      dryRun: isDry,
      sessions: kept.sessions,
      blobs: { removed: blobs.length, removedBytes: sum(blobs), kept: kept.blobs, keptBytes: kept.blobBytes },
      artifacts: { removed: artifacts.length, removedBytes: sum(artifacts) },
      paths,
    };
    await host.stdout.write(`${JSON.stringify(record, null, 2)}\n`);
    return;
  }
  for (const path of paths) await host.stdout.write(`${path}\n`);
  const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;
  const pictures = `${count(blobs.length, "picture", "pictures")} (${byteText(sum(blobs))})`;
  const directories = `${count(artifacts.length, "directory", "directories")} of artifacts (${byteText(sum(artifacts))})`;
  await host.stderr.write(
    `${isDry ? "Would remove" : "Removed"} ${pictures} and ${directories}; ${count(kept.sessions, "session", "sessions")} read, ` +
      `${count(kept.blobs, "picture", "pictures")} (${byteText(kept.blobBytes)}) ${kept.blobs === 1 ? "stays" : "stay"}.\n`,
  );
}
