// Rows of the policy as people write them: `TOOL` and `TOOL(PATTERN)` of --allow and --deny, and how a row is named. Called by cli and judge. Pure.

import { PiError } from "../../contracts/error.ts";
import type { PolicyAction, PolicyRow } from "../../contracts/policy.ts";

/** A command for bash, else a path. @throws PiError `usage.bad_pattern`. */
export function parseRule(text: string, action: PolicyAction): PolicyRow {
  const option = `--${action}`;
  const match = /^([^\s()]+)(?:\((.*)\))?$/s.exec(text.trim());
  const [, tool, pattern] = match ?? [];
  if (tool === undefined || pattern?.trim() === "") {
    throw new PiError("usage.bad_pattern", `${option} ${JSON.stringify(text)} is no rule`, {
      hint: `Write a tool, or a tool and a pattern: ${option} 'bash(git push)', ${option} 'read(secrets/**)'`,
    });
  }
  const about = pattern === undefined ? {} : tool === "bash" ? { command: pattern.trim() } : { path: pattern.trim() };
  return { tool, ...about, action, source: option };
}

/** `deny bash(git push) in ~/.pi/agent/config.toml, row 2`. */
export function nameOf({ tool = "*", command, path, action, source }: PolicyRow): string {
  const pattern = command ?? path;
  return `${action} ${tool}${pattern === undefined ? "" : `(${pattern})`} (${source})`;
}

/** `*` any characters, `?` one. */
export function wordGlob(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*+/g, ".*")
      .replace(/\?/g, ".")}$`,
    "su",
  );
}

/** The same as a test, which for a word that is written out is no more than a comparison. */
export function wordMatcher(pattern: string): (text: string) => boolean {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern;
  const glob = wordGlob(pattern);
  return (text) => glob.test(text);
}

/** `**` any folders, `*` and `?` within a name. */
export function pathGlob(pattern: string): RegExp {
  const parts = pattern.split(/(\*\*\/|\*\*|\*|\?)/);
  const regex = parts.map((part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${regex.join("")}$`, "su");
}
