// Extension files as users have them, from the binary and on Node: where they are found, what may stand in them, what happens when one fails.

import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { ways } from "../support/program.ts";
import { answerSteps, callSteps, recordsOf, test, type World } from "../support/world.ts";

/** A file in the user's extensions directory. */
function extension(world: World, name: string, source: string): string {
  return world.write(`../home/.pi/agent/extensions/${name}`, source);
}

const delivered = ways.filter((way) => way !== "bun");
const demo = ["--model", "demo", "-p", "hello"];

/** Says on stderr, as JSON, what the expression is at the start of the session. */
const saying = (imports: string, expression: string): string =>
  `${imports}\nexport default (pi) => pi.on("session_start", async (_, ctx) => console.error("SAID " + JSON.stringify(${expression})));\n`;

function said(stderr: string): unknown[] {
  return stderr.split("\n").flatMap((line) => (line.startsWith("SAID ") ? [JSON.parse(line.slice(5))] : []));
}

test.for(delivered)("%s: a tool of an extension file runs, and the model hears of it", async (way, { world }) => {
  extension(
    world,
    "greet.ts",
    `import { Type, type Static } from "typebox";
     const parameters = Type.Object({ name: Type.String() });
     export default function (pi: { registerTool(tool: object): void }): void {
       pi.registerTool({
         name: "greet", label: "Greet", description: "Greets", parameters,
         execute: async (_id: string, { name }: Static<typeof parameters>) => ({ content: [{ type: "text", text: \`hello \${name}\` }], details: {} }),
       });
     }`,
  );
  const model = world.trace(callSteps("greet", { name: "you" }), answerSteps("done"));
  const { stdout, stderr, status } = await world.run(["--mode", "json", "--model", model, "hi"], { way });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  const result = recordsOf(stdout).find((record) => record.type === "tool_execution_end");
  expect(result).toMatchObject({ toolName: "greet", isError: false, result: { content: [{ type: "text", text: "hello you" }] } });
});

/** What a package of the extension's own, in each form, finds under a name of ours. */
const packages = {
  "node_modules/esm/package.json": '{"name":"esm","type":"module","exports":"./main.js"}',
  "node_modules/esm/main.js": 'import { Type } from "typebox"; export const found = Type; export default "esm";',
  "node_modules/cjs/package.json": '{"name":"cjs","main":"main.js"}',
  "node_modules/cjs/main.js": 'exports.name = "cjs"; exports.found = require("typebox").Type; exports.nested = require("nested");',
  "node_modules/cjs/node_modules/nested/index.js": 'module.exports = "nested in cjs";',
  "node_modules/typebox/package.json": '{"name":"typebox","main":"main.js"}',
  "node_modules/typebox/main.js": 'exports.Type = "the physical copy";',
};

test.for(delivered)("%s: packages of its own resolve by Node's rules, and ours win over physical copies", async (way, { world }) => {
  for (const [name, text] of Object.entries(packages)) extension(world, `packaged/${name}`, text);
  mkdirSync(join(world.home, "store/linked"), { recursive: true });
  world.write("../home/store/linked/package.json", '{"name":"linked","main":"main.js"}');
  world.write("../home/store/linked/main.js", 'module.exports = "linked";');
  symlinkSync(join(world.home, "store/linked"), join(world.agentDir, "extensions/packaged/node_modules/linked"));
  extension(world, "node_modules/above/index.js", 'module.exports = "in a parent directory";');
  extension(
    world,
    "packaged/index.ts",
    saying(
      'import { Type } from "typebox"; import esm, { found } from "esm"; import cjs from "cjs"; import linked from "linked"; import above from "above";',
      '[esm, found === Type, cjs.name, cjs.found === Type, cjs.nested, linked, above, require("typebox").Type === Type]',
    ),
  );
  const { stderr, status } = await world.run(demo, { way });
  // Without hooks of the runtime's own an ECMAScript package gets the copy beside it.
  const isOurs = way === "binary" || hasHooks;
  expect(said(stderr)).toEqual([["esm", isOurs, "cjs", true, "nested in cjs", "linked", "in a parent directory", true]]);
  expect(status).toBe(0);
});

