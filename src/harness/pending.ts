// TEMP augmentation
import type { CompactionResult } from "../contracts/agent-event.ts";
export interface ShellResult { output: string; exitCode: number | undefined; cancelled: boolean; truncated: boolean; fullOutputPath?: string }
export interface SessionStats { sessionFile?: string; sessionId: string; userMessages: number }
declare module "./coding-session.ts" {
  interface CodingSession {
    compact(customInstructions?: string): Promise<CompactionResult>;
    abortCompaction(): void;
    readonly isCompacting: boolean;
    isAutoCompactionEnabled: boolean;
    abortRetry(): void;
    steeringMode: "all" | "one-at-a-time";
    followUpMode: "all" | "one-at-a-time";
    runShell(command: string, options?: { excludeFromContext?: boolean; onData?: (text: string) => void | Promise<void> }): Promise<ShellResult>;
    abortShell(): void;
    stats(): SessionStats;
    navigate(entryId: string, options?: { summarize?: boolean; customInstructions?: string }): Promise<{ cancelled: boolean; text?: string; summaryEntryId?: string }>;
    forkPoint(entryId: string): { leafId: string | null; text: string };
    setSessionName(name: string): void;
    setLabel(entryId: string, label?: string): void;
    setActiveToolNames(names: string[]): void;
    readonly activeToolNames: readonly string[];
    lastAssistantText(): string | null;
  }
}
