// The tools that a session's extensions have registered, beside those it has anyway. Made by session-extensions, asked when a session starts
// and when one is registered later. Invariant: of two tools of one name the extension that registered it first has it.

import { defined } from "../../contracts/defined.ts";
import type { AnyExtensionTool, Extension, ExtensionContext, ToolInfo } from "../../contracts/extension.ts";
import { createSyntheticSourceInfo } from "../../contracts/source-info.ts";
import { factsOf, type Tool } from "../../contracts/tool.ts";
import { toolOf } from "../../extensions/tool.ts";
import type { Conversation } from "../conversation/conversation.ts";
import type { RegisteredNames } from "../launch/launch-prompt.ts";

export interface ToolSurroundings {
  /** All there are with these, and the names of those that are on unless somebody turns them off. */
  toolsWith(registered: Pick<RegisteredTools, "all" | "names">): { tools: Tool[]; active: readonly string[] };
}

export class RegisteredTools {
  readonly #extensions: readonly Extension[];
  readonly #createContext: (extensionPath: string) => ExtensionContext;

  constructor(extensions: readonly Extension[], createContext: (extensionPath: string) => ExtensionContext) {
    this.#extensions = extensions;
    this.#createContext = createContext;
  }

  #definitions(): { definition: AnyExtensionTool; path: string }[] {
    const all = this.#extensions.flatMap(({ path, tools }) => [...tools.values()].map(({ definition }) => ({ definition, path })));
    return all.filter(({ definition: { name } }, at) => all.findIndex((one) => one.definition.name === name) === at);
  }

  all(): Tool[] {
    return this.#definitions().map(({ definition, path }) => toolOf(definition, () => this.#createContext(path)));
  }

  names(): RegisteredNames {
    const definitions = this.#definitions().map(({ definition }) => definition);
    const namesOf = (some: readonly AnyExtensionTool[]): Set<string> => new Set(some.map(({ name }) => name));
    return { all: namesOf(definitions), off: namesOf(definitions.filter(isOffAtFirst)) };
  }

  /** Into a conversation that goes on; what came since it began is on at once. */
  refresh(conversation: Conversation, { toolsWith }: ToolSurroundings): void {
    const before = new Set(conversation.tools.map((tool) => tool.name));
    const { tools, active } = toolsWith(this);
    conversation.setTools(tools);
    const added = active.filter((name) => !before.has(name));
    if (added.length > 0) conversation.setActiveToolNames([...conversation.activeToolNames, ...added]);
  }

  /** As extensions see the tools of a session, with where each came from. */
  infos(tools: readonly Tool[]): ToolInfo[] {
    const sources = new Map(this.#extensions.flatMap((one) => [...one.tools].map(([name, { sourceInfo }]) => [name, sourceInfo])));
    return tools.map((tool) => {
      const { name, description, parameters, guidelines, exposure = "direct" } = tool;
      return {
        name,
        description,
        parameters,
        ...defined({ promptGuidelines: guidelines }),
        exposure,
        ...factsOf(tool),
        sourceInfo: sources.get(name) ?? createSyntheticSourceInfo(`builtin:${name}`, { source: "builtin" }),
      };
    });
  }
}

function isOffAtFirst({ defaultActive, exposure = "direct" }: AnyExtensionTool): boolean {
  return defaultActive === false || (exposure !== "direct" && exposure !== "model-only");
}
