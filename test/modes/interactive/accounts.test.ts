// Accounts on the screen: what a first start offers, keys that are typed and never shown, sign-ins by a browser, accounts forgotten, servers of one's own.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ExtensionFactory } from "../../../src/contracts/extension.ts";
import { type AuthServer, startAuthServer } from "../../support/auth-server.ts";
import { type InteractiveScreen, openInteractive } from "../../support/interactive-screen.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { startWireServer } from "../../support/wire-server.ts";

const readHistory = ({ directory }: InteractiveScreen): string => readFileSync(join(directory, "agent", "prompt-history.jsonl"), "utf8");

/** Nothing to ask a model with. */
async function withoutModel(settings: Record<string, unknown> = {}): Promise<InteractiveScreen> {
  const directory = temporaryDirectory();
  const { makeLaunch } = await import("../../support/rpc-world.ts");
  const { SessionHost } = await import("../../../src/harness/host/session-host.ts");
  const { launch, deps } = await makeLaunch(directory, { settings, deps: { mayLackModel: true } });
  const { model: _, ...options } = launch.options;
  const sessions = await SessionHost.create({ ...launch, options }, deps);
  return openInteractive({ directory, sessions, columns: 100 });
}

const offer = "No model can be asked yet";
const authFile = ({ directory }: InteractiveScreen): string => join(directory, "agent", "auth.json");

test("a first start offers four ways; the demo model needs nothing", async () => {
  const screen = await withoutModel();
  const shown = await screen.until((text) => text.includes(offer));
  for (const way of ["Sign in", "API key", "server on this machine", "demo model"]) expect(shown).toContain(way);
  screen.device.keys("\u001b[A\r");
  await screen.until((text) => text.includes("scripted/demo"));
  expect(screen.sessions.models.inForce?.id).toBe("demo");
});

test("whoever types instead of choosing loses no letter, and has no offer any more", async () => {
  const screen = await withoutModel();
  await screen.until((text) => text.includes(offer));
  screen.device.keys("keep this");
  const shown = await screen.until((text) => text.includes("keep this"));
  expect(shown).not.toContain(offer);
});

test("nobody is offered anything who has a model", async () => {
  const screen = await openInteractive();
  screen.device.keys("x");
  expect(await screen.until((text) => text.includes("\nx"))).not.toContain(offer);
});

