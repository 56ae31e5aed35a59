// What is told of the session in force beside its transcript: what goes on, what it has used, where it is, what is said for a moment, a tip. Owned by the
// interaction. Invariant: a frame asks and counts nothing; while nothing goes on no timer of it runs.

import type { AgentEvent } from "../../../contracts/agent-event.ts";
import type { SessionHost } from "../../../harness/host/session-host.ts";
import { gitBranch } from "../../../platform/processes/git-branch.ts";
import type { ExtensionDisplay } from "../extension-ui/terminal-ui.ts";
import { homePath } from "../home-path.ts";
import type { Keymap } from "../keymap.ts";
import { Tips } from "../tips.ts";
import { Activity, frameMs } from "./activity.ts";
import { SessionFigures } from "./figures.ts";
import type { FooterFacts } from "./footer.ts";
import { PassingHint } from "./passing-hint.ts";

export interface StatusDeps {
  sessions: SessionHost;
  keys: Pick<Keymap, "keyOf">;
  homeDir: string;
  now(): number;
  /** What it tells is another thing now. */
  draw(): void;
  say(text: string): void;
}

export class Status {
  branch = "";
  readonly #deps: StatusDeps;
  readonly #activity: Activity;
  readonly #figures: SessionFigures;
  readonly #hint: PassingHint;
  readonly #tips: Tips;
  #frames: NodeJS.Timeout | undefined;

  constructor(deps: StatusDeps) {
    this.#deps = deps;
    this.#activity = new Activity(deps.now);
    this.#figures = new SessionFigures(deps.draw);
    this.#hint = new PassingHint(deps.draw);
    this.#tips = new Tips(deps.sessions.launch.options.agentDir);
  }

  get isBusy(): boolean {
    return this.#activity.isBusy;
  }

  /** Of the session in force, which is another one or the same one anew. */
  renew(): void {
    this.end();
    this.#findBranch();
    this.#figures.begin(this.#deps.sessions.coding.conversation);
  }

  /** Another session is on the screen from now on. */
  beginSession(): void {
    this.#tips.begin();
  }

  /** Something goes on that no event tells of. Gives the way to end it. */
  begin(what: string): () => void {
    const end = this.#activity.begin(what);
    this.#follow();
    return () => {
      end();
      this.#follow();
    };
  }

  end(): void {
    this.#activity.end();
    this.#follow();
  }

  take(event: AgentEvent): void {
    const { seconds } = this.#activity;
    this.#activity.take(event);
    this.#figures.take(event);
    this.#follow();
    if (event.type !== "agent_settled") return;
    this.#findBranch();
    this.#tip(seconds);
  }

  hint(text: string, shownMs?: number): void {
    this.#hint.show(text, shownMs);
  }

  stop(): void {
    this.end();
    this.#figures.stop();
    this.#hint.end();
  }

  /** For the border of the editor. */
  activityText({ isWorkingVisible, workingMessage, frames }: ExtensionDisplay): string {
    return isWorkingVisible ? this.#activity.text(this.#deps.keys.keyOf("app.interrupt"), workingMessage, frames) : "";
  }

  footer({ statuses }: ExtensionDisplay): FooterFacts {
    const { sessions, homeDir } = this.#deps;
    const { conversation } = sessions.coding;
    const { inForce } = sessions.models;
    return {
      ...this.#figures.facts(conversation),
      directory: homePath(sessions.launch.options.cwd, homeDir),
      branch: this.branch,
      name: conversation.name ?? "",
      model: inForce === undefined ? "no model" : `${inForce.provider}/${inForce.id}`,
      level: inForce?.reasoning === true ? conversation.thinkingLevel : "",
      statuses: [...statuses.values()],
      hint: this.#hint.text,
    };
  }

  #findBranch(): void {
    this.branch = gitBranch(this.#deps.sessions.launch.options.cwd);
  }

  #tip(seconds: number): void {
    const { sessions, keys, say } = this.#deps;
    const isWanted = sessions.launch.config.values.tips;
    const { used } = this.#figures.facts(sessions.coding.conversation);
    const text = this.#tips.take({ seconds, used: used ?? 0, isWanted }, (id) => keys.keyOf(id));
    if (text !== undefined) say(`Tip: ${text}`);
  }

  /** Seconds and frames move as long as something goes on. */
  #follow(): void {
    if (this.#activity.isBusy) this.#frames ??= setInterval(this.#deps.draw, frameMs);
    else {
      clearInterval(this.#frames);
      this.#frames = undefined;
    }
  }
}
