// What `bash` does. Loaded on first use by bash.ts.
// Invariant: memory does not grow with the output; the partial result is at most `updateEveryMs` old and replaces the one before.

import { defined } from "../../contracts/defined.ts";
import { messageOf } from "../../contracts/error.ts";
import { errorResult, type SpawnOutcome, type ToolContext, type ToolResult, textResult } from "../../contracts/tool.ts";
import { type CollectedOutput, OutputCollector, withNote } from "../shared/output-collector.ts";

const updateEveryMs = 100;
/** The longest a timer can wait. */
const maxTimeoutSeconds = 2 ** 31 / 1000 - 1;

export async function executeBash(
  { command, timeout: timeoutSeconds }: { command: string; timeout?: number },
  context: ToolContext,
): Promise<ToolResult> {
  if (timeoutSeconds !== undefined && !(timeoutSeconds > 0 && timeoutSeconds <= maxTimeoutSeconds)) {
    return errorResult(`Invalid timeout ${timeoutSeconds}: give a number of seconds above 0 and below ${Math.floor(maxTimeoutSeconds)}.`);
  }
  const output = new OutputCollector(context.artifacts, "bash");
  const updates = throttledUpdates(() => {
    const collected = output.collected();
    const { text } = collected;
    const details = detailsOf(collected);
    context.onUpdate({ content: text === "" ? [] : [{ type: "text", text }], ...defined({ details }) });
  });
  const startedMs = performance.now();
  context.onUpdate({ content: [] });
  let outcome: SpawnOutcome;
  try {
    outcome = await context.shell.run({
      command,
      cwd: context.cwd,
      signal: context.signal,
      ...(timeoutSeconds === undefined ? {} : { timeoutMs: Math.ceil(timeoutSeconds * 1000) }),
      onData: (chunk) => {
        updates.request();
        return output.push(chunk);
      },
    });
  } catch (error) {
    output.finish();
    return errorResult(messageOf(error));
  } finally {
    updates.stop();
  }
  const collected = output.finish();
  const shown = withNote(collected, output.failure);
  return bashResult(outcome, timeoutSeconds, shown, collected, performance.now() - startedMs);
}

/** Nothing where all of it is shown. */
function detailsOf({ truncation, fullOutputPath, artifactId }: CollectedOutput): Record<string, unknown> | undefined {
  if (!truncation.truncated) return undefined;
  return {
    truncation,
    ...defined({ fullOutputPath, artifactId }),
  };
}

function bashResult(
  outcome: SpawnOutcome,
  timeoutSeconds: number | undefined,
  shown: string,
  collected: CollectedOutput,
  tookMs: number,
): ToolResult {
  const { text, truncation } = collected;
  const details = detailsOf(collected);
  const failed = (what: string, output: string): ToolResult => ({
    ...textResult(output === "" ? what : `${output}\n\n${what}`, details ?? {}),
    isError: true,
  });
  if (outcome.cancelled) return failed("Command aborted", shown);
  if (outcome.timedOut) return failed(`Command timed out after ${timeoutSeconds} seconds`, shown);
  const output = shown === "" ? "(no output)" : shown;
  const structuredContent = {
    output: text,
    truncated: truncation.truncated,
    exit_code: outcome.exitCode ?? null,
    wall_time_seconds: Math.round(tookMs / 100) / 10,
  };
  if (outcome.exitCode === 0) return { ...textResult(output, details), structuredContent };
  return { ...failed(`Command exited with code ${outcome.exitCode}`, output), structuredContent };
}

/** Calls `update` at most every `updateEveryMs`, and after the last request. */
function throttledUpdates(update: () => void): { request(): void; stop(): void } {
  let lastMs = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = (): void => {
    timer = undefined;
    update();
    // From its end on: one that took its time is not followed at once by the next.
    lastMs = performance.now();
  };
  return {
    request: () => {
      timer ??= setTimeout(run, Math.max(0, lastMs + updateEveryMs - performance.now()));
    },
    stop: () => clearTimeout(timer),
  };
}
