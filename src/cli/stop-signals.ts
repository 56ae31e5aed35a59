// SIGINT, SIGTERM, SIGHUP: the first ends the run in order, the second at once. Used by print and JSON runs.

import type { SessionHost } from "../harness/host/session-host.ts";
import type { Host } from "../platform/host.ts";

export class StopSignals {
  /** Of the signal that came; it wins over the outcome's. */
  exitStatus: number | undefined;
  readonly #removers: (() => void)[];

  constructor(sessions: SessionHost, host: Host) {
    const statuses = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
    this.#removers = (Object.keys(statuses) as (keyof typeof statuses)[]).map((signal) =>
      host.onSignal(signal, () => {
        if (this.exitStatus !== undefined) {
          sessions.killAllNow();
          host.exitNow(this.exitStatus);
        }
        this.exitStatus = statuses[signal];
        void sessions.end();
      }),
    );
  }

  release(): void {
    for (const remove of this.#removers) remove();
  }
}
