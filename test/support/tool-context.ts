// A tool's context over a temporary directory with real files and a real shell.

import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plainArtifacts } from "../../src/artifacts/plain-directory.ts";
import type { Tool, ToolContext, ToolResult } from "../../src/contracts/tool.ts";
import { createFileOperations } from "../../src/platform/files/files.ts";
import { createShellOperations, type ProcessShell } from "../../src/platform/processes/spawn.ts";
import { validateArguments } from "../../src/tools/shared/validate.ts";

export interface ToolBench {
  directory: string;
  context: ToolContext;
  updates: Pick<ToolResult, "content" | "details">[];
  /** Validates and executes, as the agent does. */
  call(tool: Tool, args: unknown, context?: Partial<ToolContext>): Promise<ToolResult>;
  close(): Promise<void>;
}

export function toolBench(): ToolBench {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "pi-tool-")));
  const directory = join(root, "cwd");
  mkdirSync(directory);
  const shell: ProcessShell = createShellOperations({ env: process.env, envPolicy: "inherit" });
  const updates: ToolBench["updates"] = [];
  const context: ToolContext = {
    toolCallId: "call-1",
    cwd: directory,
    homeDir: join(root, "home"),
    signal: new AbortController().signal,
    files: createFileOperations(),
    shell,
    onUpdate: (partial) => void updates.push(partial),
    artifacts: plainArtifacts(async () => {
      mkdirSync(join(root, "artifacts"), { recursive: true });
      return join(root, "artifacts");
    }),
    acceptsImages: true,
  };
  return {
    directory,
    context,
    updates,
    call: async (tool, args, changed = {}) => {
      const checked = await validateArguments(tool, args);
      if (!checked.ok) return { content: [{ type: "text", text: checked.message }], details: {}, isError: true };
      return tool.execute(checked.args, { ...context, ...changed });
    },
    close: async () => {
      await shell.killAll();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export function textOfResult(result: Pick<ToolResult, "content">): string {
  return result.content.map((block) => (block.type === "text" ? block.text : `<${block.mimeType}>`)).join("\n");
}
