// Providers that extensions bring, from the shell: their sign-in is one of `pi auth`, renewed and used as ours are; their lists of models are asked
// for where models are listed, and never at a start.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { ways } from "../support/program.ts";
import { test, type World } from "../support/world.ts";

const delivered = ways.filter((way) => way !== "bun");

/** Answers with the key that it was given. */
const provider = `
  let renewals = 0;
  export default (pi) => {
    pi.registerProvider("corporate", {
      baseUrl: "http://127.0.0.1:9", api: "corporate-api",
      models: [{ id: "m", name: "M", reasoning: false, input: ["text"], contextWindow: 10000, maxTokens: 100 }],
      refreshModels: async ({ signal }) => {
        console.error("LISTED", signal.aborted);
        return ["m", "live"].map((id) => ({ id, name: id, reasoning: false, input: ["text"], contextWindow: 20000, maxTokens: 100 }));
      },
      oauth: {
        name: "Corporate",
        login: async ({ onAuth, onPrompt, onProgress }) => {
          if (process.env.CODE === undefined) onAuth({ url: "https://sso.example.invalid/authorize", instructions: "Sign in there." });
          const code = process.env.CODE ?? (await onPrompt({ message: "Code:" }));
          onProgress("Checking");
          return { access: "access-" + code, refresh: "refresh-" + code, expires: Date.now() - 1000, tenant: "t1" };
        },
        refreshToken: async (tokens, signal) => {
          if (tokens.tenant === "gone") throw new Error("no such tenant");
          return { ...tokens, access: tokens.access + "-renewed", expires: Date.now() + 3600000, renewed: !signal.aborted };
        },
        getApiKey: ({ access, tenant }) => tenant + ":" + access,
      },
      streamSimple: async function* (_model, _context, { apiKey }) {
        const content = "key ends in " + apiKey.slice(-12);
        yield { type: "text_start", contentIndex: 0 };
        yield { type: "text_delta", contentIndex: 0, delta: content };
        yield { type: "text_end", contentIndex: 0, content };
        const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
        yield { type: "done", message: { content: [], stopReason: "stop", usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, totalTokens: 2, cost } } };
      },
    });
  };`;

function extension(world: World, source = provider): void {
  world.write("../home/.pi/agent/extensions/corporate.ts", source);
}

const account = (world: World): Record<string, unknown> => JSON.parse(readFileSync(join(world.agentDir, "auth.json"), "utf8")).corporate;

test.for(delivered)("%s: signed in by pi auth, renewed when it is due, and sent as the extension says", async (way, { world }) => {
  extension(world);
  const untyped = await world.run(["auth", "login", "corporate", "--no-browser"], { way });
  expect(untyped.status, untyped.stderr).toBe(1);
  expect(untyped.stderr).toContain("nobody can type here");
  const login = await world.run(["auth", "login", "corporate", "--no-browser"], { way, env: { CODE: "c0ffee00c0ffee" } });
  expect(login.status, login.stderr).toBe(0);
  expect(account(world)).toMatchObject({ type: "oauth", tenant: "t1", access: "access-c0ffee00c0ffee" });
  const run = await world.run(["-p", "--model", "corporate/m", "hi"], { way });
  expect(run).toMatchObject({ stdout: "key ends in ffee-renewed\n", stderr: "", status: 0 });
  expect(account(world)).toMatchObject({ access: "access-c0ffee00c0ffee-renewed", tenant: "t1", renewed: true });
  const gone = await world.run(["auth", "logout", "corporate"], { way });
  expect(gone.status, gone.stderr).toBe(0);
  const without = await world.run(["-p", "--model", "corporate/m", "hi"], { way });
  expect(without.status).toBe(2);
  expect(without.stderr).toContain("Sign in with pi auth login corporate");
});

