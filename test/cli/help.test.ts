// The help pages: whole, at any width, and true.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run as runHelp } from "../../src/cli/commands/help.ts";
import { commandTable } from "../../src/cli/commands.ts";
import { environmentTable, toolEnvironmentTable } from "../../src/cli/environment.ts";
import { examples, helpText } from "../../src/cli/help.ts";
import { optionTable, parseOptions } from "../../src/cli/options.ts";
import { fitPage } from "../../src/cli/page.ts";
import { fakeHost } from "../support/fake-host.ts";

const page = helpText(commandTable);

test.each([20, 40, 72, 80, 132, 200])("fits a terminal of %i columns, and says as much", (width) => {
  const fitted = helpText(commandTable, width);
  expect(fitted.split("\n").filter((line) => line.length > width)).toEqual([]);
  const letters = (text: string): string => text.replace(/\s/g, "");
  expect(letters(fitted)).toBe(letters(page));
});

test("pages of commands fit, too: rows, paragraphs, usages", () => {
  const text = [
    "Usage: pi undo [options] [ref] [files...]",
    "",
    "Options:",
    "  --run <n>            another run of the session: the first that changed files is 1",
    "  -h, --help           display help for command",
    "",
    "A paragraph that is longer than a narrow terminal is wide, and has its end.",
  ].join("\n");
  expect(fitPage(text, Number.POSITIVE_INFINITY)).toBe(`${text}\n`);
  expect(fitPage(text, 40)).toBe(
    [
      "Usage: pi undo [options] [ref]",
      "[files...]",
      "",
      "Options:",
      "  --run <n>",
      "      another run of the session: the",
      "      first that changed files is 1",
      "  -h, --help",
      "      display help for command",
      "",
      "A paragraph that is longer than a narrow",
      "terminal is wide, and has its end.",
      "",
    ].join("\n"),
  );
  // However far in something stands.
  expect(
    fitPage(`${" ".repeat(30)}words of\n${" ".repeat(30)}an  extension`, 20)
      .split("\n")
      .every((line) => line.length <= 20),
  ).toBe(true);
  expect(fitPage(text, 72).split("\n").slice(3, 6)).toEqual([
    "  --run <n>            another run of the session: the first that",
    "                       changed files is 1",
    "  -h, --help           display help for command",
  ]);
});

test("has every option with what its value may be, every command, every variable", () => {
  for (const record of optionTable) {
    expect(page).toContain(record.name);
    for (const choice of "choices" in record ? record.choices : [])
      expect(page, record.name).toMatch(new RegExp(`${record.name} .*\\b${choice}\\b`));
  }
  for (const { usage } of commandTable) expect(page).toContain(usage);
  for (const { names } of [...environmentTable, ...toolEnvironmentTable]) expect(page).toContain(names.join(", "));
});

test("its examples are command lines that can be read", () => {
  for (const [example] of examples) {
    expect(page).toContain(example);
    const words = example.replace(/^(?:git diff \| )?pi /, "").match(/"[^"]*"|\S+/g) ?? [];
    expect(() => parseOptions(words), example).not.toThrow();
  }
});

test("each variable that the program reads is in the table, or is the system's own", () => {
  const source = join(import.meta.dirname, "../../src");
  const known = new Set([...environmentTable, ...toolEnvironmentTable].flatMap(({ names }) => names));
  const systems =
    /^(HOME|PATH|PWD|TERM|LANG|TMPDIR|TZ|SHELL|USERPROFILE|Path|SystemRoot|XDG_\w+|BUN_\w+|NODE_ENV|APPDATA|DISPLAY|WAYLAND_DISPLAY|LOCALAPPDATA|DISPLAY|WAYLAND_DISPLAY|http_proxy|https_proxy|all_proxy|no_proxy|LESS|LV|BASH_ENV|COLORTERM|WSL_DISTRO_NAME|TMUX|XTERM_VERSION|SSH_CONNECTION|SSH_TTY)$/;
  const read = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .flatMap((path) => {
      const text = readFileSync(join(source, path), "utf8");
      const named = [...text.matchAll(/\benv\.([A-Z]\w+)|\benv: "([A-Z_]+)"/g)].map((match) => match[1] ?? match[2] ?? "");
      const taken = [...text.matchAll(/const \{ ([^}=]*) \} = [\w.]*env\b/g)].flatMap((match) => (match[1] ?? "").split(", "));
      return [...named, ...taken];
    });
  expect(read.length).toBeGreaterThan(8);
  expect([...new Set(read)].filter((name) => !known.has(name) && !systems.test(name))).toEqual([]);
});

describe("pi help", () => {
  const help = async (...args: string[]) => {
    const host = fakeHost({});
    expect(await runHelp(args, host, commandTable)).toBe(0);
    return host.out();
  };

  test("is the page, or that of a command, or of a command's command", async () => {
    expect(await help()).toBe(page);
    expect(await help("sessions")).toMatch(/^Usage: pi sessions/);
    expect(await help("sessions", "show")).toMatch(/^Usage: pi sessions show/);
    for (const { name } of commandTable) expect(await help(name), name).toMatch(/\S/);
    for (const name of ["install", "remove", "uninstall", "list", "update"]) {
      expect(await help(name)).toMatch(new RegExp(`^Usage: pi ${name} \\[options\\]`));
    }
  });

  test("shows for a group what is meant where none of its commands is named", async () => {
    expect(await help("models")).toMatch(/\nOptions without a command, and of list:\n(?: .*\n)* {2}--providers {4}the providers/);
    expect(await help("sessions")).toMatch(/\nOptions without a command, and of list:\n(?: .*\n)* {2}--since /);
  });

  test("of what there is none of is a mistake", async () => {
    await expect(runHelp(["sesions"], fakeHost({}), commandTable)).rejects.toMatchObject({
      code: "usage.command",
      hint: "Did you mean pi help sessions?",
    });
    await expect(runHelp(["nothing"], fakeHost({}), commandTable)).rejects.toMatchObject({ code: "usage.command", exitStatus: 2 });
  });
});
