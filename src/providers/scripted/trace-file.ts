// The file of `--record`: all that models stream in one process, whatever sessions and wire formats it has. Made by the command line, held by the
// options of the run. Invariant: it is begun once, with the first call; when it takes no more the run goes on, and its end says so.

import { appendFileSync, writeFileSync } from "node:fs";
import type { Provider } from "../../contracts/provider.ts";
import { recordProvider } from "./record.ts";
import { traceVersion } from "./trace.ts";

export class TraceFile {
  readonly path: string;
  /** Why the trace is not whole. */
  failure: unknown;
  #isBegun = false;

  constructor(path: string) {
    this.path = path;
  }

  /** `now` is in ms. */
  recorded(provider: Provider, now: () => number): Provider {
    return recordProvider(provider, (line) => this.#write(line), now);
  }

  #write(line: string): void {
    if (this.failure !== undefined) return;
    try {
      if (!this.#isBegun) writeFileSync(this.path, `${JSON.stringify({ type: "trace", version: traceVersion })}\n`, { mode: 0o600 });
      this.#isBegun = true;
      appendFileSync(this.path, `${line}\n`);
    } catch (error) {
      this.failure = error;
    }
  }
}
