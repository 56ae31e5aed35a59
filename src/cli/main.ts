// The one place where everything a user can start begins and every error ends. Called by src/main.ts.
// Invariant: one catch; the exit status is set, not forced, so that nothing written is lost.

import { messageOf, PiError } from "../contracts/error.ts";
import type { Host } from "../platform/host.ts";
import { processHost, writeErrorLine } from "../platform/host.ts";
import { commandTable } from "./commands.ts";
import type { Said } from "./options.ts";
import { isSaid, parseOptions, unknownOption, valueSaid } from "./options.ts";
import { errorReport } from "./report-error.ts";

export async function start(lent: Pick<Host, "hostModules">): Promise<void> {
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
  const command = commandTable.find((one) => one.name === host.args[0]);
  if (command) return (await command.load()).run(host.args.slice(1), host, commandTable);
  const said = await readOptions(host);
  if (isSaid(said, "--help")) {
    const { helpText } = await import("./help.ts");
    const { flagsOfExtensions } = await import("./extension-flags.ts");
    void host.stdout.write(helpText(await flagsOfExtensions(said, host)));
    return 0;
  }
  if (isSaid(said, "--version")) {
    const { version } = await import("../contracts/version.ts");
    void host.stdout.write(`${version}\n`);
    return 0;
  }
  if (host.args.length === 0 && host.stdin.isTerminal && host.stdout.isTerminal) {
    const { shortHelpText } = await import("./help.ts");
    void host.stdout.write(shortHelpText());
    return 0;
  }
  const [stray] = said.unknown;
  if (stray !== undefined && (isSaid(said, "--list-models") || isSaid(said, "--export"))) throw unknownOption(stray.name);
  if (isSaid(said, "--list-models")) {
    const search = valueSaid(said, "--list-models");
    const { listModels } = await import("./commands/models.ts");
    await listModels(host, {
      json: isSaid(said, "--json"),
      approve: isSaid(said, "--approve"),
      ...(search === undefined ? {} : { search }),
    });
    return 0;
  }
  if (isSaid(said, "--json")) {
    throw new PiError("usage.conflict", "--json goes with --list-models and pi inspect", { hint: "A run that writes JSON is --mode json" });
  }
  if (isSaid(said, "--export")) {
    const { exportPage } = await import("./export-page.ts");
    await exportPage(said, host);
    return 0;
  }
  const { runMode } = await import("./run-mode.ts");
  return runMode(said, host);
}

async function readOptions(host: Host): Promise<Said> {
  try {
    return parseOptions(host.args);
  } catch (error) {
    const { recordUnreadable } = await import("./result-record.ts");
    await recordUnreadable(host.args, error, host);
    throw error;
  }
}
