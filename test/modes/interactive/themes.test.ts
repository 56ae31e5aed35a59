// Which themes there are and whose counts: built in, named, of a project, of the configuration, of the agent directory, of packages and extensions.

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test, vi } from "vitest";
import type { ExtensionAPI } from "../../../src/contracts/extension.ts";
import { Themes } from "../../../src/modes/interactive/themes.ts";
import { roles } from "../../../src/tui/theme/roles.ts";
import { parseTheme } from "../../../src/tui/theme/theme-file.ts";
import { openInteractive } from "../../support/interactive-screen.ts";
import { makeLaunch } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const colors = Object.fromEntries(Object.keys(roles).map((role) => [role, "#a0b0c0"]));
const asTheme = (name: string): string => JSON.stringify({ name, colors });

function write(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

/** From the one that counts most to the one that counts least. */
const everywhere = [
  "mine/loud.json",
  "project/.pi/themes/loud.json",
  "listed/loud.json",
  "agent/themes/loud.json",
  "pack/themes/loud.json",
];
const single = ["one.json", "project/.pi/themes/local.json", "listed/set.json", "agent/themes/quiet.json", "pack/themes/packed.json"];

interface Said {
  /** Of `--theme`. */
  named?: readonly string[];
  withThemes?: boolean;
  isTrusted?: boolean;
  /** Lines of the configuration, for the directory. */
  config?: (at: string) => string;
}

const allListed = (at: string): string => `packages = [${JSON.stringify(join(at, "pack"))}]\n[resources]\nthemes = ["../listed"]\n`;

function treeOf(): string {
  const directory = temporaryDirectory();
  const themes = [...everywhere, ...single].map((path) => [path, asTheme("x")]);
  write(directory, {
    ...Object.fromEntries(themes),
    "mine/notes.txt": "",
    "pack/package.json": '{"name":"pack"}',
    "project/.git/HEAD": "",
  });
  return directory;
}

async function themesOf(wanted: string, said: Said = {}, directory = treeOf()): Promise<{ themes: Themes; names: string[]; path: string }> {
  const { named = ["one.json", "mine"], withThemes = true, isTrusted = true, config = allListed } = said;
  write(directory, { "agent/config.toml": config(directory) });
  const { launch } = await makeLaunch(directory, {
    settings: { theme: wanted },
    approvals: new Map([[join(directory, "project"), isTrusted]]),
    options: {
      resources: {
        withContextFiles: false,
        withSkills: false,
        withTemplates: false,
        skillPaths: [],
        templatePaths: [],
        withThemes,
        themePaths: named.map((path) => join(directory, path)),
      },
    },
  });
  const themes = new Themes(() => launch, "truecolor", "dark");
  const path = themes.inForce.sourcePath;
  return { themes, names: themes.themes().map(({ name }) => name), path: path === undefined ? "" : relative(directory, path) };
}

const builtIn = ["system", "dark", "light"];

test.each<[string, Said, string[]]>([
  ["all there are, each name once", {}, ["one", "loud", "local", "set", "quiet", "packed"]],
  ["nothing but the agent directory's", { named: [], isTrusted: false, config: () => "" }, ["loud", "quiet"]],
  ["an untrusted project brings none", { isTrusted: false }, ["one", "loud", "set", "quiet", "packed"]],
  ["named ones alone", { withThemes: false }, ["one", "loud"]],
  ["none", { named: [], withThemes: false }, []],
  [
    "what the configuration leaves out, which leaves named ones alone",
    { config: (at) => allListed(at).replace('"../listed"', '"../listed", "!loud", "!themes/quiet.json", "-packed"') },
    ["one", "loud", "local", "set"],
  ],
  [
    "of a package what is wanted of it",
    {
      named: [],
      isTrusted: false,
      config: (at) => `[[packages]]\nsource = ${JSON.stringify(join(at, "pack"))}\nthemes = ["themes/packed.json"]\n`,
    },
    ["loud", "quiet", "packed"],
  ],
  [
    "of a package nothing",
    { named: [], isTrusted: false, config: (at) => `[[packages]]\nsource = ${JSON.stringify(join(at, "pack"))}\nthemes = []\n` },
    ["loud", "quiet"],
  ],
])("%s", async (_, said, files) => expect((await themesOf("system", said)).names).toEqual([...builtIn, ...files]));

test("of one name the first place counts, down to the last", async () => {
  const directory = treeOf();
  for (const path of everywhere) {
    expect((await themesOf("loud", {}, directory)).path).toBe(path);
    rmSync(join(directory, path));
  }
  const { path, themes } = await themesOf("loud", {}, directory);
  expect([path, themes.problem]).toEqual(["", 'there is no theme "loud"']);
});

test.each(single)("%s is found by its name", async (path) => {
  const found = await themesOf((path.split("/").at(-1) ?? "").replace(".json", ""));
  expect([found.path, found.themes.problem]).toEqual([path, ""]);
});

test("what a package's manifest names is what it brings", async () => {
  const directory = treeOf();
  write(directory, {
    "pack/package.json": JSON.stringify({ name: "pack", pi: { themes: ["./looks/*.json", "../mine"] } }),
    "pack/looks/dusk.json": asTheme("dusk"),
    "pack/looks/notes.txt": "",
  });
  const { names, path } = await themesOf("dusk", { named: [], isTrusted: false }, directory);
  expect([names, path]).toEqual([[...builtIn, "loud", "set", "quiet", "dusk"], "pack/looks/dusk.json"]);
});

test("what is not in a form to be read is one line that names the file, and no other takes its place", async () => {
  const directory = treeOf();
  write(directory, { "outside.json": asTheme("outside"), "mine/huge.json": " ".repeat(1024 * 1024 + 1), "mine/broken.json": "{" });
  symlinkSync(join(directory, "outside.json"), join(directory, "project/.pi/themes/linked.json"));
  for (const [name, line] of [
    ["linked", /project\/\.pi\/themes\/linked\.json is left out: it leads out of /],
    ["huge", /mine\/huge\.json is left out: it has .*at most/],
    ["broken", /mine\/broken\.json: /],
    ["../outside", /^there is no theme/],
  ] as const) {
    const { path, themes } = await themesOf(name, {}, directory);
    expect(path).toBe("");
    expect(themes.problem).toMatch(line);
  }
});

test.each([
  ["null", /"name" names no theme/],
  ["[]", /"name" names no theme/],
  [JSON.stringify({ name: "x", colors: [] }), /"colors" is missing/],
  [JSON.stringify({ name: "x", vars: null, colors }), /"vars" is no object/],
  [JSON.stringify({ name: "x", colors: { ...colors, loudest: "#fff" } }), /there is no colour "loudest"/],
])("%.40s is no theme, in one line", (text, line) => expect(parseTheme(text, "x.json")).toMatch(line));

const brings =
  (directory: string) =>
  (pi: ExtensionAPI): void => {
    pi.on("resources_discover", () => ({ themePaths: [join(directory, "more")], promptPaths: [join(directory, "say.md")] }));
    pi.registerCommand("themes", {
      handler: async (_, { ui }) => {
        const { success } = ui.setTheme("dusk");
        ui.notify(`${ui.getAllThemes().map(({ name }) => name)} ${success}`);
      },
    });
  };

const brought = (name: string): Record<string, string> => ({
  [`more/${name}.json`]: asTheme(name),
  "more/dusk.json": asTheme("dusk"),
  "say.md": "Say $1\n",
});

test("a theme that an extension brings comes into force behind the first paint, with nothing said, and stays over a reload", async () => {
  const directory = temporaryDirectory();
  write(directory, brought("late"));
  const screen = await openInteractive({ directory, extension: brings(directory), settings: { theme: "late" } });
  const { interaction, sessions } = screen;
  const say = vi.spyOn(interaction, "say");
  expect(interaction.theme.name).toBe("late");
  expect(screen.drawn()).not.toContain("Theme:");
  await sessions.changes.reload();
  expect(interaction.theme.name).toBe("late");
  screen.device.keys("/say hello\r");
  await screen.until((text) => text.includes("done"));
  screen.device.keys("/themes\r");
  await screen.until((text) => text.includes("system,dark,light,dusk,late true"));
  expect(interaction.theme.name).toBe("dusk");
  await sessions.changes.newSession();
  expect(interaction.theme.name).toBe("dusk");
  expect(say.mock.calls.filter(([text]) => text.startsWith("Theme:"))).toEqual([]);
  screen.device.keys("/settings theme\r");
  await screen.until((text) => text.includes("more/dusk.json"));
});

test("a theme that nobody brings is told once, and one of the user's is not displaced", async () => {
  const directory = temporaryDirectory();
  write(directory, { ...brought("own"), "agent/themes/own.json": asTheme("own") });
  const screen = await openInteractive({ directory, extension: brings(directory), settings: { theme: "gone" } });
  await screen.until((text) => text.includes('Theme: there is no theme "gone"'));
  const say = vi.spyOn(screen.interaction, "say");
  await screen.sessions.changes.newSession();
  expect(say.mock.calls).toEqual([]);
  const own = await openInteractive({ directory, extension: brings(directory), settings: { theme: "own" } });
  expect(own.interaction.theme.sourcePath).toBe(join(directory, "agent/themes/own.json"));
});

test("the file of the theme in force goes wrong: it is told, and the theme stays", async () => {
  const directory = temporaryDirectory();
  write(directory, { "agent/themes/own.json": asTheme("own") });
  const screen = await openInteractive({ directory, extension: () => {}, settings: { theme: "own" } });
  writeFileSync(join(directory, "agent/themes/own.json"), "{ no theme");
  await screen.sessions.changes.newSession();
  await screen.until((text) => /Theme: .*own\.json/.test(text.replaceAll("\n", "")));
  expect(screen.interaction.theme.name).toBe("own");
});

test("without themes but named ones an extension brings none", async () => {
  const directory = temporaryDirectory();
  write(directory, brought("late"));
  const resources = { withContextFiles: false, withSkills: false, withTemplates: true, skillPaths: [], templatePaths: [] };
  const screen = await openInteractive({
    directory,
    extension: brings(directory),
    settings: { theme: "late" },
    options: { resources: { ...resources, withThemes: false, themePaths: [] } },
  });
  await screen.until((text) => text.includes('Theme: there is no theme "late"'));
  expect(screen.interaction.theme.name).toBe("system");
});
