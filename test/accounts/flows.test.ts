// The sign-in flows against a strict local authorization server, with what goes wrong there.

import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { authFilePath, isStoredToken, readAuthFile } from "../../src/accounts/auth-file.ts";
import { readPasted } from "../../src/accounts/flows/browser-login.ts";
import type { FlowEndpoints } from "../../src/accounts/flows/flow.ts";
import { flowProviders, loadFlow } from "../../src/accounts/flows/flows.ts";
import { signIn } from "../../src/accounts/sign-in.ts";
import { PiError } from "../../src/contracts/error.ts";
import { type AuthServer, startAuthServer } from "../support/auth-server.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let server: AuthServer;
beforeEach(async () => {
  server = await startAuthServer();
  onTestFinished(() => server.close());
});

interface Login {
  said: string[];
  stored: unknown;
  failure: PiError | undefined;
  /** ms, between the questions of a device flow. */
  waits: number[];
}

/** `browse`: what the person does with the address; by default what a willing person does. */
async function login(
  provider: string,
  {
    endpoints = {},
    browse = (url: string) => void fetch(server.agree(url)),
    paste,
    signal,
    agentDir = temporaryDirectory(),
    fetch = globalThis.fetch,
  }: {
    endpoints?: FlowEndpoints;
    browse?: (url: string) => void;
    paste?: (question: string) => string;
    signal?: AbortSignal;
    agentDir?: string;
    fetch?: typeof globalThis.fetch;
  } = {},
): Promise<Login> {
  const flow = await loadFlow(provider);
  if (flow === undefined) throw new Error(`no flow ${provider}`);
  const said: string[] = [];
  let failure: PiError | undefined;
  const waits: number[] = [];
  let elapsedMs = 0;
  await signIn(provider, flow, {
    agentDir,
    endpoints: {
      authorizeUrl: `${server.url}/authorize`,
      tokenUrl: `${server.url}/${provider === "openrouter" ? "keys" : "token"}`,
      deviceUrl: `${server.url}/device`,
      issuer: server.url,
      jwksUrl: `${server.url}/jwks`,
      ...endpoints,
    },
    fetch,
    now: () => Date.now(),
    say: (line) => void said.push(line),
    ask: async (question) => {
      if (paste === undefined) throw new PiError("auth.no_terminal", "Nobody can type here");
      said.push(question);
      return paste(question);
    },
    openBrowser: (url) => {
      browse(url);
      return true;
    },
    callbackHost: undefined,
    clock: {
      pause: async (ms) => {
        waits.push(ms);
        elapsedMs += ms;
      },
      elapsedMs: () => elapsedMs,
    },
    signal,
  }).catch((error: unknown) => {
    if (!(error instanceof PiError)) throw error;
    failure = error;
  });
  return { said, stored: readAuthFile(authFilePath(agentDir))?.[provider], failure, waits };
}

test("every flow says first what the service's terms allow", async () => {
  for (const provider of flowProviders) {
    const flow = await loadFlow(provider);
    expect(flow?.provider).toBe(provider);
    expect(flow?.terms).toMatch(/^[A-Z]?\w.*\.$/);
  }
});

