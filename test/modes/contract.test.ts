// Print, JSON and RPC mode hold to what every mode holds to.

import { exitStatusOf } from "../../src/contracts/outcome.ts";
import { modeContract } from "../contract/mode-contract.ts";

modeContract({
  name: "text",
  drive: (prompts) => ({ args: ["-p", ...prompts] }),
  answer: (text) => (text === "" ? "" : `${text}\n`),
  status: (outcome) => exitStatusOf[outcome],
});

modeContract({
  name: "json",
  drive: (prompts) => ({ args: prompts }),
  header: { type: "session", version: 3 },
  status: (outcome) => exitStatusOf[outcome],
});

modeContract({
  name: "rpc",
  drive: ([first, ...rest]) => ({
    input: [{ type: "prompt", message: first }, ...rest.map((message) => ({ type: "follow_up", message }))]
      .map((command) => `${JSON.stringify(command)}\n`)
      .join(""),
  }),
  status: () => 0,
});
