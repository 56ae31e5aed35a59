// Which themes there are and which one is meant: built in, and those of the agent directory and of a trusted project. Made by the mode.
// Invariant: the first paint waits for no terminal and no file that is not the one wanted.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Launch } from "../../harness/launch/launch.ts";
import { readBoundedText } from "../../platform/bounded-file.ts";
import { darkTheme, lightTheme, plainSystem } from "../../tui/theme/built-in.ts";
import { type ColorDepth, Theme, type ThemeSource } from "../../tui/theme/theme.ts";
import { parseTheme } from "../../tui/theme/theme-file.ts";

const builtIn: Readonly<Record<string, () => ThemeSource>> = { system: () => plainSystem, dark: darkTheme, light: lightTheme };

export interface Themes {
  inForce: Theme;
  themes(): { name: string; path: string | undefined }[];
  themeNamed(name: string): Theme | undefined;
  /** Why the one that was asked for is not in force; empty: it is. */
  problem: string;
}

export function findThemes({ options, config }: Pick<Launch, "options" | "config">, depth: ColorDepth): Themes {
  const directory = join(options.agentDir, "themes");
  let problem = "";
  const themeNamed = (name: string): Theme | undefined => {
    const own = builtIn[name];
    if (own !== undefined) return new Theme(own(), depth);
    if (!/^[^/\\]+$/.test(name)) return undefined;
    const path = join(directory, `${name}.json`);
    const found = readBoundedText(path);
    if (found === undefined) return undefined;
    const source = "text" in found ? parseTheme(found.text, path) : found.why;
    if (typeof source === "string") {
      problem = source;
      return undefined;
    }
    return new Theme(source, depth);
  };
  // A pair is light first: without a word of the terminal's it is dark.
  const wanted = config.values.theme;
  const name = wanted.includes("/") ? (wanted.split("/")[1] ?? "") : wanted;
  const theme = themeNamed(name);
  if (theme === undefined && problem === "") problem = `there is no theme ${JSON.stringify(name)}`;
  return {
    inForce: theme ?? new Theme(plainSystem, depth),
    problem: theme === undefined ? problem : "",
    themeNamed,
    themes: () => [
      ...Object.keys(builtIn).map((one) => ({ name: one, path: undefined })),
      ...namesIn(directory).flatMap((file) => (file.endsWith(".json") ? [{ name: file.slice(0, -5), path: join(directory, file) }] : [])),
    ],
  };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
