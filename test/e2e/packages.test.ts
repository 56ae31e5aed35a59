// Packages, from the binary: installed from a registry on this machine, declared, loaded, updated and taken away; nothing of one runs by itself.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "vitest";
import { type PackageRegistry, startRegistry } from "../support/package-registry.ts";
import { ways } from "../support/program.ts";
import { test as inWorld, type World } from "../support/world.ts";

/** What packages say: on the binary, but where loading them on Node is the matter. */
const demo = ["--model", "demo", "-p", "hello"];

/** What the installer asks, in a world of its own. */
const test = inWorld.extend<{ registry: PackageRegistry }>({
  registry: async ({ world }, use) => {
    const registry = await startRegistry();
    world.write("../home/.npmrc", `registry=${registry.url}/\nfetch-retries=0\nupdate-notifier=false\nlogs-max=0\n`);
    await use(registry);
    await registry.close();
  },
});

const delivered = ways.filter((way) => way !== "bun");

const manifest = (fields: object): string => JSON.stringify({ version: "1.0.0", ...fields });

/** An extension with a package of its own, a host name among its dependencies, a script and a skill. */
function offer(registry: PackageRegistry, version = "1.0.0"): void {
  registry.packages.set("helper", {
    files: { "package.json": manifest({ name: "helper", main: "main.js" }), "main.js": 'module.exports = "helped";' },
  });
  registry.packages.set("@some/pack", {
    files: {
      "package.json": manifest({
        name: "@some/pack",
        version,
        type: "module",
        dependencies: { helper: "^1.0.0", "@earendil-works/pi-coding-agent": "*" },
        scripts: { postinstall: "touch ../../../ran" },
        pi: { extensions: ["./src/*.ts", "!src/other.ts"], skills: ["./skills"], themes: ["./dusk.json"] },
      }),
      "src/main.ts": `import helped from "helper"; import { getAgentDir } from "@earendil-works/pi-coding-agent";
        export default (pi: any) => pi.on("session_start", () => console.error("SAID", helped, typeof getAgentDir, "${version}"));`,
      "src/other.ts": 'export default () => { throw new Error("not wanted"); };',
      "dusk.json": "{}",
      "skills/greeting/SKILL.md": "---\nname: greeting\ndescription: how to greet\n---\nSay hello.\n",
    },
  });
}

test.concurrent("install brings a package with what it needs, declares it, runs no script, and the next run has it", async ({
  world,
  registry,
}) => {
  offer(registry);
  const installed = await world.run(["install", "npm:@some/pack"]);
  expect(installed.stderr).toBe("");
  expect(installed.status).toBe(0);
  for (const words of [
    "@some/pack 1.0.0",
    "pack/dusk.json",
    "src/main.ts",
    "Scripts held back: postinstall",
    "@earendil-works/pi-coding-agent is among its dependencies",
  ])
    expect(installed.stdout).toContain(words);
  expect(world.read("../home/.pi/agent/config.toml")).toBe('[[packages]]\nsource = "npm:@some/pack"\n');
  expect(existsSync(join(world.agentDir, "ran"))).toBe(false);
  expect(readFileSync(join(world.agentDir, "npm/bun.lock"), "utf8")).toContain("sha512-");

  const before = registry.requests.length;
  expect((await world.run(demo)).stderr).toBe("SAID helped function 1.0.0\n");
  expect(registry.requests).toHaveLength(before);
  const { skills, extensions } = JSON.parse((await world.run(["inspect", "--json"])).stdout);
  expect(skills).toMatchObject([{ name: "greeting" }]);
  expect(extensions).toEqual([join(world.agentDir, "npm/node_modules/@some/pack/src/main.ts")]);
  expect((await world.run(["list"])).stdout).toBe("npm:@some/pack  user, 1.0.0\n");

  expect((await world.run(["remove", "npm:@some/pack"])).stdout).toBe("Removed npm:@some/pack\n");
  expect((await world.run(demo)).stderr).toBe("");
  expect((await world.run(["list"])).stdout).toContain("No packages.");
});

