// Hooks that were written for another agent, taken over and at work; hooks that send a run on, and that write a summary.

import { chmodSync } from "node:fs";
import { expect } from "vitest";
import { answerSteps, callSteps, recordsOf, test, type World } from "../support/world.ts";

function script(world: World, name: string, text: string): void {
  world.write(name, `#!/bin/sh\n${text}\n`);
  chmodSync(`${world.cwd}/${name}`, 0o755);
}

test("a guard written for another agent finds its keys, and its answers count", async ({ world }) => {
  script(
    world,
    ".claude/guard.sh",
    'cat > seen.json; grep -q \'"file_path":"secret.txt"\' seen.json && { echo "not that file" >&2; exit 2; }; exit 0',
  );
  const decide = {
    hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision: "deny", permissionDecisionReason: "never pushed" },
  };
  const change = { hookSpecificOutput: { hookEventName: "PreToolUse", updatedInput: { command: "echo changed" } } };
  script(
    world,
    ".claude/bash.sh",
    `case "$(cat)" in *'git push'*) echo '${JSON.stringify(decide)}';; *) echo '${JSON.stringify(change)}';; esac`,
  );
  script(
    world,
    ".claude/stop.sh",
    'cat > stop.json; grep -q \'"stop_hook_active":true\' stop.json || echo \'{"decision":"block","reason":"run the tests"}\'',
  );
  const command = (name: string): object => ({ type: "command", command: `"$CLAUDE_PROJECT_DIR"/.claude/${name}` });
  const hooks = {
    PreToolUse: [
      { matcher: "Write|Read", hooks: [command("guard.sh")] },
      { matcher: "Bash", hooks: [command("bash.sh")] },
    ],
    Stop: [{ hooks: [command("stop.sh")] }],
    SubagentStop: [{ hooks: [command("stop.sh")] }],
  };
  world.write(".claude/settings.json", JSON.stringify({ hooks }));
  const imported = await world.run(["config", "import", "--hooks", ".claude/settings.json"]);
  expect(imported.status, imported.stderr).toBe(0);
  expect(imported.stderr).toContain("SubagentStop: there is no such event");

  const model = world.trace(
    callSteps("write", { path: "secret.txt", content: "x" }, "one"),
    callSteps("bash", { command: "git push" }, "two"),
    callSteps("bash", { command: "echo as asked" }, "three"),
    answerSteps("done"),
    answerSteps("tested"),
  );
  const { stdout, stderr, status } = await world.run(["--mode", "json", "--model", model, "hi"]);
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  const records = recordsOf(stdout);
  const results = records.filter(({ type }) => type === "tool_execution_end");
  expect(results.map(({ isError, result }) => [isError, result.content[0].text.trim()])).toEqual([
    [true, "not that file"],
    [true, "never pushed"],
    [false, "changed"],
  ]);
  expect(JSON.parse(world.read("seen.json"))).toMatchObject({
    hook_event_name: "PreToolUse",
    tool_name: "Write",
    tool_input: { file_path: "secret.txt", content: "x" },
    tool_use_id: "one",
    session_id: expect.any(String),
    transcript_path: world.sessionFiles()[0],
    permission_mode: "bypassPermissions",
    toolName: "write",
    input: { path: "secret.txt" },
  });
  // Sent on once, by a hook that looks whether it has been.
  expect(JSON.parse(world.read("stop.json"))).toMatchObject({ hook_event_name: "Stop", stop_hook_active: true });
  const said = records.flatMap(({ type, entry }) => (type === "entry_appended" && entry.type === "custom_message" ? entry.content : []));
  expect(said).toEqual(["run the tests"]);
  expect(records.at(-1)).toMatchObject({ type: "agent_settled", outcome: "done" });
});

