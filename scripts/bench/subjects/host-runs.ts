// Runs of a host in one process, each in a session of its own, with a model that answers at once: what a run costs by itself.
// `host-runs DIRECTORY COUNT`.

import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { Model } from "../../../src/contracts/model.ts";
import { emptyUsage } from "../../../src/contracts/usage.ts";
import { makeRuntime } from "../../../src/runtime/create-runtime.ts";

const [parent = "", count = "0"] = process.argv.slice(2);
const root = mkdtempSync(join(parent, "runs-"));
const workspaceDir = join(root, "work");
mkdirSync(workspaceDir);
const model: Model = {
  id: "bench-1",
  name: "Bench",
  api: "bench",
  provider: "bench",
  baseUrl: "",
  reasoning: false,
  input: ["text"],
  contextWindow: 100_000,
  maxTokens: 8000,
  cost: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 },
};
const provider = {
  api: "bench",
  async *stream() {
    yield { type: "text_start", contentIndex: 0 } as const;
    yield { type: "text_delta", contentIndex: 0, delta: "Measured." } as const;
    yield { type: "text_end", contentIndex: 0 } as const;
    yield { type: "usage", usage: { ...emptyUsage(), input: 10, output: 1, totalTokens: 11 } } as const;
    yield { type: "finish", stopReason: "stop" } as const;
  },
};
const runtime = await makeRuntime({
  host: {
    env: { HOME: root, PATH: process.env.PATH ?? "" },
    homeDir: root,
    cwd: workspaceDir,
    now: () => Date.now(),
    hostModules: async () => new Map(),
    admitExtensions: async () => undefined,
  },
  agentDir: join(root, "agent"),
  dataDir: join(root, "data"),
  warn: (line) => console.error(line),
  writeLine: () => undefined,
  custom: {
    model,
    access: async () => ({
      provider,
      credential: { scheme: "none", billing: "metered", value: "", source: "bench" },
      fetch: () => Promise.reject(new Error("there is no network here")),
    }),
  },
});
for (let number = 0; number < Number(count); number++) {
  const { outcome } = await runtime.run({ prompt: "hi", workspaceDir, sessionKey: `group-${number}`, bootstrap: false });
  if (outcome.kind !== "done") throw new Error(outcome.message);
}
await runtime.dispose();
console.log("done");
