// `pi -p`, as a binary and on Node, against the npm agent, where that is installed beside (`PI_PEER`, else pi-peer/pi in the user's cache directory).
// Few rounds: the budgets are fractions, and each takes seconds.

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
    node: { ...world.place, argv: [...world.onNode, ...world.prompt("text")], stdoutHolds: [lastWord] },
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
    {
      id: "node-first-byte",
      title: "-p on Node, exec to first request byte",
      against: "npm agent",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("node", "firstByteMs"),
      baseline: (of) => of("peer", "firstByteMs"),
    },
    {
      id: "node-one-shot",
      title: "-p on Node, whole one-shot",
      against: "npm agent",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("node", "wallMs"),
      baseline: (of) => of("peer", "wallMs"),
    },
    {
      id: "node-memory",
      title: "-p on Node, peak memory",
      against: "npm agent",
      unit: "MB",
      compare: "ratio",
      subject: (of) => of("node", "peakMb"),
      baseline: (of) => of("peer", "peakMb"),
    },
  ],
};