describe("openai", () => {
  test("a sign-in is stored with the client that was issued, and without the margin", async () => {
    const { stored, said, failure } = await login("openai");
    expect(failure).toBeUndefined();
    expect(said[0]).toContain("OpenAI allows");
    if (!isStoredToken(stored)) throw new Error("nothing stored");
    expect(stored).toMatchObject({ clientId: "issued-client", refresh: server.refreshToken });
    expect(stored.access).toMatch(/^access-/);
    const left = stored.expires - Date.now();
    expect(left).toBeGreaterThan(56 * 60_000);
    expect(left).toBeLessThanOrEqual(57 * 60_000);
    expect(stored.scopes).toContain("chatgpt.tokens.use.direct");
  });

  test("a pasted address, query or code does what the browser coming back does", async () => {
    for (const form of [(url: string) => url, (url: string) => new URL(url).search.slice(1)]) {
      let address = "";
      const pasted = new Promise<string>((resolve) => {
        address = "";
        void login("openai", {
          browse: (url) => {
            address = server.agree(url);
          },
          paste: () => form(address),
        }).then(({ failure, stored }) => resolve(failure?.message ?? (isStoredToken(stored) ? "stored" : "nothing")));
      });
      expect(await pasted).toBe("stored");
    }
  });

  test("a callback of another sign-in changes nothing; the right one is told that it was", async () => {
    let browsed: Promise<number[]> | undefined;
    const { stored } = await login("openai", {
      browse: (url) => {
        const right = server.agree(url);
        const wrong = new URL(right);
        wrong.searchParams.set("state", "somebody-elses");
        const called = async (address: URL | string, init?: RequestInit): Promise<number> => (await fetch(address, init)).status;
        browsed = (async () => {
          const refused = [
            await called(wrong),
            await called(new URL("/auth/other?code=x", right)),
            await called(right, { method: "POST" }),
          ];
          return [...refused, await called(right)];
        })();
      },
    });
    expect(isStoredToken(stored)).toBe(true);
    expect(await browsed).toEqual([400, 404, 405, 200]);
  });

  test("what a refused callback says is escaped on the page", async () => {
    let page: Promise<string> | undefined;
    const { failure } = await login("openai", {
      browse: (url) => {
        const back = new URL(server.agree(url));
        back.searchParams.delete("code");
        back.searchParams.set("error", "<script>alert(1)</script>");
        page = fetch(back).then((response) => response.text());
      },
    });
    expect(failure?.code).toBe("auth.login_refused");
    expect(await page).toContain("The sign-in was refused: &#60;script&#62;alert(1)&#60;/script&#62;");
  });

  test.each([
    ["denied", "auth.login_refused"],
    ["expired_code", "auth.refused"],
    ["narrow_scope", "auth.login_refused"],
    ["bad_signature", "auth.login_refused"],
    ["wrong_nonce", "auth.login_refused"],
  ] as const)("%s: nothing is stored, and one line says why", async (fault, code) => {
    server.fault = fault;
    const { failure, stored } = await login("openai");
    expect(failure?.code).toBe(code);
    expect(failure?.message).not.toContain("\n");
    expect(stored).toBeUndefined();
  });

  test("a clock that is wrong by an hour is named", async () => {
    server.skewSeconds = -3600;
    expect((await login("openai")).failure?.message).toContain("clock");
    server.skewSeconds = 3600;
    expect((await login("openai")).failure?.message).toContain("clock");
  });

  test("a service that fails is told as one, without what was sent", async () => {
    const { failure } = await login("openai", {
      browse: (url) => {
        const back = server.agree(url);
        server.fault = "server_error";
        void fetch(back);
      },
    });
    expect(failure?.code).toBe("auth.network");
    expect(failure?.message).toContain("500");
    expect(failure?.message).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
  });

  test("a stopped sign-in closes its port and stores nothing", async () => {
    const stop = new AbortController();
    let back = "";
    const { stored } = await login("openai", {
      signal: stop.signal,
      browse: (url) => {
        back = server.agree(url);
        stop.abort(new PiError("usage.cancelled", "Cancelled"));
      },
    });
    expect(stored).toBeUndefined();
    await expect(fetch(back)).rejects.toThrow();
  });

  test("a second sign-in goes on as the client that was issued", async () => {
    const agentDir = temporaryDirectory();
    await login("openai", { agentDir });
    let asked = "";
    await login("openai", {
      agentDir,
      browse: (url) => {
        asked = new URL(url).searchParams.get("client_id") ?? "";
        void fetch(server.agree(url));
      },
    });
    expect(asked).toBe("issued-client");
  });
});

test("openrouter: the key is stored in the form that the npm agent knows; the path is the secret", async () => {
  let callback = "";
  const { stored } = await login("openrouter", {
    browse: (url) => {
      callback = new URL(url).searchParams.get("callback_url") ?? "";
      void fetch(server.agree(url));
    },
  });
  expect(stored).toEqual({ type: "oauth", access: "sk-or-v1-from-sign-in", refresh: "", expires: 9007199254740991 });
  expect(callback).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/oauth\/callback\/[0-9a-f-]{36}$/);
});

