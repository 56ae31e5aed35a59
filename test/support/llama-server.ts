// A router of llama.cpp in the test: models that load at once, when the test lets them, or not; and servers that are none. Used by the tests of /llama.
// Invariant: strict about what it is asked; the list is open to all, as the real one's is, and a change wants the key.

import { startWireServer, type WireAnswer, type WireRequest, type WireServer } from "./wire-server.ts";

export interface ServedModel {
  state: "loaded" | "sleeping" | "loading" | "downloading" | "unloaded";
  exitCode?: number;
  /** What comes of a load: `held` waits for `finish`. Default: it is loaded at once. */
  loads?: "at once" | "held" | "fails";
  /** Of one that is downloading: where the server of some versions has it. */
  progress?: Record<string, { done: number; total: number }>;
  row?: Record<string, unknown>;
}

export interface LlamaServer extends WireServer {
  models: Map<string, ServedModel>;
  finish(id: string): void;
  /** Names that can be downloaded, and under which one the model then stands in the list. */
  hub: Map<string, string>;
  /** How far it is, told to those who watch, and in the list. */
  downloaded(id: string, progress: Record<string, { done: number; total: number }>): void;
  /** The end of a download; `failed`: nothing has come of it. */
  endDownload(id: string, how?: "failed"): void;
  /** What was asked of it in vain, beside what a test meant to. */
  complaints: string[];
}

export async function startLlamaServer(models: Record<string, ServedModel>, { key = "", events = true } = {}): Promise<LlamaServer> {
  const served = new Map(Object.entries(models));
  const complaints: string[] = [];
  const hub = new Map<string, string>();
  const watchers = new Set<(event: string) => void>();
  const tell = (model: string, event: string, data: unknown = {}): void => {
    for (const write of watchers) write(`data: ${JSON.stringify({ model, event, data })}\n\n`);
  };
  const answer = (request: WireRequest): WireAnswer => {
    const line = `${request.method} ${request.path}`;
    if (line === "GET /models" || line === "GET /models?reload=1") return json(200, listOf(served));
    if (line === "GET /models/sse" && events) {
      return { headers: { "content-type": "text/event-stream" }, events: (write) => void watchers.add(write) };
    }
    if (line === "GET /models/sse") return refusal(404, "File Not Found");
    const change = /^POST \/models(?:\/(load|unload))?$/.exec(line) === null ? undefined : (line.split("/")[2] ?? "download");
    if (change === undefined) {
      complaints.push(line);
      return refusal(404, "File Not Found");
    }
    if (key !== "" && request.headers.authorization !== `Bearer ${key}`) return refusal(401, "Invalid API Key");
    const { model: id, ...more } = (request.body ?? {}) as { model?: string };
    if (change === "download" && typeof id === "string") {
      if (served.has(id)) return refusal(400, `model '${id}' already exists`);
      if (!hub.has(id)) return refusal(400, `no model is called ${id}`);
      served.set(id, { state: "downloading" });
      tell(id, "model_status", { status: "downloading" });
      return json(200, { success: true });
    }
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
      if (model.state === "downloading") endDownload(id ?? "", "failed");
      else model.state = "unloaded";
    }
    return json(200, { success: true });
  };
  const endDownload = (id: string, how?: "failed"): void => {
    served.delete(id);
    if (how === undefined) served.set(hub.get(id) ?? id, { state: "unloaded" });
    tell(id, how === undefined ? "download_finished" : "download_failed");
  };
  const server = await startWireServer(answer);
  return Object.assign(server, {
    models: served,
    complaints,
    hub,
    endDownload,
    downloaded: (id: string, progress: NonNullable<ServedModel["progress"]>) => {
      const model = served.get(id);
      if (model !== undefined && !events) model.progress = progress;
      tell(id, "download_progress", { progress });
    },
    finish: (id: string) => {
      const model = served.get(id);
      if (model !== undefined) model.state = "loaded";
    },
  });
}

/** As it is before the list goes out; a load that fails does so once it has been seen. */
function listOf(served: Map<string, ServedModel>): unknown {
  const data = [...served].map(([id, { state, exitCode, progress, row }]) => ({
    id,
    object: "model",
    owned_by: "llamacpp",
    created: 1,
    ...row,
    status: {
      value: state,
      args: ["llama-server", "-c", "32768"],
      ...(progress === undefined ? {} : { progress }),
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
