// The one place where everything a user can start begins and every error ends. Called by src/main.ts.
// Invariant: one catch; the exit status is set, not forced, so that nothing written is lost.

import { defined } from "../contracts/defined.ts";
import { messageOf, PiError } from "../contracts/error.ts";
import type { Host } from "../platform/host.ts";
import { processHost, writeErrorLine } from "../platform/host.ts";
import { keepCompiled } from "../platform/modules/compile-cache.ts";
import { useOwnGlobals } from "../platform/modules/node-globals.ts";
import { startIsOver } from "../platform/start-pace.ts";
import { commandTable } from "./commands.ts";
import { modeSaid } from "./mode-said.ts";
import type { Said } from "./options.ts";
import { isSaid, valueSaid } from "./options.ts";
import { readOptions } from "./read-options.ts";
import { errorReport } from "./report-error.ts";
import { orUnanswered } from "./unanswered.ts";

export async function start(lent: Pick<Host, "hostModules"> & Partial<Pick<Host, "args" | "inlineExtensions">>): Promise<void> {
  useOwnGlobals();
  const host = processHost(lent);
  let status = await run(host);
  await host.stdout.flush();
  if (host.stdout.failure) {
    writeErrorLine(
      `Error: Cannot write to stdout: ${messageOf(host.stdout.failure)}. What is missing there is in the session, if there is one.`,
    );
    status = status === 0 ? 1 : status;
  }
  host.setExitStatus(status);
  await host.stderr.flush();
  // A silent pipe on stdin may still be open, an extension's watcher may be running: either would hold the process.
  if (host.stdin.isReading || host.hasExtensions) host.exitNow(status);
}

/** The exit status. */
async function run(host: Host): Promise<number> {
  try {
    return await dispatch(host);
  } catch (error) {
    const report = errorReport(error, host.args.includes("--verbose"));
    // Warnings came first; they may be what the error is about.
    await host.stderr.flush();
    writeErrorLine(report.text);
    return report.exitStatus;
  }
}

async function dispatch(host: Host): Promise<number> {
  const said = await saidOn(host);
  if (isSaid(said, "--version")) {
    const { version } = await import("../contracts/version.ts");
    void host.stdout.write(`${version}\n`);
    return 0;
  }
  if (said.command !== undefined) return orUnanswered(runCommand(said, said.command, host), host);
  if (isSaid(said, "--help")) return orUnanswered(showHelp(said, host), host);
  const [stray] = said.unknown;
  if (stray !== undefined && (isSaid(said, "--list-models") || isSaid(said, "--export")))
    throw (await import("./meant-words.ts")).unknownOption(stray.name);
  if (isSaid(said, "--list-models")) {
    const search = valueSaid(said, "--list-models");
    const { listModels } = await import("./commands/models.ts");
    const { paged } = await import("./paged.ts");
    return paged(host, async (at) => {
      await listModels(at, {
        json: isSaid(said, "--json"),
        approve: isSaid(said, "--approve"),
        ...defined({ search }),
      });
      return 0;
    });
  }
  if (isSaid(said, "--json")) {
    throw new PiError("usage.conflict", "--json goes with --list-models and pi inspect", { hint: "A run that writes JSON is --mode json" });
  }
  if (isSaid(said, "--resume")) {
    const picked = await (await import("./pick-session.ts")).pickSession(said, host);
    if (picked.by === "nobody") return 0;
    if (picked.by === "number") said.options.set("--session", [picked.path]);
  }
  if (isSaid(said, "--export")) {
    startIsOver();
    const { exportPage } = await import("./export-page.ts");
    await exportPage(said, host);
    return 0;
  }
  if (said.operands.length > 0 && !isSaid(said, "--print")) {
    const { refuseCommandWord, refuseScreenCommand } = await import("./meant-words.ts");
    refuseCommandWord(said, commandTable);
    if (modeSaid(said, host) !== "interactive") await refuseScreenCommand(said);
  }
  const { runMode } = await import("./run-mode.ts");
  let status: number | undefined;
  try {
    status = await runMode(said, host);
    return status;
  } finally {
    keepCompiled(host.now(), status === 0);
  }
}

async function showHelp(said: Said, host: Host): Promise<number> {
  const { helpText } = await import("./help.ts");
  const { flagsOfExtensions } = await import("./extension-flags.ts");
  const flags = await flagsOfExtensions(said, host);
  const { paged } = await import("./paged.ts");
  return paged(host, async ({ stdout }) => {
    void stdout.write(helpText(commandTable, stdout.isTerminal ? stdout.columns : undefined, flags));
    return 0;
  });
}

/** Options in front of a command: where it runs is the host's, as in git; the others are read by the command itself. */
async function runCommand(said: Said, { name, args }: NonNullable<Said["command"]>, host: Host): Promise<number> {
  startIsOver();
  const command = commandTable.find((one) => one.name === name);
  if (command === undefined) throw new Error(`No command ${name}`);
  const [stray] = said.unknown;
  if (stray !== undefined) throw (await import("./meant-words.ts")).unknownOption(stray.name);
  const behind = [...said.options].flatMap(([option, values]) => {
    if (option === "--cwd" || option === "--offline" || option === "--verbose") return [];
    return values.length === 0 ? [option] : values.map((value) => `${option}=${value}`);
  });
  const { run } = await command.load();
  const runOn = (at: Host): Promise<number> => run([...args, ...behind], at, commandTable);
  const there = await hostOf(said, host);
  return command.isPaged ? (await import("./paged.ts")).paged(there, runOn) : runOn(there);
}

async function hostOf(said: Said, host: Host): Promise<Host> {
  const cwd = isSaid(said, "--cwd") ? (await import("./resolve-run.ts")).workingDirectory(said, host) : host.cwd;
  return { ...host, cwd, env: isSaid(said, "--offline") ? { ...host.env, PI_OFFLINE: "1" } : host.env };
}

async function saidOn(host: Host): Promise<Said> {
  try {
    return await readOptions(host.args, (word) => commandTable.some(({ name }) => name === word));
  } catch (error) {
    const { recordUnreadable } = await import("./result-record.ts");
    await recordUnreadable(host.args, error, host);
    throw error;
  }
}