const hasHooks = "registerHooks" in process.getBuiltinModule("node:module");

const features: [string, Record<string, string>, unknown][] = [
  [
    "enums, parameter properties, namespaces",
    {
      "index.ts": saying(
        "enum Colour { Red, Blue } class Point { constructor(public x: number) {} } namespace Deep { export const value = 7; }",
        "[Colour.Blue, new Point(3).x, Deep.value]",
      ),
    },
    [1, 3, 7],
  ],
  [
    "imports without an ending, with that of the output, of directories, of package imports",
    {
      "package.json": '{"imports":{"#deep":"./deep/index.ts"}}',
      "index.ts": saying(
        'import { a } from "./a"; import { a as b } from "./a.js"; import { c } from "./deep"; import { c as d } from "#deep";',
        "[a, b, c, d]",
      ),
      "a.ts": 'export const a: string = "a";',
      "deep/index.ts": 'export const c: string = "c";',
    },
    ["a", "a", "c", "c"],
  ],
  [
    "JSON, module kinds, top-level await, computed imports",
    {
      "index.ts": saying(
        'import data from "./data.json" with { type: "json" }; import { m } from "./m.mts"; import { c } from "./c.cts"; const awaited = await Promise.resolve("awaited"); const name = "./late" + ".ts";',
        "[data.x, m, c, awaited, (await import(name)).late]",
      ),
      "data.json": '{"x":1}',
      "m.mts": 'export const m: string = "m";',
      "c.cts": 'exports.c = "c" as string;',
      "late.ts": 'export const late: string = "late";',
    },
    [1, "m", "c", "awaited", "late"],
  ],
  [
    "what CommonJS of its own exports, imported as a whole and required",
    {
      "index.ts": saying(
        'import whole, { c } from "./c.cts"; import called from "./called.ts"; import plain from "./plain.cjs";',
        '[whole.c, c, called(2), plain.d, Object.keys(require("./c.cts")), typeof require("./called.ts")]',
      ),
      "c.cts": 'const c: string = "c"; module.exports = { c };',
      "called.ts": "module.exports = (n: number) => n + 1;",
      "plain.cjs": 'module.exports = { d: "d" };',
    },
    ["c", "c", 3, "d", ["c"], "function"],
  ],
  [
    "texts",
    {
      "index.ts": saying('import words from "./words.md" with { type: "text" };', "[words]"),
      "words.md": "# `Words` $of\n",
    },
    ["# `Words` $of\n"],
  ],
  [
    "packages in every form: conditions, patterns, sources in TypeScript, themselves, assets, threads, and a copy of ours that must not load",
    {
      "index.ts": saying(
        `import form, { place } from "esm-only"; import { a } from "esm-only/sub/a"; import * as common from "common"; import { all } from "typed";
         import { itself } from "itself"; import { isOurs } from "own-copy"; import Legacy from "legacy"; import { answer } from "threads";`,
        "[form, place, a, common.default.named, (await common.default.lazy()).default, typeof common.default.ours().Type, all, itself, isOurs, Legacy.data.k, await answer()]",
      ),
      "node_modules/esm-only/package.json":
        '{"name":"esm-only","type":"module","exports":{".":{"browser":"./no.js","import":"./index.js"},"./sub/*":"./sub/*.js"}}',
      "node_modules/esm-only/index.js":
        'export default "esm"; export const place = import.meta.resolve("./sub/a.js").endsWith("/sub/a.js") && import.meta.dirname.endsWith("esm-only");',
      "node_modules/esm-only/sub/a.js": 'const { readFile } = await import("node:fs/promises"); export const a = typeof readFile;',
      "node_modules/common/package.json": '{"name":"common"}',
      "node_modules/common/index.js":
        'exports.named = typeof require("fs").readFileSync; exports.lazy = () => import("esm-only"); exports.ours = () => require("typebox");',
      "node_modules/typed/package.json": '{"name":"typed","type":"module","exports":"./src/index.ts"}',
      "node_modules/typed/src/index.ts":
        'import { one } from "./one"; import * as deep from "./deep"; export enum Colour { Red = 1 } class P { constructor(private readonly q: number) {} get() { return this.q; } } export const all: unknown[] = [one, deep.two, Colour.Red, new P(4).get()];',
      "node_modules/typed/src/one.ts": 'import type { Missing } from "./missing"; export const one = "one" satisfies string;',
      "node_modules/typed/src/deep/index.ts": 'export const two: string = "two";',
      "node_modules/itself/package.json":
        '{"name":"itself","type":"module","exports":{".":"./i.js","./b":"./b.js"},"imports":{"#c":{"node":"./c.js"}}}',
      "node_modules/itself/i.js": 'import { b } from "itself/b"; import { c } from "#c"; export const itself = b + c;',
      "node_modules/itself/b.js": 'export const b = "b";',
      "node_modules/itself/c.js": 'export const c = "c";',
      "node_modules/own-copy/package.json": '{"name":"own-copy","type":"module","main":"i.js"}',
      "node_modules/own-copy/i.js":
        'import { Type } from "typebox"; import { Type as other } from "@sinclair/typebox"; export const isOurs = Type === other;',
      "node_modules/own-copy/node_modules/typebox/package.json": '{"name":"typebox","main":"i.js"}',
      "node_modules/own-copy/node_modules/typebox/i.js": 'throw new Error("a copy was loaded");',
      "node_modules/legacy/package.json": '{"name":"legacy","main":"./lib"}',
      "node_modules/legacy/lib/index.js":
        'var util = require("util"); function L() {} util.inherits(L, require("events")); module.exports = L; L.data = require("./data");',
      "node_modules/legacy/lib/data.json": '{"k":1}',
      "node_modules/threads/package.json": '{"name":"threads","type":"module","main":"i.js"}',
      "node_modules/threads/i.js":
        'import { Worker } from "worker_threads"; export const answer = () => new Promise((ok, no) => { const w = new Worker(new URL("./w.js", import.meta.url)); w.once("message", (m) => { ok(m); w.terminate(); }); w.once("error", no); });',
      "node_modules/threads/w.js":
        'import { parentPort } from "node:worker_threads"; import form from "esm-only"; parentPort.postMessage("by " + form);',
    },
    ["esm", true, "function", "function", "esm", "object", ["one", "two", 1, 4], "bc", true, 1, "by esm"],
  ],
  [
    "its own place, require and createRequire",
    {
      "index.ts": saying(
        'import { createRequire } from "node:module"; import { basename } from "node:path"; const own = createRequire(import.meta.url);',
        '[basename(import.meta.filename), basename(import.meta.dirname), basename(__dirname), require("./old.cjs").old, own("./old.cjs").old]',
      ),
      "old.cjs": 'exports.old = "old";',
    },
    ["index.ts", "feature", "feature", "old", "old"],
  ],
  [
    "files that import each other",
    {
      "index.ts": saying('import { one, other } from "./one.ts";', "[one(), other()]"),
      "one.ts": 'import { two } from "./two.ts"; export const one = () => two(); export const other = () => "other";',
      "two.ts": 'import { other } from "./one.ts"; export const two = () => "two " + other();',
    },
    ["two other", "other"],
  ],
];

