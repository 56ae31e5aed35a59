import { expect, test } from "vitest";
import { type ConfigInput, loadConfig } from "../../../src/config/load-config.ts";
import { PiError } from "../../../src/contracts/error.ts";
import { ModelRegistry } from "../../../src/harness/models/model-registry.ts";
import { type SelectedModel, selectModel } from "../../../src/harness/models/select-model.ts";
import { tempTree } from "../../support/temp-tree.ts";

interface Setup {
  env?: Record<string, string>;
  toml?: string;
  files?: Record<string, string>;
  apiKey?: string;
  isRecorded?: boolean;
  config?: Partial<ConfigInput>;
}

async function select(pattern: string | undefined, provider?: string, setup: Setup = {}): Promise<SelectedModel> {
  const tree = tempTree({ ...(setup.toml === undefined ? {} : { "agent/config.toml": setup.toml }), ...setup.files });
  const env = setup.env ?? {};
  const input = { agentDir: tree.at("agent"), cwd: tree.path, homeDir: tree.path, env, ...setup.config };
  const config = await loadConfig(input);
  const registry = new ModelRegistry({
    config,
    env,
    agentDir: tree.at("agent"),
    cwd: tree.path,
    ...(setup.apiKey === undefined ? {} : { apiKey: setup.apiKey }),
  });
  return selectModel(pattern, provider, { registry, config, isRecorded: setup.isRecorded === true });
}

async function name(pattern: string | undefined, provider?: string, setup?: Setup): Promise<string> {
  const { model, thinkingLevel } = await select(pattern, provider, setup);
  return `${model.provider}/${model.id}${thinkingLevel === undefined ? "" : ` ${thinkingLevel}`}`;
}

async function failure(pattern: string | undefined, provider?: string, setup?: Setup): Promise<PiError> {
  const error = await select(pattern, provider, setup).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PiError)) throw new Error(`no PiError: ${String(error)}`);
  return error;
}

const anthropic = { env: { ANTHROPIC_API_KEY: "a" } };
const both = { env: { ANTHROPIC_API_KEY: "a", OPENROUTER_API_KEY: "o" } };

test.each([
  ["anthropic/claude-sonnet-5", undefined, anthropic, "anthropic/claude-sonnet-5"],
  ["anthropic/claude-sonnet-5:high", undefined, anthropic, "anthropic/claude-sonnet-5 high"],
  ["claude-sonnet-5", undefined, anthropic, "anthropic/claude-sonnet-5"],
  ["claude-sonnet-5:off", undefined, anthropic, "anthropic/claude-sonnet-5 off"],
  ["claude-sonnet-5", "anthropic", anthropic, "anthropic/claude-sonnet-5"],
  ["anthropic/claude-sonnet-5", "anthropic", anthropic, "anthropic/claude-sonnet-5"],
  ["anthropic/sonnet", undefined, anthropic, "anthropic/claude-sonnet-5-5"],
  ["sonnet", undefined, anthropic, "anthropic/claude-sonnet-5-5"],
  ["Sonnet 4.5", undefined, anthropic, "anthropic/claude-sonnet-4-5"],
  ["opus:xhigh", undefined, anthropic, "anthropic/claude-opus-5-5 xhigh"],
  ["sonnet", "anthropic", both, "anthropic/claude-sonnet-5-5"],
  ["sonnet", undefined, both, "anthropic/claude-sonnet-5-5"],
  ["demo", undefined, {}, "scripted/demo"],
  ["scripted/demo", undefined, {}, "scripted/demo"],
  ["scripted/a/b:c.jsonl", undefined, {}, "scripted/a/b:c.jsonl"],
  ["a.jsonl", "scripted", {}, "scripted/a.jsonl"],
])("%s (provider %s) is found", async (pattern, provider, setup, expected) => {
  expect(await name(pattern, provider, setup)).toBe(expected);
});

const local = '[providers.local]\nbase_url = "http://127.0.0.1:9/v1"\n';

