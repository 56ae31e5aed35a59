// Packages, from the binary: installed from a registry on this machine, declared, loaded, updated and taken away; nothing of one runs by itself.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type PackageRegistry, startRegistry } from "../support/package-registry.ts";
import { test, type World } from "../support/world.ts";

const demo = ["--model", "demo", "-p", "hello"];

async function registryOf(world: World): Promise<PackageRegistry> {
  const registry = await startRegistry();
  onTestFinished(() => registry.close());
  world.write("../home/.npmrc", `registry=${registry.url}/\n`);
  return registry;
}

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
        pi: { extensions: ["./src/*.ts", "!src/other.ts"], skills: ["./skills"] },
      }),
      "src/main.ts": `import helped from "helper"; import { getAgentDir } from "@earendil-works/pi-coding-agent";
        export default (pi: any) => pi.on("session_start", () => console.error("SAID", helped, typeof getAgentDir, "${version}"));`,
      "src/other.ts": 'export default () => { throw new Error("not wanted"); };',
      "skills/greeting/SKILL.md": "---\nname: greeting\ndescription: how to greet\n---\nSay hello.\n",
    },
  });
}

test("install brings a package with what it needs, declares it, runs no script, and the next run has it", async ({ world }) => {
  const registry = await registryOf(world);
  offer(registry);
  const installed = await world.run(["install", "npm:@some/pack"]);
  expect(installed.stderr).toBe("");
  expect(installed.status).toBe(0);
  for (const words of [
    "@some/pack 1.0.0",
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

test("a hash that is another's, and a package that is not there, leave everything as it was", async ({ world }) => {
  const registry = await registryOf(world);
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

test("a declared package that is not there is one line with the command, and nothing is fetched at a start", async ({ world }) => {
  const registry = await registryOf(world);
  world.config('packages = ["npm:@some/pack"]\n');
  const { stderr, status } = await world.run(demo);
  expect(stderr).toBe("pi: The package npm:@some/pack is declared and not installed: pi install npm:@some/pack\n");
  expect(status).toBe(0);
  expect(registry.requests).toEqual([]);
});

test("a folder is a package as it lies there, and a table narrows what is wanted of one", async ({ world }) => {
  world.write("pack/extensions/one.ts", 'export default () => console.error("one");');
  world.write("pack/extensions/two.ts", 'export default () => console.error("two");');
  expect((await world.run(["install", "./pack"])).status).toBe(0);
  expect((await world.run(demo)).stderr).toBe("one\ntwo\n");
  world.config(`[[packages]]\nsource = ${JSON.stringify(join(world.cwd, "pack"))}\nextensions = ["extensions/two.ts"]\n`);
  expect((await world.run(demo)).stderr).toBe("two\n");
  world.config(`[[packages]]\nsource = ${JSON.stringify(join(world.cwd, "pack"))}\nextensions = []\n`);
  expect((await world.run(demo)).stderr).toBe("");
});

test("what names no package is refused by its form", async ({ world }) => {
  for (const source of ["npm:", "npm:../x", "git:host/../x"]) {
    const { stderr, status } = await world.run(["install", source]);
    expect(stderr).toContain("names no package");
    expect(status).toBe(2);
  }
  expect((await world.run(["install", "./absent"])).stderr).toContain("is not there");
  expect((await world.run(["remove", "npm:never"])).stderr).toContain("is not declared");
});