test("a key is stored for its account, shown nowhere, and what can be asked with it is in force", async () => {
  const screen = await withoutModel();
  await screen.until((text) => text.includes(offer));
  screen.device.keys("/login openrouter\r");
  await screen.until((text) => text.includes("Account openrouter"));
  screen.device.keys("\u001b[B\r");
  await screen.until((text) => text.includes("Key for openrouter"));
  screen.device.keys("sk-typed-and-secret");
  await screen.until((text) => text.includes("•••••"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes("Saved the key for openrouter"));
  await screen.until((text) => /openrouter\/\S+ •/.test(text), "a model of the provider");
  expect(JSON.parse(readFileSync(authFile(screen), "utf8"))).toEqual({ openrouter: { type: "api_key", key: "sk-typed-and-secret" } });
  expect(screen.device.writes.join("")).not.toContain("sk-typed");
  expect(screen.interaction.composer.history().join("\n")).not.toContain("sk-typed");
});

test("signing in by the browser, its address pasted back; logging out forgets it", async () => {
  const auth = await startAuthServer();
  onTestFinished(() => auth.close());
  const screen = await openInteractive({ columns: 400 });
  const { registry } = screen.sessions.launch;
  const oauth = { authorizeUrl: `${auth.url}/authorize`, tokenUrl: `${auth.url}/keys` };
  const settings = { id: "openrouter", models: [], modelOverrides: {}, headers: {}, oauth };
  registry.setProvider("openrouter", settings as unknown as Parameters<typeof registry.setProvider>[1]);
  screen.device.keys("/login openrouter\r");
  await screen.until((text) => text.includes("Sign in: OpenRouter"));
  screen.device.keys("\r");
  const shown = await screen.until((text) => text.includes("paste the address") && /https?:\S+code_challenge\S+/.test(text));
  const address = /https?:\S+code_challenge\S+/.exec(shown)?.[0] ?? "";
  screen.device.keys(`\u001b[200~${auth.agree(address)}\u001b[201~`);
  screen.device.keys("\r");
  await screen.until((text) => text.includes("Signed in to openrouter"));
  expect(JSON.parse(readFileSync(authFile(screen), "utf8")).openrouter.type).toBe("oauth");
  screen.device.keys("/logout\r");
  await screen.until((text) => text.includes("Forget the account"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes("Forgot the sign-in of openrouter"));
  expect(JSON.parse(readFileSync(authFile(screen), "utf8"))).toEqual({});
});

test("a sign-in that is called off stores nothing", async () => {
  const screen = await openInteractive({ columns: 100 });
  screen.device.keys("/login openrouter\r");
  await screen.until((text) => text.includes("Sign in: OpenRouter"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes("paste the address"));
  screen.device.keys("\u001b");
  await screen.until((text) => text.includes("called off"));
  expect(existsSync(authFile(screen))).toBe(false);
});

describe.each([
  ["Escape", "\u001b"],
  ["Ctrl-C", "\u0003"],
])("%s calls a sign-in off, and the editor is there again", (_key, key) => {
  const toList = async (screen: InteractiveScreen): Promise<void> => {
    screen.device.keys("/login\r");
    await screen.until((text) => text.includes("Account at"));
  };
  const toWays = async (screen: InteractiveScreen): Promise<void> => {
    await toList(screen);
    screen.device.keys("openrouter\r");
    await screen.until((text) => text.includes("Sign in: OpenRouter"));
  };
  const toKey = async (screen: InteractiveScreen): Promise<void> => {
    await toWays(screen);
    screen.device.keys("\u001b[B\r");
    await screen.until((text) => text.includes("Key for openrouter"));
    screen.device.keys("sk-half-of-a-key");
  };
  const toAddress = async (screen: InteractiveScreen): Promise<void> => {
    await toWays(screen);
    screen.device.keys("\r");
    await screen.until((text) => text.includes("paste the address"));
  };
  const toExchange = async (screen: InteractiveScreen, auth: AuthServer): Promise<void> => {
    const { registry } = screen.sessions.launch;
    const oauth = { authorizeUrl: `${auth.url}/authorize`, tokenUrl: `${auth.url}/keys` };
    registry.setProvider("openrouter", { id: "openrouter", models: [], modelOverrides: {}, headers: {}, oauth } as never);
    await toAddress(screen);
    const shown = screen.drawn();
    auth.fault = "hang";
    const asked = auth.requests.length;
    screen.device.keys(`\u001b[200~${auth.agree(/https?:\S+code_challenge\S+/.exec(shown)?.[0] ?? "")}\u001b[201~`);
    screen.device.keys("\r");
    await screen.until((text) => text.includes("Cancel") && !text.includes("paste the address"));
    await expect.poll(() => auth.requests.length).toBeGreaterThan(asked);
  };

  test.each([
    ["in the list of accounts", toList],
    ["between the ways", toWays],
    ["in the line for the key", toKey],
    ["where the address is pasted", toAddress],
    ["while the service is waited for", toExchange],
  ])("%s", async (_step, go) => {
    const auth = await startAuthServer();
    onTestFinished(() => auth.close());
    const screen = await openInteractive({ columns: 400 });
    await go(screen, auth);
    screen.device.keys(key);
    await screen.until(() => !screen.interaction.screen.isSomethingOpen);
    screen.device.keys("typed");
    expect(await screen.until((text) => /─\ntyped/.test(text))).not.toContain("sk-half");
    expect(existsSync(authFile(screen))).toBe(false);
    expect(screen.interaction.hasLeft).toBe(false);
    expect(readHistory(screen)).not.toContain("sk-half");
  });
});

test("where a service has no sign-in for us that is told, and a key is asked for instead", async () => {
  const screen = await openInteractive({ columns: 100 });
  screen.device.keys("/login anthropic\r");
  await screen.until((text) => text.includes("Store a key"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes("There is no sign-in to Anthropic") && text.includes("Key for anthropic"));
  screen.device.keys("\u0003");
  await screen.until((text) => !text.includes("Key for anthropic"));
  expect(existsSync(authFile(screen))).toBe(false);
});

test("an account that there is none of is named with the nearest, and what was typed is in the editor again", async () => {
  const screen = await openInteractive();
  screen.device.keys("/login opnai\r");
  const shown = await screen.until((text) => text.includes("Did you mean openai?"));
  expect(shown).toMatch(/─\n\/login opnai/);
});

test("a server of one's own: its models are listed, the chosen one is in force and kept", async () => {
  const server = await startWireServer(() => ({
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: [{ id: "small-one" }, { id: "large-one" }, { no: "id" }] }),
  }));
  onTestFinished(() => server.close());
  const screen = await withoutModel();
  const { registry } = screen.sessions.launch;
  await screen.until((text) => text.includes(offer));
  const vendor = {
    id: "ollama",
    models: [],
    modelOverrides: {},
    headers: {},
    baseUrl: { value: `${server.url}/v1`, origin: { kind: "user" } },
  };
  registry.setProvider("ollama", vendor as unknown as Parameters<typeof registry.setProvider>[1]);
  screen.device.keys("\u001b[A\u001b[A\r");
  await screen.until((text) => text.includes("Server on this machine"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes("large-one"));
  screen.device.keys("large\r");
  await screen.until((text) => text.includes("Model: ollama/large-one"));
  expect(readFileSync(join(screen.directory, "agent", "config.toml"), "utf8")).toContain('model = "ollama/large-one"');
});

test("a whole provider of an extension's is signed in to, or asks for its key in its own way, and its models are listed for whoever it is", async () => {
  const listed: unknown[] = [];
  const theirs = (id: string): object => ({ id, name: id, api: "whole-api", baseUrl: "http://127.0.0.1:9", input: ["text"] });
  let models = [theirs("first")];
  const extension: ExtensionFactory = (pi) =>
    pi.registerProvider({
      id: "whole",
      name: "Whole",
      baseUrl: "http://127.0.0.1:9",
      getModels: () => models,
      refreshModels: async ({ credential, publish }) => {
        listed.push(credential);
        await publish({
          update: () => {
            models = [theirs("of-theirs")];
          },
        });
        return undefined;
      },
      auth: {
        apiKey: {
          name: "Whole key",
          login: async ({ prompt, notify }) => {
            notify({ type: "info", message: "Two questions", links: [{ url: "https://keys.example.invalid", label: "Keys" }] });
            const region = await prompt({
              type: "select",
              message: "Which region?",
              options: [
                { id: "eu", label: "Europe" },
                { id: "us", label: "America", description: "far away" },
              ],
            });
            const key = await prompt({ type: "secret", message: "The key:" });
            return { type: "api_key", key, env: { REGION: region } };
          },
          resolve: async ({ credential }) => (credential?.type === "api_key" ? { auth: { apiKey: credential.key ?? "" } } : undefined),
        },
        oauth: {
          name: "Whole SSO",
          login: async ({ prompt }) => {
            const access = await prompt({ type: "manual_code", message: "The code:" });
            return { access, refresh: "refresh-0123456789", expires: Date.now() + 3_600_000 };
          },
          refresh: async (tokens) => tokens,
          toAuth: ({ access }) => ({ apiKey: access }),
        },
      },
      api: { streamSimple: async function* () {} },
    });
  const screen = await openInteractive({ extension, columns: 100 });
  const stored = (): unknown => JSON.parse(readFileSync(authFile(screen), "utf8")).whole;
  screen.device.keys("/login whole\r");
  await screen.until((text) => text.includes("Sign in: Whole SSO") && text.includes("Store a key: Whole key"));
  screen.device.keys("\u001b[B\r");
  await screen.until((text) => text.includes("Which region?") && text.includes("America  far away"));
  expect(screen.drawn()).toContain("Keys: https://keys.example.invalid");
  screen.device.keys("\u001b[B\r");
  await screen.until((text) => text.includes("The key:"));
  screen.device.keys("key-0123456789");
  await screen.until((text) => text.includes("•••••"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes("Saved the key for whole"));
  expect(stored()).toEqual({ type: "api_key", key: "key-0123456789", env: { REGION: "us" } });
  await screen.until(() => listed.length === 1);
  expect(listed).toEqual([stored()]);
  screen.device.keys("/model whole/of-theirs\r");
  await screen.until((text) => text.includes("Model: whole/of-theirs"));
  screen.device.keys("/login whole\r");
  await screen.until((text) => text.includes("Sign in: Whole SSO"));
  screen.device.keys("\u001b[B\r");
  await screen.until((text) => text.includes("Which region?"));
  screen.device.keys("\u001b");
  await screen.until((text) => text.includes("Signing in was called off"));
  screen.device.keys("/login whole\r");
  await screen.until((text) => text.includes("Sign in: Whole SSO"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes("The code:"));
  screen.device.keys("code-0123456789\r");
  await screen.until((text) => text.includes("Signed in to whole"));
  expect(stored()).toMatchObject({ type: "oauth", access: "code-0123456789", refresh: "refresh-0123456789" });
  expect(screen.device.writes.join("")).not.toContain("key-0123456789");
});