test("a provider that only the configuration knows takes any model id", async () => {
  const { model } = await select("local/some/model:7b", undefined, { toml: local });
  expect(model).toMatchObject({ id: "some/model:7b", api: "openai-completions", provider: "local", baseUrl: "http://127.0.0.1:9/v1" });
  expect(model).toMatchObject({ contextWindow: 128_000, maxTokens: 16_384, input: ["text"] });
  expect(await name("local/some/model:high", undefined, { toml: local })).toBe("local/some/model high");
  expect(await name("scripted/x.jsonl:high")).toBe("scripted/x.jsonl high");
  const listed = `${local}[[providers.local.models]]\nid = "m:high"\n`;
  expect(await name("local/m:high", undefined, { toml: listed })).toBe("local/m:high");
});

test("a configured model has what its table says", async () => {
  const toml = `${local}headers = { a = "provider", b = "$SET" }
[providers.local.dialect]
supports_developer_role = true
[[providers.local.models]]
id = "m1"
context_window = 5
max_tokens = 4
reasoning = true
input = ["text", "image"]
thinking_levels = { off = false, max = "ultra" }
cost = { input = 1, output = 2 }
headers = { a = "model" }
`;
  const { model } = await select("m1", undefined, { toml, env: { SET: "s" } });
  expect(model).toMatchObject({
    provider: "local",
    contextWindow: 5,
    maxTokens: 4,
    reasoning: true,
    input: ["text", "image"],
    thinkingLevelMap: { off: null, max: "ultra" },
    cost: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
    headers: { a: "model", b: "s" },
    dialect: { supportsDeveloperRole: true },
  });
});

test("a configured model of a catalogue provider replaces or changes the catalogue's", async () => {
  const toml = `[[providers.anthropic.models]]
id = "claude-sonnet-5"
context_window = 7
[providers.anthropic.model_overrides.claude-opus-5]
max_tokens = 8
cost = { input = 1 }
`;
  expect((await select("anthropic/claude-sonnet-5", undefined, { ...anthropic, toml })).model).toMatchObject({
    contextWindow: 7,
    reasoning: false,
    api: "anthropic-messages",
    baseUrl: "https://api.anthropic.com",
  });
  expect((await select("anthropic/claude-opus-5", undefined, { ...anthropic, toml })).model).toMatchObject({
    maxTokens: 8,
    reasoning: true,
    cost: { input: 1, output: 25 },
  });
});

test("models.json of the npm agent defines models", async () => {
  const files = {
    "agent/models.json": JSON.stringify({
      providers: { local: { baseUrl: "http://127.0.0.1:8377/v1", api: "openai-completions", apiKey: "x", models: [{ id: "m1" }] } },
    }),
  };
  expect((await select("m1", undefined, { files })).model).toMatchObject({ provider: "local", baseUrl: "http://127.0.0.1:8377/v1" });
  expect(await name(undefined, undefined, { files })).toBe("local/m1");
});

test("the provider with a credential is taken where several have the id", async () => {
  expect(await name("gpt-6.1-sol", undefined, { env: { OPENAI_API_KEY: "k" } })).toBe("openai/gpt-6.1-sol");
  expect(await name("gpt-6.1-sol", undefined, { env: { AZURE_OPENAI_API_KEY: "k", AZURE_OPENAI_RESOURCE_NAME: "r" } })).toBe(
    "azure/gpt-6.1-sol",
  );
});

test("several providers with credentials, or none, are refused with the list", async () => {
  const two = await failure("gpt-6.1-sol", undefined, { env: { OPENAI_API_KEY: "k", AZURE_OPENAI_API_KEY: "k" } });
  expect(two).toMatchObject({ code: "usage.ambiguous_model", exitStatus: 2 });
  expect(two.message).toBe('Model "gpt-6.1-sol" is ambiguous: openai/gpt-6.1-sol, azure/gpt-6.1-sol.');
  expect((await failure("gpt-6.1-sol")).message).toContain("github-copilot/gpt-6.1-sol");
});

test("an id with a maker's name goes to the gateway that has a credential", async () => {
  expect(await name("anthropic/claude-sonnet-5", undefined, { env: { OPENROUTER_API_KEY: "k" } })).toBe(
    "openrouter/anthropic/claude-sonnet-5",
  );
  expect(await name("anthropic/claude-sonnet-5", undefined, both)).toBe("anthropic/claude-sonnet-5");
});

