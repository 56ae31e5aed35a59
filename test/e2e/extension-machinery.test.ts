// What an extension may need of the machine: a native add-on, a thread, a database, programs of its own; from the binary with no Node on the machine,
// and on Node. And what it must not get in the way of: the end of a run, the protocol, the other extensions.

import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { ways } from "../support/program.ts";
import { recordsOf, test, type World } from "../support/world.ts";

const delivered = ways.filter((way) => way !== "bun");
const demo = ["--model", "demo", "-p", "hello"];

function extension(world: World, name: string, source: string): void {
  world.write(`../home/.pi/agent/extensions/${name}`, source);
}

/** Nothing but the shell's own programs. */
const bare = { PATH: "/usr/bin:/bin" };

function said(stderr: string): unknown[] {
  return stderr.split("\n").flatMap((line) => (line.startsWith("SAID ") ? [JSON.parse(line.slice(5))] : []));
}

test.for(delivered)("%s: a package with a native add-on loads, and works", async (way, { world }) => {
  // Of the tests' own tools: a package that is CommonJS around an add-on in another package.
  const installed = dirname(dirname(createRequire(import.meta.url).resolve("lightningcss")));
  mkdirSync(join(world.agentDir, "extensions/native/node_modules"), { recursive: true });
  symlinkSync(installed, join(world.agentDir, "extensions/native/node_modules/lightningcss"));
  extension(
    world,
    "native/index.ts",
    `import { transform } from "lightningcss";
     export default (pi: any) => pi.on("session_start", () => {
       const { code } = transform({ filename: "a.css", code: Buffer.from("a { color: #ff0000 }"), minify: true });
       console.error("SAID " + JSON.stringify(String(code)));
     });`,
  );
  const { stderr, status } = await world.run(demo, { way, ...(way === "binary" ? { env: bare } : {}) });
  expect(said(stderr), stderr).toEqual(["a{color:red}"]);
  expect(status).toBe(0);
});

test.for(delivered)("%s: threads and programs of its own", async (way, { world }) => {
  extension(
    world,
    "threads/worker.mjs",
    'import { parentPort, workerData } from "node:worker_threads"; parentPort.postMessage(workerData * 2);',
  );
  extension(
    world,
    "threads/index.ts",
    `import { execFile } from "node:child_process";
     import { promisify } from "node:util";
     import { Worker } from "node:worker_threads";
     export default (pi: any) => pi.on("session_start", async () => {
       const worker = new Worker(new URL("./worker.mjs", import.meta.url), { workerData: 21 });
       const answer = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
       await worker.terminate();
       const { stdout } = await promisify(execFile)("sh", ["-c", "echo from a program"]);
       const own = await pi.exec("sh", ["-c", "echo own; exit 3"]);
       console.error("SAID " + JSON.stringify([answer, stdout.trim(), own.stdout.trim(), own.code]));
     });`,
  );
  const { stdout, stderr, status } = await world.run(demo, { way, ...(way === "binary" ? { env: bare } : {}) });
  expect(said(stderr), stderr).toEqual([[42, "from a program", "own", 3]]);
  expect({ status, isClean: !stdout.includes("from a program") }).toEqual({ status: 0, isClean: true });
});

test.for(delivered)(
  "%s: how a program ended that an extension ran: by a signal, by its time, for what it said, not at all",
  async (way, { world }) => {
    extension(
      world,
      "ends.ts",
      `export default (pi: any) => pi.on("session_start", async () => {
       const told = async (...how: unknown[]) => {
         const { code, killed, truncated, stdout, stderr } = await pi.exec(...how);
         return [code, killed, truncated, stdout.length, stderr !== ""];
       };
       console.error("SAID " + JSON.stringify([
         await told("sh", ["-c", "kill -TERM $$"]),
         await told("sleep", ["60"], { timeout: 50 }),
         await told("yes", [], { maxBuffer: 1000 }),
         await told("/no/such/program", []),
       ]));
     });`,
    );
    const { stderr } = await world.run(demo, { way });
    expect(said(stderr), stderr).toEqual([
      [
        [143, false, false, 0, false],
        [143, true, false, 0, false],
        [143, true, true, 1000, false],
        [1, false, false, 0, true],
      ],
    ]);
  },
);

