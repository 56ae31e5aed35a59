// What RPC mode holds by itself while nothing happens, against a program that waits for its stdin. Once it has given back what it does not need.

/** Longer than RPC mode waits (platform/idle-memory), also where a machine is slow to let it. */
const idleMs = 3500;

const getState = '{"id":"1","type":"get_state"}\n';

/** A prompt to a host that has been there for a moment, with a service 30 ms away: its connection has to be open already. */
/** @type {import("../race.mjs").Race} */
export const rpcPrompt = {
  id: "rpc-prompt",
  rounds: 9,
  contenders: (world) => ({
    rpc: {
      ...world.place,
      argv: [world.program, "--mode", "rpc", "--no-session", "--model", "anthropic/claude-haiku-4-5"],
      stdin: getState,
      idleMs: 150,
      later: '{"id":"2","type":"prompt","message":"hi"}\n',
      scenario: { kind: "answer", roundTripMs: 30 },
      stdoutHolds: ['"id":"1"', '"agent_settled"'],
      requestHolds: ['"hi"'],
    },
  }),
  figures: [
    {
      id: "rpc-first-prompt",
      title: "RPC, prompt to request, 30 ms of round trip",
      against: "nothing",
      unit: "ms",
      compare: "difference",
      subject: (of) => of("rpc", "promptMs"),
      baseline: () => 0,
    },
  ],
};

/** @type {import("../race.mjs").Race} */
export default {
  id: "rpc-idle",
  rounds: 1,
  needs: () => (process.platform === "linux" ? undefined : "only Linux shows what belongs to a process alone"),
  contenders: (world) => ({
    rpc: {
      ...world.place,
      argv: [world.program, "--mode", "rpc", "--no-session"],
      stdin: getState,
      idleMs,
      stdoutHolds: ['"id":"1"', '"success":true'],
    },
    waiting: { ...world.place, argv: [world.baselines["wait-idle"]], idleMs: 200, stdoutHolds: ["ready"] },
  }),
  figures: [
    {
      id: "rpc-idle-memory",
      title: "RPC, idle, its own memory",
      against: "waiting for stdin",
      unit: "MB",
      compare: "ratio",
      subject: (of) => of("rpc", "idleMb"),
      baseline: (of) => of("waiting", "idleMb"),
    },
  ],
};