test("without a credential the error names the variable and the demo", async () => {
  const error = await failure("anthropic/claude-sonnet-5");
  expect(error).toMatchObject({ code: "auth.no_credential", message: "No API key found for anthropic.", exitStatus: 2 });
  expect(error.hint).toContain("ANTHROPIC_API_KEY");
  expect(error.hint).toContain("--model demo");
  for (const provider of ["anthropic", "own"]) {
    const toml = `[providers.${provider}]\nbase_url = "http://127.0.0.1:9/v1"\napi = "openai-completions"\napi_key = "$OWN_KEY"\n`;
    const named = await failure(`${provider}/claude-sonnet-5`, undefined, { toml });
    expect(named.hint).toMatch(new RegExp(`^Set OWN_KEY, which api_key under \\[providers\\.${provider}\\] names, or`));
  }
  const nothing = await failure(undefined);
  expect(nothing.exitStatus).toBe(2);
  expect(nothing.hint).toMatch(/ANTHROPIC_API_KEY.*OPENAI_API_KEY.*--model demo/);
});

test("--api-key pays for the model that is named", async () => {
  expect(await name("anthropic/claude-sonnet-5", undefined, { apiKey: "k" })).toBe("anthropic/claude-sonnet-5");
});

test("an unknown model is named, with the nearest one", async () => {
  const error = await failure("anthropic/claude-sonet-5", undefined, anthropic);
  expect(error.message).toBe('Model "anthropic/claude-sonet-5" not found. Use --list-models to see available models.');
  expect(error).toMatchObject({ code: "usage.unknown_model", exitStatus: 2, hint: "Did you mean anthropic/claude-sonnet-5?" });
  expect((await failure("xx/yy")).message).toBe('Model "xx/yy" not found. Use --list-models to see available models.');
  expect((await failure("sonnet:hihg", undefined, anthropic)).code).toBe("usage.unknown_model");
  expect((await failure("m", "antropic")).hint).toBe("Did you mean anthropic?");
});

test("an id that is written out and in no list goes on, with what is known of the nearest model", async () => {
  const written = await select("anthropic/claude-new-9:high", undefined, anthropic);
  expect(written).toMatchObject({
    model: {
      id: "claude-new-9",
      name: "claude-new-9",
      provider: "anthropic",
      api: "anthropic-messages",
      baseUrl: "https://api.anthropic.com",
    },
    thinkingLevel: "high",
  });
  expect(written.model.contextWindow).toBeGreaterThan(100_000);
  expect(written.warning).toContain('Model "anthropic/claude-new-9" is in no list');
  // A new version is none of the slips of a hand.
  for (const id of ["claude-sonnet-9", "claude-opus-12-1", "claude-haiku-7-20280101"]) {
    expect((await select(id, "anthropic", anthropic)).model).toMatchObject({ id, reasoning: true });
  }
  expect((await select("openrouter/new-maker/new-model:free", undefined, both)).model.id).toBe("new-maker/new-model:free");
  const own = '[providers.own]\napi = "openai-completions"\nbase_url = "http://127.0.0.1:1"\n';
  const listed = `${own}[[providers.own.models]]\nid = "m"\ncontext_window = 5000\n`;
  expect(await select("own/other", undefined, { toml: `${own}api_key = "k"\n` })).not.toHaveProperty("warning");
  expect((await select("own/m", undefined, { toml: listed.replace("[[", 'api_key = "k"\n[[') })).warning).toBeUndefined();
  expect((await select("own/other", undefined, { toml: listed.replace("[[", 'api_key = "k"\n[[') })).warning).toContain("own/other");
  for (const pattern of ["claude-new-9", "anthropic/new 9", "openai-codex/gpt-new"]) {
    expect((await failure(pattern, undefined, anthropic)).exitStatus, pattern).toBe(2);
  }
});

test("ids of providers may have slashes: an address stands for a server", async () => {
  const server = (id: string, models: readonly string[]): string =>
    `[providers."${id}"]\nbase_url = "http://127.0.0.1:1"\napi_key = "k"\n${models.map((one) => `[[providers."${id}".models]]\nid = "${one}"\n`).join("")}`;
  const toml = `${server("http://gpu:8080/v1", ["org/llama-4", "m"])}${server("http://gpu:8080", ["v1/m", "other"])}`;
  for (const [pattern, wanted] of [
    ["http://gpu:8080/v1/org/llama-4", "http://gpu:8080/v1/org/llama-4"],
    ["http://gpu:8080/v1/org/llama-4:high", "http://gpu:8080/v1/org/llama-4 high"],
    ["http://gpu:8080/v1/m", "http://gpu:8080/v1/m"],
    ["http://gpu:8080/other", "http://gpu:8080/other"],
  ] as const) {
    expect(await name(pattern, undefined, { toml }), pattern).toBe(wanted);
  }
  expect((await select("http://gpu:8080/v1/new-one", undefined, { toml })).model).toMatchObject({
    provider: "http://gpu:8080/v1",
    id: "new-one",
  });
});

