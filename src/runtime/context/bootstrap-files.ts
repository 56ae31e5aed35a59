// The texts of a workspace that a run of a host begins with: who the agent is, whom it works for, how. Called where a run is prepared, for every
// runtime alike. Invariant: nothing outside of the workspace is read, in a fixed order, and never more than the bounds allow.

import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../../config/settings.ts";
import { RepositoryBoundary, readBoundedText } from "../../platform/files/bounded-file.ts";
import { isInside } from "../../platform/paths.ts";
import type { BootstrapFile } from "../request.ts";

export interface Bootstrap {
  files: BootstrapFile[];
  /** Names that nothing was found for. */
  missing: string[];
}

export interface BootstrapWhere {
  workspaceDir: string;
  agentDir: string;
  names: readonly string[];
  warn(line: string): void;
}

/** What other agents call the first of them. */
const standIns: Readonly<Record<string, string>> = { "AGENTS.md": "CLAUDE.md" };

export function loadBootstrapFiles({ workspaceDir, agentDir, names, warn }: BootstrapWhere): Bootstrap {
  const bootstrap: Bootstrap = { files: [], missing: [] };
  const boundary = new RepositoryBoundary({ cwd: workspaceDir, agentDir });
  const read = (name: string): BootstrapFile | undefined => {
    const path = join(workspaceDir, name);
    const stranger = outsideOf(workspaceDir, path);
    if (stranger !== undefined) {
      warn(`${path} is left out: it leads out of the workspace, to ${stranger}`);
      return undefined;
    }
    const found = readBoundedText(path, { boundary });
    if (found === undefined) return undefined;
    if ("text" in found) return { name, content: found.text };
    warn(found.leftOut);
    return undefined;
  };
  for (const name of new Set(names)) {
    const standIn = standIns[name];
    const file = read(name) ?? (standIn === undefined || names.includes(standIn) ? undefined : read(standIn));
    if (file === undefined) bootstrap.missing.push(name);
    else bootstrap.files.push(file);
  }
  return bootstrap;
}

/** Where a path really lies, if that is not in the directory. */
function outsideOf(directory: string, path: string): string | undefined {
  try {
    const target = realpathSync(path);
    return isInside(target, realpathSync(directory)) ? undefined : target;
  } catch {
    return undefined;
  }
}

/** With its head and its tail, and what was left out between them; of `maxChars` at most. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const marker = `\n[… ${text.length - Math.floor(maxChars * 0.7) - Math.floor(maxChars * 0.2)} characters left out …]\n`;
  const head = Math.floor(maxChars * 0.7);
  const tail = Math.floor(maxChars * 0.2);
  if (marker.length > maxChars - head - tail) return wholeCharacters(text.slice(0, maxChars));
  return `${wholeCharacters(text.slice(0, head))}${marker}${text.slice(text.length - tail).replace(/^[\udc00-\udfff]/, "")}`;
}

/** Never half of a surrogate pair at the end. */
function wholeCharacters(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, "");
}

/** As the model is told them; empty where there is nothing to tell. */
export function bootstrapText({ files, missing }: Bootstrap, { maxChars, totalMaxChars }: Settings["bootstrap"]): string {
  if (files.length === 0) return "";
  let left = totalMaxChars;
  const parts: string[] = [];
  for (const { name, content } of files) {
    const text = cutText(content.trim(), Math.min(maxChars, left));
    left -= text.length;
    if (text !== "") parts.push(`<file name=${JSON.stringify(name)}>\n${text}\n</file>`);
  }
  const absent = missing.length === 0 ? [] : [`Not there: ${missing.join(", ")}.`];
  return `<workspace_files>\n${[...parts, ...absent].join("\n\n")}\n</workspace_files>`;
}
