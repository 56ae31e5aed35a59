// Where things are: home, agent directory, paths as users and models write them. Called by every layer that names a file.

import { isAbsolute, join, relative, resolve } from "node:path";

export type Env = Readonly<Record<string, string | undefined>>;

/** The user's home; a directory that cannot exist when the machine knows none, so that reads find nothing and writes fail cleanly. */
export function homeDirectory(env: Env): string {
  if (env.HOME) return env.HOME;
  try {
    return process.getBuiltinModule("node:os").homedir() || "/nonexistent";
  } catch {
    return "/nonexistent";
  }
}

/** `~` and `~/x` become absolute. */
export function expandHome(path: string, homeDir: string): string {
  if (path === "~") return homeDir;
  return path.startsWith("~/") || path.startsWith("~\\") ? join(homeDir, path.slice(2)) : path;
}

/** Absolute form of a path as a user wrote it. */
export function absolutePath(path: string, cwd: string, homeDir: string): string {
  const expanded = expandHome(path, homeDir);
  return isAbsolute(expanded) ? resolve(expanded) : resolve(cwd, expanded);
}

/** Of absolute paths; `directory` itself counts as inside. A name may begin with two dots. */
export function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === "" || (way !== ".." && !way.startsWith("../") && !way.startsWith("..\\") && resolve(directory, way) === path);
}

/** `$PI_CODING_AGENT_DIR`, else `~/.pi/agent`. */
export function agentDirectory(env: Env, homeDir: string, cwd: string): string {
  const given = env.PI_CODING_AGENT_DIR;
  return given ? absolutePath(given, cwd, homeDir) : join(homeDir, ".pi", "agent");
}

export function userConfigFile(agentDir: string): string {
  return join(agentDir, "config.toml");
}
