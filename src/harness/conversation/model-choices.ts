// The model and the thinking level in force, and what the session's path says of them. Owned by the conversation; commands, fallback and
// extensions change them here. Invariant: the level is one that the model takes, and what was chosen in a run is in the file at once.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import { availableThinkingLevels, clampThinkingLevel } from "../../contracts/model.ts";
import type { SessionEntry } from "../../contracts/session-entry.ts";
import type { SessionContext, SessionOutline } from "../../session/tree/session.ts";
import type { CodingSessionDeps } from "./conversation-deps.ts";

type Surroundings = Pick<CodingSessionDeps, "session" | "interceptor" | "model" | "thinkingLevel" | "wantedLevel" | "wishes">;

export class ModelChoices {
  readonly #at: Surroundings;
  readonly #emit: (event: AgentEvent) => Promise<void> | undefined;
  #model: Model;
  #thinkingLevel: ThinkingLevel;
  /** What was asked for last: a model that cannot think so, or has a level of its own, does not change it for those after it. */
  #wantedLevel: ThinkingLevel;
  /** What the path to the leaf says. */
  #recorded: { model: SessionContext["model"]; thinkingLevel: SessionContext["thinkingLevel"] } = {
    model: undefined,
    thinkingLevel: undefined,
  };
  #isRecorded = false;

  constructor(at: Surroundings, emit: (event: AgentEvent) => Promise<void> | undefined) {
    this.#at = at;
    this.#emit = emit;
    this.#model = at.model;
    this.#wantedLevel = at.wantedLevel ?? at.thinkingLevel;
    this.#thinkingLevel = clampThinkingLevel(at.thinkingLevel, at.model);
  }

  get model(): Model {
    return this.#model;
  }

  get thinkingLevel(): ThinkingLevel {
    return this.#thinkingLevel;
  }

  /** What the session says at its leaf. */
  noteRecorded({ model, thinkingLevel }: SessionOutline | SessionContext): void {
    this.#recorded = { model, thinkingLevel };
  }

  /** Other branches record other choices: what is in force is recorded anew before the next message. */
  forgetRecorded(): void {
    this.#isRecorded = false;
  }

  /** Puts model and thinking level into the file where the path to the leaf does not say them. */
  record(): void {
    if (this.#isRecorded) return;
    this.#isRecorded = true;
    const { provider, id } = this.#model;
    const { model: recorded, thinkingLevel } = this.#recorded;
    if (recorded?.provider !== provider || recorded.modelId !== id) this.#recordModel(this.#model);
    if (thinkingLevel !== this.#thinkingLevel) this.#recordThinkingLevel(this.#thinkingLevel);
  }

  #recordModel({ provider, id }: Model): SessionEntry {
    this.#recorded = { ...this.#recorded, model: { provider, modelId: id } };
    return this.#at.session.append({ type: "model_change", provider, modelId: id });
  }

  #recordThinkingLevel(thinkingLevel: ThinkingLevel): void {
    this.#recorded = { ...this.#recorded, thinkingLevel };
    this.#at.session.append({ type: "thinking_level_change", thinkingLevel });
  }

  /** The entry that records it. */
  setModel(model: Model, source: "set" | "cycle" = "set"): SessionEntry {
    const previous = this.#model;
    this.#model = model;
    const entry = this.#recordModel(model);
    this.#applyThinkingLevel(this.#at.wishes?.thinkingLevels[`${model.provider}/${model.id}`] ?? this.#wantedLevel);
    this.#at.interceptor?.modelChanged?.(model, previous, source);
    return entry;
  }

  /** The same in the middle of a run, told to listeners. */
  async switchModel(model: Model, level?: ThinkingLevel): Promise<void> {
    await this.#emit({ type: "entry_appended", entry: this.setModel(model) });
    if (level !== undefined) this.setThinkingLevel(level);
  }

  setThinkingLevel(level: ThinkingLevel): ThinkingLevel {
    this.#wantedLevel = level;
    return this.#applyThinkingLevel(level);
  }

  #applyThinkingLevel(level: ThinkingLevel): ThinkingLevel {
    const clamped = clampThinkingLevel(level, this.#model);
    const previous = this.#thinkingLevel;
    if (clamped === previous) return clamped;
    this.#thinkingLevel = clamped;
    this.#at.interceptor?.thinkingLevelChanged?.(clamped, previous);
    this.#recordThinkingLevel(clamped);
    void this.#emit({ type: "thinking_level_changed", level: clamped });
    return clamped;
  }

  /** The next that the model takes; nothing where there is no other. */
  cycleThinkingLevel(): ThinkingLevel | undefined {
    const levels = availableThinkingLevels(this.#model);
    const next = levels[(levels.indexOf(this.#thinkingLevel) + 1) % levels.length];
    return levels.length <= 1 || next === undefined ? undefined : this.setThinkingLevel(next);
  }
}