test.concurrent("a hash that is another's, and a package that is not there, leave everything as it was", async ({ world, registry }) => {
  offer(registry);
  await world.run(["install", "npm:@some/pack"]);
  registry.packages.set("bad", { files: { "package.json": manifest({ name: "bad" }) }, hasWrongIntegrity: true });
  for (const source of ["npm:bad", "npm:absent"]) {
    const { stderr, status } = await world.run(["install", source]);
    expect(stderr).toMatch(/^Error: The installer failed: /);
    expect(status).toBe(1);
  }
  expect(world.read("../home/.pi/agent/config.toml")).toBe('[[packages]]\nsource = "npm:@some/pack"\n');
  expect((await world.run(demo)).stderr).toBe("SAID helped function 1.0.0\n");
});

test.concurrent("a declared package that is not there is one line with the command, and nothing is fetched at a start", async ({
  world,
  registry,
}) => {
  world.config('packages = ["npm:@some/pack"]\n');
  const { stderr, status } = await world.run(demo);
  expect(stderr).toBe("pi: The package npm:@some/pack is declared and not installed: pi install npm:@some/pack\n");
  expect(status).toBe(0);
  expect(registry.requests).toEqual([]);
});

test.concurrent("a folder is a package as it lies there, and a table narrows what is wanted of one", async ({ world }) => {
  world.write("pack/extensions/one.ts", 'export default () => console.error("one");');
  world.write("pack/extensions/two.ts", 'export default () => console.error("two");');
  expect((await world.run(["install", "./pack"])).status).toBe(0);
  expect((await world.run(demo)).stderr).toBe("one\ntwo\n");
  world.config(`[[packages]]\nsource = ${JSON.stringify(join(world.cwd, "pack"))}\nextensions = ["extensions/two.ts"]\n`);
  expect((await world.run(demo)).stderr).toBe("two\n");
  world.config(`[[packages]]\nsource = ${JSON.stringify(join(world.cwd, "pack"))}\nextensions = []\n`);
  expect((await world.run(demo)).stderr).toBe("");
});

test.concurrent("a file is a package of one extension, an address of a folder is that folder; an archive is refused", async ({ world }) => {
  const one = world.write("one.ts", 'export default () => console.error("one");');
  world.write("a folder/extensions/two.ts", 'export default () => console.error("two");');
  const folder = pathToFileURL(join(world.cwd, "a folder")).href;
  const installed = await world.run(["install", "./one.ts"]);
  expect(installed).toMatchObject({ status: 0, stdout: expect.stringContaining(`\n  extension ${one}\n`) });
  expect(await world.run(["install", folder])).toMatchObject({ status: 0, stdout: expect.stringContaining("extensions/two.ts") });
  expect((await world.run(demo)).stderr).toBe("one\ntwo\n");
  for (const source of ["./one.ts", folder]) expect((await world.run(["remove", source])).status).toBe(0);
  expect((await world.run(demo)).stderr).toBe("");
  // As the npm agent has them in its settings: from where they lie.
  world.write(
    "../home/.pi/agent/settings.json",
    JSON.stringify({ packages: ["../../../project/one.ts", { source: folder, extensions: [] }] }),
  );
  expect((await world.run(demo)).stderr).toBe("one\n");
  world.write("../home/.pi/agent/settings.json", JSON.stringify({ packages: [{ source: one, extensions: [] }, folder] }));
  expect((await world.run(demo)).stderr).toBe("two\n");
  world.write("pack-1.0.0.tgz", "no extension");
  expect(await world.run(["install", "./pack-1.0.0.tgz"])).toMatchObject({
    status: 2,
    stdout: "",
    stderr: expect.stringMatching(
      /^Error: \S*pack-1\.0\.0\.tgz is a file, and no extension \(\.ts, \.js\)\. Unpack it, and name its directory\n$/,
    ),
  });
  expect((await world.run(["list"])).stdout).not.toContain("tgz");
  expect((await world.run(["install", "file://elsewhere/pack"])).stderr).toContain("names no package");
});

test.concurrent("folders that are installed at once are all declared", async ({ world }) => {
  const names = ["one", "two", "three", "four", "five"];
  for (const name of names) world.write(`${name}/extensions/say.ts`, `export default () => console.error("${name}");`);
  await Promise.all(names.map((name) => world.run(["install", `./${name}`])));
  expect((await world.run(demo)).stderr.trimEnd().split("\n").sort()).toEqual(names.toSorted());
});