const cases = features.flatMap((feature) => delivered.map((way) => [way, ...feature] as const));

test.for(cases)("%s: %s", async ([way, , files, expected], { world }) => {
  for (const [name, text] of Object.entries(files)) extension(world, `feature/${name}`, text);
  const { stderr, status } = await world.run(demo, { way });
  expect(said(stderr), stderr).toEqual([expected]);
  expect(status).toBe(0);
});

test.for(delivered)("%s: one that is broken is a warning with its place, and the run goes on", async (way, { world }) => {
  const syntax = extension(world, "a-syntax.ts", "export default () => {\n  const = 1;\n};\n");
  const thrown = extension(world, "b-throws.ts", "export default () => {\n  throw new Error('on purpose');\n};\n");
  const nothing = extension(world, "c-nothing.ts", "export const x = 1;\n");
  const unknown = extension(world, "d-import.ts", 'import "no-such-package";\nexport default () => {};\n');
  const { stdout, stderr, status } = await world.run(demo, { way });
  expect(status).toBe(0);
  expect(stdout).toContain("demo model");
  const lines = stderr.trimEnd().split("\n").sort();
  expect(lines).toHaveLength(4);
  expect(lines[0]).toContain(`The extension ${syntax} is left out: `);
  expect(lines[1]).toMatch(/on purpose .*b-throws\.ts:2/);
  expect(lines[1]).toContain(thrown);
  expect(lines[2]).toContain(`${nothing} is left out: It has no default export that is a function`);
  expect(lines[3]).toContain("no-such-package");
  expect(lines[3]).toContain(unknown);
});

