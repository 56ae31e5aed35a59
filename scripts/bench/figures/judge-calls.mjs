// What a tool call waits for before it runs: the `tool_call` handler of an extension, and a policy of 100 rows. CPU time of 10,000 calls
// against the same program without any.

const calls = 10_000;

/** @type {import("../race.mjs").Race} */
export default {
  id: "judge-calls",
  rounds: 3,
  contenders: (world) => {
    const contender = (what, count) => ({
      ...world.place,
      argv: [world.baselines["judge-calls"], what, String(count)],
      stdoutHolds: ["done"],
    });
    return { handler: contender("handler", calls), policy: contender("policy", calls), none: contender("handler", 0) };
  },
  figures: [
    ["tool-call-handler", "a tool_call handler, 10,000 calls", "handler"],
    ["policy-rows", "a policy of 100 rows, 10,000 calls", "policy"],
  ].map(([id, title, contender]) => ({
    id,
    title,
    against: "the same without calls",
    unit: "ms",
    compare: "ratio",
    subject: (of) => of(contender, "cpuMs"),
    baseline: (of) => of("none", "cpuMs"),
  })),
};
