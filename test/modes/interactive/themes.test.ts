// Which themes there are: built in, of the agent directory, and those that a start names.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Themes } from "../../../src/modes/interactive/themes.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

function themesOf(wanted: string, themes?: { paths: (at: string) => string[]; withDiscovered: boolean }): Themes {
  const directory = temporaryDirectory();
  for (const [path, content] of Object.entries({
    "agent/themes/loud.json": "no theme: of the agent directory",
    "agent/themes/quiet.json": "no theme",
    "mine/loud.json": "no theme: of mine",
    "mine/notes.txt": "",
    "one.json": "no theme: one",
  })) {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  const said = themes && { themes: { ...themes, paths: themes.paths(directory) } };
  const launch = { options: { agentDir: join(directory, "agent"), ...said }, config: { values: { theme: wanted } } };
  return new Themes(launch as never, "truecolor", "dark");
}

const named = (at: string): string[] => [join(at, "one.json"), join(at, "mine")];

test.each([
  ["nothing said", undefined, ["loud", "quiet"]],
  ["named ones beside them", { paths: named, withDiscovered: true }, ["one", "loud", "quiet"]],
  ["named ones alone", { paths: named, withDiscovered: false }, ["one", "loud"]],
  ["none", { paths: () => [], withDiscovered: false }, []],
])("%s", (_, said, files) =>
  expect(
    themesOf("system", said)
      .themes()
      .map(({ name }) => name),
  ).toEqual(["system", "dark", "light", ...files]),
);

test.each([
  ["one", "one.json"],
  ["loud", "mine/loud.json"],
  ["quiet", "agent/themes/quiet.json"],
])("%s is found at its place, what is named before what is discovered", (name, path) => {
  const themes = themesOf(name, { paths: named, withDiscovered: true });
  expect(themes.inForce.sourcePath).toBe(undefined);
  expect(themes.problem).toContain(path);
});

test("what is not there is told", () => {
  const themes = themesOf("loud", { paths: () => [], withDiscovered: false });
  expect([themes.inForce.sourcePath, themes.problem]).toEqual([undefined, 'there is no theme "loud"']);
});