test("what hooks for another agent say to the model reaches it: at the start, with a prompt, and of a call that has run", async ({
  world,
}) => {
  script(world, "start.sh", "cat > start.json; echo the tests live in spec/");
  script(
    world,
    "prompt.sh",
    `cat > prompt.json; echo '${JSON.stringify({ hookSpecificOutput: { hookEventName: "UserPromptSubmit", additionalContext: "it is Friday" } })}'`,
  );
  script(world, "after.sh", `cat > after.json; echo '${JSON.stringify({ decision: "block", reason: "format it first" })}'`);
  const command = (name: string): object[] => [{ hooks: [{ type: "command", command: `./${name}` }] }];
  const hooks = { SessionStart: command("start.sh"), UserPromptSubmit: command("prompt.sh"), PostToolUse: command("after.sh") };
  world.write("hooks.json", JSON.stringify({ hooks }));
  await world.run(["config", "import", "--hooks", "hooks.json"]);
  const model = world.trace(callSteps("bash", { command: "echo ran" }, "one"), answerSteps("done"));
  const { stdout, stderr, status } = await world.run(["--mode", "json", "--permission-mode", "auto", "--model", model, "hi"]);
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  const messages = recordsOf(stdout).flatMap(({ type, message }) => (type === "message_end" ? message : []));
  expect(messages.filter(({ role }) => role === "custom").map(({ content }) => content)).toEqual([
    "the tests live in spec/",
    "it is Friday",
  ]);
  const ran = messages.find(({ role }) => role === "toolResult");
  expect(ran.content.map(({ text }: { text: string }) => text.trim())).toEqual(["ran", "format it first"]);
  expect(JSON.parse(world.read("start.json"))).toMatchObject({ hook_event_name: "SessionStart", source: "startup" });
  expect(JSON.parse(world.read("prompt.json"))).toMatchObject({ hook_event_name: "UserPromptSubmit", prompt: "hi" });
  expect(JSON.parse(world.read("after.json"))).toMatchObject({ tool_use_id: "one", tool_response: { is_error: false } });
});

test("before it settles a hook may write entries; what cannot be written is said", async ({ world }) => {
  script(world, "note.sh", 'cat > event.json; echo \'{"entries":[{"type":"custom","customType":"note","data":1}]}\'');
  script(world, "bad.sh", 'echo \'{"entries":[{"type":"message"}],"continue":true}\'');
  world.config(
    '[[hooks]]\nevent = "agent_before_settle"\ncommand = "./note.sh"\n[[hooks]]\nevent = "agent_before_settle"\ncommand = "./bad.sh"\n',
  );
  const { stdout, stderr, status } = await world.run(["--mode", "json", "--model", world.trace(answerSteps("done")), "hi"]);
  expect(status).toBe(0);
  expect(stderr).toMatch(/^pi: The hook \.\/bad\.sh \(agent_before_settle\) answered what cannot be written: entries\[1\] \(message\)/);
  const entries = recordsOf(stdout).flatMap(({ type, entry }) => (type === "entry_appended" ? entry : []));
  expect(entries).toMatchObject([{ type: "custom", customType: "note", data: 1 }]);
  expect(JSON.parse(world.read("event.json"))).toMatchObject({ type: "agent_before_settle", outcome: "completed", isContinued: false });
});

test("a hook writes the summary of a compaction, and others hear of it", async ({ world }) => {
  script(world, "summary.sh", 'cat > before.json; echo \'{"compaction":{"summary":"All that was said."}}\'');
  script(world, "after.sh", "cat > after.json");
  world.config(
    '[[hooks]]\nevent = "session_before_compact"\ncommand = "./summary.sh"\n[[hooks]]\nevent = "session_compact"\ncommand = "./after.sh"\n',
  );
  world.write("../home/.pi/agent/settings.json", '{"compaction":{"keepRecentTokens":1}}');
  const program = world.start(["--mode", "rpc", "--model", "demo"], { stdin: "silent" });
  const send = (record: object): void => void program.child.stdin?.write(`${JSON.stringify(record)}\n`);
  for (const count of [1, 2]) {
    send({ id: String(count), type: "prompt", message: "a prompt that is long enough to be left out of what is kept" });
    await program.said(new RegExp(`(?:"agent_settled"[^]*){${count}}`));
  }
  send({ id: "compact", type: "compact" });
  await program.said('"id":"compact"');
  program.child.stdin?.end();
  const { stdout } = await program.result;
  expect(recordsOf(stdout).find(({ id }) => id === "compact")).toMatchObject({ success: true, data: { summary: "All that was said." } });
  expect(JSON.parse(world.read("after.json"))).toMatchObject({ type: "session_compact", result: { summary: "All that was said." } });
});
