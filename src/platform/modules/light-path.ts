// Node's `path` for the scripts of the build: what is normal already is not taken apart. Node looks at each character of a path by a call of its own; a start
// has thousands of them, for which Node 22 compiles that function with its last compiler: 6 MB of memory. Given to scripts by scripts-of-build.
// Invariant: every answer is that of `node:path`.

import nodePath from "node:path";

/** Joining, resolving and relating by comparison where that is enough; all else is `node:path`'s own. */
export const lightPath: typeof nodePath =
  nodePath.sep === "/" ? Object.assign(Object.create(nodePath), { join, resolve, relative }) : nodePath;

function join(...parts: string[]): string {
  const joined = parts.join("/");
  return isFilled(joined) && parts.every(isFilled) && isNormal(joined) ? joined : nodePath.join(...parts);
}

function resolve(...parts: string[]): string {
  const last = parts.at(-1);
  if (isFilled(last)) {
    if (last.startsWith("/")) {
      if (isWhole(last)) return last;
    } else if (parts.length === 2 && isFilled(parts[0])) {
      const joined = `${parts[0]}/${last}`;
      if (isWhole(joined)) return joined;
    }
  }
  return nodePath.resolve(...parts);
}

function relative(from: string, to: string): string {
  if (isWhole(from) && isWhole(to)) {
    if (from === to) return "";
    if (from !== "/" && to.startsWith(`${from}/`)) return to.slice(from.length + 1);
  }
  return nodePath.relative(from, to);
}

/** What is no text `node:path` refuses. */
function isFilled(part: unknown): part is string {
  return typeof part === "string" && part !== "";
}

/** Absolute and normal, without a slash at its end. */
function isWhole(path: unknown): path is string {
  return isFilled(path) && path.startsWith("/") && (path === "/" || !path.endsWith("/")) && isNormal(path);
}

/** Without empty parts, `.` and `..`. */
function isNormal(path: string): boolean {
  if (path.includes("//")) return false;
  if (!path.startsWith(".") && !path.includes("/.")) return true;
  const framed = `/${path}/`;
  return !framed.includes("/./") && !framed.includes("/../");
}
