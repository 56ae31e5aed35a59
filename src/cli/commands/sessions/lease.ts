// Does something to a session's file while nobody else writes it. Called by rm and repair.

import { PiError } from "../../../contracts/error.ts";
import { acquireLease, leaseHolder } from "../../../platform/locks/lease.ts";

/** Errors: `session.busy`. A system without leases is taken as one on which nobody holds one. */
export async function withLease<T>(path: string, action: () => T): Promise<T> {
  const lease = await acquireLease(path, "fail");
  if (lease === "busy") {
    const pid = leaseHolder(path);
    throw new PiError("session.busy", `Session file ${path} is in use by ${pid === undefined ? "another process" : `process ${pid}`}`, {
      hint: "Try again when it has ended.",
    });
  }
  try {
    return action();
  } finally {
    if (lease !== "unsupported") lease.release();
  }
}
