import { describe, expect, test } from "vitest";
import {
  type CredentialOptions,
  credentialSource,
  hasCredential,
  resolveCredential,
  resolveSecretTexts,
} from "../../src/accounts/credentials.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import type { Credential } from "../../src/contracts/model-request.ts";
import { isSecretHeader } from "../../src/contracts/text/secret-text.ts";
import { tempTree } from "../support/temp-tree.ts";

interface Setup {
  env?: Record<string, string>;
  toml?: string;
  projectToml?: string;
  auth?: unknown;
  models?: unknown;
  options?: Partial<CredentialOptions>;
}

async function prepare(setup: Setup): Promise<CredentialOptions> {
  const tree = tempTree({ "project/x": "", "agent/x": "" });
  if (setup.toml !== undefined) tree.write("agent/config.toml", setup.toml);
  if (setup.projectToml !== undefined) tree.write("project/.pi/config.toml", setup.projectToml);
  if (setup.auth !== undefined) tree.write("agent/auth.json", typeof setup.auth === "string" ? setup.auth : JSON.stringify(setup.auth));
  if (setup.models !== undefined) tree.write("agent/models.json", JSON.stringify({ providers: setup.models }));
  const env = { PATH: process.env.PATH ?? "", ...setup.env };
  const agentDir = tree.at("agent");
  const cwd = tree.at("project");
  const config = await loadConfig({ agentDir, cwd, homeDir: tree.path, env, approve: true });
  return {
    env,
    providers: config.providers,
    agentDir,
    cwd,
    credentialVariables: ["A_TOKEN", "A_KEY", "A_GATEWAY"],
    bearerVariables: ["A_TOKEN", "A_GATEWAY"],
    planVariables: ["A_TOKEN"],
    now: 1000,
    ...setup.options,
  };
}

/** Providers here have no sign-in of ours. */
function resolved(id: string, options: CredentialOptions): Promise<Credential | undefined> {
  const no = async (what: unknown): Promise<never> => {
    throw new Error(`${JSON.stringify(what)} was to be exchanged`);
  };
  return resolveCredential(id, options, { ofToken: no, ofWorkload: no });
}

async function resolve(setup: Setup, id = "a"): Promise<Credential | undefined> {
  return resolved(id, await prepare(setup));
}

const braced = (variable: string): string => `\${${variable}}`;

const everything: Setup = {
  env: { A_TOKEN: "t", A_KEY: "k" },
  toml: '[providers.a]\napi_key = "c"\n',
  auth: { a: { type: "api_key", key: "f" } },
  options: { apiKey: "o" },
};

describe("order", () => {
  test.each([
    ["--api-key", everything, "o", "own metered"],
    ["config.toml:", { ...everything, options: {} }, "c", "own metered"],
    ["auth.json", { ...everything, options: {}, toml: "" }, "f", "own metered"],
    ["A_TOKEN", { env: { A_TOKEN: "t", A_KEY: "k" } }, "t", "bearer plan"],
    ["A_KEY", { env: { A_TOKEN: "", A_KEY: "k" } }, "k", "own metered"],
    ["A_GATEWAY", { env: { A_GATEWAY: "g" } }, "g", "bearer metered"],
  ] as [string, Setup, string, string][])("%s", async (source, setup, value, kind) => {
    const credential = await resolve(setup);
    expect({ value: credential?.value, kind: `${credential?.scheme} ${credential?.billing}` }).toEqual({ value, kind });
    expect(credential?.source).toContain(source.replace(":", ""));
  });

  test("none", async () => {
    expect(await resolve({})).toBeUndefined();
    expect(hasCredential("a", await prepare({}))).toBe(false);
  });

  test("the npm agent's models.json comes behind auth.json", async () => {
    const models = { a: { apiKey: "m" } };
    expect((await resolve({ models, auth: { a: { type: "api_key", key: "f" } }, env: { A_KEY: "k" } }))?.value).toBe("f");
    expect((await resolve({ models, env: { A_KEY: "k" } }))?.value).toBe("m");
  });
});

