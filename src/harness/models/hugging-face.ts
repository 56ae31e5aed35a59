// Models at Hugging Face that llama.cpp can run: found by words, and which quantizations a repository has. Asked by the screen's /llama when the user has
// named something to download. Source: the Hub's API, /api/models (read 2026-11-27). Invariant: no file is fetched; an answer is bounded in size and time.

import { join } from "node:path";
import { getJson } from "../../accounts/flows/requests.ts";
import { defined } from "../../contracts/defined.ts";
import { messageOf, PiError } from "../../contracts/error.ts";
import { isTable } from "../../contracts/provider-settings.ts";
import { readBoundedText } from "../../platform/files/bounded-file.ts";
import type { Env } from "../../platform/paths.ts";
import { liveSecrets } from "../../platform/secrets.ts";

export interface FoundModel {
  /** `owner/repository`. */
  id: string;
  downloads: number;
}

export interface Quantization {
  name: string;
  /** Of all its files; nothing: not said of each. */
  bytes?: number;
}

export interface ModelRepository {
  id: string;
  /** Who wants it must be let in there: by hand, or by agreeing. */
  isGated: boolean;
  /** The usual one first, then by size. */
  quantizations: Quantization[];
}

export interface HubInput {
  env: Env;
  homeDir: string;
  fetch: typeof globalThis.fetch;
  timeoutMs?: number;
}

const answerMs = 15_000;
const maxFound = 30;
const usual = "Q4_K_M";
const idPattern = /^[\w.-]{1,96}\/[\w.-]{1,96}$/;
/** At the end of a file's name: `model-Q4_K_M`, `model.IQ2_XXS`, `model-UD-Q6_K_XL`, `model-BF16`, `model-MXFP4_MOE`. */
const quantizationPattern = /(?:^|[-_.])((?:UD-)?(?:I?Q\d[A-Z0-9]*(?:_[A-Z0-9]+)*|TQ\d_\d|MXFP\d(?:_[A-Z0-9]+)*|BF16|F16|F32))$/i;

export class HuggingFace {
  readonly address: string;
  readonly #input: HubInput;

  constructor(input: HubInput) {
    this.#input = input;
    this.address = (input.env.HF_ENDPOINT?.trim() || "https://huggingface.co").replace(/\/+$/, "");
    liveSecrets.addUrl(this.address);
  }

  /** The most wanted first. */
  async search(words: string, signal?: AbortSignal): Promise<FoundModel[]> {
    const query = new URLSearchParams({ search: words, filter: "gguf", sort: "downloads", direction: "-1", limit: String(maxFound) });
    const found = await this.#get(`/api/models?${query}`, signal);
    if (!Array.isArray(found)) throw this.#noAnswer();
    return found
      .filter((one) => isTable(one) && typeof one.id === "string" && idPattern.test(one.id))
      .slice(0, maxFound)
      .map(({ id, downloads }) => ({ id, downloads: typeof downloads === "number" ? downloads : 0 }));
  }

  /** Rejects with `usage.unknown_model` where there is none of that name. */
  async repository(id: string, signal?: AbortSignal): Promise<ModelRepository> {
    const found = await this.#get(`/api/models/${id.split("/").map(encodeURIComponent).join("/")}?blobs=true`, signal);
    if (!isTable(found)) throw this.#noAnswer();
    const named = typeof found.id === "string" && idPattern.test(found.id) ? found.id : id;
    return {
      id: named,
      isGated: found.gated === "auto" || found.gated === "manual" || found.gated === true,
      quantizations: quantizationsOf(Array.isArray(found.siblings) ? found.siblings : []),
    };
  }

  async #get(path: string, stop: AbortSignal | undefined): Promise<unknown> {
    const { fetch, timeoutMs = answerMs } = this.#input;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = stop === undefined ? deadline : AbortSignal.any([stop, deadline]);
    const token = huggingFaceToken(this.#input);
    const headers = defined({ authorization: token === undefined ? undefined : `Bearer ${token}` }) as Record<string, string>;
    const asked = getJson(this.address + path, { endpoints: {}, fetch, now: () => Date.now(), signal }, headers);
    const { status, json } = await asked.catch((error: unknown) => {
      stop?.throwIfAborted();
      const reason = deadline.aborted ? `${this.address} has not answered in ${timeoutMs / 1000} s` : messageOf(error);
      throw new PiError("io.fetch", `Hugging Face cannot be asked: ${liveSecrets.redact(reason)}`, {
        hint: "A model whose whole name is known (owner/repository:quantization) needs no search",
        cause: error,
      });
    });
    if (status === 200) return json;
    if (status === 401 || status === 403 || status === 404) {
      throw new PiError("usage.unknown_model", `${this.address} has no such model that can be seen (HTTP ${status})`, {
        hint: token === undefined ? "A private or gated one needs HF_TOKEN" : "The token may not see it",
      });
    }
    const hint = status === 429 ? "Too much was asked of it: try again later, or set HF_TOKEN" : "Try again later";
    throw new PiError("io.fetch", `${this.address} answers HTTP ${status}`, { hint });
  }

  #noAnswer(): PiError {
    return new PiError("io.format", `What ${this.address} answers is no list of models`, { hint: "HF_ENDPOINT says where it is asked" });
  }
}

/** As the programs of Hugging Face keep it: a variable, or a file. */
function huggingFaceToken({ env, homeDir }: HubInput): string | undefined {
  const { HF_TOKEN, HF_TOKEN_PATH, HF_HOME, XDG_CACHE_HOME } = env;
  const caches = [HF_HOME, XDG_CACHE_HOME && join(XDG_CACHE_HOME, "huggingface"), join(homeDir, ".cache", "huggingface")];
  const files = [HF_TOKEN_PATH, ...caches.map((cache) => cache && join(cache, "token"))].filter((path) => path);
  const found = HF_TOKEN?.trim() || files.map((path) => tokenIn(path as string)).find((token) => token !== undefined);
  if (!found || /[^\x21-\x7e]/.test(found)) return undefined;
  liveSecrets.add(found);
  return found;
}

function tokenIn(path: string): string | undefined {
  const found = readBoundedText(path, { maxBytes: 4096 });
  return (found !== undefined && "text" in found ? found.text.trim() : "") || undefined;
}

function quantizationsOf(files: readonly unknown[]): Quantization[] {
  const sizes = new Map<string, number | undefined>();
  for (const file of files) {
    if (!isTable(file) || typeof file.rfilename !== "string") continue;
    const name = file.rfilename.split("/").at(-1) ?? "";
    // What it sees with is beside each of them.
    if (!/\.gguf$/i.test(name) || /^mmproj/i.test(name)) continue;
    const stem = name.slice(0, -".gguf".length).replace(/-\d{5}-of-\d{5}$/, "");
    const quantization = quantizationPattern.exec(stem)?.[1]?.toUpperCase();
    if (quantization === undefined) continue;
    const before = sizes.has(quantization) ? sizes.get(quantization) : 0;
    const bytes = typeof file.size === "number" && file.size >= 0 ? file.size : undefined;
    sizes.set(quantization, before === undefined || bytes === undefined ? undefined : before + bytes);
  }
  const rank = ({ name, bytes }: Quantization): number => (name === usual ? -1 : (bytes ?? Number.MAX_SAFE_INTEGER));
  return [...sizes]
    .map(([name, bytes]): Quantization => ({ name, ...defined({ bytes }) }))
    .sort((one, other) => rank(one) - rank(other) || (one.name < other.name ? -1 : 1));
}
