// What is on the screen beside the session: switches, what waits, when keys that count twice were pressed. Changed by `update` alone.

export interface State {
  isExpanded: boolean;
  hidesThinking: boolean;
  /** As the session told it last. */
  queue: { steering: readonly string[]; followUp: readonly string[] };
  /** When Ctrl-C was pressed on nothing, Escape on nothing; Unix ms. */
  clearedAtMs: number;
  escapedAtMs: number;
  /** A text that looks like a command and is none: the same again sends it. */
  doubted: string;
  isQuitting: boolean;
}

export const firstState: State = {
  isExpanded: false,
  hidesThinking: false,
  queue: { steering: [], followUp: [] },
  clearedAtMs: 0,
  escapedAtMs: 0,
  doubted: "",
  isQuitting: false,
};
