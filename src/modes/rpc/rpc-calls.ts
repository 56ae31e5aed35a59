// The methods of RPC mode as functions, by the names of the npm agent's client: what each takes and gives back follows from the table of
// methods. Extended by the client. Invariant: every method of the table has its function here, its name in camel case.

import { defined } from "../../contracts/defined.ts";
import type { ImageContent } from "../../contracts/message.ts";
import type { MethodName, ParamsOf, ResultOf } from "./methods.ts";
import type { StreamingBehavior } from "./records.ts";

export abstract class RpcCalls {
  /** Any command, by its wire name. */
  abstract request<N extends MethodName>(type: N, params: ParamsOf<N>, timeoutMs?: number): Promise<ResultOf<N>>;

  async prompt(
    message: string,
    images?: ImageContent[],
    streamingBehavior?: StreamingBehavior,
  ): Promise<ResultOf<"prompt">["disposition"]> {
    const answer = await this.request("prompt", { message, ...defined({ images, streamingBehavior }) });
    return answer.disposition;
  }

  async steer(message: string, images?: ImageContent[]): Promise<ResultOf<"steer">["disposition"]> {
    return (await this.request("steer", { message, ...defined({ images }) })).disposition;
  }

  async followUp(message: string, images?: ImageContent[]): Promise<ResultOf<"follow_up">["disposition"]> {
    return (await this.request("follow_up", { message, ...defined({ images }) })).disposition;
  }

  async abort(): Promise<void> {
    await this.request("abort", {});
  }

  clearQueue(): Promise<ResultOf<"clear_queue">> {
    return this.request("clear_queue", {});
  }

  newSession(parentSession?: string): Promise<ResultOf<"new_session">> {
    return this.request("new_session", defined({ parentSession }));
  }

  getState(): Promise<ResultOf<"get_state">> {
    return this.request("get_state", {});
  }

  setModel(provider: string, modelId: string): Promise<ResultOf<"set_model">> {
    return this.request("set_model", { provider, modelId });
  }

  cycleModel(): Promise<ResultOf<"cycle_model">> {
    return this.request("cycle_model", {});
  }

  async getAvailableModels(): Promise<ResultOf<"get_available_models">["models"]> {
    return (await this.request("get_available_models", {})).models;
  }

  async setThinkingLevel(level: ParamsOf<"set_thinking_level">["level"]): Promise<void> {
    await this.request("set_thinking_level", { level });
  }

  cycleThinkingLevel(): Promise<ResultOf<"cycle_thinking_level">> {
    return this.request("cycle_thinking_level", {});
  }

  async getAvailableThinkingLevels(): Promise<ResultOf<"get_available_thinking_levels">["levels"]> {
    return (await this.request("get_available_thinking_levels", {})).levels;
  }

  async setSteeringMode(mode: ParamsOf<"set_steering_mode">["mode"]): Promise<void> {
    await this.request("set_steering_mode", { mode });
  }

  async setFollowUpMode(mode: ParamsOf<"set_follow_up_mode">["mode"]): Promise<void> {
    await this.request("set_follow_up_mode", { mode });
  }

  compact(customInstructions?: string): Promise<ResultOf<"compact">> {
    return this.request("compact", defined({ customInstructions }));
  }

  async setAutoCompaction(enabled: boolean): Promise<void> {
    await this.request("set_auto_compaction", { enabled });
  }

  async setAutoRetry(enabled: boolean): Promise<void> {
    await this.request("set_auto_retry", { enabled });
  }

  async abortRetry(): Promise<void> {
    await this.request("abort_retry", {});
  }

  bash(command: string, how: Omit<ParamsOf<"bash">, "command"> = {}): Promise<ResultOf<"bash">> {
    return this.request("bash", { command, ...how });
  }

  async abortBash(): Promise<void> {
    await this.request("abort_bash", {});
  }

  getSessionStats(): Promise<ResultOf<"get_session_stats">> {
    return this.request("get_session_stats", {});
  }

  exportHtml(outputPath?: string): Promise<ResultOf<"export_html">> {
    return this.request("export_html", defined({ outputPath }));
  }

  switchSession(sessionPath: string, how: { onBusy?: "fail" | "wait" | "fork" } = {}): Promise<ResultOf<"switch_session">> {
    return this.request("switch_session", { sessionPath, ...how });
  }

  fork(entryId: string): Promise<ResultOf<"fork">> {
    return this.request("fork", { entryId });
  }

  clone(): Promise<ResultOf<"clone">> {
    return this.request("clone", {});
  }

  async getForkMessages(): Promise<ResultOf<"get_fork_messages">["messages"]> {
    return (await this.request("get_fork_messages", {})).messages;
  }

  getEntries(since?: string): Promise<ResultOf<"get_entries">> {
    return this.request("get_entries", defined({ since }));
  }

  getTree(): Promise<ResultOf<"get_tree">> {
    return this.request("get_tree", {});
  }

  async getLastAssistantText(): Promise<ResultOf<"get_last_assistant_text">["text"]> {
    return (await this.request("get_last_assistant_text", {})).text;
  }

  async setSessionName(name: string): Promise<void> {
    await this.request("set_session_name", { name });
  }

  async getMessages(): Promise<ResultOf<"get_messages">["messages"]> {
    return (await this.request("get_messages", {})).messages;
  }

  async getCommands(): Promise<ResultOf<"get_commands">["commands"]> {
    return (await this.request("get_commands", {})).commands;
  }

  getVersion(): Promise<ResultOf<"get_version">> {
    return this.request("get_version", {});
  }

  async getTools(): Promise<ResultOf<"get_tools">["tools"]> {
    return (await this.request("get_tools", {})).tools;
  }

  async setActiveTools(names: string[]): Promise<ResultOf<"set_active_tools">["names"]> {
    return (await this.request("set_active_tools", { names })).names;
  }

  async listSessions(how: ParamsOf<"list_sessions"> = {}): Promise<ResultOf<"list_sessions">["sessions"]> {
    return (await this.request("list_sessions", how)).sessions;
  }

  async searchSessions(
    text: string,
    how: Omit<ParamsOf<"search_sessions">, "text"> = {},
  ): Promise<ResultOf<"search_sessions">["sessions"]> {
    return (await this.request("search_sessions", { text, ...how })).sessions;
  }

  async deleteSession(sessionPath?: string): Promise<ResultOf<"delete_session">["path"]> {
    return (await this.request("delete_session", defined({ sessionPath }))).path;
  }

  importSession(path: string): Promise<ResultOf<"import_session">> {
    return this.request("import_session", { path });
  }

  async getAuth(): Promise<ResultOf<"get_auth">["providers"]> {
    return (await this.request("get_auth", {})).providers;
  }

  navigate(entryId: string | null, how: Omit<ParamsOf<"navigate">, "entryId"> = {}): Promise<ResultOf<"navigate">> {
    return this.request("navigate", { entryId, ...how });
  }

  async setLabel(entryId: string, label?: string): Promise<void> {
    await this.request("set_label", { entryId, ...defined({ label }) });
  }

  inspect(): Promise<ResultOf<"inspect">> {
    return this.request("inspect", {});
  }

  async reload(): Promise<void> {
    await this.request("reload", {});
  }
}
