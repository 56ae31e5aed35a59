// What `npm ci` needs of the lock file on any machine and on any day: an entry for every package that some platform installs, and no address.
// A lock file made while a registry did not show all platform packages yet installs on that day and is refused on the next.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

type Locked = {
  version?: string;
  resolved?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
};
type LockFile = { packages: Record<string, Locked> };

const root = resolve(import.meta.dirname, "../..");
const read = (name: string) => readFileSync(join(root, name), "utf8");
const lock: LockFile = JSON.parse(read("package-lock.json"));
const manifest = JSON.parse(read("package.json"));

/** Where Node would look for a package that is asked for by the one at `from`: its own folder, then each above it. */
function places(from: string, name: string): string[] {
  const found = [];
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    found.push(`${at === "" ? "" : `${at}/`}node_modules/${name}`);
    if (at === "") return found;
  }
}

/** What an install on some machine would ask for and not find. */
function missing({ packages }: LockFile): string[] {
  return Object.entries(packages).flatMap(([at, one]) =>
    Object.keys({ ...one.dependencies, ...one.optionalDependencies, ...one.devDependencies })
      .filter((name) => !places(at, name).some((place) => packages[place]?.version))
      .map((name) => `${at || "package.json"}: ${name}`),
  );
}

test("every package that any platform installs has an entry of its own", () => {
  expect(missing(lock)).toEqual([]);
});

test("an entry that is missing is found, at the top and below another package", () => {
  const packages = structuredClone(lock.packages);
  const [platform] = Object.keys(packages["node_modules/@biomejs/biome"]?.optionalDependencies ?? {});
  delete packages[`node_modules/${platform}`];
  packages["node_modules/vitest/node_modules/nested"] = { version: "1.0.0", optionalDependencies: { "nested-linux": "1.0.0", diff: "9" } };
  expect(missing({ packages })).toEqual([
    `node_modules/@biomejs/biome: ${platform}`,
    "node_modules/vitest/node_modules/nested: nested-linux",
  ]);
});

test("no entry names an address, and each is held to its content", () => {
  const entries = Object.entries(lock.packages).filter(([at]) => at !== "");
  expect(entries.filter(([, one]) => one.resolved !== undefined).map(([at]) => at)).toEqual([]);
  expect(entries.filter(([, one]) => !one.integrity?.startsWith("sha512-")).map(([at]) => at)).toEqual([]);
  // Besides those where its authors take donations.
  const said = JSON.stringify(lock, (key, value) => (key === "funding" ? undefined : value));
  expect(said).not.toContain("://");
  expect(read(".npmrc")).not.toContain("://");
});

test("the lock file is that of package.json, and its versions are exact", () => {
  const top = lock.packages[""];
  expect(top?.dependencies).toEqual(manifest.dependencies);
  expect(top?.devDependencies).toEqual(manifest.devDependencies);
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
    expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
});

test("each install script is allowed or refused by name, so that an install says nothing of it", () => {
  const scripts = Object.entries(lock.packages).filter(([, one]) => one.hasInstallScript);
  const names = scripts.map(([at]) => at.slice(at.lastIndexOf("node_modules/") + "node_modules/".length));
  // Not with a version: npm matches those by the address of the entry, and there is none.
  expect(names.filter((name) => typeof manifest.allowScripts[name] !== "boolean" && name !== "fsevents")).toEqual([]);
});
