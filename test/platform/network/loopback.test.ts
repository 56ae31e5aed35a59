// Where a browser comes back to: what counts as the call that is waited for, what the others are told, and that nothing is left of it.

import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type Loopback, type LoopbackWanted, listenOnLoopback } from "../../../src/platform/network/loopback.ts";

const wanted: LoopbackWanted = { host: "127.0.0.1", port: 0, path: "/auth/callback", state: "ours" };

async function listening(
  given: Partial<LoopbackWanted> = {},
): Promise<Loopback & { call(path: string, init?: RequestInit): Promise<Response> }> {
  const loopback = await listenOnLoopback({ ...wanted, ...given });
  onTestFinished(() => loopback.close());
  return { ...loopback, call: (path, init) => fetch(`http://127.0.0.1:${loopback.port}${path}`, init) };
}

test("the one call that is right counts, whatever came before; the next is told that it is one too many", async () => {
  const { call, received } = await listening();
  let hasCome = false;
  void received.then(() => {
    hasCome = true;
  });
  for (const [path, init, status] of [
    ["/", {}, 404],
    ["/auth/callback/?state=ours", {}, 404],
    ["/auth/callback%3Fstate=ours", {}, 404],
    ["/auth/callback?state=ours", { method: "POST" }, 405],
    ["/auth/callback", {}, 400],
    ["/auth/callback?state=theirs&code=x", {}, 400],
    ["/auth/callback?code=x&state=", {}, 400],
  ] as const)
    expect({ path, status: (await call(path, init)).status }).toEqual({ path, status });
  expect(hasCome).toBe(false);
  const right = await call("/auth/callback?code=first&state=ours");
  expect([right.status, Object.fromEntries(await received)]).toEqual([200, { code: "first", state: "ours" }]);
  expect(Object.fromEntries(right.headers)).toMatchObject({
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'",
    "referrer-policy": "no-referrer",
  });
  expect((await call("/auth/callback?code=second&state=ours")).status).toBe(409);
  expect((await received).get("code")).toBe("first");
});

test("without a state the path alone is the secret, and what was refused is shown as text", async () => {
  const { call, received } = await listening({ path: "/secret-path", state: undefined });
  expect((await call("/another-path?code=x")).status).toBe(404);
  const page = await (await call(`/secret-path?error=${encodeURIComponent(`<b>&"'`)}${"x".repeat(1000)}`)).text();
  expect(page).toContain("The sign-in was refused: &#60;b&#62;&#38;&#34;&#39;xxx");
  expect(page.length).toBeLessThan(500);
  expect((await received).get("error")).toMatch(/^<b>/);
});

test("a port that is taken gives way to a free one; closed, nobody listens any more", async () => {
  const first = await listening();
  const second = await listening({ port: first.port });
  expect(second.port).not.toBe(first.port);
  const silent = connect(second.port, "127.0.0.1");
  await once(silent, "connect");
  const ended = once(silent, "close");
  silent.resume().on("error", () => {});
  // Once it is answered the connection before it has been taken, too.
  expect((await second.call("/")).status).toBe(404);
  second.close();
  // Bun lets the silent one be, which holds no process.
  if (process.versions.bun === undefined) await ended;
  await expect(second.call("/auth/callback?code=x&state=ours")).rejects.toThrow();
  silent.destroy();
});
