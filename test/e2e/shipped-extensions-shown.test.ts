// What the extensions that the npm agent ships as examples show at a terminal: each, unmodified, from the binary in an empty folder. Runs where that
// agent is installed.

import { describe } from "vitest";
import { areInstalled } from "../support/shipped/examples.ts";
import { shown, stageOf } from "../support/shipped/shown.ts";
import { hasPty } from "../support/terminal.ts";
import { test } from "../support/world.ts";

describe.skipIf(!areInstalled || !hasPty)("at a terminal", () => {
  test.for(Object.keys(shown))("%s", async (name, { world }) => {
    await shown[name]?.(stageOf(world, name));
  });
});
