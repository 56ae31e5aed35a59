// What Claude Code asks its hooks, answered by those who listen to a conversation of ours. Made for one run by claude-run.
// Invariant: each is answered, in time: an unanswered one would hold the run for ever.

import { messageOf } from "../../contracts/error.ts";
import type { ToolCall } from "../../contracts/message.ts";
import type { SessionHost } from "../../harness/host/session-host.ts";
import type { RunAt } from "../hosted-run.ts";
import type { ClaudeRecord } from "./child.ts";
import type { ToldHook } from "./launch.ts";
import { contentOf, fieldsOf, textIn } from "./records.ts";
import { plainName, type Translation } from "./translate.ts";

export interface ClaudeHooksDeps {
  at: Pick<RunAt, "request" | "signal" | "tell" | "warn">;
  conversation(): SessionHost["coding"]["conversation"];
  translation: Translation;
}

/** Tool hooks wait so long for those who listen. */
const hookMs = 60_000;

export class ClaudeHooks {
  readonly #deps: ClaudeHooksDeps;
  /** Calls that the host is to carry out. */
  readonly pending: ToolCall[] = [];

  constructor(deps: ClaudeHooksDeps) {
    this.#deps = deps;
  }

  /** `{}` goes on. */
  async answer(event: ToldHook, input: ClaudeRecord, toolUseId: string | undefined): Promise<object> {
    const { at, translation } = this.#deps;
    const name = textIn(input, "tool_name") ?? "";
    const id = toolUseId ?? textIn(input, "tool_use_id") ?? "";
    switch (event) {
      case "PreToolUse":
        return this.#isClientTool(name) ? this.#deferred(id, name, input) : this.#judged(id, name, input);
      case "PostToolUse":
      case "PostToolUseFailure":
        if (plainName(name) === name) await inTime(this.#ranBuiltIn(id, name, input, event === "PostToolUseFailure"), undefined);
        return {};
      case "PostCompact":
        translation.summary(textIn(input, "compact_summary") ?? textIn(input, "summary") ?? "");
        return {};
      case "PreCompact":
        this.#beforeCompact(input).catch((error: unknown) => at.warn(`The hook PreCompact failed: ${messageOf(error)}`));
        return {};
      case "SubagentStart":
      case "SubagentStop":
        void at.tell({
          stream: "subagent",
          data: { type: event, ...(textIn(input, "agent_id") && { agentId: textIn(input, "agent_id") }) },
        });
        return {};
      default:
        return {};
    }
  }

  /** The closing record names the last of them, which may be one that no hook was asked about. */
  deferredBy(result: ClaudeRecord): void {
    const deferred = fieldsOf(result.deferred_tool_use);
    const id = textIn(deferred, "id");
    if (id === undefined || this.pending.some((call) => call.id === id)) return;
    this.#push(id, textIn(deferred, "name") ?? "", deferred.input);
  }

  #push(id: string, name: string, input: unknown): void {
    this.pending.push({ type: "toolCall", id, name: plainName(name), arguments: { ...fieldsOf(input) } });
  }

  #isClientTool(name: string): boolean {
    return plainName(name) !== name && (this.#deps.at.request.clientTools ?? []).some((tool) => tool.name === plainName(name));
  }

  #deferred(id: string, name: string, input: ClaudeRecord): object {
    const { translation } = this.#deps;
    this.#push(id, name, input.tool_input);
    void translation.announced(id).then(() => translation.defer(id));
    return decision("defer", "The host carries it out");
  }

  /** Its own tools are judged here; ours when they are called. A sub-agent's calls stand in no message of the conversation, and are none of it. */
  async #judged(id: string, name: string, input: ClaudeRecord): Promise<object> {
    if (plainName(name) !== name) return {};
    const { at, translation, conversation } = this.#deps;
    const args = { ...fieldsOf(input.tool_input) };
    const call: ToolCall = { type: "toolCall", id, name, arguments: args };
    const isOfSubagent = textIn(input, "agent_id") !== undefined;
    if (!isOfSubagent) await translation.announced(id);
    if (at.signal.aborted) return this.#denied(id, "Not run: the run has to end");
    const { interceptor } = conversation();
    // Whoever decides too late has not allowed it.
    const late = { reason: `Not run: nobody has decided about it within ${hookMs / 1000} s` };
    const refusal = await inTime(interceptor?.toolCall?.(call, args, at.signal) ?? Promise.resolve(undefined), late);
    if (refusal !== undefined) return this.#denied(id, refusal.reason);
    if (!isOfSubagent) await inTime(translation.beginBuiltIn(id, name, args), undefined);
    return {};
  }

  #denied(id: string, reason: string): object {
    this.#deps.translation.deny(id);
    return decision("deny", reason);
  }

  async #ranBuiltIn(id: string, name: string, input: ClaudeRecord, isError: boolean): Promise<void> {
    const { interceptor } = this.#deps.conversation();
    const args = { ...fieldsOf(input.tool_input) };
    const said = isError ? input.error : input.tool_response;
    const content = contentOf(typeof said === "string" ? said : (JSON.stringify(said) ?? ""));
    await interceptor?.toolResult?.({ type: "toolCall", id, name, arguments: args }, args, { content, isError }, this.#deps.at.signal);
  }

  /** Told, not asked: it cannot be called off. */
  async #beforeCompact(input: ClaudeRecord): Promise<void> {
    const conversation = this.#deps.conversation();
    const messages = [...conversation.session.context().messages];
    const { enabled, reserveTokens, keepRecentTokens } = conversation.deps.compaction;
    await conversation.interceptor?.beforeCompact?.({
      preparation: {
        firstKeptEntryId: "",
        messagesToSummarize: messages,
        turnPrefixMessages: [],
        isSplitTurn: false,
        tokensBefore: conversation.contextTokens().tokens,
        fileOps: { read: new Set(), written: new Set(), edited: new Set() },
        settings: { enabled, reserveTokens, keepRecentTokens },
      },
      branchEntries: [],
      reason: input.trigger === "manual" ? "manual" : "threshold",
      willRetry: false,
      signal: this.#deps.at.signal,
    });
  }
}

async function inTime<T, O>(work: Promise<T>, otherwise: O): Promise<T | O> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<O>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), hookMs);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

function decision(permissionDecision: "deny" | "defer", permissionDecisionReason: string): object {
  return { hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision, permissionDecisionReason } };
}
