// Which extension files a launch finds, and in which order they come.

import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { discoverExtensions, type ExtensionPlaces } from "../../src/extensions/discover.ts";
import { RepositoryBoundary } from "../../src/platform/files/bounded-file.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

function put(root: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

const none: ExtensionPlaces = { named: [], namedPackages: [], packages: [], required: [] };

async function found(root: string, places: Partial<ExtensionPlaces>): Promise<string[]> {
  const { files } = await discoverExtensions({ ...none, ...places });
  return files.map(({ path }) => path.slice(root.length + 1));
}

test("a resource directory gives its source files and the entries of its subdirectories, one level deep, by name", async () => {
  const root = temporaryDirectory();
  put(join(root, "extensions"), {
    "b.ts": "",
    "a.js": "",
    "types.d.ts": "",
    "note.md": "",
    ".hidden.ts": "",
    "node_modules/x/index.ts": "",
    "both/index.ts": "",
    "both/index.js": "",
    "both/helper.ts": "",
    "plain/index.js": "",
    "listed/package.json": JSON.stringify({ pi: { extensions: ["./src/one.ts", "./gone.ts"] } }),
    "listed/src/one.ts": "",
    "listed/index.ts": "",
    "unlisted/package.json": JSON.stringify({ pi: { extensions: ["./gone.ts"] } }),
    "unlisted/index.ts": "",
    "deep/er/index.ts": "",
  });
  expect(await found(root, { user: { entries: [], directory: join(root, "extensions") } })).toEqual([
    "extensions/a.js",
    "extensions/b.ts",
    "extensions/both/index.ts",
    "extensions/listed/src/one.ts",
    "extensions/plain/index.js",
    "extensions/unlisted/index.ts",
  ]);
});

test("ignore files leave out what they name", async () => {
  const root = temporaryDirectory();
  put(join(root, "extensions"), {
    "a.ts": "",
    "b.ts": "",
    "c.ts": "",
    "d/index.ts": "",
    ".gitignore": "b.ts\n",
    ".ignore": "d/\n",
    ".fdignore": "c*\n",
  });
  expect(await found(root, { user: { entries: [], directory: join(root, "extensions") } })).toEqual(["extensions/a.ts"]);
});

test("named come first, then the project's, then the user's; one real path is there once", async () => {
  const root = temporaryDirectory();
  put(root, {
    "named.ts": "",
    "project/extensions/p.ts": "",
    "user/extensions/u.ts": "",
    "listed-p.ts": "",
    "listed-u.ts": "",
    "pack/x.ts": "",
  });
  symlinkSync(join(root, "named.ts"), join(root, "user/extensions/again.ts"));
  const places = {
    named: [join(root, "named.ts")],
    project: { entries: [join(root, "listed-p.ts")], directory: join(root, "project/extensions") },
    user: { entries: [join(root, "listed-u.ts"), join(root, "listed-p.ts")], directory: join(root, "user/extensions") },
    packages: [{ source: "npm:pack", directory: join(root, "pack"), scope: "user" as const, files: [join(root, "pack/x.ts")] }],
  };
  expect(await found(root, places)).toEqual([
    "named.ts",
    "listed-p.ts",
    "project/extensions/p.ts",
    "listed-u.ts",
    "user/extensions/u.ts",
    "pack/x.ts",
  ]);
});

test("entries with ! and - leave out, + takes in again", async () => {
  const root = temporaryDirectory();
  const directory = join(root, "extensions");
  put(directory, { "a.ts": "", "b.ts": "", "c.ts": "" });
  expect(await found(root, { user: { entries: ["!extensions/*.ts", "+extensions/b.ts"], directory } })).toEqual(["extensions/b.ts"]);
  expect(await found(root, { user: { entries: ["-b"], directory } })).toEqual(["extensions/a.ts", "extensions/c.ts"]);
});

test("a manifest that is no file or no JSON says nothing", async () => {
  const root = temporaryDirectory();
  put(root, { "x/index.ts": "", "x/package.json/y": "", "z/index.js": "", "z/package.json": "{ not json" });
  expect(await found(root, { named: [join(root, "x"), join(root, "z")] })).toEqual(["x/index.ts", "z/index.js"]);
  // Neither a pipe, which would be waited for, nor one that is too large to be one.
  put(root, { "pipe/index.ts": "", "large/index.ts": "", "large/other.ts": "" });
  execFileSync("mkfifo", [join(root, "pipe/package.json")]);
  const manifest = JSON.stringify({ pi: { extensions: ["./other.ts"] } });
  writeFileSync(join(root, "large/package.json"), manifest);
  expect(await found(root, { named: [join(root, "pipe"), join(root, "large")] })).toEqual(["pipe/index.ts", "large/other.ts"]);
  writeFileSync(join(root, "large/package.json"), manifest + " ".repeat(64 << 20));
  expect(await found(root, { named: [join(root, "large")] })).toEqual(["large/index.ts"]);
});

test("a named one that is not there, and a required one, are errors before anything is loaded", async () => {
  const root = temporaryDirectory();
  put(root, { "empty/readme.md": "", "extensions/guard.ts": "" });
  await expect(found(root, { named: [join(root, "gone.ts")] })).rejects.toMatchObject({ code: "config.extension_missing" });
  await expect(found(root, { named: [join(root, "empty")] })).rejects.toMatchObject({ code: "config.extension_missing" });
  const user = { entries: [], directory: join(root, "extensions") };
  await expect(found(root, { user, required: ["other"] })).rejects.toThrow("The required extension other is not there");
  const { files } = await discoverExtensions({ ...none, user, required: ["guard"] });
  expect(files).toMatchObject([{ isNeeded: true, sourceInfo: { source: "auto", scope: "user", baseDir: root } }]);
});

test("an entry of the settings that holds none is one warning", async () => {
  const root = temporaryDirectory();
  const { files, warnings } = await discoverExtensions({ ...none, user: { entries: [join(root, "gone")], directory: join(root, "none") } });
  expect({ files, warnings }).toEqual({ files: [], warnings: [`${join(root, "gone")} holds no extension; ignored.`] });
});

test("what lies in a project's directory and leads out of the repository is left out, with a line", async () => {
  const root = temporaryDirectory();
  put(root, {
    "elsewhere/x.ts": "",
    "elsewhere/index.ts": "",
    "work/.git/HEAD": "",
    "work/lib/z.ts": "",
    "work/.pi/extensions/own.ts": "",
  });
  const directory = join(root, "work/.pi/extensions");
  symlinkSync(join(root, "elsewhere/x.ts"), join(directory, "a.ts"));
  symlinkSync(join(root, "elsewhere"), join(directory, "b"));
  symlinkSync("../../lib/z.ts", join(directory, "inside.ts"));
  const boundary = new RepositoryBoundary({ cwd: join(root, "work"), agentDir: join(root, "agent") });
  const { files, warnings } = await discoverExtensions({ ...none, project: { entries: [], directory, boundary } });
  expect(files.map(({ path }) => path)).toEqual([join(directory, "inside.ts"), join(directory, "own.ts")]);
  expect(warnings).toEqual([
    expect.stringContaining(`${join(directory, "a.ts")} is left out: it leads out of `),
    expect.stringContaining(`${join(directory, "b/index.ts")} is left out: it leads out of `),
  ]);
});
