// The models of whatever session is in force: whether there is one, why that one, what cycling goes through. Owned by session-host.

import type { Model } from "../../contracts/model.ts";
import { noModel, scopeWasSaid } from "../launch/choose-model.ts";
import type { ModelRegistry } from "../models/model-registry.ts";
import { resolveModelScope, type ScopedModel } from "../models/model-scope.ts";
import type { ModelChoice } from "../models/usable-model.ts";
import type { CodingSession } from "../run/coding-session.ts";
import type { CreatedSession, StartDeps } from "./start-session.ts";

/** Later than the first answers of a host that has just been started. */
const connectAfterMs = 50;

export class SessionModels implements ModelChoice {
  readonly #created: () => CreatedSession;
  #ahead: NodeJS.Timeout | undefined;
  /** The address of the last connection that was opened ahead. */
  #connectedTo: string | undefined;
  readonly #deps: Pick<StartDeps, "custom" | "host" | "warn">;
  /** Set by a caller, or found from the patterns of one registry. */
  #scope: { models: readonly ScopedModel[]; registry?: ModelRegistry } | undefined;

  constructor(created: () => CreatedSession, deps: Pick<StartDeps, "custom" | "host" | "warn">) {
    this.#created = created;
    this.#deps = deps;
  }

  get registry(): ModelRegistry {
    return this.#created().launch.registry;
  }

  get coding(): CodingSession {
    return this.#created().coding;
  }

  /** Nothing while there is none to ask. */
  get inForce(): Model | undefined {
    const { model } = this.coding.conversation;
    return model === noModel ? undefined : model;
  }

  /** Why the model in force was chosen at the start of the session. */
  get why(): string {
    return this.#created().modelWhy;
  }

  /** The model as a request needs it; as it is where the caller of the library brings the way to it. */
  async ready(model: Model): Promise<Model> {
    return this.#deps.custom?.access === undefined ? this.registry.ready(model) : model;
  }

  /** In a moment, when what is asked first has been answered: the connection that the first request will need. Never fails. */
  connectAhead(): void {
    // Whoever changes the model right behind the start wants the connection of the last one alone.
    clearTimeout(this.#ahead);
    const timer = setTimeout(async () => {
      const { inForce } = this;
      const { launch } = this.#created();
      if (inForce === undefined || this.#deps.custom?.access !== undefined) return;
      // A prompt that was quicker has opened its own, and a service that is connected needs no second one.
      if (this.coding.isStreaming || this.#connectedTo === inForce.baseUrl) return;
      this.#connectedTo = inForce.baseUrl;
      const { connectToModel } = await import("../models/model-access.ts");
      await connectToModel(inForce, { ...launch, env: this.#deps.host.env }).catch(() => undefined);
    }, connectAfterMs);
    timer.unref();
    this.#ahead = timer;
  }

  /** What cycling goes through; empty: all models that can be called. */
  get scope(): readonly ScopedModel[] {
    const { registry } = this;
    if (this.#scope === undefined || (this.#scope.registry !== undefined && this.#scope.registry !== registry)) {
      const { config } = this.#created().launch;
      const { models, warnings } = resolveModelScope(config.values.models, registry);
      if (!scopeWasSaid(config)) for (const line of warnings) this.#deps.warn(line);
      this.#scope = { models, registry };
    }
    return this.#scope.models;
  }

  set scope(models: readonly ScopedModel[]) {
    this.#scope = { models: [...models] };
  }
}
