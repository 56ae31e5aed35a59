// Time of one get_state that is asked for after the answer to the one before, against the npm agent where it is installed. What either takes to
// start and to end is taken off.

const count = 10_000;
const microsecondsEach = (of, many, few, metric) => ((of(many, metric) - of(few, metric)) * 1000) / (count - 1);

/** @type {import("../race.mjs").Race} */
export default {
  id: "rpc-in-turn",
  rounds: 3,
  needs: (world) => (world.peer === undefined ? "the npm agent is not installed" : undefined),
  contenders: (world) => {
    const asked = (program, answers, env) => ({
      ...world.place,
      env: { ...world.place.env, ...env },
      argv: [world.baselines["ask-in-turn"], String(answers), program ?? "", "--mode", "rpc", "--no-session"],
      stdoutHolds: [`${answers} answers, status 0`],
    });
    const peerEnv = { HOME: world.peerHome, PI_OFFLINE: "1" };
    return {
      pi: asked(world.program, count, {}),
      peer: asked(world.peer, count, peerEnv),
      "pi, one": asked(world.program, 1, {}),
      "peer, one": asked(world.peer, 1, peerEnv),
    };
  },
  figures: [
    {
      id: "rpc-in-turn",
      title: "RPC, each get_state after the other",
      against: "npm agent",
      unit: "µs",
      compare: "ratio",
      subject: (of) => microsecondsEach(of, "pi", "pi, one", "wallMs"),
      baseline: (of) => microsecondsEach(of, "peer", "peer, one", "wallMs"),
      onCpu: {
        subject: (of) => microsecondsEach(of, "pi", "pi, one", "cpuMs"),
        baseline: (of) => microsecondsEach(of, "peer", "peer, one", "cpuMs"),
      },
    },
  ],
};
