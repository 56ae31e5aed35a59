// The router of llama.cpp (`llama-server` without a model): which models it has and in which state, one loaded, let go or downloaded. Asked by the screen's
// /llama and by the registry. Source: llama.cpp's tools/server, its README and server-models.cpp (read 2026-11-27). Invariant: an answer is bounded in size and time, and whatever is wrong
// with the server is one error that names its address.

import { getJson, postJson } from "../../accounts/flows/requests.ts";
import type { Config } from "../../config/load-config.ts";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import type { Model } from "../../contracts/model.ts";
import type { Credential } from "../../contracts/model-request.ts";
import { isTable, type ModelSettings } from "../../contracts/provider-settings.ts";
import { serviceWords } from "../../contracts/text/service-words.ts";
import { plainLine } from "../../contracts/text/terminal-text.ts";
import { splitUserInfo, withoutUrlSecrets } from "../../contracts/text/url-secrets.ts";
import type { Env } from "../../platform/paths.ts";
import { liveSecrets } from "../../platform/secrets.ts";
import { credentialHeaders, modelHeaders } from "../../providers/shared/headers.ts";

export interface RouterModel {
  id: string;
  /** `loaded`, `sleeping` (woken by a request), `loading`, `downloading`, `unloaded`, `failed`; a word of the server's own where it is none of them. */
  state: string;
  /** Of the process whose loading failed. */
  exitCode?: number;
  /** Of one that is being downloaded, where the server says it. */
  progress?: DownloadProgress;
  contextWindow?: number;
  takesPictures: boolean;
}

/** In bytes, of all its files. */
export interface DownloadProgress {
  done: number;
  total: number;
}

/** What the server says of a model as it happens. */
export interface RouterEvent {
  model: string;
  /** `download_progress`, `download_finished`, `download_failed`, and others. */
  event: string;
  progress?: DownloadProgress;
}

export interface RouterInput {
  /** As the provider has it: with `/v1` or without. */
  baseUrl: string;
  headers: Readonly<Record<string, string>>;
  fetch: typeof globalThis.fetch;
  /** Of each answer. */
  timeoutMs?: number;
  /** Between two looks at a model that changes. */
  pollMs?: number;
}

const answerMs = 5000;
const lookMs = 500;
/** A download is begun when the server has looked the model up, and stopped when its process has ended. */
const downloadAnswerMs = 60_000;
/** Of an event. */
const maxEventLength = 256 * 1024;
/** Half an hour, at two looks a second. */
const maxLooks = 3600;
/** A model that was told to load may be seen a few times as it was before. */
const patientLooks = 4;
const maxModels = 1000;
const maxIdLength = 512;

export class LlamaRouter {
  /** For people. */
  readonly address: string;
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #input: RouterInput;

