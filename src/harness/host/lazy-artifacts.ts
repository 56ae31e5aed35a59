// The artifacts of a session, loaded when the first output is too long or the first reference is read. Made by start-session.

import type { SessionArtifacts } from "../../artifacts/session-artifacts.ts";
import type { Artifacts, ArtifactWriter, FoundArtifact } from "../../contracts/artifact.ts";
import type { Session } from "../../session/tree/session.ts";

export class LazyArtifacts implements Artifacts {
  readonly #session: Session;
  #loaded: Promise<SessionArtifacts> | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  async create(tool: string): Promise<ArtifactWriter> {
    return (await this.#load()).create(tool);
  }

  async find(id: number): Promise<FoundArtifact | undefined> {
    return (await this.#load()).find(id);
  }

  async list(): Promise<number[]> {
    return (await this.#load()).list();
  }

  async remove(): Promise<void> {
    (await this.#loaded)?.remove();
  }

  #load(): Promise<SessionArtifacts> {
    const session = this.#session;
    this.#loaded ??= import("../../artifacts/session-artifacts.ts").then(
      ({ SessionArtifacts }) =>
        new SessionArtifacts({
          sessionFile: () => (session.storageLost === undefined ? session.filePath : undefined),
          parentSession: session.header.parentSession,
        }),
    );
    return this.#loaded;
  }
}
