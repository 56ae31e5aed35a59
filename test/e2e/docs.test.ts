// What every page of docs has in common: links lead somewhere, options are options, commands are commands. Pages whose commands can be run are run by tests
// of their own.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect } from "vitest";
import { commandTable } from "../../src/cli/commands.ts";
import { projectRoot } from "../support/program.ts";
import { test, type World } from "../support/world.ts";

const markdownIn = (folder: string): string[] =>
  readdirSync(join(projectRoot, folder)).flatMap((name) => (name.endsWith(".md") ? [join(folder, name)] : []));
const pages = ["README.md", "AGENTS.md", "CHANGELOG.md", "src/contracts/README.md", ...markdownIn("docs"), ...markdownIn("docs/decisions")];
const textOf = (page: string): string => readFileSync(join(projectRoot, page), "utf8");

/** As the sites that show these pages name a heading. */
const anchorsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

test.for(pages)("links of %s lead to what is there", (page) => {
  for (const [, link = ""] of textOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
    const [path = "", anchor] = link.split("#");
    if (/^https?:/.test(path)) continue;
    const target = path === "" ? page : join(dirname(page), path);
    expect(existsSync(join(projectRoot, target)), link).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(target), link).toContain(anchor);
  }
});

const userPages = pages.filter((page) => !/^(AGENTS|CHANGELOG|docs\/(architecture|benchmarks|decisions)|src)/.test(page));
const commands = userPages.flatMap((page) =>
  [...textOf(page).matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = ""]) =>
    [...block.matchAll(/(?:^|[|;(]\s*|\bif \w+=\$\()(?:dist\/)?pi (.*)/gm)].map(([, rest = ""]) => ({ page, words: wordsOf(rest) })),
  ),
);

/** As a shell would cut them, up to what ends the command. */
function wordsOf(line: string): string[] {
  const words = line.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
  const end = words.findIndex((word) => /^(#|\||>|\|\||&&|<|;|2>)/.test(word));
  return words.slice(0, end < 0 ? words.length : end);
}

/** The help of a command, or of one of its own commands. */
async function helpOf(world: World, path: readonly string[]): Promise<string> {
  const { stdout, status, stderr } = await world.run([...path, "--help"]);
  expect({ status, stderr }, path.join(" ")).toEqual({ status: 0, stderr: "" });
  return stdout;
}

describe("commands of the pages", () => {
  test("there are some on each page that shows any", () => {
    expect(commands.length).toBeGreaterThan(80);
    for (const page of ["docs/accounts.md", "docs/extensions.md", "docs/interactive.md"])
      expect(commands.some((one) => one.page === page)).toBe(true);
  });

  test("their options and their own commands are in the help", async ({ world }) => {
    const main = await helpOf(world, []);
    const helps = new Map<string, string>();
    const help = async (path: readonly string[]): Promise<string> => {
      const key = path.join(" ");
      const found = helps.get(key) ?? (await helpOf(world, path));
      helps.set(key, found);
      return found;
    };
    for (const { page, words } of commands) {
      const [first = ""] = words;
      const command = commandTable.find(({ name }) => name === first)?.name;
      const own = words[1] ?? "";
      const hasOwn = command !== undefined && /^(sessions|auth|config|metrics|ipc|extensions)$/.test(command) && /^[a-z-]+$/.test(own);
      const known = command === undefined ? main : `${main}${await help([command])}${hasOwn ? await help([command, own]) : ""}`;
      for (const word of words) {
        const option = /^-{1,2}[a-zA-Z][\w-]*/.exec(word)?.[0];
        if (option !== undefined) expect(known, `${page}: pi ${words.join(" ")}`).toMatch(new RegExp(`(?<![\\w-])${option}(?![\\w-])`));
      }
    }
  });
});
