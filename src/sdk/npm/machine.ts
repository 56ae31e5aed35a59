// What this machine offers, under the npm agent's names: shell, clipboard, images, diffs, decisions about trust. Imported by extensions.

import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { changeDecisions, findProject, findSkillDirectories, savedDecisions } from "../../config/trust.ts";
import { imageCodec } from "../../harness/intake/prompt-images.ts";
import { processHost } from "../../platform/host.ts";
import { fitImage, pngOf } from "../../tools/shared/fit-image.ts";
import { type ImageType, imageTypeOf } from "../../tools/shared/image-type.ts";
import { renderDiff } from "../../tools/shared/unified-diff.ts";
import { unavailable } from "./stand-in.ts";

export const CONFIG_DIR_NAME = ".pi";

/** The program that runs a command line, and what stands before the line. */
export function getShellConfig(customShellPath?: string): { shell: string; args: string[] } {
  const { env, platform } = processHost();
  return { shell: customShellPath ?? env.PI_SHELL ?? (platform === "win32" ? "bash.exe" : "/bin/bash"), args: ["-c"] };
}

/** Rejects where no program takes it. */
export async function copyToClipboard(text: string): Promise<void> {
  const { copyText } = await import("../../platform/processes/clipboard.ts");
  if (!(await copyText(text, processHost().env))) throw unavailable("copyToClipboard");
}

export interface ResizedImage {
  data: string;
  mimeType: string;
  originalWidth: number;
  originalHeight: number;
  width: number;
  height: number;
  wasResized: boolean;
}

/** What terminals take that know one format; `null` where it is damaged, too large, or of a kind that is not known. */
export async function convertToPng(base64: string, mimeType: string): Promise<{ data: string; mimeType: string } | null> {
  const bytes = Buffer.from(base64, "base64");
  const type = imageTypeOf(bytes) ?? (mimeType as ImageType);
  if (type === "image/png") return { data: base64, mimeType: type };
  const png = await pngOf(bytes, type, imageCodec);
  return png === undefined ? null : { data: Buffer.from(png).toString("base64"), mimeType: "image/png" };
}

/** As small as models take it; `null` where it is damaged or cannot be made so small. */
export async function resizeImage(bytes: Uint8Array, mimeType: string): Promise<ResizedImage | null> {
  const fitted = await fitImage(bytes, imageTypeOf(bytes) ?? (mimeType as ImageType), imageCodec);
  if (fitted === undefined) return null;
  const { width, height, original = { width, height } } = fitted;
  return {
    data: Buffer.from(fitted.bytes).toString("base64"),
    mimeType: fitted.mimeType,
    originalWidth: original.width,
    originalHeight: original.height,
    width,
    height,
    wasResized: fitted.original !== undefined,
  };
}

export function formatDimensionNote({ wasResized, originalWidth, originalHeight, width, height }: ResizedImage): string | undefined {
  if (!wasResized) return undefined;
  return `[Image: original ${originalWidth}x${originalHeight}, shown at ${width}x${height}. Multiply coordinates by ${(originalWidth / width).toFixed(2)}.]`;
}

/** Line numbers before each line, and the first line that differs. */
export function generateDiffString(oldContent: string, newContent: string): { diff: string; firstChangedLine: number | undefined } {
  const { diff, firstChangedLine } = differenceOf("", oldContent, newContent);
  return { diff, firstChangedLine };
}

export function generateUnifiedPatch(path: string, oldContent: string, newContent: string): string {
  return differenceOf(path, oldContent, newContent).patch;
}

function differenceOf(path: string, oldContent: string, newContent: string): ReturnType<typeof renderDiff> {
  const [oldLines, newLines] = [linesOf(oldContent), linesOf(newContent)];
  const old = { lineCount: oldLines.length, endsWithNewline: endsWell(oldContent), line: (at: number) => oldLines[at] };
  return renderDiff(path, old, [{ at: 0, oldLines, newLines }], endsWell(newContent));
}

const endsWell = (text: string): boolean => text === "" || text.endsWith("\n");
const linesOf = (text: string): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

/** What was decided about projects: the nearest decision at or above a directory holds. */
export class ProjectTrustStore {
  readonly #agentDir: string;

  constructor(agentDir: string) {
    this.#agentDir = agentDir;
  }

  get(cwd: string): boolean | null {
    return this.getEntry(cwd)?.decision ?? null;
  }

  getEntry(cwd: string): { path: string; decision: boolean } | null {
    const decisions = this.#decisions();
    for (let at = realOf(cwd); ; at = dirname(at)) {
      const decision = decisions.get(at);
      if (decision !== undefined) return { path: at, decision };
      if (dirname(at) === at) return null;
    }
  }

  /** `null` takes a decision back. Rejects with `config.lock_busy`, `config.trust_file`. */
  async set(cwd: string, decision: boolean | null): Promise<void> {
    await this.setMany([{ path: cwd, decision }]);
  }

  async setMany(updates: readonly { path: string; decision: boolean | null }[]): Promise<void> {
    await changeDecisions(this.#agentDir, (decisions) => {
      for (const { path, decision } of updates) {
        if (decision === null) decisions.delete(realOf(path));
        else decisions.set(realOf(path), decision);
      }
    });
  }

  /** Of a file that cannot be read there are none, which is the safe reading. */
  #decisions(): ReadonlyMap<string, boolean> {
    try {
      return savedDecisions(this.#agentDir);
    } catch {
      return new Map();
    }
  }
}

export function hasTrustRequiringProjectResources(cwd: string): boolean {
  return findProject(cwd) !== undefined || findSkillDirectories(cwd).length > 0;
}

function realOf(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return directory;
  }
}
