// What a factory is given as `pi`: registrations go to its extension, actions to the session that the runtime is bound to. Made by load.
// Invariant: what there is not here is said once, and the rest of the extension works.

import { defined } from "../contracts/defined.ts";
import { PiError } from "../contracts/error.ts";
import { aliasOf } from "../contracts/event-aliases.ts";
import type {
  Extension,
  ExtensionActions,
  ExtensionAPI,
  ExtensionHandler,
  ExtensionRuntime,
  LoadExtensionsResult,
  TerminalRegistration,
} from "../contracts/extension.ts";
import type { ExtensionEventName } from "../contracts/extension-event.ts";
import type { ProviderChange } from "../contracts/extension-provider.ts";
import { nearestName } from "../contracts/nearest.ts";
import { extensionEventNames } from "./event-names.ts";

const actionNames = [
  "sendMessage",
  "sendUserMessage",
  "appendEntry",
  "setSessionName",
  "getSessionName",
  "setLabel",
  "getActiveTools",
  "setActiveTools",
  "getAllTools",
  "getCommands",
  "setModel",
  "getThinkingLevel",
  "setThinkingLevel",
  "getSettings",
  "getMcpServers",
] as const satisfies readonly (keyof ExtensionActions)[];

/** Kept for a terminal interface, which takes them; without one nobody is told. */
const forTerminal: Readonly<Record<string, TerminalRegistration["kind"]>> = {
  registerShortcut: "shortcut",
  registerMessageRenderer: "messageRenderer",
  registerEntryRenderer: "entryRenderer",
  registerToolRenderer: "toolRenderer",
  registerMarkdownTransformer: "markdownTransformer",
};

/** What there is not here: said once, when a session is there to say it in. */
const withoutEffect: Readonly<Record<string, string>> = {
  registerVirtualModel: "there are no virtual models",
  unregisterVirtualModel: "there are no virtual models",
  registerMcpServer: "there are no MCP servers",
  unregisterMcpServer: "there are no MCP servers",
};

export function createExtensionApi(
  extension: Extension,
  runtime: ExtensionRuntime,
  warnings: NonNullable<LoadExtensionsResult["warnings"]>,
): ExtensionAPI {
  const warn = (warning: string): void => {
    if (warnings.some((one) => one.path === extension.path && one.warning === warning)) return;
    warnings.push({ path: extension.path, warning });
    runtime.current?.report({ extensionPath: extension.path, event: "register", error: warning });
  };
  const changeProvider = (change: ProviderChange): void => {
    runtime.providers.push(change);
    runtime.current?.providerChanged(change);
  };
  const api: Omit<ExtensionAPI, keyof ExtensionActions> = {
    on: (event, handler) => {
      const alias = aliasOf(event);
      if (alias !== undefined) return onAlias(api, alias, handler as unknown as ExtensionHandler<ExtensionEventName>);
      if (!extensionEventNames.includes(event)) warn(unknownEvent(event));
      const list = extension.handlers.get(event) ?? [];
      const own = handler as unknown as ExtensionHandler<ExtensionEventName>;
      extension.handlers.set(event, [...list, own]);
      return () => {
        const rest = [...(extension.handlers.get(event) ?? [])];
        const at = rest.indexOf(own);
        if (at >= 0) rest.splice(at, 1);
        extension.handlers.set(event, rest);
      };
    },
    registerTool: (definition) => {
      requireName(definition.name, "tool");
      requireObjectSchema(definition.name, definition.parameters);
      extension.tools.set(definition.name, { definition, sourceInfo: extension.sourceInfo });
      runtime.current?.toolsChanged();
    },
    registerCommand: (name, options) => {
      requireName(name, "command");
      extension.commands.set(name, { ...options, name, sourceInfo: extension.sourceInfo });
    },
    registerFlag: (name, options) => {
      extension.flags.set(name, { ...options, name, extensionPath: extension.path });
      if (options.default !== undefined && !runtime.flagValues.has(name)) runtime.flagValues.set(name, options.default);
    },
    registerProvider: (name, provider) => {
      const id = typeof name === "string" ? name : name.id;
      requireName(id, "provider");
      changeProvider({ extensionPath: extension.path, name: id, provider: typeof name === "string" ? (provider ?? {}) : name });
    },
    unregisterProvider: (name) => changeProvider({ extensionPath: extension.path, name, provider: undefined }),
    getFlag: (name) => (extension.flags.has(name) ? runtime.flagValues.get(name) : undefined),
    events: {
      emit: (...said) => runtime.events.emit(...said),
      on: (channel, handler) =>
        runtime.events.on(channel, async (data) => {
          try {
            await handler(data);
          } catch (error) {
            runtime.current?.report({
              extensionPath: extension.path,
              event: `events:${channel}`,
              error: (await import("./error-in.ts")).errorIn(extension, error),
            });
          }
        }),
    },
  };
  const actions = Object.fromEntries(
    actionNames.map((name) => [name, (...args: never[]) => (runtime.binding().actions[name] as (...args: never[]) => unknown)(...args)]),
  ) as unknown as ExtensionActions;
  const missing = Object.fromEntries([
    ...Object.entries(withoutEffect).map(([name, why]) => [name, () => warn(`pi.${name} has no effect: ${why}`)]),
    ...Object.entries(forTerminal).map(([name, kind]) => [name, (...args: unknown[]) => registerForTerminal(kind, args, extension)]),
  ]);
  /** The one that needs no session. */
  const exec: ExtensionActions["exec"] = async (...about) => {
    const { current, place } = runtime;
    if (current !== undefined || place === undefined) return runtime.binding().actions.exec(...about);
    return (await import("./exec.ts")).execIn(place, ...about);
  };
  return { ...actions, ...onlyFresh({ ...missing, ...api, exec }, runtime) };
}

