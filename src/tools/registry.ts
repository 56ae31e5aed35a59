// The shelf: one line a tool, and which of them are on. Called by the harness; holds no state.

import { PiError } from "../contracts/error.ts";
import type { Tool } from "../contracts/tool.ts";
import { type ToolViews, viewsOf } from "../contracts/tool-view.ts";
import { type BackgroundPolicy, bashToolWith } from "./bash.ts";
import { editTool } from "./edit.ts";
import { findTool } from "./find.ts";
import { grepTool } from "./grep.ts";
import { lsTool } from "./ls.ts";
import { readTool } from "./read.ts";
import { writeTool } from "./write.ts";

export interface ToolShelfOptions {
  /** Path of ripgrep where the session's commands run, asked on first use. Default: the one on PATH. */
  ripgrep?: () => Promise<string>;
  /** Bytes of the image codec, asked for images that are too large. Default: none, such images are left out. */
  imageCodec?: () => Promise<Uint8Array>;
  /** Longest side of a picture in pixels. Default: what services take. */
  imageSide?: number;
  /** Default: `end`. */
  background?: BackgroundPolicy;
}

/** All tools there are, in the order in which models are told of them. */
export function builtinTools({
  ripgrep = async () => "rg",
  imageCodec = noCodec,
  imageSide,
  background = "end",
}: ToolShelfOptions = {}): Tool[] {
  return [readTool(imageCodec, imageSide), bashToolWith(background), editTool, writeTool, grepTool(ripgrep), findTool(ripgrep), lsTool];
}

/** How calls are shown where there is no session that has its tools: of stored ones. */
export function builtinToolViews(): ToolViews {
  return viewsOf(builtinTools());
}

export const defaultToolNames: readonly string[] = ["read", "bash", "edit", "write"];

async function noCodec(): Promise<Uint8Array> {
  throw new PiError("tool.no_image_codec", "No image codec comes with this build");
}

/** What was said about tools, by configuration and options. Lists are comma-separated names with `*` patterns. */
export interface ToolSelectionSpec {
  /** Names that can be chosen: built-in ones and those of extensions. */
  available: readonly string[];
  /** Those of `available` that are built in. Default: `builtinTools()`. */
  builtin?: readonly string[];
  /** On when nothing else is said; others than these are on request. Default: `defaultToolNames` and all that are not built in. */
  defaults?: readonly string[];
  /** `--tools`: exactly these; when every entry starts with `+` or `-`, changes to the defaults. */
  tools?: string;
  /** `--exclude-tools`: taken away at the end. */
  exclude?: string;
  /** `--no-tools`: none, also of extensions. */
  noTools?: boolean;
  /** `--no-builtin-tools`: only what `tools` or extensions bring. */
  noBuiltinTools?: boolean;
}

export interface ToolSelection {
  /** In the order of `available`. */
  active: string[];
  /** Entries that fit no available tool, as written. */
  unknown: string[];
}

/** Throws `usage.mixed_tools` for a list that both names tools and changes the defaults. */
export function selectTools(spec: ToolSelectionSpec): ToolSelection {
  const builtin = new Set(spec.builtin ?? builtinTools().map((tool) => tool.name));
  const unknown: string[] = [];
  const named = (entry: string): string[] => {
    const fitting = spec.available.filter((name) => matchesPattern(name, entry));
    if (fitting.length === 0) unknown.push(entry);
    return fitting;
  };
  const active = new Set<string>();
  if (!spec.noTools) {
    const defaults = spec.defaults ?? [...defaultToolNames, ...spec.available.filter((name) => !builtin.has(name))];
    for (const name of spec.available) if (defaults.includes(name) && !(spec.noBuiltinTools && builtin.has(name))) active.add(name);
  }
  const entries = listOf(spec.tools);
  const changesDefaults = isChanges(entries);
  if (!changesDefaults && entries.some((entry) => /^[+-]/.test(entry))) {
    throw new PiError("usage.mixed_tools", `Tool list mixes plain names with +name or -name: ${spec.tools}`, {
      hint: "Give either all tools by name, or only changes to the default ones.",
    });
  }
  if (spec.tools !== undefined && !changesDefaults) active.clear();
  for (const entry of entries) {
    const isRemoval = changesDefaults && entry.startsWith("-");
    for (const name of named(changesDefaults ? entry.slice(1) : entry)) {
      if (isRemoval) active.delete(name);
      else active.add(name);
    }
  }
  for (const entry of listOf(spec.exclude)) for (const name of named(entry)) active.delete(name);
  return { active: spec.available.filter((name) => active.has(name)), unknown: [...new Set(unknown)] };
}

/** Whether what was said leaves it to be had, if not at once: a list of names is all there is, and what is excluded stays out. */
export function mayBeSelected(
  name: string,
  { tools, exclude, noTools }: Pick<ToolSelectionSpec, "tools" | "exclude" | "noTools">,
): boolean {
  const entries = listOf(tools);
  const isNamed = entries.some((entry) => matchesPattern(name, entry.replace(/^\+/, "")));
  const isAnyMeant = noTools !== true && (tools === undefined || isChanges(entries));
  return (isAnyMeant || isNamed) && !listOf(exclude).some((entry) => matchesPattern(name, entry));
}

function isChanges(entries: readonly string[]): boolean {
  return entries.length > 0 && entries.every((entry) => /^[+-]/.test(entry));
}

function listOf(list: string | undefined): string[] {
  return (list ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function matchesPattern(name: string, pattern: string): boolean {
  if (!pattern.includes("*")) return name === pattern;
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}