test("a sign-in that fails, or leads where nobody should go, stores nothing", async ({ world }) => {
  const failing = (what: string) => provider.replace('onAuth({ url: "https://sso.example.invalid/authorize"', what);
  extension(world, failing('throw new Error("the service is closed"); onAuth({ url: ""'));
  const closed = await world.run(["auth", "login", "corporate"]);
  expect(closed.status).toBe(1);
  expect(closed.stderr).toContain("the service is closed");
  extension(world, failing('onAuth({ url: "http://sso.example.invalid/"'));
  const unsafe = await world.run(["auth", "login", "corporate"]);
  expect(unsafe.status).toBe(1);
  expect(unsafe.stderr).toContain("not https");
  expect(existsSync(join(world.agentDir, "auth.json"))).toBe(false);
});

test("a renewal that fails is told in the extension's words", async ({ world }) => {
  extension(world);
  const stored = { type: "oauth", access: "a", refresh: "r", expires: 1, tenant: "gone" };
  world.write("../home/.pi/agent/auth.json", JSON.stringify({ corporate: stored }));
  const { stderr, status } = await world.run(["-p", "--model", "corporate/m", "hi"]);
  expect(stderr).toContain("Corporate could not be renewed: no such tenant");
  expect(status).toBe(2);
  expect(account(world)).toEqual(stored);
});

test("lists of models are asked for where models are listed, not offline and not at a start", async ({ world }) => {
  extension(world, provider.replace("oauth:", 'apiKey: "k", oauth:'));
  const listed = await world.run(["models", "corporate"]);
  expect(listed.stdout).toMatch(/corporate +live +20K/);
  expect(listed.stderr).toContain("LISTED false");
  const offline = await world.run(["--list-models", "corporate"], { env: { PI_OFFLINE: "1" } });
  expect(offline.stdout).toMatch(/corporate +m /);
  expect(offline.stderr).toBe("");
  expect((await world.run(["-p", "--model", "corporate/m", "hi"])).stderr).toBe("");
  extension(
    world,
    provider.replace("oauth:", 'apiKey: "k", oauth:').replace('console.error("LISTED", signal.aborted)', 'throw new Error("down")'),
  );
  const down = await world.run(["models", "corporate"]);
  expect(down.stdout).toMatch(/corporate +m /);
  expect(down.stderr).toBe("Warning: corporate cannot say which models it has: down\n");
});

/** A whole provider: answers with what its requests are made with, backwards, or it would be taken for a secret that leaks. */
const whole = (auth: string, more = "") => `
  import { createProvider, envApiKeyAuth, lazyOAuth } from "@earendil-works/pi-ai";
  const chat = (id) => ({ id, name: id, provider: "whole", baseUrl: "http://127.0.0.1:9/plain", api: "whole-api", reasoning: false, input: ["text"],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }, contextWindow: 10000, maxTokens: 100 });
  const backwards = (text = "nothing") => [...text].reverse().join("");
  export default (pi) => pi.registerProvider(createProvider({
    id: "whole", name: "Whole", baseUrl: "http://127.0.0.1:9/plain", getModels: () => [chat("m"), chat("large")],
    auth: ${auth}, ${more}
    api: { streamSimple: async function* (model, _context, { apiKey, headers, env }) {
      const content = [backwards(apiKey), headers?.["x-tenant"], env?.REGION, model.baseUrl].join(" | ");
      yield { type: "text_start", contentIndex: 0 };
      yield { type: "text_delta", contentIndex: 0, delta: content };
      yield { type: "text_end", contentIndex: 0, content };
      const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
      yield { type: "done", message: { content: [], stopReason: "stop", usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, totalTokens: 2, cost } } };
    } },
  }));`;

const ownKey = `{ apiKey: { name: "Whole key",
    resolve: async ({ credential, ctx }) => {
      const key = credential?.key ?? (await ctx.env("WHOLE_KEY"));
      if (key === undefined) return undefined;
      if (key === "wrong") throw new Error("it is no key of ours");
      return { auth: { apiKey: "made-of-" + key, headers: { "x-tenant": "t1" }, baseUrl: "http://127.0.0.1:9/own" },
        env: { REGION: credential?.env?.REGION ?? "none" }, source: "WHOLE_KEY" };
    } } }`;