test("what a session has recorded is that very model, or gone", async () => {
  const own = '[providers.own]\nbase_url = "http://127.0.0.1:1"\napi_key = "k"\n';
  const listed = { toml: `${own}[[providers.own.models]]\nid = "m-large"\n`, isRecorded: true };
  expect(await name("own/m-large", undefined, listed)).toBe("own/m-large");
  expect(await name("own/anything:high", undefined, { toml: own, isRecorded: true })).toBe("own/anything:high");
  expect(await name("anthropic/claude-sonnet-5", undefined, { ...anthropic, isRecorded: true })).toBe("anthropic/claude-sonnet-5");
  for (const gone of ["own/m", "own/m-large:high", "m-large", "far/m-large"]) {
    expect((await failure(gone, undefined, listed)).code, gone).toBe("usage.unknown_model");
  }
  // A gateway's model of that name is not the maker's.
  const gateway = { env: both.env, isRecorded: true };
  expect((await failure("anthropic/claude-nothing-1", undefined, gateway)).code).toBe("usage.unknown_model");
  expect((await failure("meta-llama/llama-3.3-70b-instruct", undefined, gateway)).code).toBe("usage.unknown_model");
});

test("a wire format nobody speaks here is refused by name", async () => {
  const toml =
    '[providers.far]\nbase_url = "http://127.0.0.1:9"\napi_key = "k"\n[[providers.far.models]]\nid = "m"\napi = "smoke-signals"\n';
  const error = await failure("far/m", undefined, { toml });
  expect(error).toMatchObject({ code: "config.unsupported_api", exitStatus: 2 });
  expect(error.message).toContain("smoke-signals");
});

test("formats with a compatible twin are spoken through it", async () => {
  expect((await select("mistral/devstral-medium-latest", undefined, { env: { MISTRAL_API_KEY: "k" } })).model.api).toBe(
    "openai-completions",
  );
  const azure = { env: { AZURE_OPENAI_API_KEY: "k", AZURE_OPENAI_RESOURCE_NAME: "mine" } };
  expect((await select("azure/gpt-6-sol", undefined, azure)).model).toMatchObject({
    api: "openai-responses",
    baseUrl: "https://mine.openai.azure.com/openai/v1",
  });
  const own = {
    env: {
      ...azure.env,
      AZURE_OPENAI_DEPLOYMENT_NAME_MAP: "gpt-5=five, gpt-6-sol = my-sol",
      AZURE_OPENAI_API_VERSION: "2026-01-01-preview",
    },
  };
  expect((await select("azure/gpt-6-sol", undefined, own)).model).toMatchObject({
    id: "gpt-6-sol",
    requestName: "my-sol",
    baseUrl: "https://mine.openai.azure.com/openai/v1?api-version=2026-01-01-preview",
  });
  for (const [name, value, told] of [
    ["AZURE_OPENAI_DEPLOYMENT_NAME_MAP", "gpt-5=five, my-deployment,", "my-deployment"],
    ["AZURE_OPENAI_DEPLOYMENT_NAME_MAP", "gpt-6-sol=", "gpt-6-sol="],
    ["AZURE_OPENAI_DEPLOYMENT_NAME_MAP", "gpt-6-sol=https://mine/deployments/x", "https://mine"],
    ["AZURE_OPENAI_API_VERSION", "2026-01-01&x=1", "2026-01-01&x=1"],
    ["AZURE_OPENAI_API_VERSION", "the newest", "the newest"],
    ["AZURE_OPENAI_RESOURCE_NAME", "https://mine.openai.azure.com", "mine.openai.azure.com"],
    ["AZURE_OPENAI_RESOURCE_NAME", "my resource", "my%20resource"],
  ] as const) {
    const wrong = await failure("azure/gpt-6-sol", undefined, { env: { ...azure.env, [name]: value } });
    expect([wrong.exitStatus, wrong.message], value).toEqual([2, expect.stringContaining(told)]);
  }
  const nowhere = await failure("azure/gpt-6-sol", undefined, { env: { AZURE_OPENAI_API_KEY: "k" } });
  expect(nowhere.code).toBe("config.no_base_url");
  expect(nowhere.hint).toContain("AZURE_OPENAI_RESOURCE_NAME");
});

