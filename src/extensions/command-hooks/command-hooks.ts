// `[[hooks]]` of the configuration as an interceptor and a listener: a command is told of an event as JSON and may answer as a handler would.
// Made by start-session, where there are any. Invariants: on `tool_call` any failure refuses, so that a guard that breaks opens no door; on other
// events it is said, and the run goes on. Hooks are asked in their order, each about what the one before has left.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import type { BoundaryProposal } from "../../contracts/boundary.ts";
import { defined } from "../../contracts/defined.ts";
import { messageOf } from "../../contracts/error.ts";
import type { ExtensionEventName } from "../../contracts/extension-event.ts";
import type { HookRow } from "../../contracts/hook-row.ts";
import type { Interceptor } from "../../contracts/interceptor.ts";
import { nearestName } from "../../contracts/nearest.ts";
import type { RunningCall } from "../../contracts/tool.ts";
import type { Env } from "../../platform/paths.ts";
import type { FedCommand } from "../../platform/processes/feed-command.ts";
import { wordGlob } from "../policy/rows.ts";
import type { ClaudeSurroundings } from "./claude-form.ts";

export interface CommandHooksDeps {
  rows: readonly HookRow[];
  cwd: string;
  env: Env;
  /** Of the session, as it stands. */
  about(): Pick<ClaudeSurroundings, "sessionId" | "sessionFile" | "permissionMode" | "model">;
  /** Of the run under way. */
  signal(): AbortSignal | undefined;
  now(): number;
  warn(line: string): void;
}

interface Answer extends Record<string, unknown> {
  block?: boolean;
  reason?: string;
}

type Asked = { answer: Answer } | { refusal: string } | { failure: string };

const defaultTimeoutSeconds = 60;

export class CommandHooks implements Interceptor {
  readonly name = "hooks";
  readonly #deps: CommandHooksDeps;
  readonly #events: ReadonlySet<string>;

  /** What hooks have said to the model since its last prompt. */
  #noted: string[] = [];
  /** A hook has sent the run on that is about to settle. */
  #isContinued = false;

  constructor(deps: CommandHooksDeps) {
    this.#deps = deps;
    this.#events = new Set(deps.rows.map((row) => row.event));
  }

  readonly toolCall: NonNullable<Interceptor["toolCall"]> = async (call, args, signal) => {
    for (const row of this.#rows("tool_call", call.name, args)) {
      const event = { ...aboutCall(call), input: args };
      const asked = await this.#ask(row, event, signal);
      if ("refusal" in asked) return { reason: asked.refusal };
      if ("failure" in asked) return { reason: `Not run: the hook ${row.command} ${asked.failure}` };
      const { block, reason, terminate, input } = asked.answer;
      if (block === true) {
        const told = typeof reason === "string" ? reason : `Blocked by the hook ${row.command}`;
        return { reason: told, ...(terminate === true && { terminate }) };
      }
      if (isObject(input)) {
        // In place: whoever is asked next, and the tool, hold this same object.
        for (const name of Object.keys(args)) delete args[name];
        Object.assign(args, input);
      }
    }
    return undefined;
  };

  readonly toolResult: NonNullable<Interceptor["toolResult"]> = async (call, args, result, signal) => {
    let amended = result;
    for (const row of this.#rows("tool_result", call.name, args)) {
      const event = { ...aboutCall(call), input: args, ...amended, isError: amended.isError === true };
      const answer = await this.#answer(row, event, signal);
      const { content, details, isError, message, block, reason } = answer ?? {};
      if (Array.isArray(content)) amended = { ...amended, content: content as typeof result.content };
      else if (typeof content === "string") amended = { ...amended, content: [{ type: "text", text: content }] };
      if (details !== undefined) amended = { ...amended, details };
      if (typeof isError === "boolean") amended = { ...amended, isError };
      // It has run: a refusal now is a word to the model.
      for (const text of [message, block === true ? reason : undefined])
        if (typeof text === "string") amended = { ...amended, content: [...amended.content, { type: "text", text }] };
    }
    return amended;
  };

