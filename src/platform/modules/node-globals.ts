// What stands in the build for Node in place of globals whose first use loads much of the runtime (scripts/build.mjs puts these names for theirs). Called by
// cli/main. Invariant: code of extensions and the library keep the runtime's own.

import { NodeFormData, NodeHeaders } from "../network/node-headers.ts";
import { nodeRandomUUID } from "./random-uuid.ts";

/** Before anything of the program names them. */
export function useOwnGlobals(): void {
  if (process.versions.bun === undefined) Object.assign(globalThis, { NodeHeaders, NodeFormData, nodeRandomUUID });
}
