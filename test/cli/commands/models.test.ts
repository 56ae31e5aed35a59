import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { listModels, run } from "../../../src/cli/commands/models.ts";
import type { Model } from "../../../src/contracts/model.ts";
import { type FakeHost, fakeHost } from "../../support/fake-host.ts";
import { type TempTree, tempTree } from "../../support/temp-tree.ts";

const list = JSON.stringify({
  anthropic: {
    models: {
      "claude-sonnet-5": { name: "Claude Sonnet 5", limit: { context: 555, output: 44 }, cost: { input: 9 } },
      "claude-sonnet-99": {
        name: "New",
        tool_call: true,
        reasoning: true,
        modalities: { input: ["text", "image"], output: ["text"] },
        limit: { context: 7 },
      },
    },
  },
});

function hostFor(tree: TempTree, env: Record<string, string> = {}): FakeHost {
  return fakeHost({ cwd: tree.path, homeDir: tree.path, env: { PI_CODING_AGENT_DIR: tree.at("agent"), ...env } });
}

async function pi(args: string[], env: Record<string, string> = {}, tree = tempTree(), status = 0): Promise<FakeHost> {
  const host = hostFor(tree, env);
  expect(await run(args, host)).toBe(status);
  return host;
}

describe("the table", () => {
  test("lists providers with a credential, two blanks between the columns", async () => {
    const host = await pi([], { GROQ_API_KEY: "k" });
    const lines = host.out().split("\n");
    expect(lines[0]).toBe("provider  model                         context  max-out  thinking  images");
    expect(lines[1]).toBe("groq      llama-3.1-8b-instant          131.1K   131.1K   no        no");
    expect(lines.every((line) => line === "" || line.startsWith("groq") || line.startsWith("provider"))).toBe(true);
    expect((await pi([], { ANTHROPIC_API_KEY: "k" })).out()).toMatch(/claude-haiku-4-5 +200K +64K +yes +yes/);
    expect((await pi(["gpt-4.1"], { OPENAI_API_KEY: "k" })).out()).toMatch(/gpt-4\.1 +1\.0M +32\.8K/);
  });

  test("searches id and name, several words in any order", async () => {
    const ids = (host: FakeHost): string[] => (JSON.parse(host.out()) as Model[]).map((model) => model.id);
    const env = { ANTHROPIC_API_KEY: "k" };
    expect(ids(await pi(["haiku", "--json"], env))).toEqual(["claude-haiku-4-5", "claude-haiku-4-5-20251001", "claude-haiku-5-5"]);
    expect(ids(await pi(["5.5", "opus", "--json"], env))).toEqual(["claude-opus-5-5"]);
  });

  test("says so when there is nothing", async () => {
    expect((await pi([])).err()).toContain("ANTHROPIC_API_KEY");
    // As grep does, a search that finds nothing ends with 1.
    const none = await pi(["zzz"], { GROQ_API_KEY: "k" }, tempTree(), 1);
    expect([none.out(), none.err()]).toEqual(["", 'No models matching "zzz".\n']);
    expect((await pi(["zzz", "--json"], { GROQ_API_KEY: "k" }, tempTree(), 1)).out()).toBe("[]\n");
  });

  test("--providers tells whose key is looked for where, without the key", async () => {
    const env = { GROQ_API_KEY: "sk-secret" };
    const text = (await pi(["--providers"], env)).out();
    expect(text).toMatch(/^provider +credential +models +variables *\n/);
    expect(text).toMatch(/^groq +GROQ_API_KEY +\d+ +GROQ_API_KEY *$/m);
    expect(text).toMatch(/^anthropic +- +\d+ +ANTHROPIC_OAUTH_TOKEN ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_BASE_URL *$/m);
    expect(text).not.toContain("sk-secret");
    const [groq, ...others] = JSON.parse((await pi(["--providers", "groq", "--json"], env)).out());
    expect([groq, others]).toEqual([
      { id: "groq", variables: ["GROQ_API_KEY"], credential: "GROQ_API_KEY", models: expect.any(Number) },
      [],
    ]);
    expect((await pi(["--providers", "zzz"], env, tempTree(), 1)).err()).toContain("zzz");
  });

  test("--all shows every provider's", async () => {
    const all = JSON.parse((await pi(["--all", "--json"])).out()) as Model[];
    expect(all.length).toBeGreaterThan(1000);
    expect(new Set(all.map((model) => model.provider)).size).toBeGreaterThanOrEqual(20);
  });

  test("shows models of the configuration, and never a header", async () => {
    const tree = tempTree({
      "agent/config.toml":
        '[providers.local]\nbase_url = "http://l"\nheaders = { a = "sk-header" }\n[[providers.local.models]]\nid = "m1"\n',
    });
    const host = hostFor(tree);
    await listModels(host, { json: true });
    expect(JSON.parse(host.out())).toMatchObject([{ id: "m1", provider: "local", contextWindow: 128_000 }]);
    expect(host.out()).not.toContain("sk-header");
  });
});

