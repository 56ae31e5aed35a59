// `pi auth` and sign-ins as the built program has them: one renewal for many starts, nothing lost by a kill, the status that scripts rely on.

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished } from "vitest";
import { type AuthServer, startAuthServer } from "../support/auth-server.ts";
import { ways } from "../support/program.ts";
import { type Service, services } from "../support/served.ts";
import { test, type World } from "../support/world.ts";

const responses = services.find(({ model }) => model.startsWith("openai/"));

async function signedIn(world: World, token: Record<string, unknown> = {}): Promise<{ auth: AuthServer; file: string }> {
  const auth = await startAuthServer();
  onTestFinished(() => auth.close());
  const file = join(world.agentDir, "auth.json");
  mkdirSync(world.agentDir, { recursive: true });
  const account = { type: "oauth", access: "old-access", refresh: auth.refreshToken, expires: Date.now() - 1000, clientId: "c", ...token };
  writeFileSync(file, JSON.stringify({ unknown: { type: "future" }, openai: account }), { mode: 0o600 });
  return { auth, file };
}

describe("a sign-in", () => {
  test.for(ways)("%s: an expired token is renewed, stored and used at the flow's own address", async (way, { world }) => {
    const { auth, file } = await signedIn(world);
    if (responses === undefined) throw new Error("no service speaks Responses");
    const server = await world.strict(responses.format, [{ say: [{ text: "Signed in." }] }]);
    world.config(`[providers.openai.oauth]\ntoken_url = "${auth.url}/token"\nbase_url = "${server.baseUrl}"\n`);
    const { stdout, stderr, status } = await world.run(["-p", "--model", responses.model, "hi"], { way });
    expect({ stdout, stderr, status }).toEqual({ stdout: "Signed in.\n", stderr: "", status: 0 });
    const stored = JSON.parse(readFileSync(file, "utf8"));
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${stored.openai.access}`);
    expect(stored.openai.refresh).toBe(auth.refreshToken);
    expect(stored.unknown).toEqual({ type: "future" });
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test("50 starts at once make one renewal, and all have the token", async ({ world }) => {
    const { auth } = await signedIn(world);
    world.config(`[providers.openai.oauth]\ntoken_url = "${auth.url}/token"\n`);
    const args = ["auth", "print-bearer-token", "--provider", "openai"];
    const runs = await Promise.all(Array.from({ length: 50 }, () => world.run(args)));
    expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 0));
    expect(new Set(runs.map(({ stdout }) => stdout)).size).toBe(1);
    expect(auth.refreshes()).toBe(1);
  });

  test("killed while the service answers: the next start renews, without waiting for the dead one's lock", async ({ world }) => {
    const { auth } = await signedIn(world);
    world.config(`[providers.openai.oauth]\ntoken_url = "${auth.url}/token"\n`);
    auth.fault = "hang";
    const args = ["auth", "print-bearer-token", "--provider", "openai"];
    const running = world.start(args);
    await auth.received(1);
    running.signal("SIGKILL");
    await running.result;
    auth.fault = undefined;
    const next = await world.run(args);
    expect(next).toMatchObject({ status: 0, stderr: "" });
    expect(next.durationMs).toBeLessThan(28_000);
  });

  test.for([
    ["SIGTERM", [], 143],
    ["SIGINT", [], 130],
    // So long that also a busy machine has asked by then.
    ["the run's own time", ["--timeout", "3s"], 3],
  ] as const)("%s while the service answers: what it gives is stored before the end", async ([what, more, status], { world }) => {
    for (const way of ["binary", "node"] as const) {
      const { auth, file } = await signedIn(world);
      world.config(`[providers.openai.oauth]\ntoken_url = "${auth.url}/token"\nbase_url = "${auth.url}/v1"\n`);
      let answer = (): void => {};
      auth.held = new Promise((resolve) => {
        answer = resolve;
      });
      const running = world.start(["-p", "--model", "openai/gpt-6.1", ...more, "hi"], { way });
      await auth.received(1);
      if (what.startsWith("SIG")) running.signal(what as "SIGTERM");
      // Its time has to pass.
      else await new Promise((resolve) => setTimeout(resolve, 3200));
      // It is waited for: nobody has heard of the token yet.
      expect(JSON.parse(readFileSync(file, "utf8")).openai.access).toBe("old-access");
      answer();
      const ended = await running.result;
      expect({ way, status: ended.status, signal: ended.signal }).toEqual({ way, status, signal: null });
      expect(JSON.parse(readFileSync(file, "utf8")).openai).toMatchObject({ refresh: auth.refreshToken });
      expect(existsSync(`${file}.lock`)).toBe(false);
    }
  });

  test("revoked: sign in again, with the command; never a missing key", async ({ world }) => {
    const { auth } = await signedIn(world);
    auth.fault = "revoked";
    world.config(`[providers.openai.oauth]\ntoken_url = "${auth.url}/token"\n`);
    const { stderr, status } = await world.run(["-p", "--model", "openai/gpt-6.1", "hi"]);
    expect(stderr).toContain("pi auth login openai");
    expect(stderr).not.toContain("No API key");
    expect(status).not.toBe(0);
  });

  test("of a Claude plan is kept and not used, which is said", async ({ world }) => {
    const file = join(world.agentDir, "auth.json");
    mkdirSync(world.agentDir, { recursive: true });
    const content = JSON.stringify({ anthropic: { type: "oauth", access: "a", refresh: "r", expires: Date.now() + 3_600_000 } });
    writeFileSync(file, content);
    const { stderr, status } = await world.run(["-p", "--model", "anthropic/claude-sonnet-4-5", "hi"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/Claude plan.*ANTHROPIC_API_KEY/);
    expect(readFileSync(file, "utf8")).toBe(content);
  });

  test("a project's file cannot say where it goes", async ({ world }) => {
    await signedIn(world, { expires: Date.now() + 3_600_000 });
    world.write(".pi/config.toml", '[providers.openai.oauth]\nbase_url = "https://elsewhere.example"\n');
    const { stderr } = await world.run(["config", "check", "--approve"]);
    expect(stderr).toContain("a project file may not set where a sign-in goes");
  });

  test.for(["http://example.com/token", "https://u:p@example.com", "ftp://x", "nonsense"])(
    "%s is no address for one: an error with file and key before any request",
    async (address, { world }) => {
      world.config(`[providers.openai.oauth]\ntoken_url = "${address}"\n`);
      const { stderr, status } = await world.run(["auth", "status"]);
      expect(status).toBe(2);
      expect(stderr).toContain("providers.openai.oauth.token_url");
    },
  );
});

describe("pi auth login in the browser", () => {
  /** A browser that is a program of the system's: it goes where it is sent, and nowhere where the server says no. */
  async function withBrowser(world: World): Promise<{ auth: AuthServer; env: Record<string, string> }> {
    const auth = await startAuthServer();
    onTestFinished(() => auth.close());
    const at = ["authorize", "token"].map((name) => `${name}_url = "${auth.url}/${name}"\n`).join("");
    world.config(`[providers.openai.oauth]\n${at}issuer = "${auth.url}"\njwks_url = "${auth.url}/jwks"\n`);
    const opened = world.write("opened.txt", "");
    const program = world.write("bin/xdg-open", `#!/bin/sh\nprintf '%s\\n' "$@" > ${opened}.new && mv ${opened}.new ${opened}\n`);
    chmodSync(program, 0o755);
    return { auth, env: { DISPLAY: ":0", PATH: `${dirname(program)}:/usr/bin:/bin:/usr/local/bin` } };
  }

  async function openedAddress(world: World): Promise<string> {
    for (;;) {
      const address = world.read("opened.txt").trim();
      if (address !== "") return address;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  test.for([
    ["binary", "closed", false],
    ["node", "null", false],
    ["binary", "null", true],
  ] as const)("%s, stdin %s, the usual port taken: %s", async ([way, stdin, isTaken], { world }) => {
    const { auth, env } = await withBrowser(world);
    const taken = createServer();
    if (isTaken) await new Promise<void>((resolve) => taken.once("error", () => resolve()).listen(1455, "127.0.0.1", resolve));
    onTestFinished(() => void taken.close());
    const running = world.start(["auth", "login", "openai"], { way, stdin, env });
    const address = await openedAddress(world);
    const back = new URL(auth.agree(address));
    if (isTaken) expect(back.port).not.toBe("1455");
    // Nothing of what comes from elsewhere counts, however it is written.
    const wrong = new URL(back);
    wrong.searchParams.set("state", '"><img src=x onerror=alert(1)>');
    const refused = await fetch(wrong);
    expect(refused.status).toBe(400);
    expect(refused.headers.get("cache-control")).toContain("no-store");
    expect(await refused.text()).not.toContain("<img");
    expect((await fetch(back)).status).toBe(200);
    const { status, stdout } = await running.result;
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^Logged in to openai\. Credentials saved to /) });
    expect(JSON.parse(readFileSync(join(world.agentDir, "auth.json"), "utf8")).openai).toMatchObject({ refresh: auth.refreshToken });
  });

  test.for(["closed", "null"] as const)("no browser and stdin %s: one line, and nothing is waited for", async (stdin, { world }) => {
    for (const way of ["binary", "node"] as const) {
      const { status, stdout, stderr } = await world.run(["auth", "login", "openai"], { way, stdin });
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr.trim().split("\n").at(-1)).toMatch(/^Error: No browser can be opened, and nobody can type here\. Run it in a terminal/);
    }
  });
});

