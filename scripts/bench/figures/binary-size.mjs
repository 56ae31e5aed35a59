// Size of the binary against that of an empty compiled program.

import { statSync } from "node:fs";

const megabyte = 1024 * 1024;

/** @type {import("../race.mjs").Race} */
export default {
  id: "binary-size",
  rounds: 0,
  contenders: () => ({}),
  figures: [
    {
      id: "binary-size",
      title: "binary",
      against: "empty program",
      unit: "MB",
      compare: "difference",
      subject: (_of, world) => statSync(world.program).size / megabyte,
      baseline: (_of, world) => statSync(world.baselines.empty).size / megabyte,
    },
  ],
};