test.concurrent("where packages are declared as one list none is brought, nor taken away, that the list would not tell of", async ({
  world,
  registry,
}) => {
  registry.packages.set("kept", { files: sayer("kept", "kept") });
  await world.run(["install", "npm:kept"]);
  const file = join(world.agentDir, "config.toml");
  writeFileSync(file, 'packages = ["npm:kept"]\n');
  const asked = registry.requests.length;
  const added = await world.run(["install", "npm:other"]);
  expect(added).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/config\.toml has its packages in a form .* Add "npm:other" to them/),
  });
  expect(registry.requests.length).toBe(asked);
  expect(await world.run(["remove", "npm:kept"])).toMatchObject({ status: 2, stderr: expect.stringContaining("Take it out by hand") });
  expect(readFileSync(file, "utf8")).toBe('packages = ["npm:kept"]\n');
  expect((await world.run(demo)).stderr).toBe("SAID kept\n");
});

test.concurrent("what names no package is refused by its form", async ({ world }) => {
  for (const source of ["npm:", "npm:../x", "git:host/../x"]) {
    const { stderr, status } = await world.run(["install", source]);
    expect(stderr).toContain("names no package");
    expect(status).toBe(2);
  }
  expect((await world.run(["install", "./absent"])).stderr).toContain("is not there");
  for (const verb of ["remove", "uninstall"]) {
    expect((await world.run([verb, "npm:never"])).stderr).toContain("is not declared");
    expect(await world.run([verb])).toMatchObject({
      status: 2,
      stderr: `Error: Missing required argument 'source'. Usage: pi ${verb} <source>.\n`,
    });
  }
  expect((await world.run(["list", "--zzz"])).stderr).toBe("Error: Unknown option '--zzz'. See pi list --help.\n");
});

/** An extension that says a word at the start of a session. */
const sayer = (name: string, word: string, version = "1.0.0", more: object = {}): Record<string, string> => ({
  "package.json": manifest({ name, version, type: "module", pi: { extensions: ["./main.ts"] }, ...more }),
  "main.ts": `export default (pi: any) => pi.on("session_start", () => console.error("SAID ${word}"));`,
});

test.concurrent.for(delivered)("%s: a range moves with update, an exact version and a folder stay", async (way, { world, registry }) => {
  const offerBoth = (...versions: string[]): void => {
    for (const name of ["moving", "fixed"]) {
      const [files = {}, ...older] = versions.map((version) => sayer(name, `${name} ${version}`, version));
      registry.packages.set(name, { files, older });
    }
  };
  offerBoth("1.0.0");
  for (const source of ["npm:moving@^1.0.0", "npm:fixed@1.0.0"]) {
    const { stderr, status } = await world.run(["install", source], { way });
    expect(status, stderr).toBe(0);
  }
  offerBoth("1.2.0", "1.0.0");
  const named = await world.run(["update", "npm:fixed"], { way });
  expect(named.stdout).toBe("Nothing to update.\n");
  rmSync(join(world.agentDir, "cache"), { recursive: true, force: true });
  const updated = await world.run(["update"], { way });
  expect(updated.stdout, updated.stderr).toBe("moving: 1.0.0 to 1.2.0\n");
  expect((await world.run(["update"], { way })).stdout).toBe("moving 1.2.0: as it was\n");
  expect((await world.run(demo)).stderr.split("\n").sort()).toEqual(["", "SAID fixed 1.0.0", "SAID moving 1.2.0"]);
  const nobody = await world.run(["update", "npm:moving-on"], { way });
  expect([nobody.status, nobody.stderr]).toEqual([2, expect.stringMatching(/^Error: npm:moving-on is not declared in .*config\.toml/)]);
  for (const args of [["--self"], ["self"]])
    expect(await world.run(["update", ...args], { way })).toMatchObject({ status: 2, stderr: expect.stringContaining("its own place") });
  expect((await world.run(["update", "--extension", "npm:moving"], { way })).stdout).toBe("moving 1.2.0: as it was\n");
  const requests = registry.requests.length;
  const offline = await world.run(["update", "--extensions"], { way, env: { PI_OFFLINE: "1" } });
  expect({ status: offline.status, asked: registry.requests.length - requests }).toEqual({ status: 2, asked: 0 });
});

