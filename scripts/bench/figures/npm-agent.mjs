// Exec to first request byte of `pi -p` against that of the npm agent, where that is installed beside
// (`PI_PEER`, else pi-peer/pi in the user's cache directory). Few rounds: the budget is a tenth, and each takes seconds.

import { join } from "node:path";
import { lastWord } from "../scenarios.mjs";

/** @type {import("../race.mjs").Race} */
export default {
  id: "npm-agent",
  rounds: 5,
  needs: (world) => (world.peer === undefined ? "the npm agent is not installed" : undefined),
  files: (world) => [
    { path: join(world.peerHome, ".pi/agent/models.json"), text: JSON.stringify({ providers: { anthropic: { baseUrl: "{server}" } } }) },
  ],
  contenders: (world) => ({
    pi: { ...world.place, argv: [world.program, ...world.prompt("text")], stdoutHolds: [lastWord] },
    peer: {
      ...world.place,
      env: { ...world.place.env, HOME: world.peerHome, PI_OFFLINE: "1" },
      argv: [world.peer ?? "", ...world.prompt("text")],
      stdoutHolds: [lastWord],
    },
  }),
  figures: [
    {
      id: "first-byte-npm-agent",
      title: "-p, exec to first request byte",
      against: "npm agent",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "firstByteMs"),
      baseline: (of) => of("peer", "firstByteMs"),
    },
  ],
};
