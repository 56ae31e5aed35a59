// The runtime `pi`: runs of hosts as conversations of ours, in this process. Made by hosts and the router.
// Invariant: words go in by the one way in, unexpanded: what a stranger writes is text.

import type { Config } from "../../config/load-config.ts";
import { defined } from "../../contracts/defined.ts";
import { messageOf } from "../../contracts/error.ts";
import type { SessionHost } from "../../harness/host/session-host.ts";
import type { EngineEnd, RunAt } from "../hosted-run.ts";
import { HostedRuntime, type PlacedRun } from "../hosted-runtime.ts";
import { launchRun, toolFacts } from "../run-launch.ts";
import type { Probe } from "../runtime.ts";
import { type PiPlace, piPlace } from "./session-place.ts";

export class PiRuntime extends HostedRuntime {
  readonly kind = "pi";

  async probe(): Promise<Probe> {
    const { version } = await import("../../contracts/version.ts");
    const { prepared } = await import("./probe-pi.ts");
    return prepared(version, this.deps);
  }

  async carryOut(at: PlacedRun, config: Config): Promise<EngineEnd> {
    const { request, signal } = at;
    const place = await this.#placeOf(at, config);
    const client = request.clientTools?.length ? (await import("../bridge/client-tools.ts")).clientToolsOf(request.clientTools) : undefined;
    const { sessions } = await launchRun(request, config, this.deps, {
      runtime: "pi",
      session: place.session,
      ...defined({ sessionDir: place.sessionDir }),
      hasBuiltin: true,
      mayLackModel: false,
      signal,
      warn: (line) => at.warn(line),
      ...(client === undefined ? {} : { tools: client.tools, interceptors: [client.interceptor] }),
    });
    this.opened(sessions);
    try {
      const end = await prompted(sessions, place.isPresent, at);
      return client === undefined ? end : { ...end, pendingToolCalls: client.pending() };
    } finally {
      await this.closed(sessions);
    }
  }

  async #placeOf({ request, lost }: PlacedRun, { values: { sessionDir } }: Config): Promise<PiPlace> {
    const { settings, dataDir } = this.deps;
    let id = request.isFresh === true ? undefined : request.sessionId;
    for (;;) {
      const place = await piPlace({ ...request, sessionId: id }, { agentDir: settings.agentDir, dataDir, sessionDir });
      if (id === undefined || place.isPresent) return place;
      id = await lost(id);
    }
  }
}

async function prompted(sessions: SessionHost, isPresent: boolean, at: RunAt): Promise<EngineEnd> {
  const { request, signal } = at;
  at.tools(toolFacts(sessions));
  const { coding, intake } = sessions;
  const tellSession = (): void => {
    const { provider, id } = sessions.coding.conversation.model;
    at.session({ id: sessions.coding.session.id, isPresent, model: `${provider}/${id}` });
  };
  tellSession();
  sessions.subscribe((event) => at.emit(event));
  const onAbort = (): void => void sessions.end();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const { promptOf } = await import("../prompt-of.ts");
    const received = await intake.receive({ text: promptOf(request), images: request.images ?? [], source: "rpc", isExpanded: false });
    if (signal.aborted) return { outcome: { kind: "aborted", text: "", code: "model.aborted" } };
    const begun = intake.begin(received);
    at.takeSteering((text, images) => void steer(sessions, text, images, at));
    const outcome = (await begun.done) ?? { kind: "done", text: "" };
    return { outcome };
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (coding.isStreaming) await coding.abort();
    tellSession();
  }
}

async function steer(
  { intake }: SessionHost,
  text: string,
  images: Parameters<Parameters<RunAt["takeSteering"]>[0]>[1],
  at: RunAt,
): Promise<void> {
  try {
    intake.begin(await intake.receive({ text, images, source: "rpc", isExpanded: false, streamingBehavior: "steer" }), {
      streamingBehavior: "steer",
      isQueued: true,
    });
  } catch (error) {
    at.warn(`A message for run ${at.id} was lost: ${messageOf(error)}`);
  }
}