test.concurrent.for(delivered)(
  "%s: what is declared comes back as it was locked, and not with another hash",
  async (way, { world, registry }) => {
    registry.packages.set("locked", { files: sayer("locked", "one") });
    expect((await world.run(["install", "npm:locked@^1.0.0"], { way })).status).toBe(0);
    const forgetAll = (): void => {
      for (const name of ["cache", "npm/node_modules"]) rmSync(join(world.agentDir, name), { recursive: true, force: true });
    };
    forgetAll();
    const again = await world.run(["install"], { way });
    expect(again.stdout, again.stderr).toBe("npm:locked@^1.0.0 1.0.0\n");
    expect((await world.run(demo)).stderr).toBe("SAID one\n");
    expect((await world.run(["install"], { way })).stdout).toBe("Nothing is missing.\n");

    registry.packages.set("locked", { files: sayer("locked", "another under the same version") });
    forgetAll();
    const changed = await world.run(["install", "--frozen-lockfile"], { way });
    expect(changed.status, changed.stdout).toBe(1);
    expect(changed.stderr).toMatch(/^Error: (The installer|npm) failed: .*/);
    expect((await world.run(demo)).stderr).toContain("is declared and not installed");

    world.config('packages = ["npm:locked@^1.0.0", "npm:late"]\n');
    registry.packages.set("locked", { files: sayer("locked", "one") });
    registry.packages.set("late", { files: sayer("late", "late") });
    const unlocked = await world.run(["install", "--frozen-lockfile"], { way });
    expect(unlocked.stderr).toContain("npm:late is declared, and not in the lock file");
    expect((await world.run(["install", "npm:late", "--frozen-lockfile"], { way })).status).toBe(2);
    expect((await world.run(["install"], { way })).stdout).toBe("npm:late 1.0.0\n");
    expect((await world.run(demo)).stderr).toBe("SAID one\nSAID late\n");
  },
);

test.concurrent.for(delivered)("%s: of two installs at once none undoes the other", async (way, { world, registry }) => {
  const names = ["one", "two", "three"];
  for (const name of names) registry.packages.set(name, { files: sayer(name, name) });
  const runs = await Promise.all(names.map((name) => world.run(["install", `npm:${name}`], { way })));
  expect(runs.map(({ status, stderr }) => ({ status, stderr }))).toEqual(names.map(() => ({ status: 0, stderr: "" })));
  const { stderr } = await world.run(demo);
  expect(stderr.trimEnd().split("\n").sort()).toEqual(["SAID one", "SAID three", "SAID two"]);
  expect(readdirSync(world.agentDir).filter((name) => /\.(new|old)$/.test(name))).toEqual([]);
});

test.concurrent("an install that is killed leaves what was there, and the next one goes through", async ({ world, registry }) => {
  registry.packages.set("first", { files: sayer("first", "first") });
  registry.packages.set("second", { files: sayer("second", "second") });
  await world.run(["install", "npm:first"]);
  registry.hold("second");
  const running = world.start(["install", "npm:second"]);
  await registry.held;
  running.signal("SIGKILL");
  await running.result;
  registry.release();
  expect((await world.run(demo)).stderr).toBe("SAID first\n");
  const { stderr, status } = await world.run(["install", "npm:second"]);
  expect(status, stderr).toBe(0);
  expect((await world.run(demo)).stderr).toBe("SAID first\nSAID second\n");
});

/** A repository that can be cloned from this machine, with a tag for its first state. */
function repository(
  world: World,
  name: string,
  files: Record<string, string>,
): { url: string; commit(files: Record<string, string>): void } {
  const work = join(world.home, "work", name);
  const bare = join(world.home, "git", `${name}.git`);
  const git = (...args: string[]): void =>
    void execFileSync("git", ["-C", work, "-c", "user.name=a", "-c", "user.email=a@example.invalid", ...args], {
      stdio: "ignore",
      env: { PATH: process.env.PATH, HOME: world.home },
    });
  const write = (changed: Record<string, string>): void => {
    for (const [path, text] of Object.entries(changed)) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), text);
    }
  };
  mkdirSync(work, { recursive: true });
  mkdirSync(dirname(bare), { recursive: true });
  const commit = (changed: Record<string, string>): void => {
    write(changed);
    git("add", "-A");
    git("commit", "-qm", "change");
  };
  git("init", "-q", "--template=", "-b", "main");
  commit(files);
  git("tag", "v1");
  execFileSync("git", ["clone", "-q", "--bare", work, bare], { stdio: "ignore" });
  git("remote", "add", "origin", bare);
  return {
    url: `file://${bare}`,
    commit: (changed) => {
      commit(changed);
      git("push", "-q", "origin", "main");
    },
  };
}

