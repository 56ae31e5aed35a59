// How long a fresh program takes for the credential of a provider whose account is stored. Compiled and started by
// test/accounts/valid-token-cost.test.ts: `timer AGENT_DIRECTORY` says ms.

import { writeSync } from "node:fs";
import { Accounts } from "../../src/accounts/accounts.ts";

const [agentDir = ""] = process.argv.slice(2);
const vendor = { credentialVariables: ["OPENAI_API_KEY"] };
const accounts = new Accounts({ providers: {}, vendorOf: () => vendor, env: {}, agentDir, cwd: "/" });
const begun = performance.now();
await accounts.credential("openai");
writeSync(1, String(performance.now() - begun));
