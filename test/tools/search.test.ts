import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, copyFileSync, mkdirSync, openSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Tool } from "../../src/contracts/tool.ts";
import { ripgrepPath } from "../../src/platform/processes/ripgrep.ts";
import { findTool } from "../../src/tools/find.ts";
import { grepTool } from "../../src/tools/grep.ts";
import { lsTool } from "../../src/tools/ls.ts";
import { type ToolBench, textOfResult, toolBench } from "../support/tool-context.ts";

const ripgrep = (): Promise<string> => ripgrepPath({ cacheDirs: [], readAsset: () => undefined });
const grep = grepTool(ripgrep);
const find = findTool(ripgrep);

let bench: ToolBench;
beforeEach(() => {
  bench = toolBench();
  put(".gitignore", "ignored\n*.log\n");
  put("ignored/x.ts", "hello\n");
  put("src/b.log", "hello\n");
  put(".git/config", "hello\n");
  put(".hidden/c.txt", "hello\n");
  put("src/a.ts", "hello world\n");
  put("src/deep/B.ts", "one\ntwo hello\nthree\nfour\nfive\nsix hello\n");
});
afterEach(() => bench.close());

function put(name: string, content: string): void {
  const path = join(bench.directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
const textOf = async (tool: Tool, args: unknown): Promise<string> => textOfResult(await bench.call(tool, args));

test("grep: sorted, hidden files too, nothing ignored, not .git", async () => {
  const result = await bench.call(grep, { pattern: "hello" });
  expect(textOfResult(result)).toBe(
    ".hidden/c.txt:1: hello\nsrc/a.ts:1: hello world\nsrc/deep/B.ts:2: two hello\nsrc/deep/B.ts:6: six hello",
  );
  expect(result.details).toBeUndefined();
});

test.skipIf(process.platform !== "linux")(
  "a program that is still open for writing is tried again, one that cannot run is told",
  async () => {
    const program = join(bench.directory, ".git/rg");
    copyFileSync(await ripgrep(), program);
    chmodSync(program, 0o700);
    const writer = openSync(program, "r+");
    let tries = 0;
    const { shell } = bench.context;
    bench.context.shell = {
      run: async (request) => {
        const outcome = await shell.run(request);
        if (++tries === 2) closeSync(writer);
        return outcome;
      },
    };
    expect(
      await textOf(
        findTool(async () => program),
        { pattern: "a.ts" },
      ),
    ).toBe("src/a.ts");
    expect(tries).toBe(3);
    chmodSync(program, 0o600);
    expect(
      await textOf(
        findTool(async () => program),
        { pattern: "a.ts" },
      ),
    ).toContain("Permission denied");
  },
);

test("grep: paths are relative to the directory searched, a file goes by its name", async () => {
  expect(await textOf(grep, { pattern: "world", path: "src" })).toBe("a.ts:1: hello world");
  expect(await textOf(grep, { pattern: "world", path: "src/a.ts" })).toBe("a.ts:1: hello world");
  expect(await textOf(grep, { pattern: "hello", path: "ignored" })).toBe("x.ts:1: hello");
});

test("grep: glob, ignoreCase, literal, context", async () => {
  expect(await textOf(grep, { pattern: "HELLO", ignoreCase: "true", glob: "*.txt" })).toBe(".hidden/c.txt:1: hello");
  put("lit.txt", "a.c\nabc\n-x\n");
  expect(await textOf(grep, { pattern: "a.c", literal: true, path: "lit.txt" })).toBe("lit.txt:1: a.c");
  expect(await textOf(grep, { pattern: "-x", path: "lit.txt" })).toBe("lit.txt:3: -x");
  expect(await textOf(grep, { pattern: "hello", path: "src/deep", context: 1 })).toBe(
    "B.ts-1- one\nB.ts:2: two hello\nB.ts-3- three\nB.ts-5- five\nB.ts:6: six hello",
  );
});

test("grep: the limit, with the last match's own context only", async () => {
  const result = await bench.call(grep, { pattern: "hello", path: "src/deep", context: 1, limit: 1 });
  expect(textOfResult(result)).toBe(
    "B.ts-1- one\nB.ts:2: two hello\nB.ts-3- three\n\n[1 matches limit reached. Use limit=2 for more, or refine pattern]",
  );
  expect(result.details).toEqual({ matchLimitReached: 1 });
  expect((await bench.call(grep, { pattern: "hello", path: "src/deep", limit: 2 })).details).toBeUndefined();
});

test("grep: long lines are cut, and said to be", async () => {
  put("long.txt", `${"é".repeat(300)}hello${"y".repeat(100_000)}\n`);
  const result = await bench.call(grep, { pattern: "hello", path: "long.txt" });
  expect(textOfResult(result)).toBe(
    `long.txt:1: ${"é".repeat(300)}hello${"y".repeat(195)}... [truncated]\n\n[Some lines truncated to 500 chars. Use read tool to see full lines]`,
  );
  expect(result.details).toEqual({ linesTruncated: true });
});

test("grep: 50 KiB at most", async () => {
  put("many.txt", `hello ${"z".repeat(300)}\n`.repeat(1000));
  const result = await bench.call(grep, { pattern: "hello", path: "many.txt", limit: 1000 });
  expect(textOfResult(result)).toMatch(/\n\n\[50\.0KB limit reached\]$/);
  expect(result.details).toMatchObject({ truncation: { truncatedBy: "bytes", totalLines: 1000 } });
});

test("grep: what goes wrong, and what is not there", async () => {
  expect(await textOf(grep, { pattern: "absent" })).toBe("No matches found");
  expect(await textOf(grep, { pattern: "x", path: "nope" })).toBe(`Path not found: ${join(bench.directory, "nope")}`);
  const bad = await bench.call(grep, { pattern: "(" });
  expect(bad).toMatchObject({ isError: true, details: {} });
  expect(textOfResult(bad)).toMatch(/^rg: regex parse error/);
  put("bin", "hello\0\n");
  expect(await textOf(grep, { pattern: "hello", path: "bin" })).toBe("bin: binary file matches");
});

test("grep: what may never end is refused, in a directory it is passed over", async () => {
  execFileSync("mkfifo", [join(bench.directory, "src/pipe")]);
  symlinkSync("/dev/zero", join(bench.directory, "src/zero"));
  for (const path of ["src/pipe", "src/zero", "/dev/zero"])
    expect(await textOf(grep, { pattern: "x", path })).toMatch(/^Not a regular file: /);
  expect(await textOf(grep, { pattern: "hello w", path: "src" })).toBe("a.ts:1: hello world");
});

test("grep: a glob narrows what is searched, and brings back nothing that is ignored", async () => {
  put("src/.gitignore", "gen.ts\n!kept.log\n");
  put("src/gen.ts", "hello\n");
  put("src/kept.log", "hello\n");
  put("src/deep/gen.d.ts", "hello\n");
  put("src/deep/a b.tsx", "hello\n");
  put("top.ts", "hello\n");
  symlinkSync("src", join(bench.directory, "way"));
  const found = async (glob: string, path = "."): Promise<string[]> => {
    const text = await textOf(grep, { pattern: "hello", glob, path });
    return text === "No matches found" ? [] : [...new Set(text.split("\n").map((line) => line.split(":")[0] ?? ""))];
  };
  const all = [".hidden/c.txt", "src/a.ts", "src/deep/B.ts", "src/deep/a b.tsx", "src/deep/gen.d.ts", "src/kept.log", "top.ts"];
  const ts = ["src/a.ts", "src/deep/B.ts", "src/deep/gen.d.ts"];
  for (const glob of ["*", "**", "**/*", "/**"]) expect({ glob, found: await found(glob) }).toEqual({ glob, found: all });
  for (const glob of ["*.ts", "**/*.ts", "*.[t]s", "{*.ts,*.js}"])
    expect({ glob, found: await found(glob) }).toEqual({ glob, found: [...ts, "top.ts"] });
  for (const glob of ["src/**/*.ts", "src/{deep/,}*.ts", "s*/**/*.ts", "./src/**/*.ts"]) {
    expect({ glob, found: await found(glob) }).toEqual({ glob, found: ts });
  }
  expect(await found("src/*.ts")).toEqual(["src/a.ts"]);
  expect(await found("/*.ts")).toEqual(["top.ts"]);
  expect(await found("*.log")).toEqual(["src/kept.log"]);
  expect(await found("deep/**", "src")).toEqual(["deep/B.ts", "deep/a b.tsx", "deep/gen.d.ts"]);
  expect(await found("deep/", "src")).toEqual(["deep/B.ts", "deep/a b.tsx", "deep/gen.d.ts"]);
  for (const glob of ["ignored/*.ts", "ignored/**", "gen.ts", "src/gen.ts", "way/*.ts", ".git/*", "../*.ts", "none/**/*.ts"]) {
    expect({ glob, found: await found(glob) }).toEqual({ glob, found: [] });
  }
  expect(await found("!*.ts")).toEqual([".hidden/c.txt", "src/deep/a b.tsx", "src/kept.log"]);
  const limited = await bench.call(grep, { pattern: "hello", glob: "s*/*.ts", limit: 1 });
  expect(textOfResult(limited)).toBe("src/a.ts:1: hello world");
});

test("grep: shell words in pattern, glob and path stay words", async () => {
  put("a b'c/$(touch pwned).txt", "$(touch pwned) 'quoted'\n");
  expect(await textOf(grep, { pattern: "$(touch pwned) 'q", literal: true, path: "a b'c", glob: "*.txt" })).toBe(
    "$(touch pwned).txt:1: $(touch pwned) 'quoted'",
  );
  expect(await textOf(find, { pattern: "pwned" })).toBe("No files found matching pattern");
});

test("find: by name at any depth, by path, directories with a slash, smart case", async () => {
  expect(await textOf(find, { pattern: "*.ts" })).toBe("src/a.ts\nsrc/deep/B.ts");
  expect(await textOf(find, { pattern: "b.*" })).toBe("src/deep/B.ts");
  expect(await textOf(find, { pattern: "A.*" })).toBe("No files found matching pattern");
  expect(await textOf(find, { pattern: "src/**/*.ts" })).toBe("src/a.ts\nsrc/deep/B.ts");
  expect(await textOf(find, { pattern: "deep/*.ts" })).toBe("No files found matching pattern");
  expect(await textOf(find, { pattern: "deep/*.ts", path: "src" })).toBe("deep/B.ts");
  expect(await textOf(find, { pattern: "./src/deep/*.ts" })).toBe("src/deep/B.ts");
  expect(await textOf(find, { pattern: `${bench.directory}/src/*.ts` })).toBe("src/a.ts");
  expect(await textOf(find, { pattern: "d*" })).toBe("src/deep/");
  expect(await textOf(find, { pattern: "*", path: "src" })).toBe("a.ts\ndeep/\ndeep/B.ts");
  expect(await textOf(find, { pattern: "*.{txt,md}" })).toBe(".hidden/c.txt");
  expect(await textOf(find, { pattern: "*", path: "src/a.ts" })).toMatch(/^Not a directory: /);
});

test("find: brackets and parentheses may be part of a name", async () => {
  for (const name of ["(auth)/login.tsx", "[slug]/page.tsx", "[...rest]/page.tsx", "s/page.tsx"]) put(`app/${name}`, "hello\n");
  expect(await textOf(find, { pattern: "app/(auth)/*.tsx" })).toBe("app/(auth)/login.tsx");
  expect(await textOf(find, { pattern: "(auth)" })).toBe("app/(auth)/");
  expect(await textOf(find, { pattern: "app/[slug]/page.tsx" })).toBe("app/[slug]/page.tsx");
  expect(await textOf(find, { pattern: "**/[...rest]/*" })).toBe("app/[...rest]/page.tsx");
  expect(await textOf(find, { pattern: "app/[st]/*" })).toBe("app/s/page.tsx");
  expect(await textOf(find, { pattern: "app/@(s|t)/*" })).toBe("app/s/page.tsx");
  expect(await textOf(grep, { pattern: "hello", glob: "app/[slug]/*" })).toContain("app/[slug]/page.tsx:1");
});

test("a program that cannot be run is an error, not an empty result", async () => {
  for (const broken of ["/nonexistent/rg", "/etc/hostname"]) {
    for (const tool of [findTool(async () => broken), grepTool(async () => broken)]) {
      const result = await bench.call(tool, { pattern: "hello" });
      expect(result).toMatchObject({ isError: true, details: {} });
      expect(textOfResult(result)).toContain(broken);
    }
  }
});

test("grep: line ends of Windows, and globs relative to the directory searched", async () => {
  put("w/a.js", "let a = 1;\r\nlet b\r\n");
  expect(await textOf(grep, { pattern: ";$", path: "w" })).toBe("a.js:1: let a = 1;");
  expect(await textOf(grep, { pattern: "b\\r", path: "w" })).toBe("a.js:2: let b");
  for (const glob of ["./a.js", "a.js", `${bench.directory}/w/*.js`, "!./b.js"]) {
    expect(await textOf(grep, { pattern: "let a", path: "w", glob })).toBe("a.js:1: let a = 1;");
  }
  expect(await textOf(grep, { pattern: "let a", path: "w", glob: "!./a.js" })).toBe("No matches found");
  expect(await textOf(grep, { pattern: "let a", glob: "./w/**/*.js" })).toBe("w/a.js:1: let a = 1;");
});

test("find: names with newlines and blanks, and the limit", async () => {
  put("odd/new\nline.odd", "");
  put("odd/two words.odd", "");
  expect(await textOf(find, { pattern: "*.odd" })).toBe("odd/new\nline.odd\nodd/two words.odd");
  const result = await bench.call(find, { pattern: "*", limit: 4 });
  expect(textOfResult(result)).toMatch(/\n\n\[4 results limit reached\. Use limit=8 for more, or refine pattern]$/);
  expect(result.details).toEqual({ resultLimitReached: 4 });
});

test("find: links and directories without files are found, and not gone into; what a list ignores stays out", async () => {
  const at = (name: string): string => join(bench.directory, name);
  put("src/.gitignore", "/none\n!kept.log\n");
  for (const name of ["empty", "src/none", "src/deep/none", "IGNORED"]) mkdirSync(at(name));
  symlinkSync("../a.ts", at("src/deep/LINK.md"));
  symlinkSync("nowhere", at("gone.md"));
  symlinkSync("src", at("way"));
  symlinkSync("src/a.ts", at("link.log"));
  symlinkSync("a.ts", at("src/kept.log"));
  symlinkSync("/", at("src/top"));
  expect(await textOf(find, { pattern: "*.md" })).toBe("gone.md\nsrc/deep/LINK.md");
  expect(await textOf(find, { pattern: "*.log" })).toBe("src/kept.log");
  expect(await textOf(find, { pattern: "none" })).toBe("src/deep/none/");
  expect(await textOf(find, { pattern: "none", path: "src" })).toBe("deep/none/");
  expect(await textOf(find, { pattern: "ignored" })).toBe("IGNORED/");
  expect(await textOf(find, { pattern: "*/" })).toBe(".hidden/\nIGNORED/\nempty/\nsrc/\nsrc/deep/\nsrc/deep/none/\nsrc/top/\nway/");
  expect(await textOf(find, { pattern: "src/*" })).toBe("src/.gitignore\nsrc/a.ts\nsrc/deep/\nsrc/kept.log\nsrc/top/");
  expect(await textOf(find, { pattern: "*", path: "empty" })).toBe("No files found matching pattern");
  mkdirSync(at("empty/inner"));
  expect(await textOf(find, { pattern: "*", path: "empty" })).toBe("inner/");
});

test("a configured prefix that prints does not show in results", async () => {
  const { createShellOperations } = await import("../../src/platform/processes/spawn.ts");
  const shell = createShellOperations({ env: process.env, envPolicy: "inherit", commandPrefix: "echo noise; echo more:1:noise" });
  expect(textOfResult(await bench.call(find, { pattern: "a.ts" }, { shell }))).toBe("src/a.ts");
  expect(textOfResult(await bench.call(grep, { pattern: "world" }, { shell }))).toBe("src/a.ts:1: hello world");
  await shell.killAll();
});

test("ls: sorted without case, hidden too, directories marked, limited", async () => {
  put("Zeta", "");
  put("alpha", "");
  expect(await textOf(lsTool, {})).toBe(".git/\n.gitignore\n.hidden/\nalpha\nignored/\nsrc/\nZeta");
  const result = await bench.call(lsTool, { path: null, limit: "2" });
  expect(textOfResult(result)).toBe(".git/\n.gitignore\n\n[2 entries limit reached. Use limit=4 for more]");
  expect(result.details).toEqual({ entryLimitReached: 2 });
  mkdirSync(join(bench.directory, "empty"));
  expect(await textOf(lsTool, { path: "empty" })).toBe("(empty directory)");
  expect(await textOf(lsTool, { path: "alpha" })).toBe(`Not a directory: ${join(bench.directory, "alpha")}`);
  expect(await textOf(lsTool, { path: "nope" })).toBe(`Path not found: ${join(bench.directory, "nope")}`);
});

/** What can stand where a list of what to ignore is looked for, and must not be read. */
const unsound: readonly [string, (path: string) => void][] = [
  ["a pipe", (path) => execFileSync("mkfifo", [path])],
  ["a link to a device", (path) => symlinkSync("/dev/zero", path)],
  [
    "a file of 300 MB",
    (path) => {
      writeFileSync(path, "");
      truncateSync(path, 300 << 20);
    },
  ],
];

for (const [what, make] of unsound) {
  test.each([".gitignore", ".ignore", ".rgignore", "src/.gitignore", "../.gitignore", "../home/.gitconfig", "src/.git/info/exclude"])(
    `${what} as %s holds up neither grep nor find, and the other lists count`,
    async (place) => {
      put("more/.gitignore", "/top.txt\n*.tmp\n");
      put("more/top.txt", "hello\n");
      put("more/deep/top.txt", "hello\n");
      put("more/deep/x.tmp", "hello\n");
      put("src/.git/x", "");
      put("src/.git/info/y", "");
      put("../home/x", "");
      if (place === ".gitignore") put(".ignore", "ignored\n*.log\n");
      const path = join(bench.directory, place);
      rmSync(path, { force: true });
      make(path);
      const found = await textOf(find, { pattern: "*.{ts,txt,log,tmp}" });
      expect(found).toMatch(
        /^\.hidden\/c\.txt\nmore\/deep\/top\.txt\nsrc\/a\.ts\nsrc\/deep\/B\.ts(\n\n\[Not everything could be searched: |$)/,
      );
      expect(await textOf(grep, { pattern: "hello" })).toMatch(
        /^\.hidden\/c\.txt:1: hello\nmore\/deep\/top\.txt:1: hello\nsrc\/a\.ts:1: hello world\nsrc\/deep\/B\.ts:2: two hello\nsrc\/deep\/B\.ts:6: six hello(\n\n\[Not|$)/,
      );
      expect(await textOf(grep, { pattern: "hello", path: "src" })).toMatch(
        /^a\.ts:1: hello world\ndeep\/B\.ts:2: two hello\ndeep\/B\.ts:6: six hello/,
      );
    },
  );
}
