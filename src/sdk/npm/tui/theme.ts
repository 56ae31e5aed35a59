// Colours as extensions ask for them by role. In a run without a terminal texts stay as they are. Imported by extensions, given as `ctx.ui.theme`. Pure.

type Paint = (text: string) => string;

const plain: Paint = (text) => text;

/** `fg` and `bg` take a role; without a terminal a text is what it is. */
export class Theme {
  readonly name: string | undefined;

  constructor(_fgColors?: unknown, _bgColors?: unknown, _mode?: unknown, options: { name?: string } = {}) {
    this.name = options.name;
  }

  fg(_role: string, text: string): string {
    return text;
  }

  bg(_role: string, text: string): string {
    return text;
  }

  bold(text: string): string {
    return text;
  }

  italic(text: string): string {
    return text;
  }

  underline(text: string): string {
    return text;
  }

  strikethrough(text: string): string {
    return text;
  }

  inverse(text: string): string {
    return text;
  }
}

/** There is no terminal whose colours it would set. */
export function initTheme(_themeName?: string): void {}

/** Each role is a function that colours a text. */
function roles(names: readonly string[]): Record<string, Paint> {
  return Object.fromEntries(names.map((name) => [name, plain]));
}

export function getMarkdownTheme(): Record<string, Paint | ((code: string, lang?: string) => string[])> {
  const names = [
    "heading",
    "link",
    "linkUrl",
    "code",
    "codeBlock",
    "codeBlockBorder",
    "quote",
    "quoteBorder",
    "hr",
    "listBullet",
    "bold",
    "italic",
    "strikethrough",
    "underline",
  ];
  return { ...roles(names), highlightCode };
}

export function getSelectListTheme(): Record<string, Paint> {
  return roles(["selectedPrefix", "selectedText", "description", "scrollInfo", "noMatch"]);
}

export function getSettingsListTheme(): Record<string, Paint | string> {
  return { ...roles(["label", "value", "description", "hint"]), cursor: "→ " };
}

export function highlightCode(code: string, _lang?: string): string[] {
  return code.split("\n");
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

const keys: Readonly<Record<string, string>> = {
  "app.tools.expand": "ctrl+o",
  "app.interrupt": "escape",
  "app.clear": "ctrl+c",
  "app.exit": "ctrl+d",
  "tui.select.confirm": "enter",
  "tui.select.cancel": "escape",
  "tui.input.submit": "enter",
};

/** The key of a keybinding, as people read it; its name where there is none. */
export function keyText(keybinding: string): string {
  return keys[keybinding] ?? keybinding;
}

export function keyHint(keybinding: string, description: string): string {
  return rawKeyHint(keyText(keybinding), description);
}

export function rawKeyHint(key: string, description: string): string {
  return `${key} ${description}`;
}