test.concurrent.for(delivered)(
  "%s: a repository is cloned with what it needs, by name and ref, updated, and taken away",
  async (way, { world, registry }) => {
    registry.packages.set("helper", {
      files: { "package.json": manifest({ name: "helper", main: "main.js" }), "main.js": 'module.exports = "helped";' },
    });
    const { url, commit } = repository(world, "pack", {
      ...sayer("pack", "first", "1.0.0", { dependencies: { helper: "^1.0.0" }, scripts: { postinstall: "touch ran" } }),
      "main.ts":
        'import helped from "helper"; export default (pi: any) => pi.on("session_start", () => console.error("SAID first", helped));',
    });
    // What the names of hosts stand for is git's business.
    world.write(
      "../home/.gitconfig",
      `[url "${dirname(url)}/"]\n\tinsteadOf = https://example.invalid/owner/\n[protocol "file"]\n\tallow = always\n`,
    );
    const source = "git:example.invalid/owner/pack";
    const installed = await world.run(["install", source], { way });
    expect(installed.status, installed.stderr).toBe(0);
    expect(installed.stdout).toContain("Scripts held back: postinstall");
    const directory = join(world.agentDir, "git/example.invalid/owner/pack");
    expect(existsSync(join(directory, "ran"))).toBe(false);
    expect((await world.run(demo, { way })).stderr).toBe("SAID first helped\n");

    commit(sayer("pack", "second", "2.0.0"));
    const updated = await world.run(["update"], { way });
    expect(updated.stdout, updated.stderr).toBe("pack: 1.0.0 to 2.0.0\n");
    expect((await world.run(demo)).stderr).toBe("SAID second\n");

    const pinned = await world.run(["install", `${source}@v1`], { way });
    expect(pinned.status, pinned.stderr).toBe(0);
    expect(world.read("../home/.pi/agent/config.toml")).toBe(`[[packages]]\nsource = "${source}@v1"\n`);
    expect((await world.run(demo)).stderr).toBe("SAID first helped\n");
    expect((await world.run(["update"], { way })).stdout).toBe("Nothing to update.\n");

    const absent = await world.run(["install", "git:example.invalid/owner/absent"], { way });
    expect(absent.status).toBe(1);
    expect(absent.stderr).toMatch(/^Error: git failed: fatal: /);
    expect((await world.run(demo)).stderr).toBe("SAID first helped\n");

    expect((await world.run(["uninstall", source], { way })).stdout).toBe(`Removed ${source}@v1\n`);
    expect(existsSync(directory)).toBe(false);
    expect((await world.run(demo)).stderr).toBe("");
  },
);

test.concurrent.for(delivered)(
  "%s: -e npm: and -e git: install once for runs that name them, and never offline",
  async (way, { world, registry }) => {
    registry.packages.set("named", { files: sayer("named", "named") });
    const { url } = repository(world, "pack", sayer("pack", "cloned"));
    world.write(
      "../home/.gitconfig",
      `[url "${dirname(url)}/"]\n\tinsteadOf = https://example.invalid/owner/\n[protocol "file"]\n\tallow = always\n`,
    );
    for (const [source, said] of [
      ["npm:named", "SAID named\n"],
      ["git:example.invalid/owner/pack", "SAID cloned\n"],
    ] as const) {
      const offline = await world.run(["--offline", "-e", source, ...demo], { way });
      expect(offline).toMatchObject({ status: 2, stderr: expect.stringContaining(`${source} is not installed`) });
      const first = await world.run(["-e", source, ...demo], { way });
      expect(first).toMatchObject({ status: 0, stderr: said });
      const requests = registry.requests.length;
      expect((await world.run(["--offline", "-e", source, ...demo], { way })).stderr).toBe(said);
      expect(registry.requests).toHaveLength(requests);
    }
    expect(existsSync(join(world.agentDir, "config.toml"))).toBe(false);
    expect(existsSync(join(world.agentDir, "npm"))).toBe(false);
    expect((await world.run(demo, { way })).stderr).toBe("");
  },
);