test("one that is named, required or loaded under --strict must load: status 2 and no request", async ({ world }) => {
  const path = extension(world, "guard.ts", "export default () => { throw new Error('on purpose'); };\n");
  const named = await world.run(["-ne", "-e", path, ...demo]);
  expect(named).toMatchObject({ status: 2, stdout: "" });
  expect(named.stderr).toMatch(/^Error: The extension .*guard\.ts cannot be loaded: .*on purpose/);
  expect((await world.run(["--strict", ...demo])).status).toBe(2);
  expect((await world.run(["-ne", ...demo])).status).toBe(0);
  world.config('[extensions]\nrequired = ["guard"]\n');
  expect((await world.run(demo)).status).toBe(2);
  world.config('[extensions]\nrequired = ["another"]\n');
  const { stderr, status } = await world.run(demo);
  expect(stderr).toContain("The required extension another is not there");
  expect(status).toBe(2);
  expect((await world.run(["-e", "gone.ts", ...demo])).stderr).toContain("There is no extension");
});

test("flags of extensions take their values, and an option that nobody knows is refused by its nearest name", async ({ world }) => {
  extension(
    world,
    "flags.ts",
    `export default (pi) => {
      pi.registerFlag("colour", { type: "string", description: "which", default: "red" });
      pi.registerFlag("plan", { type: "boolean", description: "only plan" });
      const inFactory = pi.getFlag("colour");
      pi.on("session_start", () => console.error("SAID " + JSON.stringify([inFactory, pi.getFlag("colour"), pi.getFlag("plan") ?? null])));
      pi.on("input", ({ text }) => { console.error("SAID " + JSON.stringify(text)); });
    }`,
  );
  expect(said((await world.run(demo)).stderr)).toEqual([["red", "red", null], "hello"]);
  expect(said((await world.run(["--plan", "--colour=blue", ...demo])).stderr)).toEqual([["red", "blue", true], "hello"]);
  // A flag that is on or off takes no message for its value; one with a value does.
  const { stderr } = await world.run(["--model", "demo", "-p", "--plan", "one", "--colour", "green"]);
  expect(said(stderr)).toEqual([["red", "green", true], "one"]);
  const wrong = await world.run(["--colur=blue", ...demo]);
  expect(wrong).toMatchObject({ status: 2, stdout: "" });
  expect(wrong.stderr).toContain("Unknown option: --colur. Did you mean --colour?");
  expect((await world.run([...demo, "--colour"])).stderr).toContain("--colour needs a value");
  expect((await world.run(["--plan=maybe", ...demo])).stderr).toContain('--plan is either on or off, got "maybe"');
  expect((await world.run(["-ne", "--plan", ...demo])).stderr).toContain("Unknown option: --plan");
});

