// The built-in tools in the form of extensions', for those that wrap or replace one. Imported by extensions.
// Invariant: a failure is thrown, as extensions expect of a tool; operations that are given take the place of this machine's.

import { dirname, resolve } from "node:path";
import { defined } from "../../contracts/defined.ts";
import { timerMs } from "../../contracts/duration.ts";
import type { ExtensionContext, ExtensionToolDefinition } from "../../contracts/extension.ts";
import { textOf } from "../../contracts/message.ts";
import type { FileOperations, ShellOperations, Tool, ToolResult } from "../../contracts/tool.ts";
import { createFileOperations } from "../../platform/files/files.ts";
import { processHost } from "../../platform/host.ts";
import type { Env } from "../../platform/paths.ts";
import { fileKey, inFileOrder } from "../../tools/shared/file-order.ts";
import { imageTypeOf } from "../../tools/shared/image-type.ts";
import { builtinTools, runTool } from "./run-tool.ts";

type ToolName = "read" | "bash" | "edit" | "write" | "grep" | "find" | "ls";

export interface BashOperations {
  exec(
    command: string,
    cwd: string,
    how: {
      onData(data: Uint8Array): void | Promise<void>;
      signal?: AbortSignal;
      timeout?: number;
      env?: Record<string, string | undefined>;
    },
  ): Promise<{ exitCode: number | null }>;
}

export interface BashSpawnContext {
  command: string;
  cwd: string;
  env: Record<string, string | undefined>;
}

export interface BashToolOptions {
  operations?: BashOperations;
  commandPrefix?: string;
  shellPath?: string;
  /** May change the command, its directory and its environment. */
  spawnHook?: (context: BashSpawnContext) => BashSpawnContext;
}

/** Of another machine, say; what is not given is this one's. Paths are absolute. */
export interface RemoteFiles {
  readFile?(path: string): Promise<Uint8Array>;
  writeFile?(path: string, content: string): Promise<void>;
  access?(path: string): Promise<void>;
  mkdir?(directory: string): Promise<void>;
  exists?(path: string): Promise<boolean> | boolean;
  stat?(path: string): Promise<{ isDirectory(): boolean }> | { isDirectory(): boolean };
  readdir?(path: string): Promise<string[]> | string[];
}

export interface FileToolOptions {
  operations?: RemoteFiles;
}

/** A definition, which is also a tool that can be called without a context. */
export type BuiltInTool = Omit<ExtensionToolDefinition, "execute"> & {
  execute(
    toolCallId: string,
    params: Record<string, unknown>,
    signal?: AbortSignal,
    onUpdate?: (partial: Pick<ToolResult, "content" | "details">) => void,
    ctx?: ExtensionContext,
  ): Promise<ToolResult & { details: unknown }>;
};

interface Machine {
  files?: FileOperations;
  shell?: ShellOperations;
}

function definition(name: ToolName, cwd: string, machine: Machine = {}): BuiltInTool {
  const tool = builtinTools().find((one) => one.name === name) as Tool;
  const { description, parameters, promptLine, guidelines, prepareArguments } = tool;
  return {
    name,
    label: name,
    description,
    parameters,
    ...defined({ promptSnippet: promptLine, promptGuidelines: guidelines }),
    ...(prepareArguments === undefined ? {} : { prepareArguments: (args) => prepareArguments(args as Record<string, unknown>) }),
    execute: async (_id, params, signal, onUpdate) => {
      const how = { cwd, ...machine, ...defined({ signal, onUpdate }) };
      const result = await runTool(tool, params, how);
      if (result.isError === true) throw new Error(textOf(result.content));
      return { ...result, details: result.details };
    },
  };
}

const onFiles =
  (name: ToolName) =>
  (cwd: string, { operations }: FileToolOptions = {}): BuiltInTool =>
    definition(name, cwd, operations === undefined ? {} : { files: remoteFiles(operations) });

export const createReadToolDefinition = onFiles("read");
export const createEditToolDefinition = onFiles("edit");
export const createWriteToolDefinition = onFiles("write");
export const createGrepToolDefinition = onFiles("grep");
export const createFindToolDefinition = onFiles("find");
export const createLsToolDefinition = onFiles("ls");

export function createBashToolDefinition(cwd: string, options: BashToolOptions = {}): BuiltInTool {
  const { operations, spawnHook, commandPrefix, shellPath } = options;
  const isPlain = operations === undefined && spawnHook === undefined && commandPrefix === undefined && shellPath === undefined;
  return definition("bash", cwd, isPlain ? {} : { shell: shellOf(options) });
}

export {
  createBashToolDefinition as createBashTool,
  createEditToolDefinition as createEditTool,
  createFindToolDefinition as createFindTool,
  createGrepToolDefinition as createGrepTool,
  createLsToolDefinition as createLsTool,
  createReadToolDefinition as createReadTool,
  createWriteToolDefinition as createWriteTool,
};

type ToolsOptions = { bash?: BashToolOptions } & Partial<Record<Exclude<ToolName, "bash">, FileToolOptions>>;

/** Those that are on by default. */
export function createCodingTools(cwd: string, options: ToolsOptions = {}): BuiltInTool[] {
  return [
    createReadToolDefinition(cwd, options.read),
    createBashToolDefinition(cwd, options.bash),
    createEditToolDefinition(cwd, options.edit),
    createWriteToolDefinition(cwd, options.write),
  ];
}

