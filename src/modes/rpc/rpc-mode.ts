// RPC mode: starts also without a model, serves until stdin ends or the process is to end, then ends in order.
// Invariant: what was accepted before the end of stdin is finished; after a signal it is stopped.

import { messageOf } from "../../contracts/error.ts";
import { beforeEnd, type Mode } from "../mode.ts";
import { RpcServer } from "./serve.ts";

export const rpcMode: Mode = {
  needs: "nothing",
  mayLackModel: true,
  status: "service",
  async run({ open, io, ending, warn }) {
    const sessions = await open();
    sessions.models.connectAhead();
    const server = new RpcServer({
      sessions,
      stdout: io.stdout,
      warn,
      newId: () => crypto.randomUUID(),
      onShutdown: () => io.stdin.release(),
    });
    const read = server.read(io.stdin).catch((error: unknown) => warn(`stdin cannot be read any further: ${messageOf(error)}`));
    await beforeEnd(ending, read);
    if (ending.aborted) server.close();
    await server.settled();
    return sessions.coding.lastOutcome ?? { kind: "done", text: "" };
  },
};
