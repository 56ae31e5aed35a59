// SIGINT, SIGTERM, SIGHUP: the first ends the run in order, the second at once. Used by print, JSON and RPC runs.

import type { CreatedSession } from "../harness/host/create-session.ts";
import type { Host } from "../platform/host.ts";

export class StopSignals {
  /** Of the signal that came; it wins over the outcome's. */
  exitStatus: number | undefined;
  readonly #removers: (() => void)[];

  constructor({ coding, shell }: Pick<CreatedSession, "coding" | "shell">, host: Host) {
    const statuses = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
    this.#removers = (Object.keys(statuses) as (keyof typeof statuses)[]).map((signal) =>
      host.onSignal(signal, () => {
        if (this.exitStatus !== undefined) {
          shell.killAllNow();
          host.exitNow(this.exitStatus);
        }
        this.exitStatus = statuses[signal];
        void coding.abort();
      }),
    );
  }

  release(): void {
    for (const remove of this.#removers) remove();
  }
}
