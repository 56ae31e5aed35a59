// The built-in tools with what came with us, and one call of a tool without an agent. Exported by `pi/tools`.

import { defined } from "../../contracts/defined.ts";
import { messageOf } from "../../contracts/error.ts";
import type { FileOperations, ShellOperations, Tool, ToolContext, ToolResult } from "../../contracts/tool.ts";
import { errorResult } from "../../contracts/tool.ts";
import type { Env } from "../../platform/paths.ts";
import { builtinTools as shelf, type ToolShelfOptions } from "../../tools/registry.ts";
import { requireGiven } from "./checked-calls.ts";
import { surroundings } from "./places.ts";

/** All there are: read, bash, edit, write, grep, find, ls. Default for `options`: the ripgrep and the image codec that came with us. */
export function builtinTools(options: ToolShelfOptions = {}): Tool[] {
  return shelf({
    ripgrep: async () => (await import("../../platform/processes/ripgrep.ts")).bundledRipgrep(surroundings().agentDir),
    imageCodec: async () => (await import("../../platform/assets.ts")).readBinaryAsset("photon.wasm"),
    ...options,
  });
}

export interface RunToolOptions {
  /** Default: that of the process. */
  cwd?: string;
  /** What commands see. Default: that of the process. */
  env?: Env;
  signal?: AbortSignal;
  /** Default: this machine. What commands have left running there is ended with the call. */
  files?: FileOperations;
  shell?: ShellOperations;
  /** The whole result so far, each time it has grown. */
  onUpdate?: ToolContext["onUpdate"];
  /** Default true: results may be images. */
  acceptsImages?: boolean;
  /** Absolute; for output too long to show. Default: a new temporary directory, which stays. */
  artifactDirectory?: string;
}

/** Checks the arguments against the tool's schema and runs it. Never rejects: a refusal and a failure are results with `isError`. */
export async function runTool(tool: Tool, args: Record<string, unknown>, options: RunToolOptions = {}): Promise<ToolResult> {
  requireGiven("runTool", ["tool: object", "options: object"], tool, options);
  const { env, signal = new AbortController().signal, files, shell, onUpdate = () => {}, acceptsImages = true } = options;
  const place = surroundings({ ...defined({ cwd: options.cwd, env }) });
  const { validateArguments } = await import("../../tools/shared/validate.ts");
  const valid = await validateArguments(tool, args);
  if (!valid.ok) return errorResult(valid.message);
  const { createFileOperations } = await import("../../platform/files/files.ts");
  const { createShellOperations } = await import("../../platform/processes/spawn.ts");
  const own = createShellOperations({ env: place.env, envPolicy: "inherit" });
  const { plainArtifacts } = await import("../../artifacts/plain-directory.ts");
  try {
    return await tool.execute(valid.args, {
      toolCallId: crypto.randomUUID(),
      cwd: place.cwd,
      homeDir: place.homeDir,
      signal,
      files: files ?? createFileOperations(),
      shell: shell ?? own,
      onUpdate,
      artifacts: plainArtifacts(async () => options.artifactDirectory ?? (await temporaryDirectory())),
      acceptsImages,
    });
  } catch (error) {
    return errorResult(messageOf(error));
  } finally {
    await own.killAll();
  }
}

async function temporaryDirectory(): Promise<string> {
  const { mkdtempSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  return mkdtempSync(join(tmpdir(), "pi-"));
}