const backwards = (text: string): string => [...text].reverse().join("");

test.for(delivered)(
  "%s: a whole provider makes of a key what its requests need: stored, said, or of the surroundings",
  async (way, { world }) => {
    extension(world, whole(ownKey));
    const asked = ["-p", "--model", "whole/m", "hi"];
    const none = await world.run(asked, { way });
    expect(none.status).toBe(2);
    expect(none.stderr).toContain("No API key found for whole.");
    expect(none.stderr).toContain("pi auth login whole");
    expect((await world.run(["models", "whole"], { way })).stdout).toBe("");
    const env = { WHOLE_KEY: "ambient-0123456789" };
    const ambient = await world.run(asked, { way, env });
    expect(ambient).toMatchObject({
      stdout: `${backwards("made-of-ambient-0123456789")} | t1 | none | http://127.0.0.1:9/own\n`,
      status: 0,
    });
    expect((await world.run(["models", "whole"], { way, env })).stdout).toMatch(/whole +m /);
    const inspected = JSON.parse((await world.run(["inspect", "--json", "--model", "whole/m"], { way, env })).stdout);
    expect(inspected).toMatchObject({ model: { provider: "whole", id: "m" }, credential: "WHOLE_KEY" });
    const status = await world.run(["auth", "check", "--provider", "whole"], { way, env });
    expect(status).toMatchObject({ stdout: "ready\n", status: 0 });
    const stored = await world.run(["auth", "login", "whole", "--api-key"], { way, stdin: { text: "piped-0123456789\n" } });
    expect(stored.status, stored.stderr).toBe(0);
    world.write(
      "../home/.pi/agent/auth.json",
      JSON.stringify({ whole: { type: "api_key", key: "piped-0123456789", env: { REGION: "eu" } } }),
    );
    expect((await world.run(asked, { way, env })).stdout).toBe(
      `${backwards("made-of-piped-0123456789")} | t1 | eu | http://127.0.0.1:9/own\n`,
    );
    const said = await world.run([...asked, "--api-key", "said-0123456789"], { way, env });
    expect(said.stdout).toBe(`${backwards("made-of-said-0123456789")} | t1 | none | http://127.0.0.1:9/own\n`);
    const wrong = await world.run([...asked, "--api-key", "wrong"], { way });
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain("Whole key of whole cannot be had: it is no key of ours");
  },
);

test("a whole provider's sign-in is loaded when it is used, renewed, and says what its requests are made with", async ({ world }) => {
  const oauth = `{ oauth: lazyOAuth({ name: "Whole SSO", load: async () => { console.error("LOADED"); return {
    login: async ({ notify }) => { notify({ type: "progress", message: "Almost" });
      return { type: "oauth", access: "first-0123456789", refresh: "r-0123456789", expires: Date.now() - 1, tenant: "t2" }; },
    refresh: async (tokens, signal) => ({ ...tokens, access: "second-0123456789", expires: Date.now() + 3600000, isAborted: signal.aborted }),
    toAuth: async ({ access, tenant }) => ({ apiKey: access, headers: { "x-tenant": tenant }, baseUrl: "http://127.0.0.1:9/" + tenant }),
  }; } }) }`;
  const filter = `filterModels: (models, credential) => models.filter(({ id }) => id === "m" || credential?.tenant === "t3"),`;
  extension(world, whole(oauth, filter));
  const login = await world.run(["auth", "login", "whole"]);
  expect(login).toMatchObject({ status: 0 });
  expect(login.stderr).toContain("Almost");
  const run = await world.run(["-p", "--model", "whole/m", "hi"]);
  expect(run.stdout).toBe(`${backwards("second-0123456789")} | t2 |  | http://127.0.0.1:9/t2\n`);
  const kept = JSON.parse(readFileSync(join(world.agentDir, "auth.json"), "utf8")).whole;
  expect(kept).toMatchObject({ type: "oauth", access: "second-0123456789", tenant: "t2", isAborted: false });
  const token = await world.run(["auth", "print-bearer-token", "--provider", "whole"]);
  expect(token.stdout).toBe("second-0123456789\n");
  const listed = await world.run(["models", "whole"]);
  expect(listed.stdout).toMatch(/whole +m /);
  expect(listed.stdout).not.toContain("large");
  expect(listed.stderr).not.toContain("LOADED");
  world.write("../home/.pi/agent/auth.json", JSON.stringify({ whole: { ...kept, tenant: "t3" } }));
  expect((await world.run(["models", "whole"])).stdout).toMatch(/whole +large /);
});