test.for(delivered)("%s: what extensions print, throw late or leave running harms nobody", async (way, { world }) => {
  const path = extension(
    world,
    "loud.ts",
    `export default (pi) => pi.on("session_start", async () => {
      console.log("logged"); console.table([1]); process.stdout.write("written\\n");
      setInterval(() => {}, 1000);
      const thrown = new Promise((resolve) => setTimeout(() => { resolve(undefined); throw new Error("late"); }, 1));
      Promise.reject(new Error("unawaited"));
      await thrown;
    });`,
  );
  const { stdout, stderr, status } = await world.run(["--mode", "json", ...demo], { way });
  expect(recordsOf(stdout).at(-1)).toMatchObject({ type: "agent_settled" });
  expect(stderr).toContain("logged");
  expect(stderr).toContain("written");
  for (const message of ["late", "unawaited"]) expect(stderr).toContain(`pi: ${path} (uncaught): ${message} (${path}:`);
  expect(status).toBe(0);
});

test("a project's extensions count when it is trusted, and are named when they are not", async ({ world }) => {
  world.write(".pi/extensions/ours.ts", saying("", '"the project"'));
  const untrusted = await world.run(demo);
  expect(said(untrusted.stderr)).toEqual([]);
  expect(untrusted.stderr).toContain("extensions skipped");
  expect(said((await world.run(["--approve", ...demo])).stderr)).toEqual(["the project"]);
});

test("project_trust: the first that decides counts, and is remembered where it says so", async ({ world }) => {
  world.write(".pi/extensions/ours.ts", saying("", '"the project"'));
  extension(world, "a-undecided.ts", 'export default (pi) => pi.on("project_trust", () => ({ trusted: "undecided" }));');
  extension(
    world,
    "b-decides.ts",
    `import { appendFileSync } from "node:fs";
     appendFileSync(${JSON.stringify(world.write("asked", ""))}, "imported ");
     export default (pi) => pi.on("project_trust", ({ cwd }) => {
       appendFileSync("asked", "asked ");
       return { trusted: "yes", remember: true };
     });`,
  );
  expect(said((await world.run(demo)).stderr)).toEqual(["the project"]);
  expect(world.read("asked")).toBe("imported asked ");
  expect(JSON.parse(world.read("../home/.pi/agent/trust.json"))).toEqual({ [world.cwd]: true });
  expect(said((await world.run(demo)).stderr)).toEqual(["the project"]);
  expect(world.read("asked")).toBe("imported asked imported ");
  expect(said((await world.run(["--no-approve", ...demo])).stderr)).toEqual([]);
});

test("of two with the same tool or flag the first counts, and one warning names both", async ({ world }) => {
  const source = (text: string): string => `export default (pi) => {
    pi.registerFlag("same", { type: "string" });
    pi.registerTool({ name: "same", label: "S", description: "${text}", parameters: { type: "object", properties: {} },
      execute: async () => ({ content: [{ type: "text", text: "${text}" }] }) });
  };`;
  const first = extension(world, "a.ts", source("from a"));
  const second = extension(world, "b.ts", source("from b"));
  const model = world.trace(callSteps("same", {}), answerSteps("done"));
  const { stdout, stderr, status } = await world.run(["--mode", "json", "--model", model, "hi"]);
  expect(recordsOf(stdout).find((record) => record.type === "tool_execution_end").result.content[0].text).toBe("from a");
  expect(stderr.trimEnd().split("\n")).toEqual([
    expect.stringContaining(`${first} has the tool same already; that of ${second} is left out`),
    expect.stringContaining(`${first} has the flag --same already; that of ${second} is left out`),
  ]);
  expect(status).toBe(0);
});

