// Settings that a caller of the library gives, and those of the user's files; names follow the npm agent's. Exported by `pi`.
// Invariant: what is set here holds at once; what is also stored is stored in order, and a failure of it is kept until it is asked for.

import { loadConfig } from "../../config/load-config.ts";
import type { Settings } from "../../config/settings.ts";
import { defined } from "../../contracts/defined.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import { settingsFor } from "../../harness/compaction/auto-compact.ts";
import { surroundings } from "./places.ts";
import { flatSettings, nestedSettings, type SettingsTree, valuesOf } from "./settings-tree.ts";
import { readUserSettings, type SettingsError, storeUserSetting } from "./user-settings.ts";

export type { SettingsTree } from "./settings-tree.ts";
export type { SettingsError } from "./user-settings.ts";

type ModelName = Pick<Model, "provider" | "id">;

export class SettingsManager {
  /** Whether configuration files count. */
  readonly readsFiles: boolean;
  /** Where they lie, when that was said. */
  readonly agentDir: string | undefined;
  readonly #cwd: string | undefined;
  #overrides: Record<string, unknown> = {};
  /** Of the files and the environment, once they have been read. */
  #found: Settings | undefined;
  #storing: Promise<void> = Promise.resolve();
  #errors: SettingsError[] = [];

  private constructor(readsFiles: boolean, cwd?: string, agentDir?: string) {
    this.readsFiles = readsFiles;
    this.#cwd = cwd;
    this.agentDir = agentDir;
  }

  /** The configuration files, read when a session is created, or by `reload`; what is set here wins over them. */
  static create(cwd?: string, agentDir?: string): SettingsManager {
    return new SettingsManager(true, cwd, agentDir);
  }

  /** These, and defaults for the rest: no file is read or written. @throws PiError `config.unknown_key`, `config.wrong_type`. */
  static inMemory(tree: SettingsTree = {}): SettingsManager {
    const manager = new SettingsManager(false);
    manager.applyOverrides(tree);
    return manager;
  }

  /** For this process, never stored. @throws PiError `config.unknown_key`, `config.wrong_type`. */
  applyOverrides(tree: SettingsTree): void {
    this.#putInForce(flatSettings(tree));
  }

  /** By the dotted key of the configuration file. */
  get overrides(): Readonly<Record<string, unknown>> {
    return this.#overrides;
  }

  /** Reads the files, so that what is asked here knows of them. Rejects with `config.syntax`, `config.wrong_type`. */
  async reload(): Promise<void> {
    if (!this.readsFiles) return;
    await this.flush();
    this.#found = (await loadConfig(this.#place())).values;
  }