describe("ways of writing a key", () => {
  test.each([
    ["plain", "plain"],
    ["$MINE", "secret"],
    [braced("MINE"), "secret"],
    [`pre-${braced("MINE")}-$MINE`, "pre-secret-secret"],
    ["a$$b$!c", "a$b!c"],
    ["!printf 'from a command\\n'", "from a command"],
    ['!printf %s "$MINE"', "secret"],
  ])("%s", async (written, value) => {
    const setup = { toml: `[providers.a]\napi_key = ${JSON.stringify(written)}\n`, env: { MINE: "secret" } };
    const credential = await resolve(setup);
    expect(credential?.value).toBe(value);
    expect(credential?.source).not.toContain("secret");
    expect(credential?.source).not.toContain("plain");
  });

  test("an unset variable is no key: the next source counts", async () => {
    expect((await resolve({ toml: '[providers.a]\napi_key = "x$NOT_SET"\n', env: { A_KEY: "k" } }))?.source).toBe("A_KEY");
  });

  test.each([
    ["!exit 3", "exited with code 3"],
    ["!true", "wrote nothing"],
    ["!kill -9 $$", "did not end by itself"],
  ])("%s is an error that shows nothing of the command", async (written, reason) => {
    const error = await resolve({ toml: `[providers.a]\napi_key = ${JSON.stringify(`${written} # sk-secret`)}\n` }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "auth.command", exitStatus: 2, message: `The key of a comes from a command, and that ${reason}.` });
  });

  test("looking whether there is one runs nothing", async () => {
    const options = await prepare({ toml: '[providers.a]\napi_key = "!touch ran; echo k"\n' });
    expect(hasCredential("a", options)).toBe(true);
    expect(credentialSource("a", options)).toMatch(/^command in .*config\.toml$/);
    const { existsSync } = await import("node:fs");
    expect(existsSync(`${options.cwd}/ran`)).toBe(false);
    expect((await resolved("a", options))?.value).toBe("k");
    expect(existsSync(`${options.cwd}/ran`)).toBe(true);
  });

  test.each([
    ["a key of the configuration", { toml: '[providers.a]\napi_key = "k"\nauth_header = true\n' }],
    ["--api-key", { toml: "[providers.a]\nauth_header = true\n", options: { apiKey: "k" } }],
    ["a variable", { toml: "[providers.a]\nauth_header = true\n", env: { A_KEY: "k" } }],
    ["a stored key", { toml: "[providers.a]\nauth_header = true\n", auth: { a: { type: "api_key", key: "k" } } }],
    ["a command", { toml: '[providers.a]\napi_key = "!echo k"\nauth_header = true\n' }],
  ] as [string, Setup][])("auth_header sends %s as a bearer token, which is billed as before", async (_, setup) => {
    expect(await resolve(setup)).toMatchObject({ scheme: "bearer", billing: "metered", value: "k" });
  });

  test("headers are read in the same way", async () => {
    const options = await prepare({ env: { MINE: "m" } });
    expect(await resolveSecretTexts({ a: "x", b: "$MINE", c: "!echo c" }, "A header of a:", options)).toEqual({ a: "x", b: "m", c: "c" });
    await expect(resolveSecretTexts({ b: "$NOT_SET" }, "A header of a:", options)).rejects.toMatchObject({
      code: "auth.unset_variable",
      message: "A header of a: b needs NOT_SET, which is not set.",
    });
  });
});

test("a header's value is kept like a key unless something says what else it is", () => {
  const kept = (name: string, written: string): boolean => isSecretHeader(name, written, written);
  for (const value of [
    "hdr-x7Q9zK4w",
    "550e8400-e29b-41d4-a716-446655440000",
    "aBcDeFgHiJkL",
    "Bearer abcdefgh",
    "https://me:word@a.b",
    "$X",
  ])
    expect(kept("x-upstream", value), value).toBe(true);
  for (const value of ["eu-west-1", "application/json", "2023-06-01", "claude-code-20250219,utf8", "MyCompany", "true", "https://a.b/page"])
    expect(kept("x-upstream", value), value).toBe(false);
  expect(kept("x-api-token", "eu-west-1")).toBe(true);
  expect(kept("user-agent", "agent/9f3a7c21d4e8")).toBe(false);
});

describe("auth.json", () => {
  test.each([
    [{ type: "api_key", key: "$MINE" }, "secret", "own metered"],
    [{ type: "api_key", key: "$OWN", env: { OWN: "own" } }, "own", "own metered"],
    [{ type: "api_key", key: "!echo c" }, "c", "own metered"],
    [{ type: "oauth", access: "acc", refresh: "r", expires: 2000 }, "acc", "bearer plan"],
    [{ type: "oauth", access: "acc", refresh: "", expires: 2000 }, "acc", "bearer metered"],
  ])("%j", async (a, value, kind) => {
    const [scheme, billing] = kind.split(" ");
    expect(await resolve({ auth: { a }, env: { MINE: "secret" } })).toMatchObject({ value, scheme, billing });
  });

  test.each([[{ type: "oauth", access: "acc", expires: 999 }], [{ type: "oauth" }], [{ type: "api_key" }], ["text"], [null]])(
    "%j is none",
    async (a) => {
      expect(await resolve({ auth: { a } })).toBeUndefined();
    },
  );

  test("a damaged file is an error that names it, not a missing key; those who only look go on", async () => {
    await expect(resolve({ auth: "{oops" })).rejects.toMatchObject({ code: "auth.damaged_file" });
    expect(hasCredential("a", await prepare({ auth: "{oops" }))).toBe(false);
  });

  test("a damaged file stops nobody who does not need it", async () => {
    const auth = "{oops";
    expect(await resolve({ auth, options: { apiKey: "o" } })).toMatchObject({ value: "o" });
    expect(await resolve({ auth, toml: '[providers.a]\napi_key = "c"\n' })).toMatchObject({ value: "c" });
    expect(await resolve({ auth, options: { keyless: true } })).toMatchObject({ scheme: "none" });
    // It counts before the environment: an account in it may be a plan, and the variable's key is charged by use.
    await expect(resolve({ auth, env: { A_KEY: "k" } })).rejects.toMatchObject({ code: "auth.damaged_file" });
    await expect(resolve({ auth, models: { a: { apiKey: "m" } } })).rejects.toMatchObject({ code: "auth.damaged_file" });
  });
});

describe("servers that need none", () => {
  test("of the vendors, and of the user's own", async () => {
    const none = { scheme: "none", value: "" };
    expect(await resolve({ options: { keyless: true } })).toMatchObject(none);
    expect(await resolve({ options: { keyless: true }, env: { A_KEY: "k" } })).toMatchObject({ scheme: "own", value: "k" });
    const own = { toml: '[providers.own]\nbase_url = "http://l"\n', options: { credentialVariables: [], bearerVariables: [] } };
    expect(await resolve(own, "own")).toMatchObject(none);
    expect(await resolve({ ...own, toml: '[providers.own]\nname = "nowhere"\n' }, "own")).toBeUndefined();
    expect(await resolve({ ...own, toml: '[providers.own]\nbase_url = "http://l"\napi_key = "$NOT_SET"\n' }, "own")).toBeUndefined();
  });

  test("a vendor behind another base URL still needs its key", async () => {
    expect(await resolve({ toml: '[providers.a]\nbase_url = "http://l"\n' })).toBeUndefined();
  });
});

describe("a base URL set by a project file", () => {
  const evil = '[providers.a]\nbase_url = "http://evil"\n';

  test.each([
    ["environment", { env: { A_KEY: "k", A_TOKEN: "t" } }],
    ["auth.json", { auth: { a: { type: "api_key", key: "f" } } }],
    ["the user's file", { toml: '[providers.a]\napi_key = "u"\n' }],
    ["models.json", { models: { a: { apiKey: "m" } } }],
  ] as [string, Setup][])("gets no key from %s", async (_, setup) => {
    expect(await resolve({ ...setup, projectToml: evil })).toBeUndefined();
    expect(hasCredential("a", await prepare({ ...setup, projectToml: evil }))).toBe(false);
  });

  test.each([
    ['api_key = "$A_KEY"', undefined],
    [`api_key = "x${braced("A_KEY")}"`, undefined],
    ['api_key = "!printenv A_KEY"', undefined],
    ['api_key = "own"', "own"],
    ['api_key = "o$$wn"', "o$wn"],
  ])("with %s gets %s", async (line, value) => {
    expect((await resolve({ env: { A_KEY: "k" }, projectToml: `${evil}${line}\n` }))?.value).toBe(value);
  });

  test("is refused with --api-key", async () => {
    const error = await resolve({ projectToml: evil, options: { apiKey: "sk-mine" } }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "auth.foreign_base_url", exitStatus: 2 });
    expect(String(error)).not.toContain("sk-mine");
  });

  test("of one model keeps the key away although the environment moves the provider", async () => {
    const options = await prepare({
      env: { ANTHROPIC_BASE_URL: "http://mine", A_KEY: "k" },
      projectToml: '[[providers.anthropic.models]]\nid = "m"\nbase_url = "http://evil"\n',
    });
    expect(await resolved("anthropic", options)).toBeUndefined();
    const moved = await prepare({
      env: { ANTHROPIC_BASE_URL: "http://mine", A_KEY: "k" },
      projectToml: evil.replace(".a]", ".anthropic]"),
    });
    expect((await resolved("anthropic", moved))?.value).toBe("k");
  });

  test("a key alone may be the project's, or name a variable", async () => {
    expect((await resolve({ env: { A_KEY: "k", TEAM: "t" }, projectToml: '[providers.a]\napi_key = "$TEAM"\n' }))?.value).toBe("t");
  });
});
