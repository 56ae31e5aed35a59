import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Asks real services, for money: only when that is said.
    exclude: [...configDefaults.exclude, ...(process.env.PI_LIVE === "1" ? [] : ["test/live/**"])],
    pool: "threads",
    // One less than the cores is the default, which on two cores is one after another.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
