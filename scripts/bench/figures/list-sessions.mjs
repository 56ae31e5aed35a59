// `pi sessions list` over 1,000 files of 100 entries (56 MB), against a program that reads the first 16 and the last 8 KiB of each.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const fileCount = 1000;

/** In a directory of its own, which goes with the benchmark. */
function sessionsDirectory(world) {
  const root = join(dirname(world.place.cwd), "many-sessions");
  const directory = join(root, "--project--");
  if (existsSync(directory)) return directory;
  const script = fileURLToPath(new URL("../make-sessions.ts", import.meta.url));
  const made = spawnSync(world.bun, [script, root, String(fileCount), "100"], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`the sessions were not made: ${made.stderr}`);
  return directory;
}

/** @type {import("../race.mjs").Race} */
export default {
  id: "list-sessions",
  rounds: 30,
  contenders: (world) => {
    const directory = sessionsDirectory(world);
    return {
      pi: {
        ...world.place,
        argv: [world.program, "sessions", "list", "--all", "--session-dir", directory],
        stdoutHolds: ["session-00000", "session-00999"],
        stdoutRepeats: { text: "\n", atLeast: fileCount },
      },
      read: { ...world.place, argv: [world.baselines["heads-and-tails"], directory], stdoutHolds: [`${fileCount} `] },
    };
  },
  figures: [
    {
      id: "list-sessions",
      title: "list 1,000 sessions of 100 entries",
      against: "reading head and tail",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "wallMs"),
      baseline: (of) => of("read", "wallMs"),
      onCpu: { subject: (of) => of("pi", "cpuMs"), baseline: (of) => of("read", "cpuMs") },
    },
  ],
};