test("the usual key of a whole provider is the stored one, else that of a variable", async ({ world }) => {
  extension(world, whole(`{ apiKey: envApiKeyAuth("Whole key", ["WHOLE_KEY", "OTHER_KEY"]) }`));
  const run = (env: Record<string, string>) => world.run(["-p", "--model", "whole/m", "hi"], { env });
  expect((await run({ OTHER_KEY: "other-0123456789" })).stdout).toContain(`${backwards("other-0123456789")} | `);
  world.write("../home/.pi/agent/auth.json", JSON.stringify({ whole: { type: "api_key", key: "stored-0123456789" } }));
  expect((await run({ WHOLE_KEY: "ambient-0123456789" })).stdout).toContain(`${backwards("stored-0123456789")} | `);
});

test("a sign-in changes the models for whoever is signed in; one that breaks them is told, and they stay", async ({ world }) => {
  const modify = (body: string) => provider.replace("getApiKey:", `modifyModels: (models, { tenant }) => ${body}, getApiKey:`);
  const tokens = { type: "oauth", access: "access-0123456789", refresh: "r-0123456789", expires: Date.now() + 3_600_000, tenant: "t9" };
  extension(
    world,
    modify(`[...models, { ...models[0], id: "of-" + tenant, name: "Theirs" }]`).replace(/refreshModels[\s\S]*?\n {6}\},\n/, ""),
  );
  world.write("../home/.pi/agent/auth.json", JSON.stringify({ corporate: tokens }));
  const listed = await world.run(["models", "corporate"]);
  expect(listed.stdout).toMatch(/corporate +of-t9 /);
  const run = await world.run(["-p", "--model", "corporate/of-t9", "hi"]);
  expect(run).toMatchObject({ stdout: "key ends in s-0123456789\n", status: 0 });
  expect(run.stderr).not.toContain("registerProvider");
  extension(world, modify(`models.nothing.at(tenant)`));
  const broken = await world.run(["-p", "--model", "corporate/m", "hi"]);
  expect(broken).toMatchObject({ stdout: "key ends in s-0123456789\n", status: 0 });
  expect(broken.stderr.match(/registerProvider/g)).toHaveLength(1);
});

test("a list of models is asked for with the credential, renewed where that is due", async ({ world }) => {
  extension(
    world,
    provider
      .replace('console.error("LISTED", signal.aborted)', 'console.error("LISTED FOR", credential?.tenant, credential?.renewed)')
      .replace("async ({ signal })", "async ({ credential })"),
  );
  expect((await world.run(["models", "corporate"])).stderr).toContain("LISTED FOR undefined undefined");
  const due = { type: "oauth", access: "a-0123456789", refresh: "r-0123456789", expires: 1, tenant: "t1" };
  world.write("../home/.pi/agent/auth.json", JSON.stringify({ corporate: due }));
  expect((await world.run(["models", "corporate"])).stderr).toContain("LISTED FOR t1 true");
});