describe("refresh", () => {
  const cached = (tree: TempTree): Model[] => JSON.parse(readFileSync(tree.at("agent/cache/catalog/anthropic.json"), "utf8")) as Model[];

  test("from a file: what it got counts from then on", async () => {
    const tree = tempTree({ "list.json": list });
    const host = await pi(["refresh", "--from", "list.json"], {}, tree);
    expect(host.out()).toMatch(/^anthropic: 19 models, 1 new, 1 changed \(/);
    const sonnet = cached(tree).find((model) => model.id === "claude-sonnet-5");
    expect(sonnet).toMatchObject({
      contextWindow: 555,
      maxTokens: 44,
      cost: { input: 9, output: 10 },
      api: "anthropic-messages",
      reasoning: true,
    });
    const shown = await pi(["sonnet-99", "--json"], { ANTHROPIC_API_KEY: "k" }, tree);
    expect(JSON.parse(shown.out())).toMatchObject([
      {
        id: "claude-sonnet-99",
        name: "New",
        api: "anthropic-messages",
        baseUrl: "https://api.anthropic.com",
        contextWindow: 7,
        input: ["text", "image"],
      },
    ]);
  });

  test("from a server", async () => {
    const server = createServer((_, response) => void response.end(list));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api.json`;
    const tree = tempTree();
    await pi(["refresh", "--from", url], {}, tree);
    expect(cached(tree)).toHaveLength(19);
  });

  test.each([
    ["{", "io.format"],
    ["[]", "io.format"],
    ['{"a": 1}', "io.format"],
  ])("%s is no list", async (text, code) => {
    const tree = tempTree({ "list.json": text });
    await expect(run(["refresh", "--from", "list.json"], hostFor(tree))).rejects.toMatchObject({ code });
    expect(existsSync(tree.at("agent/cache"))).toBe(false);
  });

  test("offline nothing is fetched, a file is still read", async () => {
    const tree = tempTree({ "list.json": list });
    await expect(run(["refresh"], hostFor(tree, { PI_OFFLINE: "1" }))).rejects.toMatchObject({ code: "usage.offline", exitStatus: 2 });
    expect(await run(["refresh", "--from", "list.json"], hostFor(tree, { PI_OFFLINE: "1" }))).toBe(0);
  });

  test("what cannot be had is named, with why and what to do", async () => {
    const tree = tempTree({ "a directory/x": "" });
    const told = (from: string): Promise<unknown> => run(["refresh", "--from", from], hostFor(tree)).catch((error: unknown) => error);
    const hint = "Name a file that can be read with --from";
    expect(await told("gone.json")).toMatchObject({
      code: "io.fetch",
      message: expect.stringMatching(/gone\.json: there is no such file$/),
      hint,
    });
    expect(await told("a directory")).toMatchObject({ message: expect.stringMatching(/directory: it is a directory$/), hint });
    const refused = (await told("http://127.0.0.1:1/api.json")) as { message: string; hint: string };
    expect(refused.message).toMatch(/^The list of models cannot be had from http:.*: \w.*\(127\.0\.0\.1:1\)$/);
    expect(refused.hint).toContain("--from");
  });
});
