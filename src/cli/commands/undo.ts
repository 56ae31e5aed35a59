// `pi undo [REF] [FILE…]`: files as they were before a run, and back. Called by cli/main.
// Invariant: all that is asked for or nothing; where a file was changed since, nothing, unless it is forced.

import { relative, sep } from "node:path";
import { isPiError, messageOf, PiError } from "../../contracts/error.ts";
import { plainLine } from "../../contracts/text/terminal-text.ts";
import { missedIn, runsIn } from "../../journal/journal.ts";
import { carryOut, isEmpty, planRedo, planUndo, type ReturnPlan } from "../../journal/put-back.ts";
import type { Host } from "../../platform/host.ts";
import { absolutePath, isInside } from "../../platform/paths.ts";
import { missedText, unseenText, withJournal } from "./sessions/journal-of.ts";
import { addPlaceOptions, existingDirectory, type PlaceFlags, sessionPlaces } from "./sessions/session-places.ts";
import { runSubcommands } from "./subcommands.ts";

interface Flags extends PlaceFlags {
  run?: string;
  redo?: boolean;
  dryRun?: boolean;
  force?: boolean;
}

export async function run(args: readonly string[], host: Host): Promise<number> {
  return runSubcommands("undo", args, host, (program) => {
    addPlaceOptions(program)
      .description("Put files back as they were before the last run of a session that changed any.")
      .argument("[ref]", "the session; else the last one of this directory")
      .argument("[files...]", "only these files, and those in these directories")
      .option("--run <n>", "another run of the session: the first that changed files is 1")
      .option("--redo", "take the last undo back, with what --force wrote over")
      .option("--dry-run", "only say what would be done")
      .option("--force", "also where a file was changed since; --redo brings that back")
      .action((ref: string | undefined, files: string[], flags: Flags) => undo(host, ref ?? "last", files, flags));
  });
}

async function undo(host: Host, ref: string, files: readonly string[], flags: Flags): Promise<void> {
  const number = runNumber(flags.run);
  if (flags.redo && number !== undefined)
    throw new PiError("usage.conflict", "--redo takes the last undo back, whichever run it was of", { hint: "Leave --run out" });
  if (flags.cwd !== undefined) existingDirectory(flags.cwd, host);
  const places = await sessionPlaces(host, flags);
  const path = await places.find(ref).catch((error: unknown) => {
    if (!isPiError(error) || error.code !== "session.not_found" || files.length > 0 || ref === "last") throw error;
    const hint = `A file stands behind the session: pi undo last ${plainLine(ref)}`;
    throw new PiError(error.code, error.message, { hint, exitStatus: error.exitStatus });
  });
  const asked = files.map((file) => absolutePath(file, places.cwd, host.homeDir));
  const takes = (one: string): boolean => asked.length === 0 || asked.some((file) => one === file || one.startsWith(`${file}${sep}`));
  const shown = (one: string): string => plainLine(isInside(one, places.cwd) ? relative(places.cwd, one) : one);
  await withJournal(path, host, async (journal) => {
    const count = runsIn(journal.lines()).length;
    if (number !== undefined && number > count)
      throw new PiError("usage.bad_value", `--run ${number}: of this session ${count} runs have changed files`, {
        hint: "pi sessions diff --stat shows them",
      });
    const plan = flags.redo ? await planRedo(journal, takes) : await planUndo(journal, number, takes);
    const missed = missedIn(journal.lines(), plan?.run);
    if (plan === undefined || isEmpty(plan)) {
      await host.stderr.write(`${nothingToDo(flags, asked.length > 0)}\n${missedText(missed)}${unseenText(places.cwd)}`);
      return;
    }
    if (plan.lost.length > 0)
      throw refused(plan.lost.map(shown), "was not kept, or is out of reach", "Name the other files to put those back");
    if (plan.unkept.length > 0)
      throw refused(
        plan.unkept.map(shown),
        "is too large to be kept, and would be gone for good",
        "Remove it by hand, or name the other files",
      );
    if (plan.changedSince.length > 0 && !flags.force)
      throw refused(
        plan.changedSince.map(shown),
        "was changed since",
        "Nothing was put back; --force writes over it, --redo brings it back",
      );
    for (const { path: one, before, after } of plan.files) {
      const verb = after.kind === "absent" ? "removed" : before.kind === "absent" ? "brought back" : "put back";
      await host.stdout.write(`${flags.dryRun ? "would be " : ""}${verb}  ${shown(one)}\n`);
    }
    if (flags.dryRun) return;
    await carryOut(journal, plan).catch((error: unknown) => {
      throw new PiError("io.write", `Not all files could be put back: ${messageOf(error)}`, {
        hint: "Do it again when the reason is gone: what is done stays done",
        cause: error,
      });
    });
    await host.stderr.write(`${closingLine(plan)}\n${missedText(missed)}`);
  });
}

function runNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new PiError("usage.bad_value", `--run ${JSON.stringify(text)} is not a whole number from 1`, { hint: "For example --run 2" });
}

function refused(paths: readonly string[], why: string, hint: string): PiError {
  const more = paths.length > 10 ? ` and ${paths.length - 10} more` : "";
  return new PiError("session.undo_refused", `${paths.slice(0, 10).join(", ")}${more} ${why}`, { hint });
}

function nothingToDo(flags: Flags, hasFiles: boolean): string {
  if (flags.redo) return "No undo to take back.";
  return hasFiles
    ? "No run has changed these files, or they are as they were."
    : "No run of this session has changed files that are not as they were.";
}

function closingLine({ type, runNumber: number, files }: ReturnPlan): string {
  const what = `${files.length} file${files.length === 1 ? "" : "s"}`;
  return type === "undo"
    ? `Run ${number} is undone: ${what}. pi undo --redo takes that back.`
    : `The undo of run ${number} is taken back: ${what}.`;
}
