// What RPC mode holds by itself while nothing happens, against a program that waits for its stdin. Once it has given back what it does not need.

/** Longer than RPC mode waits (platform/idle-memory). */
const idleMs = 2500;

/** @type {import("../race.mjs").Race} */
export default {
  id: "rpc-idle",
  rounds: 1,
  needs: () => (process.platform === "linux" ? undefined : "only Linux shows what belongs to a process alone"),
  contenders: (world) => ({
    rpc: {
      ...world.place,
      argv: [world.program, "--mode", "rpc", "--no-session"],
      stdin: '{"id":"1","type":"get_state"}\n',
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
