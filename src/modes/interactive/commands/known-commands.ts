// What can be typed behind a slash in the session in force: commands of the screen and of the session, of extensions, templates and skills. Owned by
// the interaction. Invariant: of a session that has gone nothing is offered.

import type { SessionHost } from "../../../harness/host/session-host.ts";
import type { OfferedCommand } from "./commands.ts";

export class KnownCommands {
  readonly #sessions: SessionHost;
  #learning: Promise<void> | undefined;
  #names: ReadonlySet<string> = new Set();
  #offered: readonly OfferedCommand[] = [];

  constructor(sessions: SessionHost) {
    this.#sessions = sessions;
  }

  /** Not before the first paint, and again when there are others; rejects where the modules cannot be loaded. */
  learn(): Promise<void> {
    this.#names = new Set();
    this.#learning = this.#learn();
    return this.#learning;
  }

  /** Those typed before the names are known are looked at when they are. */
  mayBe(name: string): boolean {
    return this.#names.size === 0 || this.#names.has(name);
  }

  async has(name: string): Promise<boolean> {
    await this.#learned();
    return this.#names.has(name);
  }

  async all(): Promise<readonly OfferedCommand[]> {
    await this.#learned();
    return this.#offered;
  }

  async nearest(name: string): Promise<string | undefined> {
    const { nearestName } = await import("../../../contracts/nearest.ts");
    return nearestName(name, [...this.#names]);
  }

  /** What is learned anew meanwhile is waited for, too. */
  async #learned(): Promise<void> {
    for (let waited: Promise<void> | undefined; waited !== this.#learning; ) {
      waited = this.#learning;
      await waited;
    }
  }

  async #learn(): Promise<void> {
    const { coding, extensions, launch } = this.#sessions;
    const [{ offeredCommands }, { listSlashCommands }] = await Promise.all([
      import("./commands.ts"),
      import("../../../harness/extensions/slash-commands.ts"),
    ]);
    const found = extensions.commands() ?? (await listSlashCommands(launch.resources).catch(() => []));
    if (coding !== this.#sessions.coding) return;
    const named = found.map(({ name, description = "" }): OfferedCommand => ({ name, about: description, argument: "" }));
    this.#offered = [...offeredCommands(), ...named];
    this.#names = new Set(this.#offered.map(({ name }) => name));
  }
}
