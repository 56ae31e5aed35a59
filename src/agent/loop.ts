// The agent loop: stream a turn, run its tool calls, go on until there are none. Called by agent.ts.
// Knows no provider, no file, no terminal. Invariant: the transcript is valid after every step, also after an abort.

import type { UnreadableArguments } from "../contracts/assemble-message.ts";
import type { AssistantMessage, Message, ToolResultMessage } from "../contracts/message.ts";
import { toolCallsOf } from "../contracts/message.ts";
import type { ModelFailure } from "../contracts/stream-event.ts";
import type { ToolSetup } from "./run-tools.ts";
import { runTools } from "./run-tools.ts";
import type { Emit, TurnSetup } from "./stream-turn.ts";
import { streamTurn } from "./stream-turn.ts";

export interface LoopDeps {
  emit: Emit;
  now(): number;
  /** Asked before each model call. */
  turn(): Promise<TurnSetup> | TurnSetup;
  /** Asked before each batch of tool calls. */
  tools(): ToolSetup;
  takeSteering(): Message[];
  takeFollowUp(): Message[];
  /** Before each model call but the first of a run, while no message is half way: the time to make room in the transcript. */
  beforeNextTurn?(signal: AbortSignal): Promise<void>;
  /** Asked after each turn that would be followed by another model call; true ends the run in order (a budget is reached). */
  shouldStop?(message: AssistantMessage): boolean;
}

export interface LoopResult {
  /** What this run added, prompts included. */
  messages: Message[];
  /** The last answer; absent when the run was stopped before one. */
  answer?: AssistantMessage;
  /** Why the last answer is none. */
  failure?: ModelFailure;
  /** Whether the failed answer had already shown something. */
  hasShownContent: boolean;
  /** `shouldStop` ended it. */
  isStopped: boolean;
}

/** `transcript` grows by everything that happens; `prompts` may be empty to go on from where it stands. */
export async function runLoop(
  transcript: Message[],
  prompts: readonly Message[],
  signal: AbortSignal,
  deps: LoopDeps,
): Promise<LoopResult> {
  const result: LoopResult = { messages: [], hasShownContent: false, isStopped: false };
  const keep = (message: Message): void => {
    transcript.push(message);
    result.messages.push(message);
  };
  const say = async (message: Message): Promise<void> => {
    keep(message);
    await deps.emit({ type: "message_start", message });
    await deps.emit({ type: "message_end", message });
  };

  await deps.emit({ type: "agent_start" });
  let pending = [...prompts, ...deps.takeSteering()];
  for (;;) {
    await deps.emit({ type: "turn_start" });
    for (const message of pending) await say(message);

    const assembly = await streamTurn(await deps.turn(), transcript, signal, deps);
    const answer = assembly.message;
    keep(answer);
    result.answer = answer;
    result.hasShownContent = assembly.hasShownContent;
    if (assembly.failure) {
      result.failure = assembly.failure;
      await deps.emit({ type: "turn_end", message: answer, toolResults: [] });
      return result;
    }

    const toolResults = await answerCalls(answer, assembly.unreadableArguments, signal, deps);
    for (const message of toolResults) keep(message);
    await deps.emit({ type: "turn_end", message: answer, toolResults });

    if (signal.aborted) {
      result.failure = { code: "aborted", message: "Request was aborted" };
      return result;
    }
    const isGoingOn = toolResults.length > 0;
    if (isGoingOn && deps.shouldStop?.(answer)) {
      result.isStopped = true;
      return result;
    }
    if (isGoingOn) {
      await deps.beforeNextTurn?.(signal);
      if (signal.aborted) {
        result.failure = { code: "aborted", message: "Request was aborted" };
        return result;
      }
    }
    // After making room, which takes its time: what came meanwhile goes along.
    pending = deps.takeSteering();
    if (pending.length === 0 && !isGoingOn) {
      if (answer.stopReason === "length") return result;
      pending = deps.takeFollowUp();
      if (pending.length === 0) return result;
    }
    // Taken messages are said in any case, also when this is aborted: they are in no queue any more.
    if (!isGoingOn) await deps.beforeNextTurn?.(signal);
  }
}

/** An answer cut off at the output limit may hold half a call: none of its calls is run. */
async function answerCalls(
  answer: AssistantMessage,
  unreadable: ReadonlyMap<string, UnreadableArguments>,
  signal: AbortSignal,
  deps: LoopDeps,
): Promise<ToolResultMessage[]> {
  const calls = toolCallsOf(answer);
  if (calls.length === 0 || answer.stopReason === "length") return [];
  return runTools(calls, unreadable, deps.tools(), signal, deps);
}
