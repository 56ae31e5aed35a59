// What a run means, with nothing left open: made by the command line, by RPC mode and by the library. Types only.

import type { ThinkingLevel } from "../../contracts/model.ts";
import type { ResourceChoice } from "./launch-resources.ts";

/** Which conversation to go on with. */
export type SessionChoice =
  | { kind: "new" }
  | { kind: "memory" }
  | { kind: "continue" }
  | { kind: "open"; ref: string }
  /** The folder's session of this id, or a new one with it. */
  | { kind: "named"; id: string }
  /** A copy of another session, for this folder. */
  | { kind: "fork"; ref: string; id?: string };

export interface ToolChoice {
  only?: string;
  except?: string;
  none: boolean;
  noBuiltin: boolean;
}

export interface ExtensionChoice {
  /** Absolute, or `npm:…` and `git:…`. */
  paths: readonly string[];
  /** Without it only those that are named are loaded. */
  withDiscovered: boolean;
  /** Flags of extensions by name. */
  flags: ReadonlyMap<string, boolean | string>;
}

/** What a run means: nothing optional but what may truly be absent. */
export interface RunOptions {
  cwd: string;
  agentDir: string;
  model?: string;
  provider?: string;
  /** Patterns of the models that cycling goes through; the first of them is started with where nothing else says which. */
  models: readonly string[];
  apiKey?: string;
  thinking?: ThinkingLevel;
  /** Patterns, in the order of trying; empty: those of the configuration. */
  fallbackModels: string[];
  session: SessionChoice;
  sessionDir?: string;
  sessionName?: string;
  onBusy: "fail" | "wait" | "fork";
  tools: ToolChoice;
  /** Texts, files already read. */
  systemPrompt?: string;
  appendSystemPrompt: string[];
  resources: ResourceChoice;
  extensions: ExtensionChoice;
  outputSchema?: Record<string, unknown>;
  isStrict: boolean;
  recordFile?: string;
  limits: { maxTurns: number; maxCostUsd: number; timeoutMs: number };
  stall: { modelMs: number; toolMs: number };
}
