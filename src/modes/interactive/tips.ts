// What somebody could do with what he has just met, said when he meets it. A tip is a row. Owned by the status, asked at the end of each run.
// Invariant: at most one a session, and each so many times ever; where that cannot be kept nobody is told anything.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readBoundedText } from "../../platform/files/bounded-file.ts";

/** Of the run that has ended, and of the session. */
export interface RunFacts {
  seconds: number;
  /** Of the window, in percent. */
  used: number;
}

interface TipFacts extends RunFacts {
  /** Since the session was shown. */
  runs: number;
}

interface Tip {
  id: string;
  /** How often, over all sessions. */
  most: number;
  isDue(facts: TipFacts): boolean;
  text(keyOf: (action: string) => string): string;
}

const tips: readonly Tip[] = [
  {
    id: "steer",
    most: 3,
    isDue: ({ seconds }) => seconds >= 60,
    text: (keyOf) => `What you send while it works goes in after the turn under way; ${keyOf("app.message.followUp")} sends it at the end`,
  },
  {
    id: "compact",
    most: 2,
    isDue: ({ used }) => used >= 60,
    text: () => "/compact makes room, and takes what the summary should look to; it happens by itself when the window is nearly full",
  },
  {
    id: "tree",
    most: 2,
    isDue: ({ runs }) => runs >= 10,
    text: (keyOf) => `/tree goes back to any point and on from there; ${keyOf("app.interrupt")} twice opens it`,
  },
];

export class Tips {
  readonly #path: string;
  readonly #directory: string;
  #hasTold = false;
  #runs = 0;

  constructor(agentDir: string) {
    this.#directory = agentDir;
    this.#path = join(agentDir, "tips.json");
  }

  /** Another session may have another one. */
  begin(): void {
    this.#hasTold = false;
    this.#runs = 0;
  }

  /** The one for now; nothing, most of the time. Each run is told, `isWanted` or not. */
  take({ isWanted, ...run }: RunFacts & { isWanted: boolean }, keyOf: (action: string) => string): string | undefined {
    this.#runs++;
    if (this.#hasTold || !isWanted) return undefined;
    const facts = { ...run, runs: this.#runs };
    const due = tips.filter(({ isDue }) => isDue(facts));
    if (due.length === 0) return undefined;
    const told = this.#told();
    const tip = due.find(({ id, most }) => (told[id] ?? 0) < most);
    if (tip === undefined || !this.#keep({ ...told, [tip.id]: (told[tip.id] ?? 0) + 1 })) return undefined;
    this.#hasTold = true;
    return tip.text(keyOf);
  }

  #told(): Record<string, number> {
    const found = readBoundedText(this.#path);
    if (found === undefined || !("text" in found)) return {};
    try {
      const json: unknown = JSON.parse(found.text);
      const entries = typeof json === "object" && json !== null ? Object.entries(json) : [];
      return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
    } catch {
      return {};
    }
  }

  #keep(told: Record<string, number>): boolean {
    try {
      mkdirSync(this.#directory, { recursive: true });
      writeFileSync(this.#path, `${JSON.stringify(told)}\n`, { mode: 0o600 });
      return true;
    } catch {
      return false;
    }
  }
}
