// The extensions that the npm agent ships as examples, unmodified, in an empty directory: each loads in print and in RPC mode. Runs where that
// agent is installed.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect } from "vitest";
import { npmAgentPath } from "../support/npm-agent.ts";
import { answerSteps, callSteps, recordsOf, test } from "../support/world.ts";

/** The installed program is a line of shell that names its package. */
function examplesDirectory(): string | undefined {
  if (!existsSync(npmAgentPath)) return undefined;
  const named = /"([^"]*\/package)\/dist\//.exec(readFileSync(npmAgentPath, "utf8"))?.[1] ?? resolve(dirname(npmAgentPath), "package");
  const directory = join(named, "examples/extensions");
  return existsSync(directory) ? directory : undefined;
}

const directory = examplesDirectory();
const names = directory === undefined ? [] : readdirSync(directory).filter((name) => name !== "README.md");

/** What they import is not installed beside them. */
const lacksPackages = ["custom-provider-anthropic", "gondolin", "with-deps"];

test.skipIf(directory === undefined)(
  "all but those whose packages are not there load, and the answer comes",
  { timeout: 120_000 },
  async ({ world }) => {
    const failed: string[] = [];
    for (const name of names) {
      const { stdout, status } = await world.run(["-e", join(directory ?? "", name), "--no-session", "--model", "demo", "-p", "hello"]);
      if (status !== 0 || !stdout.includes("demo model")) failed.push(name);
    }
    expect(names.length).toBeGreaterThan(60);
    expect(failed).toEqual(lacksPackages);
  },
);

test.skipIf(directory === undefined)(
  "all of them together load in RPC mode, with their commands",
  { timeout: 60_000 },
  async ({ world }) => {
    const args = names.filter((name) => !lacksPackages.includes(name)).flatMap((name) => ["-e", join(directory ?? "", name)]);
    const input = '{"id":"1","type":"get_commands"}\n{"id":"2","type":"get_state"}\n';
    const { stdout, status } = await world.run(["--mode", "rpc", "--model", "demo", ...args], { stdin: { text: input } });
    const records = recordsOf(stdout);
    const commands = records.find((record) => record.id === "1").data.commands.map(({ name }: { name: string }) => name);
    expect(commands).toEqual(expect.arrayContaining(["todos:1", "todos:2", "snake", "plan", "handoff"]));
    expect(records.find((record) => record.id === "2")).toMatchObject({ success: true });
    expect(status).toBe(0);
  },
);

type Steps = ReturnType<typeof callSteps>;

interface Work {
  /** What the model does before it answers. */
  steps: Steps[];
  /** What is in the folder. */
  files?: Record<string, string>;
  prompt?: string;
  /** Of the results of the calls, one after another: a text in each, and whether it is an error. */
  results?: [text: RegExp, isError: boolean][];
  /** In the standard error output, or in what is recorded of the run. */
  shows?: RegExp;
}