const hasSqlite = process.getBuiltinModule("node:sqlite") !== undefined;

test.for(delivered.filter((way) => way === "binary" || hasSqlite))("%s: a database", async (way, { world }) => {
  extension(
    world,
    "database.ts",
    `import { DatabaseSync } from "node:sqlite";
     export default (pi: any) => pi.on("session_start", () => {
       const database = new DatabaseSync(":memory:");
       database.exec("create table t (n integer); insert into t values (40), (2)");
       console.error("SAID " + JSON.stringify(database.prepare("select sum(n) as sum from t").get()));
     });`,
  );
  const { stderr } = await world.run(demo, { way });
  expect(said(stderr), stderr).toEqual([{ sum: 42 }]);
});

test.for(delivered)(
  "%s: watchers, servers, timers, a stale context and stray output neither end a run nor hold it",
  async (way, { world }) => {
    world.write("../home/.pi/agent/extensions/data/note.txt", "");
    extension(
      world,
      "holds.ts",
      `import { watch } from "node:fs";
     import { createServer } from "node:net";
     export default (pi: any) => {
       pi.on("session_start", (_: unknown, ctx: any) => {
         watch(import.meta.dirname, { recursive: true }, () => {});
         createServer().listen(0, "127.0.0.1");
         setInterval(() => {}, 5);
         process.stdin.on?.("data", () => {});
         process.stdout.write("to stdout");
         console.log("logged");
         setTimeout(() => { throw new Error("thrown in a timer"); }, 1);
         void Promise.reject(new Error("rejected and left"));
         setTimeout(() => ctx.sessionManager.getEntries(), 1);
       });
     };`,
    );
    extension(world, "broken.ts", "export default () => { throw new Error('on purpose'); };");
    extension(world, "same-a.ts", 'export default (pi: any) => { pi.registerFlag("same", { type: "boolean" }); };');
    extension(world, "same-b.ts", 'export default (pi: any) => { pi.registerFlag("same", { type: "boolean" }); };');
    const { stdout, stderr, status } = await world.run(["--mode", "json", ...demo], { way });
    expect(status).toBe(0);
    expect(recordsOf(stdout).at(-1)).toMatchObject({ type: "agent_settled", outcome: "done" });
    for (const words of [
      "broken.ts is left out: ",
      "same-a.ts has the flag --same already",
      "thrown in a timer",
      "rejected and left",
      "logged",
    ])
      expect(stderr).toContain(words);
  },
);

/** Handlers that wait for what never comes, with nothing else alive. `status`: of a run whose answer had come whole, or had not. */
const unanswered = [
  { event: "session_start", status: 1, isAnswered: false },
  { event: "message_end", status: 1, isAnswered: false },
  { event: "session_shutdown", status: 0, isAnswered: true },
];

for (const way of delivered) {
  test.for(unanswered)(`${way}: a handler of $event that never answers is told, and no run ends well by it`, async (one, { world }) => {
    const { event, status, isAnswered } = one;
    extension(world, "waits.ts", `export default (pi) => pi.on("${event}", () => new Promise(() => {}));`);
    const result = join(world.cwd, "result.json");
    const ended = await world.run([...demo, "--result", result], { way });
    expect({ status: ended.status, isAnswered: ended.stdout.includes("Hello") }, ended.stderr).toEqual({ status, isAnswered });
    expect(ended.stderr).toMatch(new RegExp(`waits\\.ts \\(${event}\\) never answered`));
    const record = JSON.parse(readFileSync(result, "utf8"));
    expect(record.outcome).toBe(isAnswered ? "done" : "error");
    if (!isAnswered) expect(record.error).toMatchObject({ code: "extension.unanswered", hint: expect.any(String) });
  });
}

test.for(delivered)("%s: an extension that never becomes one is no success of anything", async (way, { world }) => {
  extension(world, "waits.ts", "export default () => new Promise(() => {});");
  for (const args of [demo, ["--help"], ["inspect"]]) {
    const { status, stderr } = await world.run(args, { way });
    expect({ status, isTold: stderr.includes("never answered") }, `${args} ${stderr}`).toEqual({ status: 1, isTold: true });
  }
});
