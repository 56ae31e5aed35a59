// Opens an address in the user's browser by the program the system has for it. Called by `pi auth login`.
// Invariant: the address is one argument and never passes a shell; whether a browser came up cannot be told, so nothing depends on it.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Env } from "../paths.ts";

/** Whether a program was started. Only `https:` addresses, and `http:` ones of this machine, are opened. */
export function openUrl(url: string, env: Env): boolean {
  const target = new URL(url);
  const isLocal = target.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(target.hostname);
  if (target.protocol !== "https:" && !isLocal) return false;
  const [program, ...args] = opener(env);
  if (program === undefined) return false;
  try {
    const child = spawn(program, [...args, target.href], { stdio: "ignore", detached: true, env: { ...env } });
    child.on("error", () => {});
    child.unref();
    return true;
  } catch {
    return false;
  }
}

function opener(env: Env): string[] {
  if (process.platform === "darwin") return ["open"];
  if (process.platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  // In the Windows subsystem the browser is the one outside.
  if (existsSync("/proc/sys/fs/binfmt_misc/WSLInterop")) return ["rundll32.exe", "url.dll,FileProtocolHandler"];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ["xdg-open"] : [];
}
