// Policy and hooks as users meet them: rows in config.toml, refusals in print mode, a dialog in RPC, commands that are told of events.

import { chmodSync } from "node:fs";
import { describe, expect } from "vitest";
import { answerSteps, callSteps, type Json, recordsOf, test, type World } from "../support/world.ts";

const push = callSteps("bash", { command: "echo x && touch pushed && git push" });
const look = callSteps("bash", { command: "echo looked" });
const rows =
  '[[policy]]\ntool = "bash"\ncommand = "git push*"\naction = "deny"\n[[policy]]\ntool = "bash"\ncommand = "touch"\naction = "ask"\n';

function results(stdout: string): Json[] {
  return recordsOf(stdout).filter((record) => record.type === "tool_execution_end");
}

describe.concurrent("policy", () => {
  test("a denied call does not run, the model is told which row, the exit status and the record say so", async ({ world }) => {
    world.config(rows);
    const model = world.trace(push, answerSteps("I could not push."));
    const run = await world.run(["-p", "--model", model, "--result", "result.json", "push it"]);
    expect(run.status).toBe(1);
    expect(run.stdout).toBe("I could not push.\n");
    expect(run.stderr).toMatch(/^bash was refused: deny bash\(git push\*\) \(.*config\.toml, row 1\)/);
    expect(JSON.parse(world.read("result.json"))).toMatchObject({
      outcome: "error",
      error: { code: "tool.denied" },
      denied: [{ tool: "bash", row: expect.stringMatching(/^deny bash\(git push\*\)/) }],
    });
    expect(() => world.read("pushed")).toThrow();
  });

  test("where another call was answered, the run has done something", async ({ world }) => {
    world.config(rows);
    const model = world.trace(push, look, answerSteps("Done."));
    const run = await world.run(["-p", "--model", model, "--result", "-", "hi"]);
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(run.stdout)).toMatchObject({ outcome: "done", denied: [{ tool: "bash" }] });
  });

  test("where nobody can be asked, the call is refused at once, and that is said", async ({ world }) => {
    world.config(rows);
    const model = world.trace(callSteps("bash", { command: "touch asked" }), answerSteps("Done."));
    const run = await world.run(["--mode", "json", "--model", model, "hi"]);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/bash was refused: ask bash\(touch\) .* wants somebody to be asked, and nobody can be/);
    expect(results(run.stdout)).toMatchObject([{ isError: true }]);
    expect(() => world.read("asked")).toThrow();
  });

  test("in RPC the client is asked, and its answer counts", async ({ world }) => {
    world.config(rows);
    const touch = (name: string): Json[] => callSteps("bash", { command: `touch ${name}` });
    const model = world.trace(touch("yes"), touch("no"), answerSteps("Done."));
    const program = world.start(["--mode", "rpc", "--model", model], { stdin: "silent" });
    const send = (record: object): void => void program.child.stdin?.write(`${JSON.stringify(record)}\n`);
    let said = "";
    program.child.stdout?.on("data", (chunk) => {
      said += chunk;
      for (const { type, id, message } of recordsOf(said.slice(0, said.lastIndexOf("\n") + 1))) {
        if (type !== "extension_ui_request" || answered.has(id)) continue;
        answered.set(id, message);
        send({ type: "extension_ui_response", id, confirmed: message.includes("touch yes") });
      }
    });
    const answered = new Map<string, string>();
    send({ id: "1", type: "prompt", message: "hi" });
    await program.said('"agent_settled"');
    program.child.stdin?.end();
    await program.result;
    expect([...answered.values()]).toEqual([
      expect.stringMatching(/^touch yes\n\nask bash\(touch\)/),
      expect.stringMatching(/^touch no\n\nask bash\(touch\)/),
    ]);
    expect(world.read("yes")).toBe("");
    expect(() => world.read("no")).toThrow();
  });

  test("plan has tools that read, whatever the model calls", async ({ world }) => {
    const model = world.trace(look, callSteps("ls", {}), answerSteps("Done."));
    const run = await world.run(["--mode", "json", "--permission-mode", "plan", "--model", model, "hi"]);
    expect(run.status).toBe(0);
    expect(results(run.stdout).map(({ toolName, isError }) => ({ toolName, isError }))).toEqual([
      { toolName: "bash", isError: true },
      { toolName: "ls", isError: false },
    ]);
  });

  test("a project narrows and never widens", async ({ world }) => {
    world.config('permission_mode = "ask"\n');
    world.write(".pi/config.toml", '[[policy]]\ntool = "bash"\naction = "allow"\n[[policy]]\ntool = "read"\naction = "deny"\n');
    const about = async (tool: string): Promise<string> => (await world.run(["inspect", "--approve", "--tool", tool])).stdout;
    expect(await about("bash")).toMatch(/^ask: /);
    expect(await about("read")).toMatch(/^deny: deny read /);
    const { stdout } = await world.run(["inspect", "--approve"]);
    expect(stdout).toMatch(/warning: .*config\.toml:\d+:\d+: a project file may not set what is allowed; ignored/);
  });

  test.for([
    ['[[policy]]\ntool = "bash"\n', /policy must be tables with action; row 1 has none/],
    ['[[policy]]\naction = "forbid"\n', /policy must be tables in which action is one of allow, ask, deny; row 1 has another/],
    ['[[policy]]\naction = "deny"\ncomand = "x"\n', /policy must be made of tool, command, path, action; row 1 has "comand"/],
    ['[[hooks]]\nevent = "tool_call"\n', /hooks must be tables with command; row 1 has none/],
    ["policy = 3\n", /policy must be a list of tables/],
  ] as const)("a row that cannot be meant ends the start: %s", async ([toml, message], { world }) => {
    world.config(toml);
    expect(await world.run(["--model", "demo", "-p", "hi"])).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(message),
    });
  });
});

