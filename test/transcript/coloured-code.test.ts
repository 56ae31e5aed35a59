// Code in the colours of a theme: which part has which role, line by line; every character stays, in every language.

import { expect, test } from "vitest";
import { colouredCode } from "../../src/transcript/code/coloured-code.ts";

const marked = (code: string, language: string): string =>
  colouredCode(code, language, {
    fg: (role, text) => (role.startsWith("syntax") ? `<${role.slice(6, 8)}:${text}>` : role === "mdCodeBlock" ? text : `<${role}:${text}>`),
  })?.join("\n") ?? "unknown";

test.each([
  ["ts", 'const x: string = "a\\"b"; // why', '<Ke:const> x: string = <St:"a\\"b">; <Co:// why>'],
  ["js", "/* a\nb */ f(`c\nd`)", "<Co:/* a>\n<Co:b */> <Fu:f>(<St:`c>\n<St:d`>)"],
  ["python", "def f(a):\n    return 0xff  # end", "<Ke:def> <Fu:f>(a):\n    <Ke:return> <Nu:0xff>  <Co:# end>"],
  ["bash", 'if [ $# ]; then echo "$x"; fi # c', '<Ke:if> [ <Va:$#> ]; <Ke:then> <Ke:echo> <St:"$x">; <Ke:fi> <Co:# c>'],
  ["json", '{"a": "b"}', '{<Va:"a">: <St:"b">}'],
  ["diff", "+new\n-old\n same", "<toolDiffAdded:+new>\n<toolDiffRemoved:-old>\n same"],
])("%s", (language, code, expected) => {
  expect(marked(code, language)).toBe(expected);
});

test("what a fence says beside the name does no harm; an unknown language, and too long a code, are left alone", () => {
  expect(marked("const", "ts {1,3}")).toBe("<Ke:const>");
  expect(marked("const", "language-JS")).toBe("<Ke:const>");
  expect(marked("const", "brainfuck")).toBe("unknown");
  expect(marked("x ".repeat(150_000), "ts")).toBe("unknown");
});

test("every character stays where it is, however the code is broken", () => {
  let seed = 3;
  const next = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  const pieces = [
    '"',
    "'",
    "`",
    '"""',
    "/*",
    "*/",
    "//",
    "#",
    "--",
    "<!--",
    "-->",
    "<a ",
    ">",
    "{",
    "$x",
    "${",
    "@",
    "word",
    "名前",
    "\\",
    "12.5e3",
    "\n",
    "\t",
    ": ",
  ];
  for (const language of ["ts", "py", "sh", "json", "yaml", "toml", "rs", "go", "c", "java", "rb", "php", "sql", "css", "html", "diff"]) {
    for (let round = 0; round < 20; round++) {
      const code = Array.from({ length: 30 }, () => pieces[next(pieces.length)]).join("");
      expect(colouredCode(code, language, { fg: (_, text) => text })?.join("\n"), language).toBe(code);
    }
  }
});
