// A router of llama.cpp in the test: models that load at once, when the test lets them, or not; and servers that are none. Used by the tests of /llama.
// Invariant: strict about what it is asked; the list is open to all, as the real one's is, and a change wants the key.

import { startWireServer, type WireAnswer, type WireRequest, type WireServer } from "./wire-server.ts";

export interface ServedModel {
  state: "loaded" | "sleeping" | "loading" | "downloading" | "unloaded";
  exitCode?: number;
  /** What comes of a load: `held` waits for `finish`. Default: it is loaded at once. */
  loads?: "at once" | "held" | "fails";
  row?: Record<string, unknown>;
}

export interface LlamaServer extends WireServer {
  models: Map<string, ServedModel>;
  finish(id: string): void;
  /** What was asked of it in vain, beside what a test meant to. */
  complaints: string[];
}

export async function startLlamaServer(models: Record<string, ServedModel>, { key = "" } = {}): Promise<LlamaServer> {
  const served = new Map(Object.entries(models));
  const complaints: string[] = [];
  const answer = (request: WireRequest): WireAnswer => {
    const line = `${request.method} ${request.path}`;
    if (line === "GET /models") return json(200, listOf(served));
    const change = /^POST \/models\/(load|unload)$/.exec(line)?.[1];
    if (change === undefined) {
      complaints.push(line);
      return refusal(404, "File Not Found");
    }
    if (key !== "" && request.headers.authorization !== `Bearer ${key}`) return refusal(401, "Invalid API Key");
    const { model: id, ...more } = (request.body ?? {}) as { model?: string };
    const model = served.get(id ?? "");
    if (Object.keys(more).length > 0 || request.headers["content-type"] !== "application/json")
      complaints.push(`${line}: ${request.rawBody}`);
    if (model === undefined) return refusal(400, "model is not found");
    const isRunning = model.state !== "unloaded";
    if (change === "load") {
      if (isRunning) return refusal(400, "model is already running");
      delete model.exitCode;
      model.state = model.loads === undefined || model.loads === "at once" ? "loaded" : "loading";
    } else {
      if (!isRunning) return refusal(400, "model is not running");
      model.state = "unloaded";
    }
    return json(200, { success: true });
  };
  const server = await startWireServer(answer);
  return Object.assign(server, {
    models: served,
    complaints,
    finish: (id: string) => {
      const model = served.get(id);
      if (model !== undefined) model.state = "loaded";
    },
  });
}

/** As it is before the list goes out; a load that fails does so once it has been seen. */
function listOf(served: Map<string, ServedModel>): unknown {
  const data = [...served].map(([id, { state, exitCode, row }]) => ({
    id,
    object: "model",
    owned_by: "llamacpp",
    created: 1,
    ...row,
    status: {
      value: state,
      args: ["llama-server", "-c", "32768"],
      ...(exitCode === undefined ? {} : { exit_code: exitCode, failed: true }),
    },
  }));
  for (const model of served.values()) {
    if (model.state === "loading" && model.loads === "fails") Object.assign(model, { state: "unloaded", exitCode: 137 });
  }
  return { object: "list", data };
}

const json = (status: number, body: unknown): WireAnswer => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8" },
  body: JSON.stringify(body),
});

const refusal = (code: number, message: string): WireAnswer => json(code, { error: { code, message, type: "invalid_request_error" } });
