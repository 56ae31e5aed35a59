// A host's runtime in the test: the router over a temporary tree, with a model that answers as the test says. Used by the suites of runtime/.

import { onTestFinished } from "vitest";
import { makeRuntime } from "../../src/runtime/create-runtime.ts";
import type { RunRequest } from "../../src/runtime/request.ts";
import type { Router } from "../../src/runtime/route/router.ts";
import { fakeHost } from "./fake-host.ts";
import { ModelScript, testModel } from "./model-script.ts";
import { type TempTree, tempTree } from "./temp-tree.ts";

export interface HostBench {
  tree: TempTree;
  runtime: Router;
  model: ModelScript;
  warnings: string[];
  /** A request with what every run needs. */
  request(changes?: Partial<RunRequest>): RunRequest;
}

export async function hostBench(files: Record<string, string> = {}, env: Record<string, string> = {}): Promise<HostBench> {
  const tree = tempTree({ "work/.keep": "", ...files });
  const model = new ModelScript();
  const warnings: string[] = [];
  const host = fakeHost({ cwd: tree.at("work"), homeDir: tree.path, env: { PATH: process.env.PATH ?? "", HOME: tree.path, ...env } });
  const runtime = await makeRuntime({
    host,
    agentDir: tree.at("agent"),
    dataDir: tree.at("data"),
    warn: (line) => void warnings.push(line),
    writeLine: () => {},
    custom: {
      model: testModel,
      access: async () => ({
        provider: model,
        credential: { scheme: "none", billing: "metered", value: "", source: "test" },
        fetch: () => Promise.reject(new Error("no network in tests")),
      }),
    },
  });
  onTestFinished(() => runtime.dispose());
  return {
    tree,
    runtime,
    model,
    warnings,
    request: (changes) => ({ prompt: "go", workspaceDir: tree.at("work"), sessionKey: "room", bootstrap: false, ...changes }),
  };
}