  readonly input: NonNullable<Interceptor["input"]> = async (given) => {
    let text = given.text;
    for (const row of this.#rows("input")) {
      const asked = await this.#ask(row, { ...given, text }, this.#deps.signal());
      if ("refusal" in asked || ("answer" in asked && (asked.answer.block === true || asked.answer.action === "handled"))) {
        const reason = "refusal" in asked ? asked.refusal : asked.answer.reason;
        this.#deps.warn(`The prompt was refused by the hook ${row.command}${typeof reason === "string" ? `: ${reason}` : ""}`);
        return undefined;
      }
      // The prompt goes in as it was: a broken hook must not lose what a person has typed.
      if ("failure" in asked) this.#failed(row, asked.failure);
      else {
        if (typeof asked.answer.text === "string") text = asked.answer.text;
        this.#note(asked.answer);
      }
    }
    return { ...given, text };
  };

  readonly beforeAgentStart: NonNullable<Interceptor["beforeAgentStart"]> = async (message, promptInForce) => {
    const messages: Awaited<ReturnType<NonNullable<Interceptor["beforeAgentStart"]>>>["messages"] = [];
    let systemPrompt: string | undefined;
    const say = (content: string): void =>
      void messages.push({ role: "custom", customType: "hook", content, display: true, timestamp: this.#deps.now() });
    for (const text of this.#noted.splice(0)) say(text);
    for (const row of this.#rows("before_agent_start")) {
      const answer = await this.#answer(row, { message, systemPrompt: promptInForce(systemPrompt) }, this.#deps.signal());
      if (typeof answer?.systemPrompt === "string") systemPrompt = answer.systemPrompt;
      const added = answer?.message;
      const content = isObject(added) ? added.content : added;
      if (typeof content === "string" && content !== "") say(content);
    }
    return { messages, ...defined({ systemPrompt }) };
  };

  readonly userBash: NonNullable<Interceptor["userBash"]> = async (event) => {
    for (const row of this.#rows("user_bash", undefined, { command: event.command })) {
      const asked = await this.#ask(row, event, undefined);
      if ("refusal" in asked) throw new Error(asked.refusal);
      if ("failure" in asked) throw new Error(`Not run: the hook ${row.command} ${asked.failure}`);
      if (asked.answer.block === true) throw new Error(String(asked.answer.reason ?? `Blocked by the hook ${row.command}`));
    }
    return undefined;
  };

  readonly beforeReplace: NonNullable<Interceptor["beforeReplace"]> = (event) => this.#isCalledOff(event.type, event);

  readonly beforeCompact: NonNullable<Interceptor["beforeCompact"]> = async ({ signal, ...event }) => {
    const answer = await this.#decision("session_before_compact", event, signal);
    if (answer === undefined) return { cancel: true };
    const { compaction } = answer;
    if (!isObject(compaction) || typeof compaction.summary !== "string") return {};
    const { firstKeptEntryId, tokensBefore } = event.preparation;
    return { compaction: { firstKeptEntryId, tokensBefore, ...compaction, summary: compaction.summary } };
  };

  readonly beforeTree: NonNullable<Interceptor["beforeTree"]> = async ({ signal, ...event }) => {
    const answer = await this.#decision("session_before_tree", event, signal);
    if (answer === undefined) return { cancel: true };
    const { summary, customInstructions, replaceInstructions, label } = answer;
    return {
      ...(isObject(summary) && typeof summary.summary === "string" ? { summary: { ...summary, summary: summary.summary } } : {}),
      ...(typeof customInstructions === "string" ? { customInstructions } : {}),
      ...(typeof replaceInstructions === "boolean" ? { replaceInstructions } : {}),
      ...(typeof label === "string" ? { label } : {}),
    };
  };

  /** A refusal to settle is a word to the model, which goes on. */
  readonly boundary: NonNullable<Interceptor["boundary"]> = async (boundary, proposal, loadPreview) => {
    if (boundary.type !== "agent_before_settle") return proposal;
    let proposed = proposal;
    for (const row of this.#rows(boundary.type)) {
      const asked = await this.#ask(row, { outcome: boundary.outcome, ...proposed, isContinued: this.#isContinued }, this.#deps.signal());
      if ("failure" in asked) this.#failed(row, asked.failure);
      else {
        const { entries, isWanted } = boundaryAnswer(asked, row);
        try {
          if (entries !== undefined) (await loadPreview())([...proposed.entries, ...entries]);
          proposed = { entries: [...proposed.entries, ...(entries ?? [])], continue: proposed.continue || isWanted };
        } catch (error) {
          this.#failed(row, `answered what cannot be written: ${messageOf(error)}`);
        }
      }
    }
    this.#isContinued = proposed.continue;
    return proposed;
  };

  readonly treeChanged: NonNullable<Interceptor["treeChanged"]> = (event) => this.notify("session_tree", event);

  readonly modelChanged: NonNullable<Interceptor["modelChanged"]> = (model, previousModel, source) =>
    void this.notify("model_select", { model, previousModel, source });

  readonly thinkingLevelChanged: NonNullable<Interceptor["thinkingLevelChanged"]> = (level, previousLevel) =>
    void this.notify("thinking_level_select", { level, previousLevel });

  /** A line for each row that no event will ever reach. */
  async untold(): Promise<string[]> {
    const { events } = await import("../../contracts/events.ts");
    const heard = Object.entries<{ from: string }>(events).flatMap(([name, { from }]) => (from === "rpc" ? [] : [name]));
    const names = [...new Set([...toldByMembers, ...heard])];
    return this.#deps.rows
      .filter(({ event }) => !names.includes(event))
      .map(({ event, command, source }) => {
        const near = nearestName(event, names);
        return `The hook ${command} (${source}) waits for ${JSON.stringify(event)}, of which hooks are never told${near === undefined ? "" : `; did you mean ${near}?`}`;
      });
  }

  /** By a refusal, a `block` or a `cancel`; the rest need not be asked then. */
  async #isCalledOff(type: string, event: object): Promise<boolean> {
    return (await this.#decision(type, event)) === undefined;
  }

  /** All answers together, later ones over earlier ones; nothing: it is called off. */
  async #decision(type: string, event: object, signal?: AbortSignal): Promise<Answer | undefined> {
    let all: Answer = {};
    for (const row of this.#rows(type)) {
      const asked = await this.#ask(row, event, signal);
      if ("failure" in asked) this.#failed(row, asked.failure);
      else if ("refusal" in asked) {
        this.#failed(row, `refused: ${asked.refusal}`);
        return undefined;
      } else if (asked.answer.cancel === true || asked.answer.block === true) return undefined;
      else all = { ...all, ...asked.answer };
    }
    return all;
  }

  /** Events that are only told; the run waits, so that what a hook does is done before it goes on. */
  told(event: AgentEvent): Promise<void> | undefined {
    if (event.type === "agent_settled") this.#isContinued = false;
    if (event.type === "compaction_end") {
      const { type: _, ...about } = event;
      const heard = event.result === undefined ? "session_compact_failed" : "session_compact";
      if (this.#events.has(heard)) return this.notify(heard, about);
    }
    if (toldByMembers.has(event.type) || !this.#events.has(event.type)) return undefined;
    return this.notify(event.type, event);
  }

  async notify(type: string, event: object): Promise<void> {
    for (const row of this.#rows(type, (event as { toolName?: string }).toolName)) {
      const answer = await this.#answer(row, event, undefined);
      if (type === "session_start") this.#note(answer);
    }
  }

  /** For the model, with its next prompt. */
  #note(answer: Answer | undefined): void {
    const { message } = answer ?? {};
    if (typeof message === "string" && message !== "") this.#noted.push(message);
  }

  #rows(event: string, toolName?: string, args: Record<string, unknown> = {}): HookRow[] {
    if (!this.#events.has(event)) return [];
    return this.#deps.rows.filter((row) => {
      if (row.event !== event) return false;
      if (row.tool !== undefined && toolName !== undefined && !row.tool.split(/[\s,|]+/).some((glob) => wordGlob(glob).test(toolName)))
        return false;
      if (row.match === undefined) return true;
      const glob = wordGlob(row.match);
      return ["command", "path", "file_path"].some((name) => typeof args[name] === "string" && glob.test(args[name]));
    });
  }

  /** What a failure that only is said leaves. */
  async #answer(row: HookRow, event: object, signal: AbortSignal | undefined): Promise<Answer | undefined> {
    const asked = await this.#ask(row, event, signal);
    if ("answer" in asked) return asked.answer;
    this.#failed(row, "refusal" in asked ? `refused: ${asked.refusal}` : asked.failure);
    return undefined;
  }

