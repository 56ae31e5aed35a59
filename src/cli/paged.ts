// Runs a command whose output is to be read, through a pager where it does not fit on the terminal. Called by cli/main and by commands that
// have some of that kind. Invariant: in a pipe or a file nothing is loaded and nothing changes.

import type { Host } from "../platform/host.ts";

export async function paged(host: Host, run: (host: Host) => Promise<number>): Promise<number> {
  if (!host.stdout.isTerminal) return run(host);
  const { PagedOutput, pagerIn } = await import("../platform/processes/pager.ts");
  const pager = pagerIn(host.env);
  if (pager === undefined) return run(host);
  const stdout = new PagedOutput(host.stdout, { pager, env: host.env, rows: host.stdout.rows });
  // A pager answers Ctrl-C by itself.
  const release = host.onSignal("SIGINT", () => {});
  try {
    const status = await run({ ...host, stdout });
    // Who has read enough has seen nothing fail.
    return stdout.isLeft ? 0 : status;
  } finally {
    await stdout.end();
    release();
  }
}