test("who wants to draw without a terminal is told of once, whether it asks in a handler, a command or a tool", async ({ world }) => {
  const asking = (how: string): string => `const draw = (ctx) => ctx.ui.custom(() => {});\nexport default (pi) => { ${how} };`;
  const paths = [
    extension(
      world,
      "command.ts",
      asking('pi.registerCommand("draw", { handler: async (_args, ctx) => { await draw(ctx); await draw(ctx); } });'),
    ),
    extension(world, "handler.ts", asking('pi.on("session_start", async (_event, ctx) => { await draw(ctx); await draw(ctx); });')),
    extension(
      world,
      "tool.ts",
      asking(`pi.registerTool({ name: "draw", label: "D", description: "d", parameters: { type: "object", properties: {} },
        execute: async (_id, _args, _signal, _onUpdate, ctx) => { await draw(ctx); return { content: [] }; } });`),
    ),
  ];
  const model = world.trace(callSteps("draw", {}), answerSteps("done"));
  const { stdout, stderr } = await world.run(["-p", "--model", model, "/draw", "hi"]);
  expect(stdout.trim()).toBe("done");
  for (const path of paths) expect(stderr.split("\n").filter((line) => line.includes(path))).toHaveLength(1);
});

test("what a handler, a command and a listener throw is told with the file and line", async ({ world }) => {
  extension(
    world,
    "thrower.ts",
    `const fail = (what: string): never => {
  throw new Error(what);
};
export default (pi) => {
  pi.on("session_start", () => fail("in a handler"));
  pi.registerCommand("fail", { handler: () => fail("in a command") });
  pi.events.on("news", () => fail("in a listener"));
  pi.on("agent_start", () => pi.events.emit("news", 1));
};`,
  );
  for (const way of delivered) {
    const { stderr, status } = await world.run(["-p", "--model", "demo", "/fail", "hello"], { way });
    expect(stderr.trimEnd().split("\n")).toEqual(
      ["session_start", "command:fail", "events:news"].map((event, at) => {
        const what = ["in a handler", "in a command", "in a listener"][at];
        return expect.stringMatching(new RegExp(`thrower\\.ts \\(${event}\\): ${what} \\(.*thrower\\.ts:2(:\\d+)?\\)$`));
      }),
    );
    expect(status).toBe(0);
  }
});

test("a directory named by -e is read as a package: its extensions, skills, templates and themes, whatever else is left out", async ({
  world,
}) => {
  const skill = "---\nname: NAME\ndescription: one\n---\nbody";
  world.write("whole/extensions/a.ts", "export default (pi) => pi.registerCommand('brought', { handler() {} });");
  world.write("whole/skills/first/SKILL.md", skill.replace("NAME", "first"));
  world.write("whole/prompts/template.md", "Do $1");
  world.write("whole/themes/own.json", "{}");
  world.write("listed/package.json", '{"pi":{"skills":["./deep/second"]}}');
  world.write("listed/deep/second/SKILL.md", skill.replace("NAME", "second"));
  world.write("listed/index.ts", 'throw new Error("not listed");');
  world.write("loose/prompts/other.md", "Do");
  world.write("loose/b.ts", "export default (pi) => pi.registerCommand('beside', { handler() {} });");
  const named = ["whole", "listed", "loose"].flatMap((name) => ["-e", name]);
  for (const off of [[], ["--no-skills", "--no-prompt-templates", "--no-extensions", "--no-themes"]]) {
    const inspected = JSON.parse((await world.run(["inspect", "--json", ...named, ...off])).stdout);
    expect(inspected.extensions).toEqual([expect.stringContaining("whole/extensions/a.ts"), expect.stringContaining("loose/b.ts")]);
    expect(inspected.skills.map(({ name }: { name: string }) => name)).toEqual(["first", "second"]);
    expect(inspected.promptTemplates.map(({ name }: { name: string }) => name)).toEqual(["template", "other"]);
    expect(JSON.stringify(inspected.themes)).toContain("whole/themes/own.json");
  }
  world.write("nothing/readme.txt", "x");
  expect(await world.run(["-e", "nothing", ...demo])).toMatchObject({ status: 2, stderr: expect.stringContaining("holds no extension") });
});

