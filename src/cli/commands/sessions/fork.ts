// `pi sessions fork`: a new session with the branch up to an entry. Called through cli/commands/sessions.

import type { Command } from "commander";
import { PiError } from "../../../contracts/error.ts";
import { sessionNameOf } from "../../../contracts/text/session-name.ts";
import type { Host } from "../../../platform/host.ts";
import { unwritable } from "../../../session/lines/file-errors.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { findEntry, openForReading } from "./open-session.ts";
import { addPlaceOptions, existingDirectory, type PlaceFlags, sessionPlaces } from "./session-places.ts";

interface Flags extends PlaceFlags {
  at?: string;
  name?: string;
  json?: boolean;
  summarize?: boolean;
  focus?: string;
  model?: string;
}

export function define(command: Command, { host, exit }: SubcommandContext): void {
  addPlaceOptions(command.argument("<ref>", "the session to copy"))
    .option("--at <entry>", "up to this entry; else the whole branch in use")
    .option("--name <name>", "of the new session")
    .option("--summarize", "with a summary of what was said behind that entry, by a model")
    .option("--focus <text>", "what the summary should look to")
    .option("--model <pattern>", "who writes it; else the session's own")
    .option("--json", "as a JSON object")
    .addHelpText("after", "\nPrints the id and the path of the new session. It belongs to this directory, or to that of --cwd.")
    .action(async (ref: string, flags: Flags) => {
      await fork(host, ref, flags);
      exit(0);
    });
}

async function fork(host: Host, ref: string, flags: Flags): Promise<void> {
  const name = flags.name === undefined ? undefined : sessionNameOf(flags.name, "Leave --name out for none");
  const hasWish = flags.focus ?? flags.model;
  if (hasWish !== undefined && flags.summarize !== true) {
    throw new PiError(
      "usage.conflict",
      `${flags.focus === undefined ? "--model" : "--focus"} says how a summary is made, and none is asked for`,
      {
        hint: "Add --summarize",
      },
    );
  }
  // Only where it goes is another directory; what `last` means is what it means here.
  const { cwd: _, ...here } = flags;
  const places = await sessionPlaces(host, here);
  const cwd = flags.cwd === undefined ? places.cwd : existingDirectory(flags.cwd, host);
  const session = await openForReading(await places.find(ref), host);
  try {
    const leafId = flags.at === undefined ? session.leafId : findEntry(session, flags.at);
    const summary =
      flags.summarize === true
        ? await (await import("./summarize-left.ts")).summaryOfLeft(session, leafId, { cwd, model: flags.model, focus: flags.focus }, host)
        : undefined;
    if (flags.summarize === true && summary === undefined)
      void host.stderr.write("Nothing is left behind: there is nothing to summarise.\n");
    const made = session.fork({ leafId, directory: places.directoryFor(cwd), cwd });
    try {
      const summaryId = summary === undefined ? null : made.append(summary).id;
      if (name !== undefined) made.append({ type: "session_info", name });
      if (made.storageLost !== undefined) throw unwritable(made.filePath ?? "", made.storageLost.cause);
      if (!made.isPersisted) {
        throw new PiError("usage.nothing_to_fork", `Session ${session.id} has no message up to there to copy`, {
          hint: "Choose a later entry with --at",
        });
      }
      const { id, filePath, leafId: newLeaf, entryCount, header } = made;
      const record = {
        id,
        path: filePath,
        parentSession: header.parentSession ?? null,
        cwd,
        leafId: newLeaf,
        entryCount,
        name: name ?? null,
        ...(flags.summarize === true && { summaryId }),
      };
      await host.stdout.write(flags.json ? `${JSON.stringify(record, null, 2)}\n` : `${id} ${filePath}\n`);
    } finally {
      made.close();
    }
  } finally {
    session.close();
  }
}
