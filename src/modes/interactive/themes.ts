// Which themes there are and which one is meant: built in, and the files of the session in force. Made by the mode, which tells it the terminal's colours when
// they come. Invariant: the first paint waits for no terminal and no file that is not the one wanted; a theme that is wrong changes nothing.

import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import type { Launch } from "../../harness/launch/launch.ts";
import { builtInThemes, listThemeFiles, readThemeFile, type ThemePlace, themeNameOf } from "../../resources/theme-files.ts";
import type { TerminalPalette } from "../../tui/screen-terminal.ts";
import { darkTheme, lightTheme, plainSystem } from "../../tui/theme/built-in.ts";
import { appearanceOf, systemTheme } from "../../tui/theme/system.ts";
import { type ColorDepth, Theme, type ThemeSource } from "../../tui/theme/theme.ts";
import { parseTheme } from "../../tui/theme/theme-file.ts";

/** Editors write a file in several steps. */
const settledMs = 100;

type WithThemes = { config: { values: Pick<Launch["config"]["values"], "theme"> }; resources: Pick<Launch["resources"], "themes"> };

export class Themes {
  readonly #launch: () => WithThemes;
  readonly #depth: ColorDepth;
  #wanted: string;
  #appearance: "dark" | "light";
  #system: ThemeSource = plainSystem;
  #problem = "";
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `launch`: of the session in force, whose places may be others later. `guess`: of the environment, until the terminal has said. */
  constructor(launch: () => WithThemes, depth: ColorDepth, guess: "dark" | "light") {
    this.#launch = launch;
    this.#depth = depth;
    this.#wanted = launch().config.values.theme;
    this.#appearance = guess;
  }

  /** The one that is meant, or else the terminal's own colours. */
  get inForce(): Theme {
    this.#problem = "";
    const { name } = this;
    const theme = this.themeNamed(name);
    if (theme === undefined && this.#problem === "") this.#problem = `there is no theme ${JSON.stringify(name)}`;
    return theme ?? new Theme(this.#system, this.#depth);
  }

  /** Another one is meant from now on. */
  want(name: string): void {
    this.#wanted = name;
  }

  /** Why the one that was asked for is not in force; empty: it is. */
  get problem(): string {
    return this.#problem;
  }

  /** A pair is light first. */
  get name(): string {
    const [light = "", dark] = this.#wanted.split("/");
    return dark === undefined || this.#appearance === "light" ? light : dark;
  }

  /** Whether there are others now. */
  takeColours(told: TerminalPalette): boolean {
    const before = this.name;
    this.#appearance = appearanceOf(told) ?? this.#appearance;
    const system = this.#depth === "truecolor" || this.#depth === "256color" ? systemTheme(told) : undefined;
    if (system !== undefined) this.#system = system;
    return before !== this.name || (this.name === "system" && system !== undefined);
  }

  themes(): { name: string; path: string | undefined }[] {
    return themesIn(this.#places);
  }

  themeNamed(name: string): Theme | undefined {
    if (name === "system") return new Theme(this.#system, this.#depth);
    if (name === "dark") return new Theme(darkTheme(), this.#depth);
    if (name === "light") return new Theme(lightTheme(), this.#depth);
    const file = readThemeFile(name, this.#places);
    if (file === undefined) return undefined;
    const source = "text" in file.found ? parseTheme(file.found.text, file.path) : file.found.leftOut;
    if (typeof source !== "string") return new Theme(source, this.#depth);
    this.#problem = source;
    return undefined;
  }

  /** From now on: the file of the theme in force was written. A file that is wrong is told, and the theme stays. */
  follow(path: string | undefined, changed: (theme: Theme) => void, wrong: (problem: string) => void): void {
    this.stop();
    if (path === undefined) return;
    const name = themeNameOf(path);
    const read = (): void => {
      this.#problem = "";
      const theme = this.themeNamed(name);
      if (theme !== undefined) changed(theme);
      else if (this.#problem !== "") wrong(this.#problem);
    };
    try {
      // The directory: who writes a file anew puts another one in its place.
      this.#watcher = watch(dirname(path), { persistent: false }, (_, file) => {
        if (file !== null && file !== `${name}.json`) return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(read, settledMs);
      });
      this.#watcher.on("error", () => this.stop());
    } catch {
      // No more watchers to be had: it is read at the next start.
    }
  }

  get #places(): readonly ThemePlace[] {
    return this.#launch().resources.themes;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

/** Built in, and as files. */
export function themesIn(places: readonly ThemePlace[]): { name: string; path: string | undefined }[] {
  const own = builtInThemes.map((name) => ({ name, path: undefined }));
  return [...own, ...listThemeFiles(places).filter((file) => !own.some(({ name }) => name === file.name))];
}