test("pi extensions list and --verbose tell how long each took to import and to call", async ({ world }) => {
  const until = "const wait = (ms) => { const end = Date.now() + ms; while (Date.now() < end); };";
  const path = extension(world, "slow.ts", `${until}\nwait(30);\nexport default async () => { await 0; wait(60); };`);
  const { extensions } = JSON.parse((await world.run(["extensions", "list", "--json"])).stdout);
  expect(extensions[0].importMs).toBeGreaterThanOrEqual(30);
  expect(extensions[0].factoryMs).toBeGreaterThanOrEqual(60);
  const times = /import \d+(\.\d)? ms, factory \d+(\.\d)? ms/;
  expect((await world.run(["extensions", "list"])).stdout).toMatch(times);
  const lines = async (...said: string[]): Promise<string[]> =>
    (await world.run([...said, "-p", "--model", "demo", "hi"])).stderr.split("\n").filter((line) => line.includes(path));
  expect(await lines("--verbose")).toEqual([expect.stringMatching(times)]);
  expect(await lines()).toEqual([]);
});

test("pi extensions lists what a start would load, checks one, and writes one to begin with; --help has the flags", async ({ world }) => {
  expect((await world.run(["extensions", "list"])).stdout).toContain("No extensions.");
  const path = (await world.run(["extensions", "new", "mine"])).stdout.trim();
  expect(path).toBe(`${world.agentDir}/extensions/mine.ts`);
  expect((await world.run(["extensions", "new", "mine"])).status).toBe(2);
  expect((await world.run(["extensions", "check", path])).stdout).toContain("tools mine");
  const broken = extension(world, "broken.ts", "export default (pi) => {\n  pi.nothing();\n};\n");
  extension(world, "flag.ts", 'export default (pi) => pi.registerFlag("shade", { type: "string", description: "how dark" });');
  const checked = await world.run(["extensions", "check", broken]);
  expect(checked.stdout).toContain(`${broken}:2`);
  expect(checked.status).toBe(1);
  const { extensions } = JSON.parse((await world.run(["extensions", "list", "--json"])).stdout);
  expect(extensions).toMatchObject([
    { path: broken, state: "failed" },
    { state: "loaded", flags: ["shade"], scope: "user" },
    { path, state: "loaded", tools: ["mine"], events: ["tool_call"] },
  ]);
  expect((await world.run(["--help"])).stdout).toMatch(/^ {6}--shade VALUE +how dark$/m);
  const inspected = JSON.parse((await world.run(["inspect", "--json"])).stdout);
  expect(inspected.extensions).toHaveLength(2);
  expect(inspected.warnings.join("\n")).toContain(broken);
});

test.for(delivered)(
  "%s: a reload reads what has changed; where the new set fails the old one goes on, until it is repaired",
  async (way, { world }) => {
    const put = (text: string): string => extension(world, "many/helper.ts", text);
    put('export const name = "one";');
    extension(
      world,
      "many/index.ts",
      'import { name } from "./helper"; export default (pi) => pi.registerCommand(name, { handler() {} });',
    );
    const program = world.start(["--mode", "rpc", "--model", "demo"], { way, stdin: "silent" });
    const asked = async (id: string): Promise<void> => {
      for (const type of ["reload", "get_commands"]) program.child.stdin?.write(`${JSON.stringify({ id: `${type}-${id}`, type })}\n`);
      await program.said(`"get_commands-${id}"`);
    };
    await asked("one");
    put('export const name = "two";');
    await asked("two");
    put("export const name = ;");
    await asked("broken");
    put('export const name = "three";');
    await asked("three");
    program.child.stdin?.end();
    const records = recordsOf((await program.result).stdout);
    const commands = (id: string): string[] =>
      records.find((record) => record.id === `get_commands-${id}`).data.commands.map(({ name }: { name: string }) => name);
    expect(["one", "two", "broken", "three"].map(commands)).toEqual([["one"], ["two"], ["two"], ["three"]]);
    expect(records.find((record) => record.id === "reload-broken")).toMatchObject({
      success: false,
      error: expect.stringContaining("helper.ts:1"),
    });
  },
);
