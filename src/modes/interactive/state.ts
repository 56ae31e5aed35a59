// What is on the screen beside the session: switches, what waits, when keys that count twice were pressed. Changed by `update` alone.

export interface Queue {
  steering: readonly string[];
  followUp: readonly string[];
}

export interface HeldText {
  text: string;
  behavior: "steer" | "followUp" | undefined;
  /** It is on its way, and will not go. Without it: it goes when the compaction, or the summary, that goes on has ended. */
  callOff?(): void;
}

export interface State {
  isExpanded: boolean;
  hidesThinking: boolean;
  /** As the session told it last. */
  queue: Queue;
  /** Sent, and not with the session yet. */
  held: readonly HeldText[];
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
  held: [],
  clearedAtMs: 0,
  escapedAtMs: 0,
  doubted: "",
  isQuitting: false,
};

/** All that no model has been given yet, in the order in which it will be. */
export function waitingTexts({ queue, held }: Pick<State, "queue" | "held">): Queue {
  if (held.length === 0) return queue;
  const of = (isFollowUp: boolean): string[] =>
    held.filter(({ behavior }) => (behavior === "followUp") === isFollowUp).map(({ text }) => text);
  return { steering: [...of(false), ...queue.steering], followUp: [...of(true), ...queue.followUp] };
}