describe("device", () => {
  const json = (body: unknown, status = 400) => ({ status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const xai = (polls: AuthServer["devicePolls"]): Promise<Login> => {
    server.devicePolls = polls;
    return login("xai", { endpoints: { clientId: "our-client" }, browse: () => {} });
  };

  test("pending, then the token", async () => {
    const { stored, said } = await xai([json({ error: "authorization_pending" })]);
    expect(isStoredToken(stored) && stored.clientId).toBe("our-client");
    expect(said.join("\n")).toContain("ABCD-EFGH");
  });

  test.each([
    ["access_denied", "auth.login_refused"],
    ["expired_token", "auth.login_expired"],
    ["invalid_client", "auth.refused"],
  ])("%s ends it", async (error, code) => {
    // Some services say no with 200.
    expect((await xai([json({ error }, 200)])).failure?.code).toBe(code);
  });

  test("slow_down is obeyed, with the time it names or five seconds more", async () => {
    const { waits } = await xai([
      json({ error: "slow_down", interval: 7 }),
      json({ error: "slow_down" }),
      json({ error: "authorization_pending" }),
    ]);
    expect(waits).toEqual([1000, 7000, 12_000, 12_000]);
  });

  test("a code that has lived its time ends it, by a clock that only grows", async () => {
    const { failure, waits } = await xai(Array.from({ length: 1000 }, () => json({ error: "authorization_pending" })));
    expect(failure?.code).toBe("auth.login_expired");
    expect(waits.length).toBe(600);
  });
});

describe("github-copilot", () => {
  const models = [
    { id: "gpt-6.1", model_picker_enabled: true },
    { id: "hidden", model_picker_enabled: false },
    { id: "claude-opus", model_picker_enabled: true, policy: { state: "enabled" } },
    { id: "gemini-3", model_picker_enabled: true, policy: { state: "unconfigured", terms: "Read\u001b[2J them\n[here](https://terms)" } },
    { id: "forbidden-1", model_picker_enabled: true, policy: { state: "disabled" } },
  ];
  const json = (body: unknown) => ({ headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

  function signIn(more: Parameters<typeof login>[1] = {}, githubToken = "ghu_app-token", endpoints: FlowEndpoints = {}): Promise<Login> {
    server.models = models;
    server.devicePolls = [json({ access_token: githubToken, token_type: "bearer", scope: "read:user" })];
    const own = { clientId: "app", exchangeUrl: `${server.url}/exchange`, baseUrl: server.url };
    return login("github-copilot", { browse: () => {}, endpoints: { ...own, ...endpoints }, ...more });
  }

  test("an app's token is exchanged; terms are accepted by the person alone, one by one", async () => {
    const refused = await signIn();
    expect(refused.failure).toBeUndefined();
    expect(server.accepted).toEqual([]);
    expect(refused.stored).toMatchObject({ type: "oauth", refresh: "ghu_app-token", availableModelIds: ["gpt-6.1", "claude-opus"] });
    if (!isStoredToken(refused.stored)) throw new Error("nothing stored");
    expect(refused.stored.access).toContain("proxy-ep=");
    expect(refused.stored.expires - Date.now()).toBeLessThanOrEqual(25 * 60_000);

    const asked = await signIn({ paste: (question) => (question.startsWith("Accept them") ? "y" : "") });
    expect(server.accepted).toEqual(["gemini-3"]);
    expect(asked.stored).toMatchObject({ availableModelIds: ["gpt-6.1", "claude-opus", "gemini-3"] });
    expect(asked.said).toContain("  gemini-3: Read them [here](https://terms)");
    expect(asked.said.join("\n")).toMatch(/forbidden-1 stays left out: HTTP 403/);

    server.accepted = [];
    await signIn({ paste: () => "no" });
    expect(server.accepted).toEqual([]);
  });

  test("another kind of app's token is used as it is; one that GitHub refuses ends the sign-in", async () => {
    const { stored } = await signIn({}, "gho_other-app");
    expect(stored).toMatchObject({ access: "gho_other-app", refresh: "gho_other-app", expires: 9007199254740991 });
    const { failure } = await signIn({}, "ghp_no-such-kind");
    expect(failure).toMatchObject({ code: "auth.refused", message: expect.stringContaining("404") });
  });

  test("an enterprise's host is asked for, and every request goes there", async () => {
    const asked: string[] = [];
    const fetch = ((url: string, init?: RequestInit) => {
      asked.push(url);
      const { pathname } = new URL(url);
      const at =
        pathname === "/login/device/code"
          ? "/device"
          : pathname === "/login/oauth/access_token"
            ? "/token"
            : pathname.endsWith("/v2/token")
              ? "/exchange"
              : pathname;
      return globalThis.fetch(`${server.url}${at}`, init);
    }) as typeof globalThis.fetch;
    const none = { deviceUrl: undefined, tokenUrl: undefined, exchangeUrl: undefined, baseUrl: undefined } as unknown as FlowEndpoints;
    const { stored } = await signIn(
      { fetch, paste: (question) => (question.startsWith("Host") ? "https://company.ghe.com/" : "") },
      "ghu_x",
      none,
    );
    expect(stored).toMatchObject({ enterpriseUrl: "company.ghe.com" });
    expect(asked.slice(0, 3)).toEqual([
      "https://company.ghe.com/login/device/code",
      "https://company.ghe.com/login/oauth/access_token",
      "https://api.company.ghe.com/copilot_internal/v2/token",
    ]);
    // Its token names a host of Copilot's own.
    expect(asked[3]).toBe("https://api.business.githubcopilot.com/models");
    for (const host of ["http://company.ghe.com", "https://u:p@company.ghe.com", "no host", "ftp://x", "github.com.", "%2e%2e"]) {
      const { failure } = await signIn({ fetch, paste: () => host }, "ghu_x", none);
      expect(failure?.code, host).toBe("usage.bad_value");
    }
  });

  test("a token cannot send requests to a host that is not Copilot's", async () => {
    const flow = await loadFlow("github-copilot");
    const use = async (access: string, enterpriseUrl?: string): Promise<string | undefined> =>
      (await flow?.use({ type: "oauth", access, refresh: "r", expires: 0, ...(enterpriseUrl === undefined ? {} : { enterpriseUrl }) }, {}))
        ?.baseUrl;
    expect(await use("t;proxy-ep=proxy.business.githubcopilot.com;x")).toBe("https://api.business.githubcopilot.com");
    for (const host of ["evil.example", "githubcopilot.com.evil.example", "evilgithubcopilot.com", "github.com"]) {
      expect(await use(`t;proxy-ep=proxy.${host};x`)).toBe("https://api.individual.githubcopilot.com");
    }
    expect(await use("t;proxy-ep=proxy.evil.example", "company.ghe.com")).toBe("https://copilot-api.company.ghe.com");
    expect(await use("t;proxy-ep=proxy.x.company.ghe.com", "company.ghe.com")).toBe("https://api.x.company.ghe.com");
  });
});

test.each(["anthropic", "github-copilot", "xai", "openai-codex"])(
  "%s has no sign-in of its own, and says what there is",
  async (provider) => {
    const { failure, stored } = await login(provider, { endpoints: {} });
    expect(failure?.code).toBe("auth.login_unavailable");
    expect(failure?.hint).toMatch(/API_KEY|client_id|API key/);
    expect(stored).toBeUndefined();
  },
);

test("what is pasted is read in every form", () => {
  const pairs = (line: string): Record<string, string> | undefined => {
    const read = readPasted(line);
    return read === undefined ? undefined : Object.fromEntries(read);
  };
  expect(pairs(" http://127.0.0.1:1455/auth/callback?code=a&state=b ")).toEqual({ code: "a", state: "b" });
  expect(pairs("a#b")).toEqual({ code: "a", state: "b" });
  expect(pairs("code=a&state=b")).toEqual({ code: "a", state: "b" });
  expect(pairs("?code=a")).toEqual({ code: "a" });
  expect(pairs("abc")).toEqual({ code: "abc" });
  expect(pairs("https://example.com/")).toBeUndefined();
  expect(pairs("two words")).toBeUndefined();
  expect(pairs("")).toBeUndefined();
});