const work: Record<string, Work> = {
  "hello.ts": { steps: [callSteps("hello", { name: "you" })], results: [[/Hello, you/, false]] },
  "todo.ts": {
    steps: [callSteps("todo", { action: "add", text: "sweep" }, "a"), callSteps("todo", { action: "list" }, "b")],
    results: [
      [/sweep/, false],
      [/#1.*sweep/, false],
    ],
  },
  "tool-override.ts": {
    steps: [callSteps("read", { path: "plain.txt" }, "a"), callSteps("read", { path: ".env" }, "b")],
    files: { "plain.txt": "plain words\n", ".env": "A=1\n" },
    results: [
      [/plain words/, false],
      [/denied|blocked/i, false],
    ],
  },
  "structured-output.ts": {
    steps: [callSteps("structured_output", { headline: "H", summary: "S", actionItems: ["one"] })],
    results: [[/H/, false]],
  },
  "protected-paths.ts": {
    steps: [callSteps("write", { path: ".env", content: "A=2" })],
    results: [[/"\.env" is protected/, true]],
  },
  "permission-gate.ts": {
    steps: [callSteps("bash", { command: "sudo rm -rf /nothing-here" })],
    results: [[/Dangerous command blocked/, true]],
  },
  "bash-spawn-hook.ts": { steps: [callSteps("bash", { command: "echo ran" })], results: [[/ran/, false]] },
  "dynamic-tools.ts": { steps: [callSteps("echo_session", { message: "again" })], results: [[/again/, false]] },
  "input-transform.ts": { steps: [], prompt: "?quick what is it", shows: /what is it/ },
  "inline-bash.ts": { steps: [], prompt: "today !{echo substituted}", shows: /today substituted/ },
};

test.skipIf(directory === undefined)("those that need no terminal do their work", { timeout: 60_000 }, async ({ world }) => {
  for (const [name, { steps, files = {}, prompt = "go", results = [], shows }] of Object.entries(work)) {
    for (const [path, text] of Object.entries(files)) world.write(path, text);
    const model = world.trace(...steps, answerSteps("done"));
    const { stdout, stderr, status } = await world.run(["-e", join(directory ?? "", name), "--mode", "json", "--model", model, prompt]);
    expect({ name, status }, stderr).toEqual({ name, status: 0 });
    const ended = recordsOf(stdout).filter(({ type }) => type === "tool_execution_end");
    expect({ name, calls: ended.length }).toEqual({ name, calls: results.length });
    for (const [index, [text, isError]] of results.entries()) {
      expect({ name, index, isError: ended[index].isError, text: ended[index].result.content[0].text }).toMatchObject({
        isError,
        text: expect.stringMatching(text),
      });
    }
    if (shows !== undefined) expect({ name, shown: stdout }).toMatchObject({ shown: expect.stringMatching(shows) });
  }
});

test.skipIf(directory === undefined)("commands of theirs do their work over RPC", { timeout: 60_000 }, async ({ world }) => {
  const examples = [
    "session-name.ts",
    "send-user-message.ts",
    "bookmark.ts",
    "pirate.ts",
    "event-bus.ts",
    "status-line.ts",
    "dynamic-tools.ts",
  ];
  const args = examples.flatMap((name) => ["-e", join(directory ?? "", name)]);
  const program = world.start(["--mode", "rpc", "--model", "demo", ...args], { stdin: "silent" });
  const send = (id: string, type: string, more: object = {}): Promise<unknown> => {
    program.child.stdin?.write(`${JSON.stringify({ id, type, ...more })}\n`);
    return program.said(`"id":"${id}"`);
  };
  await send("name", "prompt", { message: "/session-name Renamed" });
  await send("pirate", "prompt", { message: "/pirate" });
  await send("tool", "prompt", { message: "/add-echo-tool echo_more" });
  await send("ask", "prompt", { message: "/ask hello" });
  await program.said('"agent_settled"');
  await send("mark", "prompt", { message: "/bookmark kept" });
  await send("emit", "prompt", { message: "/emit over the bus" });
  await send("state", "get_state");
  await send("entries", "get_entries");
  program.child.stdin?.end();
  const records = recordsOf((await program.result).stdout);
  const answer = (id: string) => records.find((record) => record.id === id && record.type === "response");
  expect(answer("state").data).toMatchObject({ sessionName: "Renamed" });
  const told = records.flatMap(({ type, method, message, statusText }) =>
    type === "extension_ui_request" ? (message ?? statusText ?? method) : [],
  );
  for (const words of [
    /Session named: Renamed/,
    /Pirate mode enabled/,
    /Registered dynamic tool: echo_more/,
    /Bookmarked as: kept/,
    /over the bus/,
    /Turn 1/,
  ])
    expect(told.some((text: string) => words.test(text))).toBe(true);
  const said = JSON.stringify(answer("entries"));
  expect(said).toContain("kept");
  expect(records.filter(({ type }) => type === "extension_error")).toEqual([]);
});
