// What `createRuntime` gives a host: a runtime that chooses who carries out each run, in lanes, with a memory of sessions and numbers of what
// came of it. Types only; `route/router` is it.

import type { Tool } from "../contracts/tool.ts";
import type { RunRequest } from "./request.ts";
import type { Route } from "./route/route.ts";
import type { AgentRuntime, Run } from "./runtime.ts";

/** What is said about who is to carry a run out, beside the configuration. */
export interface RouteSaid {
  /** Of the command line. */
  flag?: string | undefined;
  /** Of the request. */
  input?: string | undefined;
}

export interface RouteQuery extends RouteSaid {
  group: string;
  workspaceDir: string;
}

export interface IpcPlace {
  /** The group's own folder. */
  dir: string;
  groupFolder: string;
  chatJid: string;
  isMain: boolean;
  workspaceDir: string;
}

export interface HostRuntime extends AgentRuntime {
  /** Rejects with `usage.runtime`. */
  route(asked: RouteQuery): Promise<Route>;
  start(request: RunRequest, said?: RouteSaid): Run;
  /** The tools by which a run reaches its host through files. */
  ipcTools(place: IpcPlace): Promise<Tool[]>;
  /** For a process that has to end now: KILL to all that runs have started. */
  killAllNow(): void;
}
