// What the extensions that the npm agent ships as examples do where there is no terminal: each does its work, unmodified, from the binary in an
// empty folder with no runtime on the path, and on Node. Runs where that agent is installed.

import { describe } from "vitest";
import { conversing } from "../support/shipped/conversing.ts";
import { areInstalled, Bench, delivered, test } from "../support/shipped/examples.ts";
import { work } from "../support/shipped/work.ts";

describe.skipIf(!areInstalled).each(delivered)("%s", (way) => {
  test.for(Object.keys(work))("%s", async (name, { world, withoutRuntime, transpiled }) => {
    await work[name]?.(new Bench({ world, withoutRuntime, transpiled }, way, name));
  });
  test.for(Object.keys(conversing))("%s in a conversation", async (name, { world, withoutRuntime, transpiled }) => {
    await conversing[name]?.(new Bench({ world, withoutRuntime, transpiled }, way, name));
  });
});
