// Which tool a result event is of, for handlers with types. Imported by extensions. Pure.

import type { ToolResultEvent } from "../../contracts/extension-event.ts";

const isOf = (toolName: string) => (event: Pick<ToolResultEvent, "toolName">) => event.toolName === toolName;

export const isBashToolResult = isOf("bash");
export const isReadToolResult = isOf("read");
export const isEditToolResult = isOf("edit");
export const isWriteToolResult = isOf("write");
export const isGrepToolResult = isOf("grep");
export const isFindToolResult = isOf("find");
export const isLsToolResult = isOf("ls");
export const isPowerShellToolResult = isOf("powershell");
