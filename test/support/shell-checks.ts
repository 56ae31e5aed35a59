// What createShellOperations must do, as checks that run in this process under Node (by vitest) and under Bun (by run-shell-checks.ts).

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { bunPath } from "../../scripts/build.mjs";
import type { ShellRequest, SpawnOutcome } from "../../src/contracts/tool.ts";
import { createShellOperations, type ProcessShell, type ShellSettings } from "../../src/platform/processes/spawn.ts";

interface Run {
  outcome: SpawnOutcome;
  text: string;
  tookMs: number;
}

interface Bench {
  directory: string;
  shell(settings?: Partial<ShellSettings>): ProcessShell;
  run(command: string, options?: Partial<ShellRequest> & { shell?: ProcessShell }): Promise<Run>;
}

export interface ShellCheck {
  name: string;
  check(bench: Bench): Promise<void>;
}

export async function withBench(check: ShellCheck["check"]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "pi-shell-check-"));
  const shells: ProcessShell[] = [];
  const shell = (settings: Partial<ShellSettings> = {}): ProcessShell => {
    const made = createShellOperations({ env: process.env, envPolicy: "inherit", ...settings });
    shells.push(made);
    return made;
  };
  const bench: Bench = {
    directory,
    shell,
    run: async (command, options = {}) => {
      const chunks: Uint8Array[] = [];
      const startedMs = performance.now();
      const outcome = await (options.shell ?? shell()).run({
        command,
        cwd: directory,
        signal: new AbortController().signal,
        onData: (chunk) => void chunks.push(chunk.slice()),
        ...options,
      });
      return { outcome, text: Buffer.concat(chunks).toString(), tookMs: performance.now() - startedMs };
    },
  };
  try {
    await check(bench);
  } finally {
    for (const one of shells) await one.killAll();
    rmSync(directory, { recursive: true, force: true });
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return false;
  }
}

/** Looks each 5 ms: a minute, for a machine that is busy. */
const looks = 12_000;

