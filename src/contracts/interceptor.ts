// Who may change what a session does, or refuse it, where others only hear of it. Asked by the conversation, intake, compaction and moves in
// the tree; the inhabitants are extensions, hooks of the configuration, and the policy, put in order by the harness. Types and one pure function.
// Invariants: no member rejects but `userBash`, whose reason that is; who changes a call stands before who decides about it, so that nobody is
// asked about a call other than the one that runs.

import type { Boundary, BoundaryProposal, PreviewBoundary } from "./boundary.ts";
import { defined } from "./defined.ts";
import type {
  ExtensionCompaction,
  ExtensionEventOf,
  InputSource,
  SessionBeforeCompactEvent,
  SessionBeforeTreeEvent,
  SessionBeforeTreeResult,
  SessionTreeEvent,
  UserBashEvent,
  UserBashResult,
} from "./extension-event.ts";
import type { CustomMessage, ImageContent, Message, UserMessage } from "./message.ts";
import type { Model, ThinkingLevel } from "./model.ts";
import type { Refusal, RunningCall, ToolResult } from "./tool.ts";

export interface InputText {
  text: string;
  images?: readonly ImageContent[];
  source: InputSource;
  streamingBehavior?: "steer" | "followUp";
}

export interface BootstrapText {
  name: string;
  content: string;
}

/** A member is there only where somebody has it: who asks does not wait for nobody. */
export interface Interceptor {
  readonly name: string;
  /** Runs the command that a text names; false where it names none. */
  runCommand?(text: string): Promise<boolean>;
  /** What the text has become; nothing: it has been handled. */
  input?(input: InputText): Promise<Pick<InputText, "text" | "images"> | undefined>;
  /** The texts of a workspace that a run of a host begins with, as they have become. */
  bootstrap?(files: readonly BootstrapText[], cwd: string): Promise<readonly BootstrapText[]>;
  /** `promptInForce` makes a replaced prompt the one in force, and says what is. */
  beforeAgentStart?(
    message: UserMessage | CustomMessage,
    promptInForce: (replaced: string | undefined) => string,
  ): Promise<{ messages: CustomMessage[]; systemPrompt?: string }>;
  /** The transcript as the model is to be shown it this time; nothing: as it is. */
  context?(messages: readonly Message[]): Promise<readonly Message[] | undefined>;
  /** The way to a service, with those on it who look at requests and answers; nothing where nobody does now. */
  fetch?(fetch: typeof globalThis.fetch, model: Model): typeof globalThis.fetch | undefined;
  /** Why the call must not run, or nothing; may change `args`. */
  toolCall?(call: RunningCall, args: Record<string, unknown>, signal: AbortSignal): Promise<Refusal | undefined>;
  toolResult?(call: RunningCall, args: Record<string, unknown>, result: ToolResult, signal: AbortSignal): Promise<ToolResult>;
  /**
   * What else is to be written, and whether the run goes on, behind a turn or before it settles; `proposal` is what others have said, and what is
   * added to it has been previewed.
   */
  boundary?(boundary: Boundary, proposal: BoundaryProposal, loadPreview: () => Promise<PreviewBoundary>): Promise<BoundaryProposal>;
  /** Somewhere else to run a command of the user's, or what became of it; rejects with the reason why it must not run. */
  userBash?(event: Omit<UserBashEvent, "type">): Promise<UserBashResult | undefined>;
  /** May change the message in place, before it is recorded. */
  messageEnd?(message: Message): Promise<void> | undefined;
  /** Whether the session must not give way to another. */
  beforeReplace?(event: ExtensionEventOf<"session_before_switch" | "session_before_fork">): Promise<boolean>;
  /** `cancel`, a summary of their own, or nothing. */
  beforeCompact?(event: Omit<SessionBeforeCompactEvent, "type">): Promise<{ cancel?: boolean; compaction?: ExtensionCompaction }>;
  /** `cancel`, a summary of their own, other instructions for one, or nothing. */
  beforeTree?(event: Omit<SessionBeforeTreeEvent, "type">): Promise<SessionBeforeTreeResult>;
  /** Before the caller goes on. */
  treeChanged?(event: Omit<SessionTreeEvent, "type">): Promise<void>;
  modelChanged?(model: Model, previous: Model, source: "set" | "cycle"): void;
  thinkingLevelChanged?(level: ThinkingLevel, previous: ThinkingLevel): void;
}

type Answers<M extends keyof Interceptor> = NonNullable<Interceptor[M]> extends (...args: infer A) => infer R ? (...args: A) => R : never;

