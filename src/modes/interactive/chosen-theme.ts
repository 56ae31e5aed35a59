// The theme in force on the screen: the one that is meant, another one when the terminal's colours come or its file is written, or one that an extension has
// chosen. Owned by the interaction. Invariant: what an extension has chosen stays until it chooses again.

import { themeNameOf } from "../../resources/theme-files.ts";
import type { TerminalPalette } from "../../tui/screen-terminal.ts";
import { themeInForce } from "../../tui/theme/current.ts";
import type { Theme } from "../../tui/theme/theme.ts";
import type { Themes } from "./themes.ts";

export interface ThemeHost {
  themes: Pick<Themes, "name" | "themeNamed" | "takeColours" | "follow" | "inForce" | "want" | "problem">;
  /** Everything is drawn in another one from now on. */
  changed(): void;
  say(text: string, level: "warning"): void;
}

export class ChosenTheme {
  current: Theme;
  readonly #host: ThemeHost;
  #isGiven = false;
  /** Said once, however often it is found again. */
  #said = "";
  /** The one in force, while another is shown. */
  #before: Theme | undefined;

  constructor(host: ThemeHost) {
    this.#host = host;
    this.current = host.themes.inForce;
    themeInForce.current = this.current;
  }

  /** By an extension. */
  give(theme: Theme): void {
    this.#isGiven = true;
    this.#use(theme);
  }

  /** By the settings. One that is not there is waited for until all have said what they bring. */
  want(name: string): void {
    const { themes } = this.#host;
    themes.want(name);
    this.#isGiven = false;
    const theme = themes.inForce;
    if (themes.problem === "") this.#use(theme);
  }

  /** All that is brought is there: the one that is meant comes into force, or why it cannot is said. */
  settle(): void {
    const { themes, say } = this.#host;
    const { inForce: meant, problem } = themes;
    const { name, sourcePath } = this.#before ?? this.current;
    // A file that has gone wrong, or has gone, changes nothing.
    const stays = problem !== "" && sourcePath !== undefined && themeNameOf(sourcePath) === themes.name;
    if (!this.#isGiven && !stays && (meant.name !== name || meant.sourcePath !== sourcePath)) this.#use(meant);
    if (problem !== "" && problem !== this.#said) say(`Theme: ${problem}`, "warning");
    this.#said = problem;
  }

  /** Shown until another one comes into force; nothing, or none of that name: the one in force. */
  preview(name: string | undefined): void {
    const inForce = this.#before ?? this.current;
    const shown = (name === undefined ? undefined : this.#host.themes.themeNamed(name)) ?? inForce;
    this.#before = shown === inForce ? undefined : inForce;
    if (shown !== this.current) this.#show(shown);
  }

  takeColours(palette: TerminalPalette): void {
    const { themes } = this.#host;
    if (themes.takeColours(palette) && !this.#isGiven) this.#use(themes.inForce);
  }

  follow(): void {
    const { themes, say } = this.#host;
    themes.follow(
      this.current.sourcePath,
      (theme) => this.#use(theme),
      (problem) => say(`Theme: ${problem}`, "warning"),
    );
  }

  #use(theme: Theme): void {
    this.#before = undefined;
    this.#show(theme);
    this.follow();
  }

  #show(theme: Theme): void {
    this.current = theme;
    themeInForce.current = theme;
    this.#host.changed();
  }
}
