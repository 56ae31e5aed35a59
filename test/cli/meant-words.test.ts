// What a first word or an unknown option is taken for: never for a prompt where it is, or nearly is, a command.

import { describe, expect, test } from "vitest";
import { commandTable } from "../../src/cli/commands.ts";
import { commandsElsewhere, isMissOf } from "../../src/cli/commands-elsewhere.ts";
import { optionsElsewhere, refuseCommandWord, unknownOption } from "../../src/cli/meant-words.ts";
import { optionTable, parseOptions, UnknownOptionError } from "../../src/cli/options.ts";
import { seededRandom } from "../support/random.ts";

const isCommand = (word: string): boolean => commandTable.some(({ name }) => name === word);
const refuse = (args: readonly string[]): void => refuseCommandWord(parseOptions(args, isCommand), commandTable);
/** A letter that is in no name: of a short one of another agent that is another word. */
const isNearAlways = (name: string): boolean => isMissOf(`${name}\u00fc`, name);
const names = [...commandTable.map(({ name }) => name), ...Object.keys(commandsElsewhere).filter(isNearAlways)];
const letters = "abcdefghijklmnopqrstuvwxyz";

/** A slip of the fingers: a letter too many, too few, another one, or two swapped. */
function slip(word: string, next: (limit: number) => number): string {
  const at = next(word.length);
  const letter = letters[next(letters.length)] ?? "";
  const [before, behind] = [word.slice(0, at), word.slice(at)];
  switch (next(4)) {
    case 0:
      return before + letter + behind;
    case 1:
      return before + behind.slice(1);
    case 2:
      return before + letter + behind.slice(1);
    default:
      return before.slice(0, -1) + (behind[0] ?? "") + before.slice(-1) + behind.slice(1);
  }
}

describe("a first word", () => {
  test("that names a command begins it, also behind options", () => {
    expect(parseOptions(["--cwd", "x", "sessions", "list", "--odd"], isCommand).command).toEqual({
      name: "sessions",
      args: ["list", "--odd"],
    });
    for (const args of [
      ["-p", "sessions"],
      ["--", "sessions"],
      ["hello", "sessions"],
    ])
      expect(parseOptions(args, isCommand).command).toBe(undefined);
  });

  test("that is nearly a command: hundreds of slips, none of them a prompt", () => {
    const next = seededRandom(7).below;
    let count = 0;
    for (const name of names) {
      if (name.length === 3) continue;
      for (let round = 0; round < 40; round++) {
        const once = slip(name, next);
        const word = name.length >= 7 && round % 2 === 1 ? slip(once, next) : once;
        if (isCommand(word)) continue;
        count++;
        expect(() => refuse([word, "and", "more"]), `${word} (${name})`).toThrow(expect.objectContaining({ code: "usage.command" }));
      }
    }
    expect(count).toBeGreaterThan(200);
  });

  test.each(
    `setup-token setup-tokn confgure settigns serve sevre servers status statsu whoami whomai stats statss usage usgae cost costs export exprot
     import fork frok diff diffs history hisotry threads thread therad projects permissons tools skills hooks app-sever create-chat
     chat chta ask prompt promtp task ls ps logs compeltion providers providrs redo rollback checkpoint rewind templates quit exit eixt clear
     compact auth-login sessions-list sessions:list models_list config-set list-modles list-sessions self-update sign-in signn-in account accounts`
      .trim()
      .split(/\s+/),
  )("%s, of another agent or in one word, is refused with what does that here", (word) => {
    for (const more of [[], ["now"]])
      expect(() => refuse([word, ...more])).toThrow(
        expect.objectContaining({ code: "usage.command", hint: expect.stringContaining("As a prompt: pi -p ") }),
      );
  });

  test.each(["session", "model", "inspects", "lists", "runs", "Install", "UPDATE", "mcp", "run"])("%s is refused", (word) => {
    expect(() => refuse([word])).toThrow(expect.objectContaining({ code: "usage.command" }));
  });

  test.each(
    `hello what that this these there work form chart state stars most post expert edit exist quite into talk mask add test build plan commit
     review debug apply init show search open start stop rename repair restore revert report threat attack statue pools books log2 README a-b`
      .trim()
      .split(/\s+/),
  )("%s is a prompt", (word) => expect(() => refuse([word, "it"])).not.toThrow());

  test.each([
    ["hello"],
    ["fix"],
    ["rum"],
    ["map"],
    ["list the files"],
    ["why?"],
    ["continue"],
    ["review"],
    ["explain"],
    ["-", "list"],
    ["@notes.md", "list"],
    ["--", "list"],
    ["--agent", "list", "them"],
  ])("%s is a prompt", (...args) => expect(() => refuse(args)).not.toThrow());
});

describe("an argument with a dash in front", () => {
  test.each([
    "- summarise the points\n- be brief",
    "---\ntitle: spec\n---\nBuild it.",
    "---",
    "- [ ] a task",
    "-- and now?",
    "-1 is returned, why?",
    "--model is ignored, why?",
    "--verbose does nothing",
    "-p hides the rest of my help",
    "\u2014 a dash",
    "\u2013 and another",
    "-\u00fcber",
  ])("%j is a message", (text) => expect(parseOptions([text]).operands).toEqual([{ text, isLiteral: false }]));

  test.each(["--modle", "-Z", "--model demo", "-t read", "\u2014print", "\u2013\u2013model=x", "-5", "--x=a b"])(
    "%j is an option, and none of ours",
    (text) => {
      const read = (): number => parseOptions([text]).unknown.length;
      // A long one may be an extension's flag.
      if (/^--[a-z]+(=|$)/.test(text)) expect(read()).toBe(1);
      else expect(read).toThrow(UnknownOptionError);
    },
  );
});

describe("an unknown option", () => {
  const hint = (option: string): string => unknownOption(option).hint ?? "";

  test("of another agent says what does that here, and names only options that there are", () => {
    const known = new Set(optionTable.flatMap((record) => ("short" in record ? [record.name, record.short] : [record.name])) as string[]);
    for (const [option, meant] of Object.entries(optionsElsewhere)) {
      expect(known.has(option), option).toBe(false);
      expect(hint(option)).toBe(meant);
      for (const [named] of meant.matchAll(/(?<![\w-])--?[a-z][\w-]*/g))
        expect(known.has(named) || named === "--providers", `${option}: ${named}`).toBe(true);
    }
  });

  test.each([
    ["--modle", "--model"],
    ["--aprove", "--approve"],
    ["--continu", "--continue"],
    ["--tool", "--tools"],
    ["--allowedTool", "--allowedTools: That is --tools"],
    ["\u2014print", "--print"],
  ])("%s: %s", (option, meant) => expect(hint(option)).toContain(meant));

  test.each(["--nothing-like-it", "--no-cache", "--new-session", "--force", "--save"])("%s gives no guess", (option) =>
    expect(hint(option)).toMatch(/^pi --help lists the options/),
  );
});