  #failed(row: HookRow, what: string): void {
    this.#deps.warn(`The hook ${row.command} (${row.event}) ${what}`);
  }

  async #ask(row: HookRow, event: object, signal: AbortSignal | undefined): Promise<Asked> {
    const { cwd, env } = this.#deps;
    const seconds = row.timeout ?? defaultTimeoutSeconds;
    const { feedCommand } = await import("../../platform/processes/feed-command.ts");
    let ended: FedCommand;
    const isTheirs = row.form === "claude-code";
    const { claudeFields, fromClaude } = isTheirs ? await import("./claude-form.ts") : {};
    try {
      const about = this.#deps.about();
      const { sessionId } = about;
      const theirs = claudeFields?.(row.event, event as Answer, { ...about, cwd, isContinued: this.#isContinued });
      const input = `${JSON.stringify({ ...event, ...theirs, type: row.event, cwd, sessionId }, setsAsLists)}\n`;
      ended = await feedCommand(row.command, {
        cwd,
        env: isTheirs ? { ...env, CLAUDE_PROJECT_DIR: cwd } : env,
        input,
        timeoutMs: seconds * 1000,
        signal,
      });
    } catch (error) {
      return { failure: `could not be run: ${messageOf(error)}` };
    }
    const { exitCode, timedOut } = ended;
    const said = ended.stderr.trim().slice(0, maxReason);
    if (timedOut) return { failure: `took longer than ${seconds} s` };
    if (exitCode === 2) return { refusal: said || `Refused by the hook ${row.command}` };
    if (exitCode !== 0)
      return { failure: `${exitCode === undefined ? "did not end by itself" : `ended with ${exitCode}`}${said === "" ? "" : `: ${said}`}` };
    const answer = answerIn(ended.stdout);
    return { answer: fromClaude?.(row.event, answer, ended.stdout) ?? answer };
  }
}

