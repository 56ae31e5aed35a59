// Every race of the benchmark, in the order of the table. A new figure is one record here and one line in budgets.json.

import appendEntries from "./append-entries.mjs";
import bashOutput from "./bash-output.mjs";
import binarySize from "./binary-size.mjs";
import deltas from "./deltas.mjs";
import extensions from "./extensions.mjs";
import help from "./help.mjs";
import { hostRuns, replyDeltas, runnerStart } from "./host-runs.mjs";
import judgeCalls from "./judge-calls.mjs";
import listSessions from "./list-sessions.mjs";
import npmAgent from "./npm-agent.mjs";
import oneShot, { oneShotsAtOnce } from "./one-shot.mjs";
import { openCompacted, openShort, openWhole } from "./open-session.mjs";
import rpcIdle, { rpcPrompt } from "./rpc-idle.mjs";
import rpcInTurn from "./rpc-in-turn.mjs";
import rpcPipelined from "./rpc-pipelined.mjs";
import rpcStart from "./rpc-start.mjs";
import { screen, screenDeltas, screenIdle, screenOpen, screenStream } from "./screen.mjs";
import version from "./version.mjs";

export const races = [
  version,
  help,
  oneShot,
  oneShotsAtOnce,
  extensions,
  judgeCalls,
  npmAgent,
  deltas,
  bashOutput,
  openShort,
  openWhole,
  openCompacted,
  listSessions,
  appendEntries,
  rpcStart,
  rpcIdle,
  rpcPrompt,
  rpcPipelined,
  rpcInTurn,
  runnerStart,
  replyDeltas,
  hostRuns,
  screen,
  screenDeltas,
  screenStream,
  screenIdle,
  screenOpen,
  binarySize,
];
