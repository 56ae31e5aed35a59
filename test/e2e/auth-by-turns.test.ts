// The npm agent and this program renew the same sign-in by turns, and at once: neither loses it, and each renewal happens once.

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { startAuthServer } from "../support/auth-server.ts";
import { whereInstalled } from "../support/npm-agent.ts";
import { npmAgentPath } from "../support/npm-agent-place.ts";
import { createWorld } from "../support/world.ts";

whereInstalled("twenty turns, and five at once", async () => {
  const { world, close } = createWorld();
  onTestFinished(close);
  const server = await startAuthServer();
  onTestFinished(() => server.close());
  mkdirSync(world.agentDir, { recursive: true });
  const file = join(world.agentDir, "auth.json");
  const read = (): { openai: Record<string, unknown>; other: unknown } => JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(
    file,
    JSON.stringify({
      other: { type: "future", x: [1] },
      openai: { type: "oauth", access: "old", refresh: server.refreshToken, expires: 1000, clientId: "c", scopes: [] },
    }),
    { mode: 0o600 },
  );
  world.config(`[providers.openai.oauth]\ntoken_url = "${server.url}/token"\n`);
  // Its address cannot be configured: of its requests those to the service come to our server, and all others nowhere.
  const preload = world.write(
    "preload.mjs",
    `const real = globalThis.fetch;
    const fetch = (url, init) => String(url) === "https://auth.openai.com/api/accounts/oauth/token"
      ? real("${server.url}/token", init) : Promise.reject(new Error("no network"));
    Object.defineProperty(globalThis, "fetch", { get: () => fetch, set: () => {} });`,
  );
  const args = ["auth", "print-bearer-token", "--provider", "openai"];
  const theirs = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const env = { PATH: process.env.PATH, HOME: world.home, PI_OFFLINE: "1", NODE_OPTIONS: `--import ${preload}` };
      execFile(npmAgentPath, args, { cwd: world.cwd, env }, (error, stdout, stderr) =>
        error === null ? resolve(stdout.trim()) : reject(new Error(`the npm agent: ${stderr}`)),
      );
    });
  const ours = async (): Promise<string> => {
    const { status, stdout, stderr } = await world.run(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout.trim();
  };
  const end = (): void => {
    const accounts = read();
    writeFileSync(file, JSON.stringify({ ...accounts, openai: { ...accounts.openai, expires: 1000 } }));
  };
  const turns = [...Array.from({ length: 20 }, (_, turn) => [turn % 2 === 0 ? theirs : ours]), ...Array(5).fill([theirs, ours, ours])];
  for (const [turn, those] of turns.entries()) {
    end();
    const tokens = await Promise.all(those.map((one: () => Promise<string>) => one()));
    const { openai, other } = read();
    expect(new Set(tokens), `turn ${turn}`).toEqual(new Set([openai.access]));
    expect(openai.refresh, `turn ${turn}`).toBe(server.refreshToken);
    expect(other).toEqual({ type: "future", x: [1] });
    expect(server.refreshes()).toBe(turn + 1);
  }
});
