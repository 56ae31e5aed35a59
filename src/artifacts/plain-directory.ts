// Artifacts of a caller that has no session: numbered files in a directory of its own. Made by the library's `runTool` and by tests.

import { join } from "node:path";
import type { Artifacts } from "../contracts/artifact.ts";
import { artifactsIn } from "./artifact-directories.ts";
import { ArtifactFile } from "./artifact-file.ts";

export function plainArtifacts(directory: () => Promise<string>): Artifacts {
  return {
    create: async (tool) => {
      const at = await directory();
      for (let id = 1 + Math.max(-1, ...artifactsIn(at).map((one) => one.id)); ; id++) {
        try {
          return new ArtifactFile(join(at, `${id}.${tool}.log`), id);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        }
      }
    },
    find: async (id) => artifactsIn(await directory()).find((one) => one.id === id),
    list: async () => artifactsIn(await directory()).map(({ id }) => id),
  };
}