/** Those that change nothing. */
export function createReadOnlyTools(cwd: string, options: ToolsOptions = {}): BuiltInTool[] {
  return [
    createReadToolDefinition(cwd, options.read),
    createGrepToolDefinition(cwd, options.grep),
    createFindToolDefinition(cwd, options.find),
    createLsToolDefinition(cwd, options.ls),
  ];
}

/** Commands on this machine, as `bash` runs them. */
export function createLocalBashOperations({ shellPath }: { shellPath?: string } = {}): BashOperations {
  return {
    exec: async (command, cwd, { onData, signal, timeout, env }) => {
      const { createShellOperations } = await import("../../platform/processes/spawn.ts");
      const shell = createShellOperations({
        env: (env ?? processHost().env) as Env,
        envPolicy: "inherit",
        ...defined({ shellPath }),
      });
      const { exitCode } = await shell.run({
        command,
        cwd,
        signal: signal ?? new AbortController().signal,
        onData: (chunk) => onData(Buffer.from(chunk)),
        ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
      });
      return { exitCode: exitCode ?? null };
    },
  };
}

function shellOf({ operations, spawnHook, commandPrefix, shellPath }: BashToolOptions): ShellOperations {
  const machine = operations ?? createLocalBashOperations(shellPath === undefined ? {} : { shellPath });
  return {
    run: async (request) => {
      const given = {
        command: commandPrefix ? `${commandPrefix}\n${request.command}` : request.command,
        cwd: request.cwd,
        env: { ...processHost().env, ...request.env },
      };
      const { command, cwd, env } = spawnHook?.(given) ?? given;
      const timeout = request.timeoutMs === undefined ? undefined : request.timeoutMs / 1000;
      const deadline = timeout === undefined ? undefined : AbortSignal.timeout(timerMs(request.timeoutMs ?? 0));
      const signal = deadline === undefined ? request.signal : AbortSignal.any([request.signal, deadline]);
      const over = (): { exitCode: undefined; timedOut: boolean; cancelled: boolean } => ({
        exitCode: undefined,
        timedOut: deadline?.aborted === true && !request.signal.aborted,
        cancelled: request.signal.aborted,
      });
      /** What has come is taken before the command is over, also where whoever runs it does not wait. */
      let taken: Promise<unknown> = Promise.resolve();
      const take = (data: Uint8Array): void | Promise<void> => {
        const answer = request.onData(data);
        if (answer) taken = Promise.all([taken, answer]);
        return answer;
      };
      try {
        const { exitCode } = await machine.exec(command, cwd, { onData: take, signal, env, ...defined({ timeout }) });
        await taken;
        return signal.aborted ? over() : { exitCode: exitCode ?? 1, timedOut: false, cancelled: false };
      } catch (error) {
        if (signal.aborted) return over();
        throw error;
      }
    },
  };
}

function remoteFiles(remote: RemoteFiles): FileOperations {
  const local = createFileOperations();
  const read = async (path: string): Promise<Uint8Array> => (remote.readFile === undefined ? local.read(path) : remote.readFile(path));
  const isDirectory = async (path: string): Promise<boolean> => (await remote.stat?.(path))?.isDirectory() === true;
  return {
    ...local,
    read,
    ...(remote.readFile === undefined
      ? {}
      : {
          readChunks: async function* (path: string) {
            yield await read(path);
          },
        }),
    ...(remote.readFile === undefined && remote.stat === undefined
      ? {}
      : {
          stat: async (path: string) => {
            if ((await remote.exists?.(path)) === false)
              throw Object.assign(new Error(`ENOENT: no such file or directory, stat '${path}'`), { code: "ENOENT" });
            await remote.access?.(path);
            if (await isDirectory(path)) return { kind: "directory" as const, size: 0 };
            return { kind: "file" as const, size: remote.readFile === undefined ? 0 : (await read(path)).length };
          },
        }),
    ...(remote.writeFile === undefined
      ? {}
      : {
          canonical: async (path: string) => path,
          writeAtomic: async (path: string, data: Uint8Array | string) => {
            await remote.mkdir?.(dirname(path));
            await remote.writeFile?.(path, typeof data === "string" ? data : Buffer.from(data).toString("utf8"));
          },
        }),
    ...(remote.readdir === undefined
      ? {}
      : {
          list: async (path: string) => {
            const names = (await remote.readdir?.(path)) ?? [];
            return Promise.all(
              names.map(async (name) => ({
                name,
                kind: (await isDirectory(`${path}/${name}`)) ? ("directory" as const) : ("file" as const),
              })),
            );
          },
        }),
  };
}

/** Work on one file, one after another, edits and writes of the built-in tools included; on different files at the same time. */
export function withFileMutationQueue<T>(filePath: string, work: () => Promise<T>): Promise<T> {
  const path = resolve(filePath);
  return inFileOrder(() => fileKey(path, createFileOperations()), work);
}

/** `image/png` and its kin; `null` for anything else. */
export async function detectSupportedImageMimeTypeFromFile(filePath: string): Promise<string | null> {
  for await (const chunk of createFileOperations().readChunks(filePath)) return imageTypeOf(chunk) ?? null;
  return null;
}
