import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes longest, by waiting or by the processor: begun first, nothing is waited for alone at the end. */
const longest = [
  "e2e/shipped-extensions-work",
  "session/log/kill",
  "e2e/undo",
  "e2e/packages",
  "e2e/waits",
  "contract/runtime-hosts",
  "session/tree/random-trees",
  "journal/kills",
  "contract/on-bun",
  "e2e/interactive",
  "e2e/package",
  "artifacts/blob-kills",
  "contract/runtime",
  "e2e/storage",
  "e2e/npm-agent",
  "accounts/killed-refresh",
  "e2e/auth-by-turns",
  "e2e/failing-services",
  "e2e/npm-settings",
  "e2e/extension-files",
  "e2e/first-steps",
  "e2e/deep-tree",
  "providers/recorded-streams",
  "e2e/rpc-slow-reader",
  "extensions/policy/shell-fuzz",
  "e2e/outcomes",
  "e2e/auth",
  "scripts/bench-gate",
  "e2e/runner",
  "e2e/policy",
  "session/index/long-files",
  "session/index/compacted-files",
  "transcript/export-html",
  "providers/kept-connection",
  "modes/rpc/any-lines",
  "session/log/lease",
  "modes/rpc/schedules",
  "accounts/flows",
].map((name) => `/test/${name}.test.ts`);

const everyTest = ["test/**/*.test.ts"];

/** What mostly starts programs: before what fills its worker with modules, since to start one takes a process the longer the larger it is. */
const startsPrograms = /\/test\/e2e\/|kill[^/]*\.test\.ts$/;

/** What puts something else in the place of a module of the platform, or knows all secrets of its process: in a worker of its own. */
const alone = ["test/artifacts/blob-races.test.ts", "test/artifacts/artifacts.test.ts"];

// Asks real services, for money: only when that is said.
const excluded = [...configDefaults.exclude, ...(process.env.PI_LIVE === "1" ? [] : ["test/live/**"])];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((name) => moduleId.endsWith(name));
      return (startsPrograms.test(moduleId) ? 0 : longest.length + 1) + (at === -1 ? longest.length : at);
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  test: {
    projects: [
      // Files share what a worker has loaded: a quarter of the suite's time was loading the same modules again.
      { extends: true, test: { name: "together", include: everyTest, exclude: [...excluded, ...alone], isolate: false } },
      { extends: true, test: { name: "alone", include: alone, isolate: true } },
    ],
    // To start a program copies the tables of the starter's whole memory: 3 ms for a small process, 37 for one with 1.3 GB, as all workers are together.
    pool: "forks",
    globalSetup: ["./test/support/temporary-files.ts"],
    setupFiles: ["./test/support/shared-worker.ts"],
    // Two more than two cores have: while two files wait for what they have started, two others have the processors.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    // Against what never ends, not against a busy machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // What comes from another process comes when the machine has time for it.
    expect: { poll: { timeout: 60_000 } },
  },
});
