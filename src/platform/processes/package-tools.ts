// The programs that bring packages: this binary as bun, npm where we run on Node, what the user has named in their place, git. Called by extensions/packages/install.
// Invariant: bounded in time; nothing of a package runs unless it was allowed to; what went wrong is the program's last words in one line.

import { existsSync } from "node:fs";
import { messageOf, PiError } from "../../contracts/error.ts";
import { childEnv } from "./child-env.ts";
import { processPlace } from "./process-place.ts";

export interface InstallerRun {
  directory: string;
  cacheDirectory: string;
  allowScripts: boolean;
  /** A program that takes npm's arguments, with its first ones; empty: the installer of this runtime. */
  npmCommand: readonly string[];
}

const installMs = 10 * 60_000;
const gitMs = 5 * 60_000;

/** Rejects with `io.package`. */
export async function runInstaller(
  /** `restore`: exactly what the lock file says, with the hashes in it. */
  what: "add" | "remove" | "install" | "restore",
  names: readonly string[],
  { directory, cacheDirectory, allowScripts, npmCommand }: InstallerRun,
): Promise<void> {
  const scripts = allowScripts ? [] : ["--ignore-scripts"];
  if (isOwnInstaller(npmCommand)) {
    const verb = what === "restore" ? ["install", "--frozen-lockfile"] : [what];
    const args = [...verb, ...scripts, ...(what === "remove" ? [] : ["--omit=dev", "--omit=peer"]), ...names];
    await runProgram(process.execPath, args, {
      cwd: directory,
      ms: installMs,
      env: { BUN_BE_BUN: "1", BUN_INSTALL_CACHE_DIR: cacheDirectory },
    });
    return;
  }
  const verbs = { add: "install", remove: "uninstall", install: "install", restore: "ci" } as const;
  const args = [
    verbs[what],
    ...scripts,
    "--legacy-peer-deps",
    "--omit=dev",
    "--no-audit",
    "--no-fund",
    "--cache",
    cacheDirectory,
    ...names,
  ];
  const [program = "npm", ...first] = npmCommand;
  await runProgram(program, [...first, ...args], { cwd: directory, ms: installMs, env: {} });
}

/** The lock file that this installer writes and reads. */
export function lockFileName(npmCommand: readonly string[]): string {
  return isOwnInstaller(npmCommand) ? "bun.lock" : "package-lock.json";
}

function isOwnInstaller(npmCommand: readonly string[]): boolean {
  return npmCommand.length === 0 && process.versions.bun !== undefined;
}

/** Asks nobody for a password. Rejects with `io.package`. */
export function runGit(args: readonly string[]): Promise<void> {
  const { cwd } = processPlace();
  return runProgram("git", args, { cwd: existsSync(cwd) ? cwd : "/", ms: gitMs, env: { GIT_TERMINAL_PROMPT: "0" } });
}

async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, ms, env }: { cwd: string; ms: number; env: Record<string, string> },
): Promise<void> {
  const { execFile } = process.getBuiltinModule("node:child_process");
  await new Promise<void>((resolve, reject) => {
    const all = { ...childEnv(process.env, "inherit"), ...env };
    const child = execFile(
      program,
      [...args],
      { cwd, env: all, timeout: ms, killSignal: "SIGKILL", maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve();
        else
          reject(
            new PiError(
              "io.package",
              `${program === process.execPath ? "The installer" : program} failed: ${lastWords(stderr || stdout) || messageOf(error)}`,
            ),
          );
      },
    );
    child.stdin?.end();
  });
}

function lastWords(text: string): string {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return (lines.findLast((line) => /^(error|fatal|npm error)/i.test(line)) ?? lines.at(-1) ?? "").slice(0, 300);
}
