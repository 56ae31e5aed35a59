// `npm test [-- vitest arguments]`: builds what the end-to-end tests run, then runs all tests. The closing line is the runner's own count.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const reportFile = join(root, "dist/test-report.json");

function run(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: "inherit" }).status ?? 1;
}

mkdirSync(dirname(reportFile), { recursive: true });
if (run("node", ["scripts/build.mjs"]) !== 0) process.exit(1);
const status = run("npx", [
  "--no-install",
  "vitest",
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${reportFile}`,
  ...process.argv.slice(2),
]);
const report = JSON.parse(readFileSync(reportFile, "utf8"));
const skipped = report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : "";
console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed${skipped}`);
process.exitCode = status;
