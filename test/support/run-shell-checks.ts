// Runs shell-checks.ts in the runtime that runs this file and prints one JSON line a check.

import { shellChecks, withBench } from "./shell-checks.ts";

for (const { name, check } of shellChecks.filter((one) => one.name.includes(process.argv[2] ?? ""))) {
  let failure: string | undefined;
  await withBench(check).catch((error: unknown) => {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  });
  console.log(JSON.stringify({ name, failure }));
}