/** Waits until a file written by a command holds a process id. */
export async function pidFrom(path: string): Promise<number> {
  for (let attempt = 0; attempt < looks; attempt++) {
    try {
      const pid = Number(readFileSync(path, "utf8").trim());
      if (pid > 0) return pid;
    } catch {
      // Not written yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${path} was never written`);
}

export async function untilDead(pid: number): Promise<void> {
  for (let attempt = 0; attempt < looks && isAlive(pid); attempt++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(isAlive(pid), false, `process ${pid} lives`);
}

export const shellChecks: ShellCheck[] = [
  {
    name: "gives output and exit code, with stdin at its end",
    check: async ({ run }) => {
      const { outcome, text } = await run("cat; echo out; exit 7");
      assert.deepEqual(outcome, { exitCode: 7, timedOut: false, cancelled: false });
      assert.equal(text, "out\n");
    },
  },
  {
    name: "a command longer than an argument may be runs as any other, and leaves no file behind",
    check: async ({ run, shell }) => {
      const before = readdirSync(tmpdir()).filter((name) => name.startsWith(".pi-command-"));
      const line = "0123456789".repeat(10);
      const command = `echo "args: $# $*"; wc -c <<'END'\n${`${line}\n`.repeat(8000)}END\ncat; echo é; exit 5`;
      for (const made of [shell(), shell({ shellPath: "/bin/sh" })]) {
        const { outcome, text } = await run(command, { shell: made });
        assert.equal(text.replaceAll(/ +/g, " ").replaceAll(/\n /g, "\n"), "args: 0 \n808000\né\n");
        assert.equal(outcome.exitCode, 5);
      }
      assert.deepEqual(
        readdirSync(tmpdir()).filter((name) => name.startsWith(".pi-command-")),
        before,
      );
    },
  },
  {
    name: "keeps stdout and stderr in order",
    check: async ({ run }) => {
      const { text } = await run("for i in 1 2 3 4 5 6 7 8 9; do echo o$i; echo e$i >&2; done");
      assert.equal(text, [1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `o${i}\ne${i}\n`).join(""));
    },
  },
  {
    name: "a death by signal is 128 + its number",
    check: async ({ run }) => {
      assert.equal((await run("kill -SEGV $$")).outcome.exitCode, 139);
      assert.equal((await run("kill -KILL $$")).outcome.exitCode, 137);
    },
  },
  {
    name: "runs in its own process group",
    check: async ({ run }) => {
      const { text } = await run("cut -d' ' -f1,5 /proc/$$/stat");
      const [pid, group] = text.trim().split(" ");
      assert.equal(pid, group);
    },
  },
  {
    name: "passes the prefix, the added variables, and no BUN_ ones",
    check: async ({ run, shell }) => {
      const made = shell({
        commandPrefix: "shopt -s expand_aliases; alias hi='echo alias'",
        env: { PATH: process.env.PATH, BUN_BE_BUN: "1", KEPT: "kept" },
        extraEnv: () => ({ AI_AGENT: "pi" }),
      });
      const { text } = await run('hi\necho "$AI_AGENT $OWN $KEPT [$BUN_BE_BUN]"', { shell: made, env: { OWN: "own" } });
      assert.equal(text, "alias\npi own kept []\n");
    },
  },
  {
    name: "no command waits for keys: editors leave texts, pagers pass on, whatever the environment says",
    check: async ({ run, shell }) => {
      const env = { PATH: process.env.PATH, HOME: "/nowhere", EDITOR: "vi", GIT_EDITOR: "vi", PAGER: "less", GIT_PAGER: "less" };
      const commit = "git -c user.name=n -c user.email=e@e commit --allow-empty";
      const command = `git init -q . && ${commit} -qm first && ${commit} -q --amend && git -p log --format=%s; echo "$GIT_TERMINAL_PROMPT"`;
      assert.equal((await run(command, { shell: shell({ env }), timeoutMs: 60_000 })).text, "first\n0\n");
    },
  },
  {
    name: "vim by its own name gives up, after it has done what it was told",
    check: async ({ run, shell, directory }) => {
      const env = { PATH: process.env.PATH, HOME: "/nowhere" };
      const isThere = 'command -v vim >/dev/null || { echo "none"; exit; }';
      const { text } = await run(
        `${isThere}; cd ${directory}; vim -c "call setline(1, 'written')" -c w one >/dev/null 2>&1; echo "$? $(cat one)"`,
        {
          shell: shell({ env }),
          timeoutMs: 60_000,
        },
      );
      assert.match(text, /^(1 written|none)\n$/);
    },
  },
  {
    name: "variables that are set win, also over those of single programs, and BUN_ ones are not among them",
    check: async ({ run, shell }) => {
      const env = { PATH: process.env.PATH, OWN: "of the environment", GIT_EDITOR: "vi" };
      const set = { EDITOR: "nano", GIT_PAGER: "more", OWN: "set", BUN_BE_BUN: "1" };
      const { text } = await run('echo "$EDITOR $GIT_EDITOR $GIT_PAGER $PAGER $OWN [$BUN_BE_BUN]"', { shell: shell({ env, set }) });
      assert.equal(text, "nano nano more cat set []\n");
    },
  },
  {
    name: "what is left in the background is ended at the end, or kept where that is asked for",
    check: async ({ run, shell, directory }) => {
      for (const background of ["end", "keep"] as const) {
        const made = shell({ background });
        await run(`sleep 300 >/dev/null 2>&1 & echo $! > ${directory}/${background}`, { shell: made });
        await made.killAll();
        const pid = Number(readFileSync(join(directory, background), "utf8"));
        assert.equal(isAlive(pid), background === "keep");
        if (background === "keep") process.kill(pid, "SIGKILL");
      }
    },
  },
  {
    name: "scrubs credentials, or passes only what is listed",
    check: async ({ run, shell }) => {
      const env = { PATH: process.env.PATH, OPENAI_API_KEY: "k", DATABASE: "postgres://u:p@h/d", GIT_AUTHOR_NAME: "me", LC_ALL: "C" };
      const command = 'echo "[$OPENAI_API_KEY] [$DATABASE] [$GIT_AUTHOR_NAME] [$LC_ALL]"';
      assert.equal((await run(command, { shell: shell({ env, envPolicy: "scrub" }) })).text, "[] [] [me] [C]\n");
      assert.equal((await run(command, { shell: shell({ env, envPolicy: ["PATH", "LC_*"] }) })).text, "[] [] [] [C]\n");
    },
  },
  {
    name: "a timeout ends the whole tree and keeps the output",
    check: async ({ run, directory }) => {
      const pidFile = join(directory, "pid");
      for (let timeoutMs = 300; ; timeoutMs *= 3) {
        const { outcome, text, tookMs } = await run(`echo first; (sleep 300 & echo $! > ${pidFile}; wait)`, { timeoutMs });
        assert.equal(outcome.timedOut, true);
        assert.equal(outcome.cancelled, false);
        assert.ok(tookMs < 200_000, `took ${tookMs} ms`);
        // It has to have got as far, which takes a busy machine longer.
        if (text === "" || !existsSync(pidFile)) continue;
        assert.equal(text, "first\n");
        await untilDead(await pidFrom(pidFile));
        return;
      }
    },
  },
  {
    name: "an abort ends what ignores TERM and what left the group or the session",
    check: async ({ run, directory }) => {
      const abort = new AbortController();
      const command = [
        'trap "" TERM',
        `setsid sh -c 'trap "" TERM; echo $$ > ${directory}/stray; sleep 300; sleep 300' &`,
        `env -i PATH="$PATH" setsid sh -c 'echo $$ > ${directory}/bare; sleep 300; sleep 300' &`,
        `echo started; echo $$ > ${directory}/shell; wait; sleep 300`,
      ].join("\n");
      const pending = run(command, { signal: abort.signal });
      const pids = [await pidFrom(`${directory}/stray`), await pidFrom(`${directory}/bare`), await pidFrom(`${directory}/shell`)];
      const abortedMs = performance.now();
      abort.abort();
      const { outcome, text } = await pending;
      const tookMs = performance.now() - abortedMs;
      assert.deepEqual(outcome, { exitCode: undefined, timedOut: false, cancelled: true });
      assert.equal(text, "started\n");
      assert.ok(tookMs < 60_000, `took ${tookMs} ms`);
      for (const pid of pids) await untilDead(pid);
    },
  },
  {
    name: "an abort before the start starts nothing",
    check: async ({ run, directory }) => {
      const { outcome } = await run("touch made", { signal: AbortSignal.abort() });
      assert.equal(outcome.cancelled, true);
      assert.throws(() => readFileSync(join(directory, "made")));
    },
  },
  {
    name: "a background child that holds the pipe does not hold the call, and is not hurt by it",
    check: async ({ run, directory, shell }) => {
      let quickestMs = Number.POSITIVE_INFINITY;
      // A machine that is busy now and then is not so each time; a wait is.
      for (let tries = 0; tries < 5 && quickestMs >= 3000; tries++) {
        const made = shell();
        const pidFile = join(directory, `pid-${tries}`);
        const command = `(while sleep 0.02; do echo tick; done) & echo $! > ${pidFile}; echo done`;
        const { outcome, text, tookMs } = await run(command, { shell: made });
        assert.equal(outcome.exitCode, 0);
        assert.ok(text.startsWith("done\n") || text.includes("\ndone\n"), text);
        const pid = await pidFrom(pidFile);
        assert.equal(isAlive(pid), true);
        await made.killAll();
        await untilDead(pid);
        quickestMs = Math.min(quickestMs, tookMs);
      }
      assert.ok(quickestMs < 3000, `took ${quickestMs} ms`);
    },
  },
  {
    name: "killAllNow ends running and left-behind processes without waiting",
    check: async ({ run, directory, shell }) => {
      const made = shell();
      await run(`setsid sleep 300 >/dev/null & echo $! > ${directory}/left`, { shell: made });
      const pending = run(`echo $$ > ${directory}/running; sleep 300; sleep 300`, { shell: made });
      const pids = [await pidFrom(`${directory}/left`), await pidFrom(`${directory}/running`)];
      made.killAllNow();
      assert.equal((await pending).outcome.exitCode, 137);
      for (const pid of pids) await untilDead(pid);
    },
  },
  {
    name: "everything written before the end arrives, also for a slow reader",
    check: async ({ run }) => {
      let bytes = 0;
      const { outcome } = await run("head -c 3000000 /dev/zero", {
        onData: async (chunk) => {
          bytes += chunk.length;
          if (bytes < 400_000) await new Promise((resolve) => setTimeout(resolve, 20));
        },
      });
      assert.equal(outcome.exitCode, 0);
      assert.equal(bytes, 3_000_000);
    },
  },
  {
    name: "a reader that does not ask holds the writer back",
    check: async ({ run, directory }) => {
      let release = (): void => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      let first = true;
      let bytes = 0;
      const pending = run(`yes | head -c 20000000; echo > ${directory}/finished`, {
        onData: async (chunk) => {
          bytes += chunk.length;
          if (!first) return;
          first = false;
          await gate;
        },
      });
      await new Promise((resolve) => setTimeout(resolve, 150));
      assert.throws(() => readFileSync(join(directory, "finished")));
      release();
      await pending;
      assert.equal(bytes, 20_000_000);
    },
  },
  {
    name: "a reader that fails ends the command with its error",
    check: async ({ run }) => {
      const failing = run("yes", {
        onData: () => {
          throw new Error("disk full");
        },
      });
      await assert.rejects(failing, /disk full/);
    },
  },
  {
    name: "a directory or shell that is not there is a clear error",
    check: async ({ run, shell, directory }) => {
      await assert.rejects(run("true", { cwd: `${directory}/none` }), { code: "tool.cwd_missing" });
      await assert.rejects(run("true", { shell: shell({ shellPath: `${directory}/nosh` }) }), { code: "tool.no_shell" });
      writeFileSync(`${directory}/sh`, '#!/bin/sh\necho "mine: $2"\n', { mode: 0o755 });
      assert.equal((await run("hello", { shell: shell({ shellPath: `${directory}/sh` }) })).text, "mine: hello\n");
    },
  },
  {
    name: "after kill -9 of the parent nothing it started lives on",
    check: async ({ directory }) => {
      const { spawn } = await import("node:child_process");
      const runner = resolve(import.meta.dirname, "run-shell-command.ts");
      const command = `setsid sleep 300 & echo $! > ${directory}/stray; echo $$ > ${directory}/shell; sleep 300; sleep 300`;
      const parent = spawn(bunPath(), [runner, directory, command], { stdio: "ignore" });
      const pids = [await pidFrom(`${directory}/stray`), await pidFrom(`${directory}/shell`), await pidFrom(`${directory}/ready`)];
      parent.kill("SIGKILL");
      for (const pid of pids) await untilDead(pid);
    },
  },
  {
    name: "after kill -9 of the parent what a finished command left behind lives on where that is asked for, and nothing else",
    check: async ({ directory }) => {
      const { spawn } = await import("node:child_process");
      const words = [
        resolve(import.meta.dirname, "run-shell-command.ts"),
        directory,
        `setsid sleep 300 & echo $! > ${directory}/stray; sleep 300`,
        `sleep 300 >/dev/null 2>&1 & echo $! > ${directory}/server`,
      ];
      const parent = spawn(bunPath(), words, { stdio: "ignore" });
      const server = await pidFrom(`${directory}/server`);
      const pids = [await pidFrom(`${directory}/stray`), await pidFrom(`${directory}/ready`)];
      parent.kill("SIGKILL");
      for (const pid of pids) await untilDead(pid);
      assert.equal(isAlive(server), true);
      process.kill(server, "SIGKILL");
    },
  },
];
