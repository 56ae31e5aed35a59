// Which themes there are, where each comes from, which is in use and which can be none. Part of what `pi inspect` and RPC `inspect` show. Invariant: files
// are read as the screen reads them, so that what is wrong with one is what the screen would say.

import { builtInThemes, listThemeFiles, readThemeFile, type ThemePlace } from "../../resources/theme-files.ts";

export interface InspectedTheme {
  name: string;
  /** Of a file; built in without one. */
  path?: string;
  /** Named by the setting `theme`, or on a screen the one that is drawn. */
  inUse: boolean;
  /** Of a pair: on which background. */
  background?: "light" | "dark";
  /** Why it cannot be drawn. */
  problem?: string;
}

/** `wanted`: a name, or two, LIGHT/DARK. */
export async function inspectThemes(places: readonly ThemePlace[], wanted: string): Promise<InspectedTheme[]> {
  const names = wanted.split("/");
  const use = (name: string): Pick<InspectedTheme, "inUse" | "background"> => {
    if (!names.includes(name)) return { inUse: false };
    const isBoth = names.every((one) => one === name);
    return { inUse: true, ...(names.length > 1 && !isBoth && { background: names[0] === name ? "light" : "dark" }) };
  };
  const builtIn = builtInThemes.map((name): InspectedTheme => ({ name, ...use(name) }));
  const files = listThemeFiles(places).filter(({ name }) => !builtInThemes.includes(name));
  const listed: InspectedTheme[] = [];
  for (const { name, path } of files) {
    const problem = await problemOf(name, places);
    listed.push({ name, path, ...use(name), ...(problem !== undefined && { problem }) });
  }
  const known = [...builtIn, ...listed];
  const absent = [...new Set(names)].filter((name) => !known.some((one) => one.name === name));
  return [
    ...known,
    ...absent.map((name): InspectedTheme => ({ name, ...use(name), problem: `there is no theme ${JSON.stringify(name)}` })),
  ];
}

async function problemOf(name: string, places: readonly ThemePlace[]): Promise<string | undefined> {
  const file = readThemeFile(name, places);
  if (file === undefined) return "it has gone";
  if (!("text" in file.found)) return file.found.why;
  const { parseTheme } = await import("../../tui/theme/theme-file.ts");
  const theme = parseTheme(file.found.text, file.path);
  const prefix = `${file.path}: `;
  return typeof theme !== "string" ? undefined : theme.startsWith(prefix) ? theme.slice(prefix.length) : theme;
}