const maxReason = 4000;

/** They are told on their way, by a member of their own. */
const toldByMembers: ReadonlySet<string> = new Set<ExtensionEventName>([
  "tool_call",
  "tool_result",
  "input",
  "before_agent_start",
  "user_bash",
  "session_start",
  "session_shutdown",
  "session_before_switch",
  "session_before_fork",
  "session_before_compact",
  "session_before_tree",
  "session_compact",
  "session_compact_failed",
  "agent_before_settle",
  "session_tree",
  "model_select",
  "thinking_level_select",
]);

function boundaryAnswer(
  asked: { answer: Answer } | { refusal: string },
  row: HookRow,
): { entries?: BoundaryProposal["entries"]; isWanted: boolean } {
  const { block, reason, entries, continue: goesOn } = "answer" in asked ? asked.answer : { block: true, reason: asked.refusal };
  if (block === true) {
    const content = typeof reason === "string" ? reason : `The hook ${row.command} wants more`;
    return { entries: [{ type: "custom_message", customType: "hook", content, display: true }], isWanted: true };
  }
  return { ...(Array.isArray(entries) && { entries: entries as BoundaryProposal["entries"] }), isWanted: goesOn === true };
}

/** Only where all of it is one JSON object. */
function answerIn(stdout: string): Answer {
  try {
    const value: unknown = JSON.parse(stdout);
    if (!isObject(value)) return {};
    // Written by hand in a shell: `"block": "true"` and `1` are a yes, and no call runs because of a quote.
    const isBlock = value.block === 1 || (typeof value.block === "string" && /^(?:true|yes|1)$/i.test(value.block));
    return isBlock ? { ...value, block: true } : value;
  } catch {
    return {};
  }
}

function setsAsLists(_: string, value: unknown): unknown {
  return value instanceof Set ? [...value] : value;
}

function aboutCall({ id, name, parentToolCallId }: RunningCall): object {
  return { toolName: name, toolCallId: id, parentToolCallId };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
