// Where a package comes from, and where it then lies: `npm:NAME[@RANGE]`, `git:HOST/OWNER/REPO[@REF]`, an https or ssh address, a path or file: address.
// Called by what installs packages and by what loads them. Pure. Invariant: two sources of one identity are one package, whatever the version.

import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PiError } from "../../contracts/error.ts";

export type PackageSource =
  | { kind: "npm"; source: string; identity: string; name: string; range: string | undefined }
  | { kind: "git"; source: string; identity: string; url: string; folder: string; ref: string | undefined }
  | { kind: "path"; source: string; identity: string; path: string };

const packageName = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/i;

/** `absolute`: makes a path of it absolute. @throws PiError `usage.bad_value` */
export function parsePackageSource(text: string, absolute: (path: string) => string): PackageSource {
  if (text.startsWith("npm:")) {
    const [, name = "", range] = /^npm:(@?[^@]+)(?:@(.+))?$/.exec(text) ?? [];
    if (!packageName.test(name)) throw badSource(text, "npm:NAME or npm:NAME@RANGE");
    return { kind: "npm", source: text, identity: `npm:${name}`, name, range };
  }
  const git = /^(?:git:)?(?:(https?|ssh|git):\/\/(?:[^@/]+@)?|(?:git@))?([\w.-]+(?::\d+)?)[/:]([\w.~/-]+?)(?:\.git)?(?:@([\w./-]+))?$/.exec(
    text,
  );
  if (/^(?:git:|https?:\/\/|ssh:\/\/|git@)/.test(text)) {
    const [, protocol, host = "", path = "", ref] = git ?? [];
    const parts = path.split("/");
    if (git === null || parts.length < 1 || parts.some((part) => part === "" || part === "." || part === "..")) {
      throw badSource(text, "git:HOST/OWNER/REPO or an https address");
    }
    const bare = text.replace(/^git:/, "");
    const given = ref === undefined ? bare : bare.slice(0, -ref.length - 1);
    const url = protocol === undefined && !bare.startsWith("git@") ? `https://${host}/${path}` : given;
    const folder = join(host.replace(":", "_"), ...parts);
    return { kind: "git", source: text, identity: `git:${host}/${path}`, url, folder, ref };
  }
  const named = text.startsWith("file://") ? pathOf(text) : text;
  const path = isAbsolute(named) ? named : absolute(named);
  return { kind: "path", source: text, identity: path, path };
}

function pathOf(address: string): string {
  try {
    return fileURLToPath(address);
  } catch {
    throw badSource(address, "file:///FOLDER, or its path");
  }
}

/** `root`: the agent directory, or a project's `.pi`. */
export function packageDirectory(source: PackageSource, root: string): string {
  if (source.kind === "npm") return join(root, "npm", "node_modules", ...source.name.split("/"));
  return source.kind === "git" ? join(root, "git", source.folder) : source.path;
}

function badSource(text: string, form: string): PiError {
  return new PiError("usage.bad_value", `${JSON.stringify(text)} names no package`, { hint: `Write ${form}` });
}
