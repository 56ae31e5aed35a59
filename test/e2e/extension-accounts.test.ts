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
  expect(status).toBe(1);
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
