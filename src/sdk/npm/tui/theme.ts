// Colours by role, and keys as people read them, in the npm agent's names: those of the interactive mode where it runs, else texts as they are. Imported
// by extensions.

import { getKeybindings } from "@earendil-works/pi-tui";
import { colouredCode } from "../../../transcript/code/coloured-code.ts";
import { themeInForce } from "../../../tui/theme/current.ts";
import { listColours } from "../../../tui/theme/list-colours.ts";
import { markdownColours } from "../../../tui/theme/markdown-colours.ts";

type Paint = (text: string) => string;

/** `fg` and `bg` take a role; without a terminal a text is what it is. */
export class Theme {
  readonly name: string | undefined;

  constructor(_fgColors?: unknown, _bgColors?: unknown, _mode?: unknown, options: { name?: string } = {}) {
    this.name = options.name;
  }

  fg(role: string, text: string): string {
    return themeInForce.current?.fg(role, text) ?? text;
  }

  bg(role: string, text: string): string {
    return themeInForce.current?.bg(role, text) ?? text;
  }

  bold(text: string): string {
    return themeInForce.current?.bold(text) ?? text;
  }

  italic(text: string): string {
    return themeInForce.current?.italic(text) ?? text;
  }

  underline(text: string): string {
    return themeInForce.current?.underline(text) ?? text;
  }

  strikethrough(text: string): string {
    return themeInForce.current?.strikethrough(text) ?? text;
  }

  inverse(text: string): string {
    return themeInForce.current?.inverse(text) ?? text;
  }
}

const theme = new Theme();

/** The program has its own. */
export function initTheme(_themeName?: string): void {}

const role =
  (name: string): Paint =>
  (text) =>
    theme.fg(name, text);

export function getMarkdownTheme(): Record<string, Paint | ((code: string, lang?: string) => string[])> {
  return {
    ...markdownColours(theme),
    highlightCode,
  };
}

export function getSelectListTheme(): ReturnType<typeof listColours> {
  return listColours(() => theme);
}

export function getSettingsListTheme(): Record<string, Paint | ((text: string, isSelected: boolean) => string) | string> {
  return {
    label: (text: string, isSelected: boolean) => (isSelected ? theme.fg("accent", text) : text),
    value: (text: string, isSelected: boolean) => theme.fg(isSelected ? "accent" : "muted", text),
    description: role("dim"),
    hint: role("dim"),
    cursor: "→ ",
  };
}

export function highlightCode(code: string, lang = ""): string[] {
  const coloured = themeInForce.current === undefined ? undefined : colouredCode(code, lang, theme);
  return coloured ?? code.split("\n").map((line) => theme.fg("mdCodeBlock", line));
}

const languages: Readonly<Record<string, string>> = {
  bash: "bash",
  c: "c",
  cc: "cpp",
  cpp: "cpp",
  cs: "csharp",
  css: "css",
  go: "go",
  h: "c",
  html: "html",
  java: "java",
  js: "javascript",
  json: "json",
  jsx: "javascript",
  kt: "kotlin",
  lua: "lua",
  md: "markdown",
  mjs: "javascript",
  php: "php",
  py: "python",
  rb: "ruby",
  rs: "rust",
  scss: "scss",
  sh: "bash",
  sql: "sql",
  swift: "swift",
  toml: "toml",
  ts: "typescript",
  tsx: "typescript",
  xml: "xml",
  yaml: "yaml",
  yml: "yaml",
  zsh: "bash",
};

export function getLanguageFromPath(filePath: string): string | undefined {
  return languages[/\.([A-Za-z0-9]+)$/.exec(filePath)?.[1]?.toLowerCase() ?? ""];
}

/** What they are where no program has said. */
const usualKeys: Readonly<Record<string, string>> = {
  "app.tools.expand": "ctrl+o",
  "app.interrupt": "escape",
  "app.clear": "ctrl+c",
  "app.exit": "ctrl+d",
};

/** The key of a keybinding, as people read it; its name where there is none. */
export function keyText(keybinding: string): string {
  return getKeybindings().getKeys(keybinding as never)[0] ?? usualKeys[keybinding] ?? keybinding;
}

export function keyHint(keybinding: string, description: string): string {
  return rawKeyHint(keyText(keybinding), description);
}

export function rawKeyHint(key: string, description: string): string {
  return `${key} ${description}`;
}
