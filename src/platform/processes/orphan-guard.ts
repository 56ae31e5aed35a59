// The last resort for `kill -9` of ourselves: a sleeping shell that holds one end of a pipe and, when the other end goes away with us,
// kills whatever still carries our tag. Called by spawn.ts, once, behind the first command. Linux only: elsewhere tags cannot be read.

export interface OrphanGuard {
  /** What carries this tag, which is no longer added to, is let live. */
  spare(tag: string): void;
  /** Ends the guard without letting it act. */
  dismiss(): void;
}

interface GuardSpawner {
  spawn(
    argv: string[],
    options: { cwd: string; env: Record<string, string>; stdin: "pipe"; stdout: "ignore"; stderr: "ignore"; detached: boolean },
  ): { stdin: { write(text: string): void; flush(): void }; kill(signal: "SIGKILL"): void; unref(): void };
}

/** Several rounds, since a process may fork between the search and the signal. */
const script = `trap "" HUP INT TERM QUIT
spared=
while read -r line; do spared="$spared|$line"; done
for round in 1 2 3; do
  for file in $(grep -lF -- "$1" /proc/[0-9]*/environ 2>/dev/null); do
    if [ -n "$spared" ] && tr "\\0" "\\n" <"$file" 2>/dev/null | grep -qE -- "(\${spared#|})(,|$)"; then continue; fi
    pid=\${file#/proc/}
    kill -KILL "\${pid%/environ}" 2>/dev/null
  done
done`;

export async function startOrphanGuard(tag: string, env: Record<string, string>): Promise<OrphanGuard | undefined> {
  if (process.platform !== "linux") return undefined;
  const argv = ["-c", script, "sh", tag];
  const bun = (globalThis as { Bun?: GuardSpawner }).Bun;
  try {
    if (bun !== undefined) {
      const child = bun.spawn(["/bin/sh", ...argv], { cwd: "/", env, stdin: "pipe", stdout: "ignore", stderr: "ignore", detached: true });
      child.unref();
      const spare = (spared: string): void => {
        child.stdin.write(`${spared}\n`);
        child.stdin.flush();
      };
      return { spare, dismiss: () => child.kill("SIGKILL") };
    }
    const { spawn } = await import("node:child_process");
    const child = spawn("/bin/sh", argv, { cwd: "/", env, stdio: ["pipe", "ignore", "ignore"], detached: true });
    child.on("error", () => {});
    child.stdin.on("error", () => {});
    child.unref();
    (child.stdin as unknown as { unref?(): void }).unref?.();
    return { spare: (spared) => void child.stdin.write(`${spared}\n`), dismiss: () => void child.kill("SIGKILL") };
  } catch {
    return undefined;
  }
}
