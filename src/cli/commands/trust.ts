// `pi trust [DIR] | --revoke [DIR] | list`: whether a project's `.pi` counts without being asked for each run. Called by cli/main.

import { dirname } from "node:path";
import { findProject, findProjectDirectory, saveDecision, savedDecisions } from "../../config/trust.ts";
import { messageOf, PiError } from "../../contracts/error.ts";
import { plainLine } from "../../contracts/text/terminal-text.ts";
import { kindOfPath } from "../../platform/files/path-kind.ts";
import type { Host } from "../../platform/host.ts";
import { absolutePath, agentDirectory } from "../../platform/paths.ts";
import { runSubcommands } from "./subcommands.ts";

export async function run(args: readonly string[], host: Host): Promise<number> {
  return runSubcommands("trust", args, host, (program) => {
    program
      .description("Trust a project's .pi directory for good: its settings, prompts, skills, themes and extensions count then.")
      .argument("[dir]", "the project, and all below it; else the one of this directory")
      .option("--revoke", "trust it no more")
      .action((dir: string | undefined, flags: { revoke?: boolean }) => decide(dir, flags.revoke !== true, host));
    program
      .command("list")
      .description("what was decided")
      .option("--json", "as JSON")
      .action((flags: { json?: boolean }) => list(host, flags.json === true));
  });
}

function agentDirOf(host: Host): string {
  return agentDirectory(host.env, host.homeDir, host.cwd);
}

async function decide(given: string | undefined, isTrusted: boolean, host: Host): Promise<void> {
  const directory = given === undefined ? dirname(findProjectDirectory(host.cwd)) : absolutePath(given, host.cwd, host.homeDir);
  // Whoever takes trust back may do so where the project is gone.
  if (isTrusted && kindOfPath(directory) !== "directory")
    throw new PiError("usage.bad_directory", `${directory} is not a directory`, { hint: "Name the project's directory" });
  const path = await saveDecision(directory, isTrusted, agentDirOf(host)).catch((error: unknown) => {
    if (error instanceof PiError) throw error;
    throw new PiError("io.write", `The decision cannot be kept: ${messageOf(error)}`, {
      hint: "--approve trusts it for one run",
      cause: error,
    });
  });
  const project = findProject(directory);
  const held = project === undefined ? "there is no .pi in it yet" : `${project.dir} holds ${project.contents.join(", ")}`;
  await host.stdout.write(`${plainLine(path)} is trusted${isTrusted ? "" : " no more"}; ${plainLine(held)}.\n`);
}

async function list(host: Host, asJson: boolean): Promise<void> {
  const decisions = [...savedDecisions(agentDirOf(host))].map(([directory, trusted]) => ({ directory, trusted }));
  if (asJson) return host.stdout.write(`${JSON.stringify(decisions, null, 2)}\n`);
  for (const { directory, trusted } of decisions) await host.stdout.write(`${trusted ? "trusted" : "refused"}  ${plainLine(directory)}\n`);
  if (decisions.length === 0) await host.stderr.write("Nothing was decided yet: pi trust trusts the project of this directory.\n");
}
