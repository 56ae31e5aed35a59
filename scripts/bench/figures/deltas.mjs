// 20,000 small text deltas in JSON mode: CPU time per delta against the SDK program that prints them raw.
// What either program takes for a short answer is taken off, so that start-up does not count as deltas.

const count = 20_000;
const microsecondsEach = (of, many, few) => ((of(many, "cpuMs") - of(few, "cpuMs")) * 1000) / count;

/** @type {import("../race.mjs").Race} */
export default {
  id: "deltas",
  rounds: 9,
  contenders: (world) => {
    const scenario = { kind: "deltas", count };
    const pi = { ...world.place, argv: [world.program, ...world.prompt("json")] };
    const request = { ...world.place, argv: [world.baselines.request] };
    return {
      pi: { ...pi, scenario, stdoutRepeats: { text: '"text_delta"', atLeast: count } },
      request: { ...request, scenario, stdoutRepeats: { text: "word ", atLeast: count - 1 } },
      "pi, short": pi,
      "request, short": request,
    };
  },
  figures: [
    {
      id: "delta-cpu",
      title: "20,000 deltas in JSON mode, CPU each",
      against: "SDK program printing raw",
      unit: "µs",
      compare: "ratio",
      subject: (of) => microsecondsEach(of, "pi", "pi, short"),
      baseline: (of) => microsecondsEach(of, "request", "request, short"),
    },
  ],
};