test("variables in a base URL: filled where they are set, asked for where they are not", async () => {
  const env = { CLOUDFLARE_API_KEY: "k", CLOUDFLARE_ACCOUNT_ID: "acc", CLOUDFLARE_GATEWAY_ID: "gate" };
  const listed = new ModelRegistry({ config: { providers: {} }, env, agentDir: "/nowhere", cwd: "/nowhere" }).models(
    "cloudflare-ai-gateway",
  );
  expect(listed.map((model) => model.baseUrl).filter((url) => url.includes("{"))).toEqual([]);
  const id = listed[0]?.id ?? "";
  expect((await select(id, "cloudflare-ai-gateway", { env })).model.baseUrl).toMatch(/\/v1\/acc\/gate\//);
  const without = await failure(id, "cloudflare-ai-gateway", { env: { CLOUDFLARE_API_KEY: "k", CLOUDFLARE_ACCOUNT_ID: "acc" } });
  expect(without).toMatchObject({ code: "config.no_base_url", exitStatus: 2 });
  expect(without.hint).toContain("CLOUDFLARE_GATEWAY_ID");
  expect(without.hint).not.toContain("CLOUDFLARE_ACCOUNT_ID");
});

test("a base URL that is no web address is an error of the configuration, not of the network", async () => {
  for (const address of ["htp://127.0.0.1:1/v1", "127.0.0.1:8080/v1", "https://", "file:///etc/passwd", "s3://bucket/x"]) {
    const wrong = await failure("anthropic/claude-sonnet-4-5", undefined, { env: { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: address } });
    expect([wrong.code, wrong.exitStatus, wrong.message.endsWith(address)]).toEqual(["config.base_url", 2, true]);
  }
});

test("the environment's base URL wins over the file's", async () => {
  const toml = '[providers.anthropic]\nbase_url = "http://file"\n';
  expect((await select("anthropic/claude-sonnet-5", undefined, { ...anthropic, toml })).model.baseUrl).toBe("http://file");
  const env = { ANTHROPIC_API_KEY: "a", ANTHROPIC_BASE_URL: "http://127.0.0.1:1" };
  expect((await select("anthropic/claude-sonnet-5", undefined, { env, toml })).model.baseUrl).toBe("http://127.0.0.1:1");
  expect((await select("anthropic/nope", undefined, { env, toml })).model).toMatchObject({ id: "nope", baseUrl: "http://127.0.0.1:1" });
});

test("without a pattern: the configured model, else the first provider with a credential", async () => {
  expect(await name(undefined, undefined, { ...both, toml: 'model = "haiku:low"' })).toBe("anthropic/claude-haiku-5-5 low");
  expect((await select(undefined, undefined, { ...both, toml: 'model = "haiku"' })).why).toMatch(/^model = "haiku" \(.*config\.toml:1\)/);
  expect(await name(undefined, undefined, both)).toBe("anthropic/claude-opus-5-5");
  expect(await name(undefined, undefined, { env: { GROQ_API_KEY: "k" } })).toBe("groq/openai/gpt-oss-120b");
  expect(await name(undefined, "anthropic", { ...both, toml: 'model = "anthropic/claude-opus-5:low"' })).toBe(
    "anthropic/claude-opus-5 low",
  );
  expect(await name(undefined, "openrouter", { ...both, toml: 'model = "anthropic/claude-opus-5"' })).toBe(
    "openrouter/moonshotai/kimi-k2.7-code",
  );
  expect(await name(undefined, "openrouter", both)).toBe("openrouter/moonshotai/kimi-k2.7-code");
});

test("local servers need no credential but are no starting model by themselves", async () => {
  expect(await name("ollama/qwen3:30b")).toBe("ollama/qwen3:30b");
  expect((await failure(undefined)).code).toBe("auth.no_credential");
});

test("ids that are names of built-in properties are only ids", async () => {
  expect((await failure("constructor/toString")).code).toBe("usage.unknown_model");
  expect((await failure("__proto__")).code).toBe("usage.unknown_model");
});
