// The theme in force. Set by the interactive mode; read by what extensions import by name, which is given none. Invariant: without a terminal there is none.

import { plainSystem } from "./built-in.ts";
import { Theme } from "./theme.ts";

/** One for the process, as the library's key bindings are: components of extensions look there. */
export const themeInForce: { current: Theme | undefined } = { current: undefined };

const withoutColours = new Theme(plainSystem, "none");

/** What something is drawn in, whoever draws it. */
export function drawnTheme(): Theme {
  return themeInForce.current ?? withoutColours;
}
