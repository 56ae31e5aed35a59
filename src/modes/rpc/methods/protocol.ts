// The method about the protocol itself.

import { count, fields, list, text } from "../../../contracts/schema.ts";
import { version } from "../../../contracts/version.ts";
import { method } from "../method.ts";

/** Of the protocol as docs/rpc.md has it; grows when something that a client may rely on is added. */
export const protocolVersion = 1;

/** What a client of the npm agent would not find there. */
export const capabilities = ["seq", "prompt_id", "prompt_key", "near_models", "finish_on_eof"] as const;

export const protocolMethods = [
  method({
    name: "get_version",
    group: "Beyond the npm agent",
    about: "Who answers, and what it can do.",
    params: {},
    result: () => fields({ name: text(), version: text(), protocol: count(), capabilities: list(text()) }),
    order: "at once",
    run: () => ({ name: "pi", version, protocol: protocolVersion, capabilities: [...capabilities] as string[] }),
  }),
] as const;
