// Appending 1,000 entries in a row to each of ten sessions, against JSON.stringify and write of the same on O_APPEND descriptors.
// What either program costs without any entry is taken off.

import { dirname } from "node:path";

const entriesEach = "1000";

/** @type {import("../race.mjs").Race} */
export default {
  id: "append-entries",
  rounds: 9,
  contenders: (world) => {
    const folder = dirname(world.place.cwd);
    const contender = (program, count) => ({ ...world.place, argv: [program, folder, count], stdoutHolds: ["done"] });
    return {
      append: contender(world.baselines["append-entries"], entriesEach),
      "append nothing": contender(world.baselines["append-entries"], "0"),
      write: contender(world.baselines["append-lines"], entriesEach),
      "write nothing": contender(world.baselines["append-lines"], "0"),
    };
  },
  figures: [
    {
      id: "append-entries",
      title: "append 10 × 1,000 entries",
      against: "stringify and write",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("append", "wallMs") - of("append nothing", "wallMs"),
      baseline: (of) => of("write", "wallMs") - of("write nothing", "wallMs"),
      onCpu: {
        subject: (of) => of("append", "cpuMs") - of("append nothing", "cpuMs"),
        baseline: (of) => of("write", "cpuMs") - of("write nothing", "cpuMs"),
      },
    },
  ],
};
