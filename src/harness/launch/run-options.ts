// What a run means, with nothing left open: made by the command line, by RPC mode and by the library. Types only.

import type { ThinkingLevel } from "../../contracts/model.ts";
import type { PolicyRow } from "../../contracts/policy.ts";
import type { TraceFile } from "../../providers/scripted/trace-file.ts";
import type { ResourceChoice } from "./launch-resources.ts";

/** Which conversation to go on with. */
export type SessionChoice =
  | { kind: "new" }
  | { kind: "memory"; id?: string }
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
  /** What a host allows this run. Its tools are then chosen anew, whatever the session had before. */
  permits?(name: string): boolean;
}

export interface ExtensionChoice {
  /** Absolute, or `npm:…` and `git:…`. */
  paths: readonly string[];
  /** Without it only those that are named are loaded. */
  withDiscovered: boolean;
  /** Flags of extensions by name, known once those are. */
  flags: ReadonlyMap<string, boolean | string>;
}

/** What a run means: nothing optional but what may truly be absent. What stands for a setting is in the configuration, as its command line layer. */
export interface RunOptions {
  cwd: string;
  agentDir: string;
  model?: string;
  provider?: string;
  apiKey?: string;
  thinking?: ThinkingLevel;
  session: SessionChoice;
  sessionName?: string;
  onBusy: "fail" | "wait" | "fork";
  tools: ToolChoice;
  /** Texts, files already read. */
  systemPrompt?: string;
  appendSystemPrompt: string[];
  resources: ResourceChoice;
  extensions: ExtensionChoice;
  /** Rows of the policy that were said for this run, beside those of the configuration. */
  policy?: readonly PolicyRow[];
  outputSchema?: Record<string, unknown>;
  isStrict: boolean;
  /** Of `--record`. */
  trace?: TraceFile;
  /** Longest silence of a tool; 0: none. */
  stallToolMs: number;
  /** Switches that were said and have nothing to act on. */
  idle: readonly string[];
}
