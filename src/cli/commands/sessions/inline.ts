// `pi sessions inline`: pictures that sessions only refer to, put into their files. Called through cli/commands/sessions.

import type { Command } from "commander";
import { BlobFiles, blobDirectory } from "../../../artifacts/blob-files.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { withLease } from "./lease.ts";
import { addPlaceOptions, type PlaceFlags, sessionPlaces } from "./session-places.ts";

export function define(command: Command, { host }: SubcommandContext): void {
  addPlaceOptions(command.argument("<ref...>", "the sessions"))
    .addHelpText(
      "after",
      "\nFor programs that know no references, the npm agent among them. The old file stays beside the new one as .bak.",
    )
    .action(async (refs: string[], flags: PlaceFlags) => {
      const places = await sessionPlaces(host, flags);
      const { inlinePictures } = await import("../../../session/repair/inline-pictures.ts");
      const blobs = new BlobFiles(blobDirectory(places.agentDir));
      for (const ref of refs) {
        const path = await places.find(ref);
        const { entryCount, backup } = await withLease(path, () => inlinePictures(path, places.cwd, blobs));
        await host.stderr.write(
          backup === undefined
            ? `${path} refers to no picture; nothing was changed.\n`
            : `${path} has the pictures of ${entryCount} ${entryCount === 1 ? "entry" : "entries"} now. The old file is ${backup}.\n`,
        );
      }
    });
}
