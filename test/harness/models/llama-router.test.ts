// The router of llama.cpp as it is asked: its list, a model that changes, and each way in which a server is none or does not answer, which is one line with
// the address and what to do.

import { expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../../src/config/load-config.ts";
import { isPiError } from "../../../src/contracts/error.ts";
import { LlamaRouter, servedModels } from "../../../src/harness/models/llama-router.ts";
import { ModelRegistry } from "../../../src/harness/models/model-registry.ts";
import { selectModel } from "../../../src/harness/models/select-model.ts";
import { usableModel } from "../../../src/harness/models/usable-model.ts";
import { createFetch } from "../../../src/platform/network/fetch.ts";
import { baseUrlVariables } from "../../../src/providers/vendors.ts";
import { startLlamaServer } from "../../support/llama-server.ts";
import { tempTree } from "../../support/temp-tree.ts";
import { startWireServer, type WireAnswer } from "../../support/wire-server.ts";

const router = (baseUrl: string, headers: Record<string, string> = {}, timeoutMs = 60_000): LlamaRouter =>
  new LlamaRouter({ baseUrl, headers, fetch: createFetch({ env: {} }), timeoutMs, pollMs: 1 });

test("the list: states, windows, pictures; the address with /v1 or without", async () => {
  const server = await startLlamaServer({
    small: { state: "loaded", row: { meta: { n_ctx: 8192, n_ctx_train: 131_072 } } },
    eyes: { state: "sleeping", row: { architecture: { input_modalities: ["text", "image"] } } },
    broken: { state: "unloaded", exitCode: 1 },
  });
  onTestFinished(() => server.close());
  for (const tail of ["", "/", "/v1", "/v1/"]) {
    const models = await router(server.url + tail).models();
    expect(models).toEqual([
      { id: "small", state: "loaded", contextWindow: 8192, takesPictures: false },
      { id: "eyes", state: "sleeping", contextWindow: 32_768, takesPictures: true },
      { id: "broken", state: "failed", exitCode: 1, contextWindow: 32_768, takesPictures: false },
    ]);
    expect(servedModels(models)).toEqual([
      { id: "small", contextWindow: 8192 },
      { id: "eyes", contextWindow: 32_768, input: ["text", "image"] },
    ]);
  }
  expect(server.complaints).toEqual([]);
});

test("a change goes on until it has come to an end, which is told", async () => {
  const server = await startLlamaServer({ slow: { state: "unloaded", loads: "held" }, broken: { state: "unloaded", loads: "fails" } });
  onTestFinished(() => server.close());
  const states: string[] = [];
  const at = {
    signal: new AbortController().signal,
    seen: (models: { id: string; state: string }[]) => {
      states.push(models.find(({ id }) => id === "slow")?.state ?? "");
      if (states.length === 3) server.finish("slow");
    },
  };
  const asked = router(server.url);
  expect(await asked.change("slow", "load", at)).toMatchObject({ state: "loaded" });
  expect(states).toEqual(["loading", "loading", "loading", "loaded"]);
  expect(await asked.change("slow", "unload", at)).toMatchObject({ state: "unloaded" });
  expect(await asked.change("broken", "load", at)).toMatchObject({ state: "failed", exitCode: 137 });
  await expect(asked.change("slow", "unload", at)).rejects.toThrow(/answers HTTP 400: model is not running/);
  expect(server.complaints).toEqual([]);
});

test("waiting for a change is called off at once", async () => {
  const server = await startLlamaServer({ slow: { state: "unloaded", loads: "held" } });
  onTestFinished(() => server.close());
  const stop = new AbortController();
  const waiting = router(server.url).change("slow", "load", { signal: stop.signal, seen: () => stop.abort(new Error("enough")) });
  await expect(waiting).rejects.toThrow();
  expect(stop.signal.aborted).toBe(true);
});

const html = { "content-type": "text/html" };

test.each<[string, WireAnswer, string, RegExp, RegExp]>([
  ["a server of one model", { body: '{"data":[{"id":"one"}]}' }, "io.format", /is no router of llama\.cpp/, /without --model/],
  ["a page", { headers: html, body: "<html>Welcome</html>" }, "io.format", /is no server of llama\.cpp/, /LLAMA_BASE_URL/],
  ["a list of another kind", { body: '[{"id":"one"}]' }, "io.format", /is no server of llama\.cpp/, /base_url/],
  ["nothing there", { status: 404, body: "nope" }, "io.fetch", /\/models answers HTTP 404$/, /LLAMA_BASE_URL/],
  ["another place", { status: 302, headers: { location: "http://example.invalid/" } }, "io.fetch", /answers HTTP 302$/, /LLAMA_BASE_URL/],
  [
    "a server that is not ready",
    { status: 503, body: '{"error":{"code":503,"message":"Loading model\\u001b[2J"}}' },
    "io.fetch",
    /answers HTTP 503: Loading model[^\u001b]*$/,
    /log/,
  ],
  ["no key", { status: 401, body: "{}" }, "auth.refused", /wants a key \(HTTP 401\)/, /LLAMA_API_KEY/],
  ["an answer without end", { body: "x".repeat(3 << 20) }, "io.fetch", /the answer is too large$/, /base_url/],
  ["a connection that is closed", { drop: true }, "io.fetch", /No router of llama\.cpp can be reached at http:\/\/127/, /llama-server/],
])("%s is one line", async (_what, answer, code, message, hint) => {
  const server = await startWireServer(() => answer);
  onTestFinished(() => server.close());
  const error = await router(server.url)
    .models()
    .catch((thrown: unknown) => thrown);
  if (!isPiError(error)) throw error;
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  expect(error.message).toContain(server.url);
  expect(error.message).not.toContain("\n");
  expect(error.hint).toMatch(hint);
});

test("no answer is told after a time, and the wrong key without the key", async () => {
  const silent = await startWireServer(() => ({ hang: true }));
  onTestFinished(() => silent.close());
  await expect(router(silent.url, {}, 50).models()).rejects.toThrow(/reached at \S+: no answer in 0\.05 s/);
  const strict = await startLlamaServer({ one: { state: "unloaded" } }, { key: "sk-right-0123456789" });
  onTestFinished(() => strict.close());
  const at = { signal: new AbortController().signal, seen: () => {} };
  const refused = await router(strict.url, { authorization: "Bearer sk-wrong-0123456789" }).change("one", "load", at).catch(String);
  expect(refused).toMatch(/refuses the key \(HTTP 401\)/);
  expect(refused).not.toContain("sk-wrong");
  const user = strict.url.replace("://", "://someone:pass-word-0123@");
  const named = router(user);
  expect(named.address).not.toContain("pass-word");
  await named.models();
  expect(strict.requests.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from("someone:pass-word-0123").toString("base64")}`);
});

async function registryWith(env: Record<string, string>, toml = ""): Promise<ModelRegistry> {
  const tree = tempTree({ "agent/config.toml": toml });
  const place = { cwd: tree.path, homeDir: tree.path, agentDir: tree.at("agent"), env, baseUrlVariables: baseUrlVariables() };
  return new ModelRegistry({ config: await loadConfig(place), env, agentDir: tree.at("agent"), cwd: tree.path });
}

test("a registry lists what the router has loaded, and takes other ids as before; LLAMA_BASE_URL and the key go along", async () => {
  const server = await startLlamaServer({ small: { state: "loaded" }, large: { state: "unloaded" } });
  onTestFinished(() => server.close());
  const registry = await registryWith({ LLAMA_BASE_URL: server.url, LLAMA_API_KEY: "sk-llama-0123456789" });
  const failures: unknown[] = [];
  await registry.refreshModels(new AbortController().signal, (_id, error) => failures.push(error));
  expect(failures).toEqual([]);
  expect(server.requests[0]?.headers.authorization).toBe("Bearer sk-llama-0123456789");
  expect(registry.available().map(({ provider, id }) => `${provider}/${id}`)).toEqual(["llama-cpp/small"]);
  expect(registry.findListed("llama-cpp", "small")?.contextWindow).toBe(32_768);
  expect((await usableModel("llama-cpp", "large", registry)).id).toBe("large");
  server.models.set("small", { state: "unloaded" });
  await registry.refreshModels(new AbortController().signal, () => {});
  expect(registry.available()).toEqual([]);
});

test("a server of one model has that one; one that is not set up is not asked", async () => {
  const server = await startWireServer(() => ({ body: '{"object":"list","data":[{"id":"only","meta":{"n_ctx_train":4096}}]}' }));
  onTestFinished(() => server.close());
  const registry = await registryWith({}, `[providers.llama-cpp]\nbase_url = "${server.url}/v1"\n`);
  await registry.refreshServed(new AbortController().signal, () => {});
  expect(registry.available().map(({ id, contextWindow }) => [id, contextWindow])).toEqual([["only", 4096]]);
  const failures: unknown[] = [];
  await (await registryWith({})).refreshServed(new AbortController().signal, (...failure) => failures.push(failure));
  expect(failures).toEqual([]);
});

test("a provider is known by the npm agent's name for it, too", async () => {
  const registry = await registryWith({ LLAMA_BASE_URL: "http://127.0.0.1:9", AZURE_OPENAI_API_KEY: "k" });
  expect(registry.providerId("llama.cpp")).toBe("llama-cpp");
  expect(registry.providerId("azure-openai-responses")).toBe("azure");
  const deps = { registry, config: await loadConfig({ cwd: "/", homeDir: "/", agentDir: "/", env: {} }) };
  expect((await selectModel("llama.cpp/some", undefined, deps)).model).toMatchObject({ provider: "llama-cpp", id: "some" });
  expect((await selectModel("some", "llama.cpp", deps)).model).toMatchObject({ provider: "llama-cpp", id: "some" });
  expect(await usableModel("llama.cpp", "some", registry)).toMatchObject({ provider: "llama-cpp", id: "some" });
});
