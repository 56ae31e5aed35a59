// A due token is made new once, stored before it is used, and what goes wrong leaves the old one as long as it lives.

import { readFileSync, writeFileSync } from "node:fs";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { authFilePath, readAuthFile, type StoredToken } from "../../src/accounts/auth-file.ts";
import { loadFlow } from "../../src/accounts/flows/flows.ts";
import { type RefreshRequest, TokenRefresher } from "../../src/accounts/refresh.ts";
import { PiError } from "../../src/contracts/error.ts";
import { type AuthServer, startAuthServer } from "../support/auth-server.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let server: AuthServer;
let path: string;
beforeEach(async () => {
  server = await startAuthServer();
  onTestFinished(() => server.close());
  path = authFilePath(temporaryDirectory());
});

function store(token: Partial<StoredToken> = {}, accountId = "openai"): void {
  const account = {
    type: "oauth",
    access: "old-access",
    refresh: server.refreshToken,
    expires: Date.now() - 1000,
    clientId: "c",
    mine: "kept",
    ...token,
  };
  writeFileSync(path, JSON.stringify({ other: { type: "future" }, [accountId]: account }));
}

async function request(more: Partial<RefreshRequest> = {}): Promise<RefreshRequest> {
  const flow = await loadFlow("openai");
  if (flow === undefined) throw new Error("no flow");
  return {
    accountId: "openai",
    path,
    flow,
    endpoints: { tokenUrl: `${server.url}/token` },
    fetch: globalThis.fetch,
    now: () => Date.now(),
    ...more,
  };
}

test("a token that is good for a while costs no request, no lock and no write", async () => {
  store({ expires: Date.now() + 6 * 60_000 });
  const before = readFileSync(path, "utf8");
  expect((await new TokenRefresher().current(await request())).access).toBe("old-access");
  expect(server.requests).toHaveLength(0);
  expect(readFileSync(path, "utf8")).toBe(before);
});

test("a due one is made new and stored, with all else as it was", async () => {
  store({ expires: Date.now() + 4 * 60_000 });
  const token = await new TokenRefresher().current(await request());
  expect(token.access).toMatch(/^access-/);
  expect(readAuthFile(path)).toEqual({ other: { type: "future" }, openai: { ...token, mine: "kept", refresh: server.refreshToken } });
});

test("many at once, of one process or several, make one request", async () => {
  store();
  const refreshers = Array.from({ length: 5 }, () => new TokenRefresher());
  const asked = await request();
  const tokens = await Promise.all(refreshers.flatMap((one) => [one.current(asked), one.current(asked), one.current(asked)]));
  expect(new Set(tokens.map(({ access }) => access)).size).toBe(1);
  expect(server.refreshes()).toBe(1);
});

test("a service that keeps its refresh token keeps it here", async () => {
  store();
  const { refreshToken } = server;
  server.fault = "no_rotation";
  expect((await new TokenRefresher().current(await request())).refresh).toBe(refreshToken);
});

test("revoked: one line with the provider, the cause and the command; the file stays", async () => {
  store();
  server.fault = "revoked";
  const before = readFileSync(path, "utf8");
  const failing = new TokenRefresher().current(await request());
  await expect(failing).rejects.toMatchObject({
    code: "auth.sign_in_again",
    message: expect.stringContaining("revoked"),
    hint: expect.stringContaining("pi auth login openai"),
  });
  expect(readFileSync(path, "utf8")).toBe(before);
});

test("a refresh token that was used before is told so, not as a missing key", async () => {
  store({ refresh: "used-before" });
  await expect(new TokenRefresher().current(await request())).rejects.toMatchObject({ code: "auth.sign_in_again" });
});

test("while the service fails, the old token is used for as long as it lives", async () => {
  server.fault = "server_error";
  store({ expires: Date.now() + 60_000 });
  expect((await new TokenRefresher().current(await request())).access).toBe("old-access");
  store();
  await expect(new TokenRefresher().current(await request())).rejects.toMatchObject({ code: "auth.network" });
});

test("a service that does not answer in time is told as one that cannot be reached; the old token is used while it lives", async () => {
  const asked = await request();
  const flow = { ...asked.flow, refresh: () => Promise.reject(new DOMException("The operation was aborted", "TimeoutError")) };
  store();
  await expect(new TokenRefresher().current({ ...asked, flow })).rejects.toMatchObject({
    code: "auth.network",
    message: expect.stringContaining("no answer in 15 s"),
  });
  store({ expires: Date.now() + 60_000 });
  expect((await new TokenRefresher().current({ ...asked, flow })).access).toBe("old-access");
});

test("one that is only to be looked at is not made new: it is given while it lives", async () => {
  store({ expires: Date.now() + 1000 });
  const asked = await request();
  expect(new TokenRefresher().stored(asked).access).toBe("old-access");
  store();
  expect(() => new TokenRefresher().stored(asked)).toThrow(expect.objectContaining({ code: "auth.sign_in_again" }));
  expect(server.requests).toHaveLength(0);
});

test("a refresh that is refused because another program was faster, which knows no lock, gives what that has stored", async () => {
  const asked = await request();
  const now = Date.now();
  for (const [theirs, outcome] of [
    [{ access: "theirs", expires: now + 60_000 }, "theirs"],
    [{ access: "theirs", expires: now - 1 }, "auth.sign_in_again"],
    [{ expires: now + 60_000 }, "auth.sign_in_again"],
  ] as const) {
    store();
    const refresh = async (): Promise<never> => {
      store(theirs);
      throw new PiError("auth.refused", "used before");
    };
    const current = new TokenRefresher().current({ ...asked, flow: { ...asked.flow, refresh }, now: () => now });
    expect(await current.then(({ access }) => access).catch(({ code }) => code)).toBe(outcome);
  }
});

test("a token that the service has just refused is not used again because a new one cannot be had", async () => {
  store({ expires: Date.now() + 60 * 60_000 });
  server.fault = "server_error";
  await expect(new TokenRefresher().current(await request({ spent: "old-access" }))).rejects.toMatchObject({ code: "auth.network" });
});

test("a token that the service has just refused is made new although it is not due", async () => {
  store({ expires: Date.now() + 60 * 60_000 });
  const token = await new TokenRefresher().current(await request({ spent: "old-access" }));
  expect(token.access).toMatch(/^access-/);
  // Somebody else has made a new one already.
  expect((await new TokenRefresher().current(await request({ spent: "old-access" }))).access).toBe(token.access);
  expect(server.refreshes()).toBe(1);
});

test("another account of the provider is its own", async () => {
  store({}, "openai#work");
  expect((await new TokenRefresher().current(await request({ accountId: "openai#work" }))).access).toMatch(/^access-/);
  await expect(new TokenRefresher().current(await request())).rejects.toMatchObject({ code: "auth.signed_out" });
});

test("what was sent is not called off by an abort, and is stored", async () => {
  store();
  const stop = new AbortController();
  const refreshing = new TokenRefresher().current(await request({ signal: stop.signal }));
  await server.received(1);
  stop.abort();
  expect((await refreshing).access).toMatch(/^access-/);
  expect(readAuthFile(path)?.openai).toMatchObject({ refresh: server.refreshToken });
});
