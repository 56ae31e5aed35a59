// Every mode of the table holds to what every mode holds to.

import { expect, test } from "vitest";
import { exitStatusOf } from "../../src/contracts/outcome.ts";
import { type ModeRecord, modeTable } from "../../src/modes/modes.ts";
import { type ModeCase, modeContract } from "../contract/mode-contract.ts";

const cases: ModeCase[] = [
  {
    name: "text",
    drive: (prompts) => ({ args: ["-p", ...prompts] }),
    answer: (text) => (text === "" ? "" : `${text}\n`),
    status: (outcome) => exitStatusOf[outcome],
  },
  {
    name: "json",
    drive: (prompts) => ({ args: prompts }),
    header: { type: "session", version: 3 },
    status: (outcome) => exitStatusOf[outcome],
  },
  {
    name: "rpc",
    drive: ([first, ...rest]) => ({
      input: [{ type: "prompt", message: first }, ...rest.map((message) => ({ type: "follow_up", message }))]
        .map((command) => `${JSON.stringify(command)}\n`)
        .join(""),
    }),
    status: () => 0,
  },
];

test("each mode there is has its case here, but for that of the terminal (test/e2e/interactive)", () => {
  const piped = (modeTable as readonly ModeRecord[]).filter(({ needsTerminal }) => needsTerminal !== true);
  expect(cases.map(({ name }) => name)).toEqual(piped.map(({ name }) => name));
});

for (const one of cases) modeContract(one);
