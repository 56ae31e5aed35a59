// What extensions import by name: every name that the npm agent has is there, and what stands in says so when it is called.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hostModules } from "../../src/sdk/host-modules.ts";

const wanted = JSON.parse(readFileSync(join(import.meta.dirname, "../fixtures/host-module-exports.json"), "utf8")) as {
  modules: Record<string, Record<string, string>>;
  workHeadless: Record<string, string[]>;
};

const load = async (name: string): Promise<Record<string, unknown>> => import(hostModules().get(name)?.href ?? name);
const kindOf = (value: unknown): string =>
  typeof value === "function" ? (/^class\b/.test(Function.prototype.toString.call(value)) ? "class" : "function") : typeof value;

/** Calls that refuse by name. */
function isStandIn(value: unknown): boolean {
  try {
    if (kindOf(value) === "class") {
      const made = new (value as new () => { render?(): unknown })();
      made.render?.();
    } else (value as () => unknown)();
  } catch (error) {
    return (error as { code?: string }).code === "extension.unavailable";
  }
  return false;
}

test.each(Object.entries(wanted.modules))("%s has every value name, of the right kind", async (name, names) => {
  const module = await load(name);
  const wrong = Object.entries(names).filter(([one, kind]) => kindOf(module[one]) !== kind);
  // Some of TypeBox's functions are classes in one version and functions in another.
  expect(name.startsWith("typebox") ? wrong.filter(([one]) => module[one] === undefined) : wrong).toEqual([]);
});

test.each(Object.entries(wanted.workHeadless))("%s: what must work without a terminal is no stand-in", async (name, names) => {
  const module = await load(name);
  const pure = names.filter((one) => typeof module[one] === "function" && one.startsWith("is") === false);
  const file = name.endsWith("/pi-coding-agent") ? "pi-coding-agent" : `sdk/host-modules/${name.split("/")[1]}`;
  const source = readFileSync(join(import.meta.dirname, `../../src/${file}.ts`), "utf8");
  expect(pure.filter((one) => new RegExp(`\\b${one} = standIn`).test(source))).toEqual([]);
});

test("a stand-in is imported, extended and constructed, and refuses by name what it is asked to do", async () => {
  const { FooterComponent, getDocsPath } = await load("@earendil-works/pi-coding-agent");
  expect(isStandIn(getDocsPath)).toBe(true);
  class Mine extends (FooterComponent as new () => { render(): string[] }) {
    lines = ["mine"];
    handleInput(): string[] {
      return this.lines;
    }
  }
  const mine = new Mine();
  expect(mine.handleInput()).toEqual(["mine"]);
  expect(() => mine.render()).toThrow("FooterComponent.render is not available here");
});

test("what of the packages refuses is what the page says, and each does", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/library.md"), "utf8");
  const section = page.split("## Names that refuse")[1]?.split("\n## ")[0] ?? "";
  const told = section.split("\n").flatMap((line) => [...(/^\| `(.*)` \|/.exec(line)?.[1]?.split("`, `") ?? [])]);
  const names = ["pi-ai", "pi-ai/models", "pi-ai/providers/all", "pi-agent-core", "pi-coding-agent"].map(
    (name) => `@earendil-works/${name}`,
  );
  const files = ["pi-ai", "pi-ai-models", "pi-ai-providers", "pi-agent-core"].map((name) => `sdk/host-modules/${name}`);
  const refusing = new Set(
    [...files, "pi-coding-agent"].flatMap((file) => {
      const source = readFileSync(join(import.meta.dirname, `../../src/${file}.ts`), "utf8");
      return [...source.matchAll(/standIn(?:Class|Function)\("(\w+)"\)/g)].map((match) => match[1] ?? "");
    }),
  );
  expect([...refusing].sort()).toEqual([...told].sort());
  const modules = await Promise.all(names.map(load));
  for (const name of told) {
    const value = modules.find((module) => module[name] !== undefined)?.[name];
    if (kindOf(value) === "function") expect(isStandIn(value), name).toBe(true);
  }
});

test("both scopes and both names of TypeBox are one module each", () => {
  const modules = hostModules();
  const same: [string, string][] = [
    ["@earendil-works/pi-ai", "@mariozechner/pi-ai"],
    ["@earendil-works/pi-ai", "@earendil-works/pi-ai/compat"],
    ["@earendil-works/pi-coding-agent", "@mariozechner/pi-coding-agent"],
    ["typebox", "@sinclair/typebox"],
    ["typebox/value", "@sinclair/typebox/value"],
  ];
  for (const [one, other] of same) expect(modules.get(one)?.href).toBe(modules.get(other)?.href);
});