test.concurrent("a project's entry replaces the user's, or with autoload = false only changes it", async ({ world }) => {
  for (const name of ["one", "two", "three"])
    world.write(`../home/pack/extensions/${name}.ts`, `export default () => console.error("${name}");`);
  const source = JSON.stringify(join(world.home, "pack"));
  world.write(".git/HEAD", "");
  world.config(`[[packages]]\nsource = ${source}\nextensions = ["extensions/one.ts", "extensions/two.ts"]\n`);
  const project = (fields: string): void => void world.write(".pi/config.toml", `[[packages]]\nsource = ${source}\n${fields}\n`);
  const loaded = async (): Promise<string> => (await world.run(["-a", ...demo])).stderr.replaceAll("\n", " ").trim();
  project('extensions = ["extensions/three.ts"]');
  expect(await loaded()).toBe("three");
  project('autoload = false\nextensions = ["+extensions/three.ts", "-extensions/one.ts"]');
  expect(await loaded()).toBe("three two");
  project("autoload = false");
  expect(await loaded()).toBe("one two");
  world.config("");
  expect(await loaded()).toBe("");
  project('autoload = "no"');
  expect((await world.run(["-a", ...demo])).status).toBe(2);
});

const registers = (name: string): string =>
  `export default (pi) => pi.registerCommand("${name}", { description: "", handler: async () => {} });`;
const skill = (name: string): string => `---\nname: ${name}\ndescription: about ${name}\n---\nText.\n`;

/** Directories as people have them, and what each brings when it is declared; named for one run, an index counts beside folders, too. */
const directories: [what: string, files: Record<string, string>, brings: string, named?: string][] = [
  ["folders", { "extensions/a.ts": registers("a"), "skills/s/SKILL.md": skill("s"), "prompts/p.md": "P" }, "a p skill:s"],
  [
    "a manifest",
    {
      "package.json": JSON.stringify({ pi: { extensions: ["src/*.ts", "!src/no.ts"], prompts: ["texts"] } }),
      "src/b.ts": registers("b"),
      "src/no.ts": registers("no"),
      "texts/p.md": "P",
    },
    "b p",
  ],
  ["an index beside folders", { "index.ts": registers("c"), "prompts/p.md": "P" }, "p", "c p"],
  ["an index alone", { "index.ts": registers("d"), "parts.ts": "export {};" }, "d"],
  ["a main file", { "package.json": JSON.stringify({ main: "lib.js" }), "lib.js": registers("e") }, "e"],
];

test.concurrent.for(directories)(
  "a directory with %s brings the same for one run and declared",
  async ([, files, brings, named], { world }) => {
    for (const [path, text] of Object.entries(files)) world.write(`../pack/${path}`, text);
    const commands = async (...args: string[]): Promise<string> => {
      const stdin = { text: '{"type":"get_commands"}\n' };
      const { stdout, stderr } = await world.run(["--mode", "rpc", "--model", "demo", ...args], { stdin });
      expect(stderr).toBe("");
      const { data } = JSON.parse(stdout.split("\n")[0] ?? "");
      return (data.commands as { name: string }[])
        .map(({ name }) => name)
        .sort()
        .join(" ");
    };
    expect(await commands("-ne", "-e", "../pack")).toBe(named ?? brings);
    expect((await world.run(["install", "../pack"])).status).toBe(0);
    expect(await commands()).toBe(brings);
  },
);

test.concurrent("the project's packages count for a command that approves of them", async ({ world }) => {
  world.write("../pack/prompts/p.md", "P");
  for (const args of [
    ["install", "../pack", "-l", "-a"],
    ["list", "--approve"],
    ["update", "-a", "-l"],
  ]) {
    expect(await world.run(args), args.join(" ")).toMatchObject({ status: 0, stderr: "" });
  }
  expect((await world.run(["list", "-a"])).stdout).toMatch(/pack {2}project, installed/);
  for (const refusal of ["-na", "--no-approve"]) expect((await world.run(["list", refusal])).stdout).not.toContain("project,");
  expect(await world.run(["remove", "../pack", "-l", "-na"])).toMatchObject({ status: 0 });
});
