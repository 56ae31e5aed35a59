// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax under test

import { describe, expect, test } from "vitest";
import { expandPromptTemplate, loadPromptTemplates, splitArguments, substituteArguments } from "../../src/resources/prompt-templates.ts";
import { tempTree } from "../support/temp-tree.ts";

test.each([
  ["a b  c", ["a", "b", "c"]],
  ["  a\nb\tc ", ["a", "b", "c"]],
  ['a "b c" d', ["a", "b c", "d"]],
  ["it's 'x y'", ["it's", "x y"]],
  ['a"b c" d', ['a"b', 'c"', "d"]],
  ['"q \\"z\\" w"', ['q "z" w']],
  ["'a\\'b'", ["a'b"]],
  ['"x\\\\y"', ["x\\\\y"]],
  ['"a', ['"a']],
  ["\"a 'b\" c'", ["a 'b", "c'"]],
  ['"a b"c d', ["a bc", "d"]],
  ["'a'b \"\" c", ["ab", "", "c"]],
  ["", []],
])("splitArguments %j", (text, expected) => {
  expect(splitArguments(text)).toEqual(expected);
});

test.each([
  ["$1-$2-$3-$10-$0", "a-b c---"],
  ["$@|$ARGUMENTS", "a b c|a b c"],
  ["${1:-x}|${3:-y z}|${@:-none}|${ARGUMENTS:-n}", "a|y z|a b c|a b c"],
  ["${@:2}|${@:1:1}|${@:9}|${@:0}", "b c|a||a b c"],
  ["$$|$x|${x}|$ARGUMENTSX|${@:x}", "$$|$x|${x}|$ARGUMENTSX|${@:x}"],
])("substituteArguments %s", (content, expected) => {
  expect(substituteArguments(content, ["a", "b c"])).toBe(expected);
});

test("without arguments defaults count", () => {
  expect(substituteArguments("[$1][$@][${1:-d}][${@:-e}][${@:2}]", [])).toBe("[][][d][e][]");
});

test("what an argument says is never expanded again", () => {
  expect(substituteArguments("$1 ${2:-$1}", ["$2 $@ ${1:-x}", ""])).toBe("$2 $@ ${1:-x} $1");
});

describe("templates", () => {
  const tree = tempTree;
  const files = {
    "agent/prompts/review.md": '---\ndescription: Review it\nargument-hint: "[focus]"\n---\nReview. Focus on ${1:-all}.\n',
    "agent/prompts/plain.md": "\n\nFirst line\n\nBody $1\n",
    "agent/prompts/nested/deep.md": "deep",
    "agent/prompts/notes.txt": "no template",
    "agent/prompts/broken.md": "---\nname: x\n",
    "project/.pi/prompts/review.md": "Project review $@",
    "extra/own.md": "own",
  };

  test("are the Markdown files directly in the directories; the project's counts first", () => {
    const at = tree(files);
    const load = (more: object) => loadPromptTemplates({ agentDir: at.at("agent"), homeDir: at.path, ...more });
    const user = load({});
    expect(user.templates.map(({ name, description }) => [name, description])).toEqual([
      ["plain", "First line"],
      ["review", "Review it"],
    ]);
    expect(user.templates[1]).toMatchObject({ argumentHint: "[focus]", source: "user", path: at.at("agent/prompts/review.md") });
    expect(user.warnings).toEqual([`${at.at("agent/prompts/broken.md")}: the head has no closing ---; ignored.`]);
    const all = load({
      projectDir: at.at("project/.pi"),
      paths: [at.at("extra/own.md")],
      configured: [at.at("agent/prompts/nested"), "-plain"],
    });
    expect(all.templates.map(({ name, source }) => `${name} ${source}`)).toEqual(["own command line", "review project", "deep settings"]);
    expect(load({ paths: [at.at("nowhere.md")] }).warnings).toContain(`${at.at("nowhere.md")} holds no prompt template.`);
  });

  test("stand for what /name says", () => {
    const at = tree(files);
    const { templates } = loadPromptTemplates({ agentDir: at.at("agent"), homeDir: at.path });
    expect(expandPromptTemplate('/review "the API"', templates)).toBe("Review. Focus on the API.");
    expect(expandPromptTemplate("/review", templates)).toBe("Review. Focus on all.");
    expect(expandPromptTemplate("/plain\nx y", templates)).toBe("\n\nFirst line\n\nBody x\n");
    for (const text of ["/nothing", "review", " /review", "/", "/review/x"]) expect(expandPromptTemplate(text, templates)).toBeUndefined();
  });
});
