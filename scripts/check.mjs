// `npm run check`: format and lint, types (of what the package declares to its users, too), architecture. One command, no output that is not a problem.

import { spawnSync } from "node:child_process";

const steps = [
  ["biome", ["check", "--error-on-warnings", "--diagnostic-level=warn", "."]],
  ["tsc", ["-p", "."]],
  ["vitest", ["run", "--reporter=dot", "test/architecture.test.ts"]],
];

for (const [program, args] of steps) {
  const { status } = spawnSync("npx", ["--no-install", program, ...args], { stdio: "inherit" });
  if (status !== 0) {
    console.error(`check: ${program} ${args.join(" ")} failed`);
    process.exit(1);
  }
}