/** All of a list as one, asked in its order; nothing for an empty list, the only one as it is. */
export function inOrder(list: readonly Interceptor[]): Interceptor | undefined {
  const [only] = list;
  if (list.length <= 1) return only;
  const having = <M extends keyof Interceptor>(member: M): (Interceptor & Record<M, Answers<M>>)[] =>
    list.filter((one) => one[member] !== undefined) as (Interceptor & Record<M, Answers<M>>)[];
  /** A member that is made only where somebody has it. */
  const member = <M extends Exclude<keyof Interceptor, "name">>(
    name: M,
    make: (those: (Interceptor & Record<M, Answers<M>>)[]) => NonNullable<Interceptor[M]>,
  ): Partial<Interceptor> => {
    const those = having(name);
    return those.length === 0 ? {} : { [name]: make(those) };
  };
  return {
    name: list.map(({ name }) => name).join(", "),
    ...member("runCommand", (those) => async (text) => {
      for (const one of those) if (await one.runCommand(text)) return true;
      return false;
    }),
    ...member("input", (those) => async (input) => {
      let said: Pick<InputText, "text" | "images"> = input;
      for (const one of those) {
        const { images: _, ...about } = input;
        const heard = await one.input({ ...about, ...said });
        if (heard === undefined) return undefined;
        said = heard;
      }
      return said;
    }),
    ...member("bootstrap", (those) => async (files, cwd) => {
      let given = files;
      for (const one of those) given = await one.bootstrap(given, cwd);
      return given;
    }),
    ...member("beforeAgentStart", (those) => async (message, promptInForce) => {
      const messages: CustomMessage[] = [];
      let systemPrompt: string | undefined;
      for (const one of those) {
        const answer = await one.beforeAgentStart(message, (replaced) => promptInForce(replaced ?? systemPrompt));
        messages.push(...answer.messages);
        systemPrompt = answer.systemPrompt ?? systemPrompt;
      }
      return { messages, ...defined({ systemPrompt }) };
    }),
    ...member("context", (those) => async (messages) => {
      let shown: readonly Message[] | undefined;
      for (const one of those) shown = (await one.context(shown ?? messages)) ?? shown;
      return shown;
    }),
    ...member("fetch", (those) => (fetch, model) => {
      let watched: typeof globalThis.fetch | undefined;
      for (const one of those) watched = one.fetch(watched ?? fetch, model) ?? watched;
      return watched;
    }),
    ...member("toolCall", (those) => async (call, args, signal) => {
      for (const one of those) {
        const refusal = await one.toolCall(call, args, signal);
        if (refusal !== undefined) return refusal;
      }
      return undefined;
    }),
    ...member("toolResult", (those) => async (call, args, result, signal) => {
      let amended = result;
      for (const one of those) amended = await one.toolResult(call, args, amended, signal);
      return amended;
    }),
    ...member("boundary", (those) => async (boundary, proposal, loadPreview) => {
      let proposed = proposal;
      for (const one of those) proposed = await one.boundary(boundary, proposed, loadPreview);
      return proposed;
    }),
    // All are asked, also behind an answer: it may be the last that refuses.
    ...member("userBash", (those) => async (event) => {
      let answer: UserBashResult | undefined;
      for (const one of those) {
        const given = await one.userBash(event);
        answer ??= given;
      }
      return answer;
    }),
    ...member("messageEnd", (those) => (message) => {
      let changing: Promise<void> | undefined;
      for (const one of those) changing = changing === undefined ? one.messageEnd(message) : changing.then(() => one.messageEnd(message));
      return changing;
    }),
    ...member("beforeReplace", (those) => async (event) => {
      for (const one of those) if (await one.beforeReplace(event)) return true;
      return false;
    }),
    ...member("beforeCompact", (those) => async (event) => {
      for (const one of those) {
        const answer = await one.beforeCompact(event);
        if (answer.cancel === true || answer.compaction !== undefined) return answer;
      }
      return {};
    }),
    ...member("beforeTree", (those) => async (event) => {
      let answer: SessionBeforeTreeResult = {};
      for (const one of those) {
        answer = { ...answer, ...(await one.beforeTree(event)) };
        if (answer.cancel === true) return answer;
      }
      return answer;
    }),
    ...member("treeChanged", (those) => async (event) => {
      for (const one of those) await one.treeChanged(event);
    }),
    ...member("modelChanged", (those) => (...change) => {
      for (const one of those) one.modelChanged(...change);
    }),
    ...member("thinkingLevelChanged", (those) => (...change) => {
      for (const one of those) one.thinkingLevelChanged(...change);
    }),
  };
}