  constructor(input: RouterInput) {
    this.#input = input;
    liveSecrets.addUrl(input.baseUrl);
    const { url, authorization } = splitUserInfo(serverOf(input.baseUrl));
    this.#url = url.replace(/\/+$/, "");
    this.#headers = { ...defined({ authorization }), ...input.headers };
    this.address = withoutUrlSecrets(this.#url);
  }

  /** @throws PiError `io.fetch`, `io.format`, `auth.refused`. A server of one model is none, unless `orSingle` takes its model as loaded. */
  async models(signal?: AbortSignal, { orSingle = false, isReread = false } = {}): Promise<RouterModel[]> {
    const { data } = await this.#ask(isReread ? "/models?reload=1" : "/models", undefined, signal);
    if (!Array.isArray(data)) {
      throw new PiError("io.format", `${this.address} is no server of llama.cpp: what it answers to /models is no list`, {
        hint: addressHint,
      });
    }
    const rows = data.filter((row) => isTable(row) && typeof row.id === "string" && row.id !== "" && row.id.length <= maxIdLength);
    const hasStates = rows.every((row) => isTable(row.status) && typeof row.status.value === "string");
    if (!hasStates && !orSingle) {
      throw new PiError("io.format", `${this.address} is no router of llama.cpp: it does not say which models are loaded`, {
        hint: "Start llama-server without --model, -m and -hf",
      });
    }
    return rows.slice(0, maxModels).map(modelIn);
  }

  /** Until it is loaded, or unloaded, and what it is then; nothing: it has gone from the list. `seen` hears of each look at the list. */
  async change(
    id: string,
    change: "load" | "unload",
    { signal, seen }: { signal: AbortSignal; seen(models: RouterModel[]): void },
  ): Promise<RouterModel | undefined> {
    await this.#ask(`/models/${change}`, { model: id }, signal, change === "unload" ? downloadAnswerMs : answerMs);
    return this.settled(id, { signal, seen, isOver: change === "load" ? isSettled : isGone });
  }

  async settled(
    id: string,
    at: { signal: AbortSignal; seen(models: RouterModel[]): void; isOver?(state: string, looks: number): boolean },
  ): Promise<RouterModel | undefined> {
    const { setTimeout: pause } = await import("node:timers/promises");
    const { isOver = isSettled } = at;
    let unmoved = 0;
    for (let looks = 0; looks < maxLooks; looks++) {
      const models = await this.models(at.signal);
      at.seen(models);
      const model = models.find((one) => one.id === id);
      if (model !== undefined && !isGone(model.state)) unmoved = patientLooks;
      if (model === undefined || isOver(model.state, unmoved)) return model;
      unmoved++;
      // Whoever leaves the program meanwhile does not wait for it.
      await pause(this.#input.pollMs ?? lookMs, undefined, { signal: at.signal, ref: false });
    }
    throw new PiError("io.fetch", `${this.address} has not come to an end with ${shownId(id)} in half an hour`, {
      hint: "Its log says what it does",
    });
  }

  /**
   * `owner/repository[:quantization]` at Hugging Face, fetched by the server, until it is there; nothing: it is there by another name. `verdict`: what the
   * server has said of it as it happened. Rejects where there is none of that name, it is there already, or it does not arrive.
   */
  async download(
    id: string,
    at: { signal: AbortSignal; seen(models: RouterModel[]): void; verdict(): "finished" | "failed" | undefined },
  ): Promise<RouterModel | undefined> {
    const { setTimeout: pause } = await import("node:timers/promises");
    await this.#ask("/models", { model: id }, at.signal, downloadAnswerMs);
    // As long as the server says that it goes on: a large one takes hours.
    for (let unmoved = 0; ; ) {
      const models = await this.models(at.signal);
      at.seen(models);
      const verdict = at.verdict();
      const isGoingOn = models.some((one) => one.id === id && one.state === "downloading");
      const arrived = models.find((one) => isDownloadOf(one, id));
      if (verdict === "failed") break;
      if (verdict === "finished" || (!isGoingOn && arrived !== undefined)) {
        const known = await this.models(at.signal, { isReread: true });
        at.seen(known);
        return known.find((one) => isDownloadOf(one, id));
      }
      if (!isGoingOn && ++unmoved > patientLooks) break;
      if (isGoingOn) unmoved = patientLooks;
      await pause(this.#input.pollMs ?? lookMs, undefined, { signal: at.signal, ref: false });
    }
    throw new PiError("io.fetch", `${shownId(id)} was not downloaded`, { hint: `The log of ${this.address} says why` });
  }

  /** What happens at the server from now on, until the signal ends it; whatever else ends it is no error: the list has the states all the same. */
  async watch(signal: AbortSignal, heard: (event: RouterEvent) => void): Promise<void> {
    try {
      const response = await this.#input.fetch(`${this.#url}/models/sse`, {
        headers: { accept: "text/event-stream", ...this.#headers },
        redirect: "manual",
        signal,
      });
      if (!response.ok || response.body === null) {
        await response.body?.cancel();
        return;
      }
      const decoder = new TextDecoder();
      let text = "";
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        const lines = (text + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
        text = lines.pop() ?? "";
        if (text.length > maxEventLength) return;
        for (const line of lines) {
          const event = line.startsWith("data:") ? eventIn(line.slice("data:".length)) : undefined;
          if (event !== undefined) heard(event);
        }
      }
    } catch {
      // Gone, or told to go.
    }
  }

  async #ask(
    path: string,
    body: Record<string, unknown> | undefined,
    stop: AbortSignal | undefined,
    longestMs = answerMs,
  ): Promise<Record<string, unknown>> {
    const { fetch, timeoutMs = longestMs } = this.#input;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = stop === undefined ? deadline : AbortSignal.any([stop, deadline]);
    const at = { endpoints: {}, fetch, now: () => Date.now(), signal };
    const url = this.#url + path;
    const asked = body === undefined ? getJson(url, at, this.#headers) : postJson(url, body, at, this.#headers);
    const { status, fields } = await asked.catch(async (error: unknown) => {
      stop?.throwIfAborted();
      throw await this.#unreachable(deadline.aborted ? `no answer in ${timeoutMs / 1000} s` : error);
    });
    if (status === 401 || status === 403) {
      const isKeySent = this.#headers.authorization !== undefined;
      throw new PiError("auth.refused", `${this.address} ${isKeySent ? "refuses the key" : "wants a key"} (HTTP ${status})`, {
        hint: "Set LLAMA_API_KEY to the --api-key of the server, or store it with /login llama-cpp",
      });
    }
    if (status < 200 || status > 299) {
      const words = liveSecrets.redact(serviceWords(JSON.stringify(fields)).sentence).slice(0, maxIdLength);
      throw new PiError("io.fetch", `${this.address}${path} answers HTTP ${status}${words === "" || words === "{}" ? "" : `: ${words}`}`, {
        hint: status === 404 || status < 400 ? addressHint : "The log of the server says more",
      });
    }
    return fields;
  }

  async #unreachable(reason: unknown): Promise<PiError> {
    const { networkFailure } = await import("../../providers/shared/http-failure.ts");
    const cause = reason instanceof PiError ? (reason.cause ?? reason) : reason;
    const words = typeof cause === "string" ? cause : networkFailure(cause).message;
    return new PiError("io.fetch", `No router of llama.cpp can be reached at ${this.address}: ${liveSecrets.redact(plainLine(words))}`, {
      hint: `Start it with llama-server, or: ${addressHint}`,
      cause: reason,
    });
  }
}

const addressHint = "LLAMA_BASE_URL, or base_url under [providers.llama-cpp] in config.toml, says where the router is";

/** What is asked of the registry, which has this module read lists. */
export interface RouterSettings {
  find(providerId: string, modelId: string): Model | undefined;
  ready(model: Model): Promise<Model>;
  credential(providerId: string): Promise<Credential>;
}

/** Where the server of a provider is asked, by its settings, its credential and the user's network. */
export async function llamaRouter(
  providerId: string,
  at: { registry: RouterSettings; config: Pick<Config, "values">; env: Env },
): Promise<LlamaRouter> {
  const { registry, config, env } = at;
  // Whichever model: they are all at one address, with the same headers.
  const model = registry.find(providerId, "any");
  if (model === undefined) throw new PiError("usage.unknown_provider", `There is no provider ${providerId}`);
  const [{ createFetch }, credential, ready] = await Promise.all([
    import("../../platform/network/fetch.ts"),
    registry.credential(providerId),
    registry.ready(model),
  ]);
  const { proxy, caFile } = config.values.network;
  const headers = {
    ...credentialHeaders(credential, "bearer"),
    ...modelHeaders({ model: ready, request: { systemPrompt: "", messages: [], tools: [], thinkingLevel: "off" } }),
  };
  return new LlamaRouter({ baseUrl: ready.baseUrl, headers, fetch: createFetch({ env, proxy, caFile }) });
}

/** Those that answer without being loaded first, as the registry lists them. */
export function servedModels(models: readonly RouterModel[]): ModelSettings[] {
  return models
    .filter(({ state }) => state === "loaded" || state === "sleeping")
    .map(({ id, contextWindow, takesPictures }) => ({
      id,
      ...defined({ contextWindow }),
      ...(takesPictures ? { input: ["text", "image"] as ("text" | "image")[] } : {}),
    }));
}

/** For a line among others. */
export function shownId(id: string): string {
  const line = plainLine(id);
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

export const isChanging = (state: string): boolean => state === "loading" || state === "downloading";

function isSettled(state: string, unmovedLooks: number): boolean {
  return isGone(state) ? unmovedLooks >= patientLooks : !isChanging(state);
}

function isGone(state: string): boolean {
  return state === "unloaded" || state === "failed";
}

function serverOf(baseUrl: string): string {
  return baseUrl.replace(/[?#].*$/s, "").replace(/(?:\/v1)?\/*$/, "");
}

function modelIn(row: Record<string, unknown>): RouterModel {
  const status = isTable(row.status) ? row.status : {};
  const said = typeof status.value === "string" ? status.value.slice(0, 40) : "loaded";
  const meta = isTable(row.meta) ? row.meta : {};
  const architecture = isTable(row.architecture) ? row.architecture : {};
  const inputs = architecture.input_modalities;
  return {
    id: row.id as string,
    state: status.failed === true && said === "unloaded" ? "failed" : said,
    ...defined({
      exitCode: typeof status.exit_code === "number" ? status.exit_code : undefined,
      progress: progressIn(status.progress) ?? progressIn(row.progress),
      contextWindow: amount(meta.n_ctx) ?? contextOf(status.args) ?? amount(meta.n_ctx_train),
    }),
    takesPictures: Array.isArray(inputs) && inputs.includes("image"),
  };
}

/** Without a quantization it is one that the server has chosen. */
function isDownloadOf({ id, state }: RouterModel, wanted: string): boolean {
  const name = id.toLowerCase();
  const meant = wanted.toLowerCase();
  return state !== "downloading" && (name === meant || (!meant.includes(":") && name.startsWith(`${meant}:`)));
}

function eventIn(text: string): RouterEvent | undefined {
  try {
    const said: unknown = JSON.parse(text);
    if (!isTable(said) || typeof said.model !== "string" || typeof said.event !== "string") return undefined;
    const data = isTable(said.data) ? said.data : {};
    return { model: said.model, event: said.event, ...defined({ progress: progressIn(data.progress) }) };
  } catch {
    return undefined;
  }
}

/** By address of a file. */
function progressIn(files: unknown): DownloadProgress | undefined {
  if (!isTable(files)) return undefined;
  const sum = { done: 0, total: 0 };
  for (const file of Object.values(files)) {
    if (!isTable(file) || amount(file.total) === undefined) continue;
    sum.total += file.total as number;
    sum.done += Math.min(amount(file.done) ?? 0, file.total as number);
  }
  return sum.total > 0 ? sum : undefined;
}

/** Of the arguments that the model's process is started with. */
function contextOf(args: unknown): number | undefined {
  if (!Array.isArray(args)) return undefined;
  const at = args.findLastIndex((one) => ["-c", "--ctx-size"].includes(one));
  return at < 0 ? undefined : amount(Number(args[at + 1]));
}

function amount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}