describe("pi auth", () => {
  test("what is stored and known to no program of ours is no key", async ({ world }) => {
    world.write(
      "../home/.pi/agent/auth.json",
      JSON.stringify({ some: { type: "future" }, groq: { type: "api_key", key: "gsk-0123456789" } }),
    );
    const { stdout } = await world.run(["auth", "status"]);
    expect(stdout).toMatch(/^some {2}of a kind that is not known here, stored\ngroq {2}key, stored\n/);
    expect(stdout).toMatch(/^some {2}nothing that can be used$/m);
  });

  test("a key is stored from a pipe, told by name, printed alone, and forgotten", async ({ world }) => {
    const login = await world.run(["auth", "login", "groq", "--api-key"], { stdin: { text: "gsk-stored-key-0123456789\n" } });
    expect(login).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Saved API key for groq\. /) });
    const status = await world.run(["auth", "status", "--json"]);
    expect(status.stdout).not.toContain("gsk-stored-key-0123456789");
    expect(JSON.parse(status.stdout)).toMatchObject({
      accounts: [{ account: "groq", type: "api_key" }],
      providers: [{ provider: "groq", source: "auth.json" }],
    });
    expect((await world.run(["auth", "print-api-key", "--provider", "groq"])).stdout).toBe("gsk-stored-key-0123456789\n");
    const checked = await world.run(["auth", "check", "--provider", "groq", "--json", "--credentials"]);
    expect(JSON.parse(checked.stdout)).toMatchObject({ status: "ready", credentials: "gsk-stored-key-0123456789" });
    expect(await world.run(["auth", "print-bearer-token", "--provider", "groq"])).toMatchObject({ status: 1, stdout: "" });
    expect(await world.run(["auth", "logout", "groq"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Removed stored API key for groq\. /),
    });
    expect(await world.run(["auth", "logout", "groq"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^No stored credentials for groq\./),
    });
  });

  test.for([
    [["--provider", "groq"], "not_ready\n", 1],
    [["--provider", "groq", "--json"], '{"status":"not_ready","provider":"groq","reason":"credentials_not_configured"}\n', 1],
    [["--provider", "nothing", "--json"], '{"status":"not_ready","provider":"nothing","reason":"provider_not_found"}\n', 1],
  ] as const)("check %j", async ([args, stdout, status], { world }) => {
    expect(await world.run(["auth", "check", ...args])).toMatchObject({ stdout, status });
  });

  test("a sign-in that ends at a moment of no calendar is told all the same", async ({ world }) => {
    mkdirSync(world.agentDir, { recursive: true });
    const token = { type: "oauth", access: "a", refresh: "", expires: -1e17 };
    writeFileSync(join(world.agentDir, "auth.json"), JSON.stringify({ anthropic: token }), { mode: 0o600 });
    expect(await world.run(["auth", "status"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^anthropic {2}signed in, expired\n/),
    });
  });

  test.for([5, null, "sk-x", {}, { type: "api_key" }, { type: "api_key", key: 7 }])(
    "an entry such as %j is damage, not a missing key",
    async (entry, { world }) => {
      mkdirSync(world.agentDir, { recursive: true });
      writeFileSync(join(world.agentDir, "auth.json"), JSON.stringify({ openai: entry }), { mode: 0o600 });
      const { status, stderr } = await world.run(["-p", "--model", "openai/gpt-5", "hi"]);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringContaining("auth.json is damaged: its entry openai is neither a key nor a sign-in. Store it anew: "),
      });
    },
  );

  test("check: ready with a key of the environment, invalid with a damaged file", async ({ world }) => {
    const ready = await world.run(["auth", "check", "--model", "groq/x", "--json"], { env: { GROQ_API_KEY: "gsk-k" } });
    expect(ready).toMatchObject({ status: 0, stdout: '{"status":"ready","provider":"groq","authType":"api_key"}\n' });
    mkdirSync(world.agentDir, { recursive: true });
    writeFileSync(join(world.agentDir, "auth.json"), "{");
    expect(await world.run(["auth", "check", "--provider", "groq"])).toMatchObject({ status: 2, stdout: "invalid\n" });
    const groq = ["-p", "--model", "groq/llama-3.3-70b-versatile", "hi"];
    for (const env of [{}, { GROQ_API_KEY: "gsk-k" }]) {
      const { status, stderr } = await world.run([...groq, "--result", "ended.json"], { env });
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("auth.json is damaged") });
      expect(JSON.parse(world.read("ended.json"))).toMatchObject({ outcome: "usage", error: { code: "auth.damaged_file" } });
    }
  });

  test("what comes before auth.json needs it not to be sound", async ({ world }) => {
    mkdirSync(world.agentDir, { recursive: true });
    writeFileSync(join(world.agentDir, "auth.json"), "{", { mode: 0o600 });
    const [service] = services as [Service];
    const server = await world.strict(service.format, [{ say: [{ text: "Done." }] }]);
    const { ANTHROPIC_API_KEY = "", ...env } = service.env(server.baseUrl) as Record<string, string>;
    const run = await world.run(["-p", "--model", service.model, "--api-key", ANTHROPIC_API_KEY, "hi"], { env });
    expect(run).toMatchObject({ status: 0, stdout: "Done.\n", stderr: "" });
  });

  test("a command that gives no key, and a key that no header can carry, are mistakes in the configuration", async ({ world }) => {
    for (const [key, code] of [
      ["!exit 3", "auth.command"],
      ["!printf 'a\\\\nb'", "auth.bad_value"],
    ]) {
      world.config(`[providers.anthropic]\napi_key = "${key}"\n`);
      const { status } = await world.run(["-p", "--model", "anthropic/claude-sonnet-5", "--result", "ended.json", "hi"]);
      expect(status).toBe(2);
      expect(JSON.parse(world.read("ended.json"))).toMatchObject({ outcome: "usage", error: { code } });
    }
  });

  test.for([["login", "nowhere"], ["login", "groq#"], ["check"], ["print-api-key"], ["login"]])(
    "%j is one line and status 2",
    async (args, { world }) => {
      const { status, stderr, stdout } = await world.run(["auth", ...args]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr.trim().split("\n")).toHaveLength(1);
    },
  );
});
