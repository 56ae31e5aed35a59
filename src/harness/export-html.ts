// placeholder
import type { FileOperations } from "../contracts/tool.ts";
import type { Session } from "../session/session.ts";
export async function exportHtml(_s: Session, _o: { cwd: string; files: FileOperations; outputPath?: string }): Promise<{ path: string }> {
  throw new Error("x");
}
