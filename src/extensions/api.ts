// What a factory is given as `pi`: registrations go to its extension, actions to the session that the runtime is bound to. Made by load.
// Invariant: what there is not here (a terminal, providers of one's own) is said once as a warning, and the rest of the extension works.

import { PiError } from "../contracts/error.ts";
import type {
  Extension,
  ExtensionActions,
  ExtensionAPI,
  ExtensionHandler,
  ExtensionRuntime,
  LoadExtensionsResult,
} from "../contracts/extension.ts";
import type { ExtensionEventName } from "../contracts/extension-event.ts";
import { nearestName } from "../contracts/nearest.ts";
import { extensionEventNames } from "./event-names.ts";

const actionNames = [
  "sendMessage",
  "sendUserMessage",
  "appendEntry",
  "setSessionName",
  "getSessionName",
  "setLabel",
  "exec",
  "getActiveTools",
  "setActiveTools",
  "getAllTools",
  "getCommands",
  "setModel",
  "getThinkingLevel",
  "setThinkingLevel",
] as const satisfies readonly (keyof ExtensionActions)[];

/** What the npm agent's extensions may also register. */
const withoutEffect: Readonly<Record<string, string>> = {
  registerShortcut: "there is no terminal interface",
  registerMessageRenderer: "there is no terminal interface",
  registerMarkdownTransformer: "there is no terminal interface",
  registerEntryRenderer: "there is no terminal interface",
  registerToolRenderer: "there is no terminal interface",
  registerProvider: "providers are set up in the configuration",
  unregisterProvider: "providers are set up in the configuration",
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
    if (!warnings.some((one) => one.path === extension.path && one.warning === warning)) warnings.push({ path: extension.path, warning });
  };
  const api: Omit<ExtensionAPI, keyof ExtensionActions> = {
    on: (event, handler) => {
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
    getFlag: (name) => (extension.flags.has(name) ? runtime.flagValues.get(name) : undefined),
    events: runtime.events,
  };
  const actions = Object.fromEntries(
    actionNames.map((name) => [name, (...args: never[]) => (runtime.binding().actions[name] as (...args: never[]) => unknown)(...args)]),
  ) as unknown as ExtensionActions;
  const missing = Object.fromEntries(
    Object.entries(withoutEffect).map(([name, why]) => [name, () => warn(`pi.${name} has no effect: ${why}`)]),
  );
  return { ...missing, ...actions, ...api };
}

function requireName(name: unknown, what: string): void {
  if (typeof name === "string" && /^\S+$/.test(name)) return;
  throw new PiError("extension.bad_name", `A ${what} needs a name without blanks, not ${JSON.stringify(name)}`);
}

function unknownEvent(name: string): string {
  const near = nearestName(name, extensionEventNames);
  return `pi.on: there is no event ${name} here${near === undefined ? "" : `; did you mean ${near}?`}`;
}
