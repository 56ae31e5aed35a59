// A key of the user's in everything a model, a tool and a service say: it must stand in nothing that leaves the process or is kept.

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { ways } from "../support/program.ts";
import { strictAnthropic } from "../support/strict/anthropic.ts";
import { recordsOf, test, type World } from "../support/world.ts";

const key = "sk-ant-canary/0123+456789==";
const other = "gsk_other-canary-0123456789";
const model = ["--model", "anthropic/claude-sonnet-4-5"];
const forms = [key, encodeURIComponent(key), Buffer.from(key).toString("base64"), Buffer.from(`u:${key}`).toString("base64"), other];

async function echoing(world: World): Promise<Record<string, string>> {
  const server = await world.strict(strictAnthropic, [
    {
      say: [
        { thinking: `The key is ${key}.` },
        { text: `I see ${forms.join(" and ")}.` },
        { call: "bash", arguments: { command: `printenv | grep KEY; echo '${key}'` } },
      ],
      deltaLength: 5,
    },
    { say: [{ text: `It is ${key}` }], deltaLength: 3 },
  ]);
  return { ANTHROPIC_BASE_URL: server.baseUrl, ANTHROPIC_API_KEY: key, GROQ_API_KEY: other };
}

function expectClean(...texts: string[]): void {
  for (const text of texts) for (const form of forms) expect(text).not.toContain(form);
}

describe.each(ways)("on %s", (way) => {
  test("JSON mode, session, trace and result", async ({ world }) => {
    const env = await echoing(world);
    const files = { trace: join(world.home, "trace.jsonl"), result: join(world.home, "result.json") };
    const run = await world.run(["--mode", "json", ...model, "--record", files.trace, "--result", files.result, "-p", `is it ${key}?`], {
      way,
      env,
    });
    expect(run).toMatchObject({ status: 0, stderr: "" });
    const session = readFileSync(world.sessionFiles()[0] ?? "", "utf8");
    expectClean(run.stdout, session, readFileSync(files.trace, "utf8"), readFileSync(files.result, "utf8"));
    expect(session).toContain("[redacted]");
    expect(statSync(files.result).mode & 0o777).toBe(0o600);
    const events = recordsOf(run.stdout);
    // The pieces make up what the end of their block says.
    const parts = events.flatMap((event) => (event.type === "message_update" ? [event.assistantMessageEvent] : []));
    for (const kind of ["text", "thinking"]) {
      const ends = parts.flatMap((part) => (part.type === `${kind}_end` ? [part.content] : []));
      expect(parts.flatMap((part) => (part.type === `${kind}_delta` ? [part.delta] : [])).join("")).toBe(ends.join(""));
    }
    // What is done is done with what was said.
    const result = events.find((event) => event.type === "tool_execution_end");
    expect(result.result.content[0].text).toBe("ANTHROPIC_API_KEY=[redacted]\nGROQ_API_KEY=[redacted]\n[redacted]\n");
    const signatures = events.flatMap((event) =>
      event.type === "message_end" && event.message.role === "assistant"
        ? event.message.content.map((one: { thinkingSignature?: string }) => one.thinkingSignature)
        : [],
    );
    expect(signatures.some((signature) => typeof signature === "string" && signature.length > 0)).toBe(true);
  });

  test("print mode, and what a service says of the key it refuses", async ({ world }) => {
    const printed = await world.run([...model, "-p", "hi"], { way, env: await echoing(world) });
    expect(printed).toMatchObject({ status: 0, stdout: "It is [redacted]\n" });
    const file = join(world.home, "answer.txt");
    expect(await world.run([...model, "-o", file, "-p", "hi"], { way, env: await echoing(world) })).toMatchObject({
      status: 0,
      stdout: "",
    });
    expect(readFileSync(file, "utf8")).toBe("It is [redacted]\n");
    const server = await world.strict(strictAnthropic, [{ refuse: 401, message: `invalid x-api-key: ${key} (${forms.join(", ")})` }]);
    const refused = await world.run([...model, "-p", "hi"], {
      way,
      env: { ANTHROPIC_BASE_URL: server.baseUrl, ANTHROPIC_API_KEY: key, GROQ_API_KEY: other },
    });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("[redacted]");
    expectClean(refused.stdout, refused.stderr, ...world.sessionFiles().map((file) => readFileSync(file, "utf8")));
  });

  test("RPC tells models without headers and addresses without passwords; an address with a password is called", async ({ world }) => {
    const server = await world.strict(strictAnthropic, [{ say: [{ text: "hello" }] }]);
    world.config(
      [
        "[providers.anthropic]",
        `base_url = "${server.baseUrl.replace("://", "://me:pass-canary-77@")}"`,
        '[providers.anthropic.headers]\nx-team = "$TEAM_TOKEN"\nx-run = "!printf command-canary-1"',
      ].join("\n"),
    );
    const env = { ANTHROPIC_API_KEY: key, TEAM_TOKEN: "team-canary-123456" };
    const asked = await world.run(["--mode", "rpc", ...model], {
      way,
      env,
      stdin: {
        text: [
          { type: "get_state" },
          { type: "get_available_models" },
          { type: "set_model", provider: "anthropic", modelId: "claude-opus-4-5" },
          { type: "prompt", message: "hi" },
          { type: "bash", command: "echo $TEAM_TOKEN command-canary-1 pass-canary-77" },
        ]
          .map((command) => `${JSON.stringify(command)}\n`)
          .join(""),
      },
    });
    const inspected = await world.run(["inspect", "--json", ...model], { way, env });
    expect(server.requests[0]?.headers).toMatchObject({
      "x-team": "team-canary-123456",
      "x-run": "command-canary-1",
      authorization: `Basic ${Buffer.from("me:pass-canary-77").toString("base64")}`,
    });
    for (const text of [
      asked.stdout,
      asked.stderr,
      inspected.stdout,
      inspected.stderr,
      readFileSync(world.sessionFiles()[0] ?? "", "utf8"),
    ]) {
      expect(text).not.toMatch(/(?:team|command|pass)-canary/);
    }
    const answers = recordsOf(asked.stdout).filter((record) => record.type === "response");
    expect(answers.map(({ command, success }) => [command, success])).toContainEqual(["set_model", true]);
    for (const { data } of answers) for (const model of [data?.model, ...(data?.models ?? [])]) expect(model?.headers).toBeUndefined();
  });
});

test("an address that nobody answers is told without its password", async ({ world }) => {
  world.config("[retry]\nenabled = false\n");
  for (const way of ways) {
    const { stderr, status } = await world.run([...model, "-p", "hi"], {
      way,
      env: { ANTHROPIC_BASE_URL: "http://me:short1@127.0.0.1:9/v1", ANTHROPIC_API_KEY: key },
    });
    expect(status).toBe(1);
    expect(stderr).toContain("127.0.0.1:9");
    expect(stderr).not.toContain("short1");
  }
});