/** For each event that the name stands for, with what is expected under it; changed in place they are the same event. */
function onAlias(
  api: Pick<ExtensionAPI, "on">,
  { events, also }: NonNullable<ReturnType<typeof aliasOf>>,
  handler: ExtensionHandler<ExtensionEventName>,
): () => void {
  const told: ExtensionHandler<ExtensionEventName> = (event, context) => handler(Object.assign(event, also?.(event as never)), context);
  const removers = events.map((name) => api.on(name, told as never));
  return () => {
    for (const remove of removers) remove();
  };
}

/** By name and value, or by the value alone; of one name, or without any, the last one counts. */
function registerForTerminal(kind: TerminalRegistration["kind"], args: readonly unknown[], extension: Extension): void {
  const [name, value, options] = typeof args[0] === "string" ? [args[0], args[1]] : ["", args[0], args[1]];
  const others = (extension.terminal ?? []).filter((one) => one.kind !== kind || one.name !== name);
  extension.terminal = [...others, { kind, name, value, ...defined({ options }) }];
}

/** What registers, too, is refused once the session has gone: nobody would ever hear of it. */
function onlyFresh<T extends object>(members: T, runtime: ExtensionRuntime): T {
  const guarded = Object.entries(members).map(([name, member]: [string, unknown]) => {
    if (typeof member !== "function") return [name, member];
    return [
      name,
      (...args: unknown[]): unknown => {
        runtime.requireFresh();
        return member(...args);
      },
    ];
  });
  return Object.fromEntries(guarded) as T;
}

function requireName(name: unknown, what: string): void {
  if (typeof name === "string" && /^\S+$/.test(name)) return;
  throw new PiError("extension.bad_name", `A ${what} needs a name without blanks, not ${JSON.stringify(name)}`);
}

/** Anything else a service refuses with the whole request. */
function requireObjectSchema(name: string, schema: unknown): void {
  if (typeof schema === "object" && schema !== null && (schema as { type?: unknown }).type === "object") return;
  throw new PiError("extension.bad_schema", `The parameters of the tool ${name} are no schema of an object`, {
    hint: "Type.Object({ … }) makes one",
  });
}

function unknownEvent(name: string): string {
  const near = nearestName(name, extensionEventNames);
  return `pi.on: there is no event ${name} here${near === undefined ? "" : `; did you mean ${near}?`}`;
}
