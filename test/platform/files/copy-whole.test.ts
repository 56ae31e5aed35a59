// A copy that is whole or not there.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyWhole } from "../../../src/platform/files/copy-whole.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("what is copied is there, what cannot be leaves nothing", () => {
  const directory = temporaryDirectory();
  const at = (name: string): string => join(directory, name);
  writeFileSync(at("from"), "text");
  copyWhole(at("from"), at("to"));
  expect(readFileSync(at("to"), "utf8")).toBe("text");
  mkdirSync(at("taken"));
  expect(() => copyWhole(at("from"), at("taken"))).toThrow();
  expect(() => copyWhole(at("nowhere"), at("other"))).toThrow("ENOENT");
  expect(readdirSync(directory).sort()).toEqual(["from", "taken", "to"]);
});
