// The connection that the first prompt of an RPC host needs is there before the prompt: as the compiled binary, which is where it can be.

import { expect, onTestFinished } from "vitest";
import { RpcClient } from "../../src/modes/rpc/client.ts";
import { commandOf } from "../support/program.ts";
import { type Service, services } from "../support/served.ts";
import { startStrictServer } from "../support/strict/script.ts";
import { test, type World } from "../support/world.ts";

const [anthropic] = services as [Service];

async function hosted(world: World, env: (url: string) => Record<string, string>, model = anthropic.model) {
  const server = await startStrictServer(anthropic.format, [{ say: [{ text: "one" }] }, { say: [{ text: "two" }] }]);
  const client = new RpcClient({
    cliPath: commandOf("binary")[0] ?? "",
    cwd: world.cwd,
    env: { HOME: world.home, PI_CODING_AGENT_DIR: world.agentDir, ...env(server.url) },
    model,
  });
  onTestFinished(async () => {
    await client.stop();
    await server.close();
  });
  await client.start();
  return { server, client };
}

test("it is opened once the model is known, and the first prompt goes over it", async ({ world }) => {
  const { server, client } = await hosted(world, (url) => anthropic.env(url));
  await client.getState();
  await expect.poll(() => server.connectionCount()).toBe(1);
  expect(server.requests).toHaveLength(0);
  await client.promptAndWait("hi");
  expect(await client.getLastAssistantText()).toBe("one");
  await client.promptAndWait("again");
  expect(server.connectionCount()).toBe(1);
  expect(server.requests).toHaveLength(2);
});

test("it is opened for a model that is chosen later", async ({ world }) => {
  const { server, client } = await hosted(world, (url) => anthropic.env(url), "scripted/demo");
  await client.promptAndWait("hello");
  expect(server.connectionCount()).toBe(0);
  const [provider = "", ...id] = anthropic.model.split("/");
  await client.setModel(provider, id.join("/"));
  await expect.poll(() => server.connectionCount()).toBe(1);
  expect(server.requests).toHaveLength(0);
});

for (const [what, env] of [
  ["offline", (url: string) => ({ ...anthropic.env(url), PI_OFFLINE: "1" })],
  ["without a key", (url: string) => ({ ANTHROPIC_BASE_URL: url })],
] as const) {
  test(`${what} nothing is opened`, async ({ world }) => {
    const { server, client } = await hosted(world, env);
    for (let round = 0; round < 5; round++) await client.bash("true");
    expect(server.connectionCount()).toBe(0);
  });
}
