// A process of its own that makes a due token new, once. Bundled and started by test/accounts/killed-refresh.test.ts.
// `renewer AUTH_FILE TOKEN_URL`: says the token, or the error's code and hint.

import { writeSync } from "node:fs";
import { loadFlow } from "../../src/accounts/flows/flows.ts";
import { TokenRefresher } from "../../src/accounts/refresh.ts";
import type { PiError } from "../../src/contracts/error.ts";

const [path = "", tokenUrl = ""] = process.argv.slice(2);
const { countStep } = globalThis as { countStep?: () => void };
const flow = await loadFlow("openai");
if (flow === undefined) throw new Error("no flow");
const steppingFetch = async (...request: Parameters<typeof fetch>): Promise<Response> => {
  countStep?.();
  const response = await fetch(...request);
  countStep?.();
  return response;
};
try {
  const request = { accountId: "openai", path, flow, endpoints: { tokenUrl }, fetch: steppingFetch as typeof fetch, now: () => Date.now() };
  const { access } = await new TokenRefresher().current(request);
  writeSync(1, access);
} catch (error) {
  const { code, hint } = error as PiError;
  writeSync(1, `${code} ${hint}`);
}
