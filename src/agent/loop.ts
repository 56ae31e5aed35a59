// The agent loop: stream a turn, run its tool calls, go on until there are none. Called by agent.ts.
// Knows no provider, no file, no terminal. Invariant: the transcript is valid after every step, also after an abort, and an abort
// between two model calls ends in an answer that says so.

import type { UnreadableArguments } from "../contracts/assemble-message.ts";
import type { AssistantMessage, Message, ToolResultMessage } from "../contracts/message.ts";
import { toolCallsOf } from "../contracts/message.ts";
import type { ModelFailure, StreamEvent } from "../contracts/stream-event.ts";
import type { ToolSetup } from "./run-tools.ts";
import { runTools } from "./run-tools.ts";
import type { Emit, TurnSetup } from "./stream-turn.ts";
import { streamTurn } from "./stream-turn.ts";

export interface LoopDeps {
  emit: Emit;
  now(): number;
  /** Asked before each model call, and with a signal that has fired for who would have been called. */
  turn(signal: AbortSignal): Promise<TurnSetup> | TurnSetup;
  /** Asked before each batch of tool calls. */
  tools(): ToolSetup;
  /** Said before the next model call. */
  steering: MessageSource;
  /** Said when the run would end; not after an answer that was cut off. */
  followUps: MessageSource;
  /** Before each model call but the first of a run, while no message is half way: the time to make room in the transcript. */
  beforeNextTurn?(signal: AbortSignal): Promise<void>;
  /** Once all of a turn is kept; true: one more answer is wanted, whatever else there is to do. */
  turnKept?(turn: KeptTurn): Promise<boolean> | undefined;
  /** Asked after each turn that would be followed by another model call; true ends the run in order (a budget is reached). */
  shouldStop?(message: AssistantMessage): boolean;
}

export interface KeptTurn {
  answer: AssistantMessage;
  toolResults: readonly ToolResultMessage[];
  outcome: "completed" | "aborted" | "error";
}

export interface MessageSource {
  readonly size: number;
  take(): Message[];
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
  /** The tools of its last answer have ended it, and no word of the model was to come. */
  isTerminated: boolean;
}

const aborted: ModelFailure = { code: "aborted", message: "Request was aborted" };

/** `transcript` grows by everything that happens; `prompts` may be empty to go on from where it stands. */
export async function runLoop(
  transcript: Message[],
  prompts: readonly Message[],
  signal: AbortSignal,
  deps: LoopDeps,
): Promise<LoopResult> {
  const result: LoopResult = { messages: [], hasShownContent: false, isStopped: false, isTerminated: false };
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
  let isCutOff = false;
  let pending = [...prompts, ...deps.steering.take()];
  for (;;) {
    await deps.emit({ type: "turn_start" });
    for (const message of pending) await say(message);

    const setup = await deps.turn(signal);
    const isAsked = !signal.aborted;
    const assembly = await streamTurn(isAsked ? setup : { ...setup, stream: nobody }, transcript, signal, deps);
    const answer = assembly.message;
    keep(answer);
    // What stands for an answer that was never asked for takes nothing from the one before it.
    if (isAsked || result.answer === undefined) result.answer = answer;
    result.hasShownContent = assembly.hasShownContent;
    if (assembly.failure) {
      result.failure = assembly.failure;
      await deps.turnKept?.({ answer, toolResults: [], outcome: assembly.failure.code === "aborted" ? "aborted" : "error" });
      await deps.emit({ type: "turn_end", message: answer, toolResults: [] });
      return result;
    }

    const { messages: toolResults, isTerminated } = await answerCalls(answer, assembly.unreadableArguments, signal, deps);
    for (const message of toolResults) keep(message);
    const isWanted = (await deps.turnKept?.({ answer, toolResults, outcome: signal.aborted ? "aborted" : "completed" })) === true;
    await deps.emit({ type: "turn_end", message: answer, toolResults });

    // A model that runs into its limit twice in a row would do so for ever.
    const isStuck = isCutOff && answer.stopReason === "length";
    isCutOff = answer.stopReason === "length";
    const isGoingOn = toolResults.length > 0 && !isStuck && !isTerminated;
    result.isTerminated = isTerminated;
    const hasQueued = (): boolean => deps.steering.size > 0 || (!isCutOff && deps.followUps.size > 0);
    if (!signal.aborted) {
      if (!isGoingOn && !isWanted && !hasQueued()) return result;
      if (deps.shouldStop?.(answer)) {
        result.isStopped = true;
        return result;
      }
      await deps.beforeNextTurn?.(signal);
    }
    if (signal.aborted) {
      result.failure = aborted;
      if (!isGoingOn && !isWanted) return result;
      // The answer that was to come ends as an aborted one: who reads the last answer sees how the run ended. What is queued stays so.
      pending = [];
      continue;
    }
    // Only now, since making room takes its time: what came meanwhile goes along, what was withdrawn does not.
    pending = deps.steering.take();
    if (isGoingOn || pending.length > 0) continue;
    if (hasQueued()) pending = deps.followUps.take();
    else if (!isWanted) return result;
  }
}

/** Ends at once, and so as what the signal says. */
async function* nobody(): AsyncIterable<StreamEvent> {}

const cutOff = "Not run: the answer was cut off at the output limit, and this call may be incomplete. Answer again, in smaller steps.";

/** An answer cut off at the output limit may hold half a call: none of its calls is run, and the model is told why. */
async function answerCalls(
  answer: AssistantMessage,
  unreadable: ReadonlyMap<string, UnreadableArguments>,
  signal: AbortSignal,
  deps: LoopDeps,
): ReturnType<typeof runTools> {
  const calls = toolCallsOf(answer);
  if (calls.length === 0) return { messages: [], isTerminated: false };
  const isCutOff = answer.stopReason === "length";
  return runTools(calls, unreadable, { ...deps.tools(), ...(isCutOff ? { refuseAll: cutOff } : {}) }, signal, deps);
}
