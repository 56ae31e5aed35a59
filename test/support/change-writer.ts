// Changes files as a run does, puts them back, takes that back: bundled by itself, to be killed at any step. Used by test/journal/kills.test.ts.

import { chmodSync, mkdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Journal } from "../../src/journal/journal.ts";
import { carryOut, planRedo, planUndo } from "../../src/journal/put-back.ts";
import { ChangeRecorder } from "../../src/journal/recorder.ts";
import { settlePending } from "../../src/journal/settle.ts";
import { createFileOperations } from "../../src/platform/files/files.ts";

const [what = "", tree = "", session = ""] = process.argv.slice(2);
const about = { env: process.env, trusts: () => false };

if (what === "run") {
  const recorder = new ChangeRecorder(session, { ...about, run: () => "run", warn: () => {} });
  await recorder.write(join(tree, "written"), "by write\n", createFileOperations());
  await recorder.command({ cwd: tree, command: "make" }, async () => {
    writeFileSync(join(tree, "edited"), "by the command\n");
    unlinkSync(join(tree, "deleted"));
    rmSync(join(tree, "full"), { recursive: true });
    symlinkSync("new", join(tree, "full"));
    mkdirSync(join(tree, "new/deep"), { recursive: true });
    writeFileSync(join(tree, "new/deep/file"), "new\n");
    chmodSync(join(tree, "tool"), 0o755);
    writeFileSync(join(tree, "dirty"), "by the command\n");
  });
  await recorder.settled();
} else {
  const journal = new Journal(session);
  await settlePending(journal, about);
  const plan = what === "undo" ? await planUndo(journal, undefined, () => true) : await planRedo(journal, () => true);
  if (plan !== undefined) await carryOut(journal, plan);
}
