// What stands in the build for Node in place of globals whose first use loads much of the runtime (scripts/build.mjs puts these names for theirs). Called by
// cli/main. Invariant: code of extensions and the library keep the runtime's own.

import { NodeFormData, NodeHeaders } from "../network/node-headers.ts";
import { nodeRandomUUID } from "./random-uuid.ts";

/** Before anything of the program names them. Where that build runs on Bun, its own are no burden, and its `fetch` takes no others. */
export function useOwnGlobals(): void {
  const onBun = (): object => ({
    NodeHeaders: globalThis.Headers,
    NodeFormData: globalThis.FormData,
    nodeRandomUUID: () => globalThis.crypto.randomUUID(),
  });
  Object.assign(globalThis, process.versions.bun === undefined ? { NodeHeaders, NodeFormData, nodeRandomUUID } : onBun());
}