  /** All, with durations in ms and paths absolute: what was set here, what `reload` has found, defaults for the rest. */
  getSettings(): Settings {
    return valuesOf(this.#overrides, this.#found);
  }

  /** What the user's files say (of settings in memory: what was set), nested, without defaults. A file that cannot be read is an error of `drainErrors`. */
  getGlobalSettings(): SettingsTree {
    if (!this.readsFiles) return nestedSettings(this.#overrides);
    return nestedSettings(readUserSettings(this.#place().agentDir, (error) => this.#errors.push(error)));
  }

  getDefaultModel(): string | undefined {
    return this.getSettings().model;
  }

  /** In force at once, and stored in the user's file (`flush` waits for that) unless settings are in memory; so are all that are set below. */
  setDefaultModel(model: string): void {
    this.#set("model", model);
  }

  setDefaultModelAndProvider(provider: string, modelId: string): void {
    this.#set("model", `${provider}/${modelId}`);
  }

  getDefaultThinkingLevel(): ThinkingLevel {
    return this.getSettings().thinking;
  }

  setDefaultThinkingLevel(level: string): void {
    this.#set("thinking", level);
  }

  /** Patterns; nothing where cycling goes through all models. */
  getEnabledModels(): string[] | undefined {
    const { models } = this.getSettings();
    return models.length === 0 ? undefined : models;
  }

  setEnabledModels(patterns: readonly string[] | undefined): void {
    this.#set("models", [...(patterns ?? [])]);
  }

  getDefaultTools(): string[] {
    return this.getSettings().tools.enabled;
  }

  getCompactionEnabled(): boolean {
    return this.getSettings().compaction.enabled;
  }

  setCompactionEnabled(enabled: boolean): void {
    this.#set("compaction.enabled", enabled);
  }

  /** Tokens. */
  getCompactionReserveTokens(model?: ModelName): number {
    return this.getCompactionSettings(model).reserveTokens;
  }

  /** Tokens. */
  getCompactionKeepRecentTokens(model?: ModelName): number {
    return this.getCompactionSettings(model).keepRecentTokens;
  }

  /** As they hold for a model, or for all that have none of their own. */
  getCompactionSettings(model: ModelName = { provider: "", id: "" }): Omit<Settings["compaction"], "modelOverrides"> {
    const { modelOverrides, ...rest } = this.getSettings().compaction;
    return { ...rest, ...settingsFor({ ...rest, modelOverrides }, model) };
  }

  getBranchSummarySkipPrompt(): boolean {
    return this.getSettings().branchSummary.skipPrompt;
  }

  getNpmCommand(): string[] | undefined {
    const { npmCommand } = this.getSettings();
    return npmCommand.length === 0 ? undefined : npmCommand;
  }

  getRetryEnabled(): boolean {
    return this.getSettings().retry.enabled;
  }

  setRetryEnabled(enabled: boolean): void {
    this.#set("retry.enabled", enabled);
  }

  getRetrySettings(): Settings["retry"] {
    return this.getSettings().retry;
  }

  getProviderRetrySettings(): Settings["retry"]["provider"] {
    return this.getSettings().retry.provider;
  }

  getSteeringMode(): Settings["steeringMode"] {
    return this.getSettings().steeringMode;
  }

  setSteeringMode(mode: Settings["steeringMode"]): void {
    this.#set("steering_mode", mode);
  }

  getFollowUpMode(): Settings["followUpMode"] {
    return this.getSettings().followUpMode;
  }

  setFollowUpMode(mode: Settings["followUpMode"]): void {
    this.#set("follow_up_mode", mode);
  }

  getModelThinkingLevel(provider: string, modelId: string): ThinkingLevel | undefined {
    return this.getSettings().modelThinkingLevels[`${provider}/${modelId}`];
  }

  getAllModelThinkingLevels(): Record<string, ThinkingLevel> {
    return { ...this.getSettings().modelThinkingLevels };
  }

  setModelThinkingLevel(provider: string, modelId: string, level: string): void {
    const name = `${provider}/${modelId}`;
    const all = { ...this.getSettings().modelThinkingLevels, [name]: level };
    this.#set("model_thinking_levels", all, { path: ["model_thinking_levels", name], value: level });
  }

  /** Nothing where none is set. */
  getThinkingBudgets(): Settings["thinkingBudgets"] | undefined {
    const { thinkingBudgets } = this.getSettings();
    return Object.keys(thinkingBudgets).length === 0 ? undefined : thinkingBudgets;
  }

  getImageAutoResize(): boolean {
    return this.getSettings().images.resize;
  }

  setImageAutoResize(enabled: boolean): void {
    this.#set("images.resize", enabled);
  }

  getBlockImages(): boolean {
    return this.getSettings().images.block;
  }

  setBlockImages(blocked: boolean): void {
    this.#set("images.block", blocked);
  }

  getEnableSkillCommands(): boolean {
    return this.getSettings().resources.skillCommands;
  }

  setEnableSkillCommands(enabled: boolean): void {
    this.#set("resources.skill_commands", enabled);
  }

  getHttpIdleTimeoutMs(): number {
    return this.getSettings().network.idleTimeoutMs;
  }

  setHttpIdleTimeoutMs(timeoutMs: number): void {
    this.#set("network.idle_timeout_ms", timeoutMs);
  }

  getShellPath(): string | undefined {
    return this.getSettings().shell.path;
  }

  setShellPath(path: string): void {
    this.#set("shell.path", path);
  }

  getShellCommandPrefix(): string | undefined {
    return this.getSettings().shell.commandPrefix || undefined;
  }

  setShellCommandPrefix(prefix: string | undefined): void {
    this.#set("shell.command_prefix", prefix ?? "");
  }

  getSessionDir(): string | undefined {
    return this.getSettings().sessionDir;
  }

  getSkillPaths(): string[] {
    return this.getSettings().resources.skills;
  }

  getPromptTemplatePaths(): string[] {
    return this.getSettings().resources.prompts;
  }

  getThemePaths(): string[] {
    return this.getSettings().resources.themes;
  }

  getExtensionPaths(): string[] {
    return this.getSettings().resources.extensions;
  }

  /** Resolves when everything set so far is stored, or has failed. */
  flush(): Promise<void> {
    return this.#storing;
  }

  /** What has gone wrong since the last time. */
  drainErrors(): SettingsError[] {
    return this.#errors.splice(0);
  }

  /** `stored`: what of it is written, where not all. */
  #set(key: string, value: unknown, stored = { path: key.split("."), value }): void {
    this.#putInForce({ [key]: value });
    if (!this.readsFiles) return;
    const { agentDir } = this.#place();
    this.#storing = this.#storing
      .then(() => storeUserSetting(agentDir, stored))
      .catch((error: SettingsError) => void this.#errors.push(error));
  }

  /** A wrong value changes nothing. */
  #putInForce(flat: Readonly<Record<string, unknown>>): void {
    const overrides = { ...this.#overrides, ...flat };
    valuesOf(overrides);
    this.#overrides = overrides;
  }

  #place(): ReturnType<typeof surroundings> {
    return surroundings({
      ...defined({ cwd: this.#cwd, agentDir: this.agentDir }),
    });
  }
}