describe.concurrent("hooks", () => {
  const hook = (world: World, event: string, script: string, more = ""): void => {
    world.write("hook.sh", `#!/bin/sh\n${script}\n`);
    chmodSync(`${world.cwd}/hook.sh`, 0o755);
    world.config(`[[hooks]]\nevent = "${event}"\ncommand = "./hook.sh"\n${more}`);
  };
  const run = async (world: World): Promise<Json[]> => {
    const args = ["--mode", "json", "--model", world.trace(look, answerSteps("Done.")), "hi"];
    return results((await world.run(args)).stdout);
  };
  const textOf = (result: Json | undefined): string => result?.result.content[0].text;

  test("one that is content changes nothing, and gets the event", async ({ world }) => {
    hook(world, "tool_call", "cat > event.json", 'tool = "ba*"\nmatch = "echo *"\n');
    expect(await run(world)).toMatchObject([{ isError: false }]);
    expect(JSON.parse(world.read("event.json"))).toMatchObject({
      type: "tool_call",
      toolName: "bash",
      input: { command: "echo looked" },
      cwd: expect.any(String),
      sessionId: expect.any(String),
    });
  });

  test.for([
    ["exit 2", "echo not today >&2; exit 2", /^not today$/],
    ["a block", 'echo \'{"block":true,"reason":"blocked"}\'', /^blocked$/],
    ["another status", "echo broken >&2; exit 7", /hook \.\/hook\.sh ended with 7: broken/],
    ["a missing program", "no-such-program-here", /ended with 127/],
    ["a signal", "kill -9 $$", /ended with 137|did not end by itself/],
    ["a timeout", "sleep 60", /took longer than 0\.3 s/],
  ] as const)("a call is refused by %s", async ([, script, message], { world }) => {
    // One that ends has all the time that a busy machine takes to start it.
    hook(world, "tool_call", script, script.startsWith("sleep") ? "timeout = 0.3\n" : "");
    const [result] = await run(world);
    expect(result?.isError).toBe(true);
    expect(textOf(result)).toMatch(message);
  });

  test("arguments are changed before the policy sees them", async ({ world }) => {
    hook(world, "tool_call", 'echo \'{"input":{"command":"git push"}}\'', '[[policy]]\ncommand = "git push"\naction = "deny"\n');
    const [result] = await run(world);
    expect(textOf(result)).toMatch(/^Denied by deny \*\(git push\)/);
  });

  test("one that reads nothing and leaves something running is no failure, and that is not waited for", async ({ world }) => {
    hook(world, "tool_call", "mkfifo gate; cat gate &");
    const program = world.start(["--mode", "json", "--model", world.trace(look, answerSteps("Done.")), "hi"]);
    await program.said('"agent_settled"');
    // What is left ends now.
    world.write("gate", "");
    expect(results((await program.result).stdout)).toMatchObject([{ isError: false }]);
  });

  test("on other events a failure is said, and the run goes on", async ({ world }) => {
    hook(world, "agent_start", "exit 3");
    const { status, stdout, stderr } = await world.run(["--model", "demo", "-p", "hello"]);
    expect({ status, said: stdout !== "" }).toEqual({ status: 0, said: true });
    expect(stderr).toMatch(/The hook \.\/hook\.sh \(agent_start\) ended with 3/);
  });

  test("a row that no event reaches is one warning, with the name that was meant", async ({ world }) => {
    hook(world, "tool_cal", "exit 2");
    const { status, stderr } = await world.run(["--model", "demo", "-p", "hello"]);
    expect(status).toBe(0);
    expect(stderr.match(/waits for/g)).toHaveLength(1);
    expect(stderr).toMatch(
      /The hook \.\/hook\.sh \(.*row 1\) waits for "tool_cal", of which hooks are never told; did you mean tool_call\?/,
    );
    hook(world, "provider_stream_event", "exit 2");
    expect((await world.run(["--model", "demo", "-p", "hello"])).stderr).toMatch(/waits for "provider_stream_event"/);
  });

  test.for([
    ["exits with 2", "echo keep it >&2; exit 2"],
    ["says cancel", "echo '{\"cancel\":true}'"],
  ] as const)("another session, and a compaction, are called off by one that %s", async ([, script], { world }) => {
    const hooked = (event: string): string => `[[hooks]]\nevent = "${event}"\ncommand = "./hook.sh"\n`;
    hook(world, "session_before_switch", `cat >> events.jsonl; ${script}`, hooked("session_before_compact"));
    world.write("../home/.pi/agent/settings.json", '{"compaction":{"keepRecentTokens":1}}');
    const program = world.start(["--mode", "rpc", "--model", "demo"], { stdin: "silent" });
    const send = (record: object): void => void program.child.stdin?.write(`${JSON.stringify(record)}\n`);
    for (const id of ["1", "2"]) {
      send({ id, type: "prompt", message: "a prompt that is long enough to be left out of what is kept" });
      await program.said(new RegExp(`(?:"agent_settled"[^]*){${id}}`));
    }
    send({ id: "new", type: "new_session" });
    await program.said('"id":"new"');
    send({ id: "compact", type: "compact" });
    await program.said('"id":"compact"');
    program.child.stdin?.end();
    const { stdout } = await program.result;
    const answers = recordsOf(stdout).filter(({ type, id }) => type === "response" && /^[nc]/.test(id));
    expect(answers).toMatchObject([{ success: true, data: { cancelled: true } }, { success: false }]);
    expect(recordsOf(world.read("events.jsonl")).map(({ type, reason }) => [type, reason])).toEqual([
      ["session_before_switch", "new"],
      ["session_before_compact", "manual"],
    ]);
  });

  test("those of a project count only when it is trusted", async ({ world }) => {
    world.write(".pi/config.toml", '[[hooks]]\nevent = "agent_start"\ncommand = "touch ran"\n');
    await world.run(["--no-approve", "--model", "demo", "-p", "hello"]);
    expect(() => world.read("ran")).toThrow();
    await world.run(["--approve", "--model", "demo", "-p", "hello"]);
    expect(world.read("ran")).toBe("");
  });
});
