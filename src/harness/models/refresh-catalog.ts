// Brings the catalogue up to date from the public models.dev list, into a directory of its own. Called by `pi models refresh` and by
// scripts/update-catalog. Invariant: never by itself; a provider whose list cannot be read keeps what it has.

import { join } from "node:path";
import { PiError } from "../../contracts/error.ts";
import type { Model } from "../../contracts/model.ts";
import { boundedBody } from "../../platform/network/bounded-body.ts";
import { encodeCatalog, mergeModelsDev } from "../../providers/models-dev.ts";
import { networkFailure } from "../../providers/shared/http-failure.ts";
import { storageReason } from "../../session/lines/file-errors.ts";

export const modelsDevUrl = "https://models.dev/api.json";

/** The list has some megabytes. */
const maxListBytes = 64 * 1024 * 1024;

export interface RefreshInput {
  /** A URL, or the path of a file. */
  source: string;
  providers: readonly string[];
  models(providerId: string): Model[];
  targetDir: string;
  fetch: typeof globalThis.fetch;
  readTextFile(path: string): Promise<string>;
  writeAtomic(path: string, text: string): Promise<void>;
  signal?: AbortSignal;
}

export interface RefreshedProvider {
  provider: string;
  models: number;
  added: string[];
  /** Ids whose facts changed. */
  changed: string[];
}

/** @throws PiError `io.fetch` when the list cannot be had, `io.format` when it is none. */
export async function refreshCatalog(input: RefreshInput): Promise<RefreshedProvider[]> {
  const api = parseList(await readSource(input), input.source);
  const refreshed: RefreshedProvider[] = [];
  for (const provider of input.providers) {
    const before = input.models(provider);
    const after = mergeModelsDev(provider, before, api);
    if (after === undefined || after.length === 0) continue;
    await input.writeAtomic(join(input.targetDir, `${provider}.json`), encodeCatalog(after));
    refreshed.push({ provider, models: after.length, ...difference(before, after) });
  }
  return refreshed;
}

async function readSource({ source, fetch, readTextFile, signal }: RefreshInput): Promise<string> {
  const isAddress = /^https?:\/\//.test(source);
  try {
    if (!isAddress) return await readTextFile(source);
    const response = await fetch(source, signal === undefined ? {} : { signal });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return await boundedBody(response, maxListBytes);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const reason = isAddress ? networkFailure(error, source).message : isMissing ? "there is no such file" : storageReason(error);
    throw new PiError("io.fetch", `The list of models cannot be had from ${source}: ${reason}`, {
      hint: isAddress ? "Try again, or give a file of the same format with --from" : "Name a file that can be read with --from",
      cause: error,
    });
  }
}

function parseList(text: string, source: string): unknown {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = undefined;
  }
  const isList =
    typeof list === "object" &&
    list !== null &&
    Object.values(list).some((one) => typeof one === "object" && one !== null && "models" in one);
  if (!isList) throw new PiError("io.format", `${source} is no list of models in the models.dev format.`);
  return list;
}

function difference(before: readonly Model[], after: readonly Model[]): Pick<RefreshedProvider, "added" | "changed"> {
  const old = new Map(before.map((model) => [model.id, JSON.stringify(model)]));
  return {
    added: after.filter((model) => !old.has(model.id)).map((model) => model.id),
    changed: after.filter((model) => old.has(model.id) && old.get(model.id) !== JSON.stringify(model)).map((model) => model.id),
  };
}
