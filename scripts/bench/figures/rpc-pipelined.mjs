// Time of one get_state among many written at once, against the npm agent where it is installed. What either takes to start and to end
// is taken off.

const count = 20_000;
const lines = (many) => Array.from({ length: many }, (_, index) => `{"id":"${index}","type":"get_state"}\n`).join("");
const microsecondsEach = (of, many, few) => ((of(many, "wallMs") - of(few, "wallMs")) * 1000) / count;

/** @type {import("../race.mjs").Race} */
export default {
  id: "rpc-pipelined",
  rounds: 3,
  needs: (world) => (world.peer === undefined ? "the npm agent is not installed" : undefined),
  contenders: (world) => {
    const args = ["--mode", "rpc", "--no-session"];
    const pi = { ...world.place, argv: [world.program, ...args] };
    const peer = { ...world.place, env: { ...world.place.env, HOME: world.peerHome, PI_OFFLINE: "1" }, argv: [world.peer ?? "", ...args] };
    const many = { stdin: lines(count), stdoutRepeats: { text: '"success":true', atLeast: count } };
    return {
      pi: { ...pi, ...many },
      peer: { ...peer, ...many },
      "pi, one": { ...pi, stdin: lines(1) },
      "peer, one": { ...peer, stdin: lines(1) },
    };
  },
  figures: [
    {
      id: "rpc-pipelined",
      title: "RPC, each of 20,000 get_state at once",
      against: "npm agent",
      unit: "µs",
      compare: "ratio",
      subject: (of) => microsecondsEach(of, "pi", "pi, one"),
      baseline: (of) => microsecondsEach(of, "peer", "peer, one"),
    },
  ],
};
