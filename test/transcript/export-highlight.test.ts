import { describe, expect, test } from "vitest";
import { languageOfPath } from "../../src/transcript/code/languages.ts";
import { highlight } from "../../src/transcript/html/highlight.ts";
import { unescaped } from "../support/page-reader.ts";
import { quickestMs } from "../support/quickest.ts";
import { seededRandom } from "../support/random.ts";

const marked = (code: string, language: string): string => highlight(code, language, { left: 1000 });

test.each([
  ["ts", "const a = 1; // x", '<span class="k">const</span> a = <span class="n">1</span>; <span class="c">// x</span>'],
  [
    "ts",
    'f("a\\"b", `c\n{d}`)',
    '<span class="f">f</span>(<span class="s">&quot;a\\&quot;b&quot;</span>, <span class="s">`c\n{d}`</span>)',
  ],
  ["ts", "a.delete; new Map()", 'a.delete; <span class="k">new</span> <span class="f">Map</span>()'],
  ["js", '"open\nlet b', '<span class="s">&quot;open</span>\n<span class="k">let</span> b'],
  [
    "python",
    "# c\ndef f(x): '''a\nb'''",
    '<span class="c"># c</span>\n<span class="k">def</span> <span class="f">f</span>(x): <span class="s">&#39;&#39;&#39;a\nb&#39;&#39;&#39;</span>',
  ],
  ["sh", "echo $HOME # no#t", '<span class="k">echo</span> <span class="v">$HOME</span> <span class="c"># no#t</span>'],
  ["sh", "curl http://x/#a", "curl http://x/#a"],
  ["sql", "SELECT 1", '<span class="k">SELECT</span> <span class="n">1</span>'],
  ["json", '{"a": [true, -1.5e3]}', '{<span class="p">&quot;a&quot;</span>: [<span class="k">true</span>, -<span class="n">1.5e3</span>]}'],
  ["yaml", "- key: no # c", '- <span class="p">key</span>: <span class="k">no</span> <span class="c"># c</span>'],
  [
    "html",
    "<a href='x'>t</a>",
    '<span class="k">&lt;a</span> <span class="p">href</span>=<span class="s">&#39;x&#39;</span>&gt;t<span class="k">&lt;/a</span>&gt;',
  ],
  ["diff", "@@ 1\n-a\n+b\n c", '<span class="dr">@@ 1\n</span><span class="dd">-a\n</span><span class="da">+b\n</span> c'],
  ["cobol", "MOVE <a>", "MOVE &lt;a&gt;"],
])("%s: %j", (language, code, html) => {
  expect(marked(code, language)).toBe(html);
});

describe("whatever the code", () => {
  const languages = "ts python go rust c java php ruby lua zig sh sql css json yaml html diff none".split(" ");

  test("without its marks it is the code, in 3,000 random pieces", () => {
    const random = seededRandom(11);
    const pieces = [
      "'",
      '"',
      "`",
      "\\",
      "/*",
      "*/",
      "//",
      "#",
      "<!--",
      "-->",
      "<a",
      ">",
      "=",
      " ",
      "\n",
      "if",
      "x1",
      "12.5e",
      "$",
      "${",
      "}",
      "+",
      "-",
      "@@",
      "(",
      '"""',
      "é",
      "🙂",
    ];
    for (let round = 0; round < 3000; round++) {
      const code = Array.from({ length: random.below(40) }, () => random.pick(pieces)).join("");
      const html = marked(code, random.pick(languages));
      expect(unescaped(html.replace(/<span class="[a-z]{1,2}">|<\/span>/g, ""))).toBe(code);
    }
  });

  test("time grows with its length only", async () => {
    for (const piece of ["'", '"', "/*", "<!--", "<a b", "a", "$", "${", "#", "\\", "\n", "key: ", "'''", "-"]) {
      for (const language of languages) {
        const code = `${piece.repeat(60)}\n`.repeat(Math.floor(40_000 / (60 * piece.length + 1)));
        const spentMs = await quickestMs(1000, () => highlight(code, language, { left: 1e9 }));
        expect(spentMs, `${piece} in ${language}`).toBeLessThan(1000);
      }
    }
  });

  test("a spent budget leaves it plain", () => {
    const budget = { left: 2 };
    expect(highlight("1 2 3 4", "ts", budget)).toBe('<span class="n">1</span> <span class="n">2</span> 3 4');
    expect(highlight("1", "ts", budget)).toBe("1");
  });

  test("very long lines stay plain", () => {
    expect(marked("1 ".repeat(3000), "ts")).not.toContain("<span");
  });
});

test("a file's language", () => {
  expect(["src/a.TS", "Dockerfile", "/x/Makefile", "a.tar.gz", "none", "a.b/c"].map(languageOfPath)).toEqual([
    "ts",
    "dockerfile",
    "makefile",
    "gz",
    "",
    "",
  ]);
});
