// From factories to extensions: each is called once with an API of its own. Called by the library and by the harness for a new session.
// Invariant: a factory that throws leaves an error with its path and nothing of what it had registered; the others are loaded.

import { defined } from "../contracts/defined.ts";
import type { Extension, ExtensionFactory, ExtensionPlace, InlineExtension, LoadExtensionsResult } from "../contracts/extension.ts";
import { createSyntheticSourceInfo } from "../contracts/source-info.ts";
import { createExtensionRuntime } from "./runtime.ts";

/** An extension before its factory has been called. */
export type ExtensionSource = Pick<Extension, "path" | "resolvedPath" | "sourceInfo" | "hidden"> & { factory: ExtensionFactory };

/** Functions are numbered from 1, as they stand in the list. */
export function inlineSources(inline: readonly InlineExtension[]): ExtensionSource[] {
  return inline.map((given, index) => {
    const { name, factory, hidden } = typeof given === "function" ? { name: String(index + 1), factory: given, hidden: undefined } : given;
    const path = `<inline:${name}>`;
    return {
      path,
      resolvedPath: path,
      sourceInfo: createSyntheticSourceInfo(path, { source: "inline" }),
      factory,
      ...defined({ hidden }),
    };
  });
}

interface LoadAbout {
  flagValues?: ReadonlyMap<string, boolean | string>;
  /** Loaded before, for the same session; its factories are not called again. */
  kept?: LoadExtensionsResult | undefined;
  place?: ExtensionPlace | undefined;
  /** To measure factories by. */
  now?(): number;
}

/** In the order given, one after another. */
export async function loadExtensions(
  sources: readonly (ExtensionSource | Extension)[],
  { flagValues, kept, place, now }: LoadAbout = {},
): Promise<LoadExtensionsResult> {
  const runtime = kept?.runtime ?? createExtensionRuntime(flagValues, place);
  const warnings: NonNullable<LoadExtensionsResult["warnings"]> = [...(kept?.warnings ?? [])];
  const loaded = { extensions: [] as Extension[], errors: [...(kept?.errors ?? [])], warnings, runtime };
  for (const source of sources) {
    const known = isWithoutFactory(source) ? source : kept?.extensions.find(({ path }) => path === source.path);
    if (known !== undefined) {
      loaded.extensions.push(known);
      continue;
    }
    if (kept?.errors.some(({ path }) => path === source.path)) continue;
    const extension: Extension = { ...source, handlers: new Map(), tools: new Map(), commands: new Map(), flags: new Map() };
    try {
      const { createExtensionApi } = await import("./api.ts");
      const started = now?.();
      await (source as ExtensionSource).factory(createExtensionApi(extension, runtime, loaded.warnings));
      if (now !== undefined && started !== undefined) extension.factoryMs = now() - started;
      loaded.extensions.push(extension);
    } catch (error) {
      const others = runtime.providers.filter(({ extensionPath }) => extensionPath !== source.path);
      runtime.providers.splice(0, runtime.providers.length, ...others);
      loaded.errors.push({
        path: source.path,
        error: `Failed to load extension: ${(await import("./error-in.ts")).errorIn(source, error)}`,
      });
    }
  }
  for (const kind of ["tools", "flags"] as const) warnings.push(...takenTwice(loaded.extensions, kind));
  return loaded;
}

/** Of two with one name the first counts. */
function takenTwice(extensions: readonly Extension[], kind: "tools" | "flags"): { path: string; warning: string }[] {
  const owners = new Map<string, string>();
  return extensions.flatMap((extension) =>
    [...extension[kind].keys()].flatMap((name) => {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, extension.path);
      const what = kind === "tools" ? `the tool ${name}` : `the flag --${name}`;
      return owner === undefined
        ? []
        : [{ path: extension.path, warning: `${owner} has ${what} already; that of ${extension.path} is left out` }];
    }),
  );
}

function isWithoutFactory(source: ExtensionSource | Extension): source is Extension {
  return source.factory === undefined;
}

/** For one more session: the same extensions made anew; what a session has already taken is never shared with another. */
export async function forNextSession(loaded: LoadExtensionsResult): Promise<LoadExtensionsResult> {
  if (loaded.runtime.claim()) return loaded;
  const again = await loadExtensions(loaded.extensions, { flagValues: loaded.runtime.flagValues, place: loaded.runtime.place });
  again.runtime.claim();
  return { ...again, errors: [...loaded.errors, ...again.errors] };
}
