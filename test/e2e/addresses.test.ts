// Where each variable sends the request, and what proves who asks.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { projectRoot } from "../support/program.ts";
import { secret } from "../support/served.ts";
import { strictChat } from "../support/strict/openai-completions.ts";
import { test } from "../support/world.ts";

interface Case {
  model: string;
  key: string;
  variable: string;
  /** Behind the server's URL. */
  base: string;
  path: string;
  header: [string, string];
}

const bearer: [string, string] = ["authorization", `Bearer ${secret}`];
const cases: Case[] = [
  {
    model: "anthropic/claude-sonnet-4-5",
    key: "ANTHROPIC_API_KEY",
    variable: "ANTHROPIC_BASE_URL",
    base: "",
    path: "/v1/messages",
    header: ["x-api-key", secret],
  },
  {
    model: "anthropic/claude-sonnet-4-5",
    key: "ANTHROPIC_OAUTH_TOKEN",
    variable: "ANTHROPIC_BASE_URL",
    base: "/proxy/",
    path: "/proxy/v1/messages",
    header: bearer,
  },
  { model: "openai/gpt-5.5", key: "OPENAI_API_KEY", variable: "OPENAI_BASE_URL", base: "/v1", path: "/v1/responses", header: bearer },
  {
    model: "google/gemini-2.5-pro",
    key: "GEMINI_API_KEY",
    variable: "GOOGLE_GEMINI_BASE_URL",
    base: "",
    path: "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
    header: ["x-goog-api-key", secret],
  },
  {
    model: "google/gemini-2.5-pro",
    key: "GEMINI_API_KEY",
    variable: "GOOGLE_GEMINI_BASE_URL",
    base: "/v1beta/",
    path: "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
    header: ["x-goog-api-key", secret],
  },
  {
    model: "azure/gpt-6-sol",
    key: "AZURE_OPENAI_API_KEY",
    variable: "AZURE_OPENAI_BASE_URL",
    base: "",
    path: "/openai/v1/responses",
    header: ["api-key", secret],
  },
  {
    model: "azure/gpt-6-sol",
    key: "AZURE_OPENAI_API_KEY",
    variable: "AZURE_OPENAI_BASE_URL",
    base: "/openai/v1",
    path: "/openai/v1/responses",
    header: ["api-key", secret],
  },
  ...["", "/v1", "/v1/"].map((base): Case => {
    return {
      model: "llama-cpp/small",
      key: "LLAMA_API_KEY",
      variable: "LLAMA_BASE_URL",
      base,
      path: "/v1/chat/completions",
      header: bearer,
    };
  }),
];

describe.concurrent("addresses", () => {
  test.for(cases)("$variable=…$base for $model by $key", async ({ model, key, variable, base, path, header }, { world }) => {
    const server = await world.wire({ status: 400, body: '{"error":{"message":"seen"}}' });
    const run = await world.run(["-p", "--model", model, "hi"], { env: { [key]: secret, [variable]: server.url + base } });
    expect(run).toMatchObject({ status: 1, stderr: expect.stringContaining("seen") });
    const [request] = server.requests;
    expect({ method: request?.method, path: request?.path }).toEqual({ method: "POST", path });
    expect(request?.headers[header[0]]).toBe(header[1]);
    if (!model.startsWith("google/")) expect(request?.headers["user-agent"]).toMatch(/^(?:Anthropic|OpenAI)\/JS \d/);
  });

  test("a server of one's own, by the lines of docs/providers.md", async ({ world }) => {
    const page = readFileSync(join(projectRoot, "docs/providers.md"), "utf8");
    const toml = /```toml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    const server = await world.strict(strictChat, [{ say: [{ text: "At home" }] }]);
    expect(toml).toContain("http://127.0.0.1:8000/v1");
    world.config(toml.replace("http://127.0.0.1:8000/v1", server.baseUrl));
    const run = await world.run(["-p", "--model", "local/my-model", "hi"], { env: { LOCAL_KEY: secret } });
    expect(run).toMatchObject({ status: 0, stdout: "At home\n", stderr: "" });
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${secret}`);
  });

  test("an azure resource without an address, and what there is to set", async ({ world }) => {
    const env = { AZURE_OPENAI_API_KEY: secret };
    const lost = await world.run(["-p", "--model", "azure/gpt-6-sol", "hi"], { env });
    expect(lost).toMatchObject({ status: 2, stdout: "" });
    expect(lost.stderr).toMatch(/AZURE_OPENAI_RESOURCE_NAME or AZURE_OPENAI_BASE_URL/);
    const found = await world.run(["inspect", "--json", "--model", "azure/gpt-6-sol"], {
      env: { ...env, AZURE_OPENAI_RESOURCE_NAME: "mine" },
    });
    expect(found.stdout).toContain("https://mine.openai.azure.com/openai/v1");
  });

  test("a project's base URL gets no key from the environment, for any vendor; a variable of the user's own wins", async ({ world }) => {
    const thief = await world.wire({ status: 400, body: "{}" });
    world.write(".pi/config.toml", `[providers.azure]\nbase_url = "${thief.url}"\n`);
    const env = { AZURE_OPENAI_API_KEY: secret };
    const kept = await world.run(["-p", "--approve", "--model", "azure/gpt-6-sol", "hi"], { env });
    expect({ status: kept.status, requests: thief.requests.length }).toEqual({ status: 2, requests: 0 });
    const own = await world.wire({ status: 400, body: '{"error":{"message":"seen"}}' });
    const run = await world.run(["-p", "--approve", "--model", "azure/gpt-6-sol", "hi"], {
      env: { ...env, AZURE_OPENAI_BASE_URL: own.url },
    });
    expect(run.stderr).toContain("seen");
    expect(own.requests[0]?.headers["api-key"]).toBe(secret);
    expect(thief.requests).toHaveLength(0);
  });
});
