// Outputs too long to show, kept as numbered files beside the session: how tools get one and find one again. Implemented by artifacts/, handed
// to tools by the harness. Invariant: a number means the same file for as long as its session can be read.

/** One output on its way to disk. */
export interface ArtifactWriter {
  /** `artifact://<id>`; `undefined` where there is no session that it could be found by. */
  readonly id: number | undefined;
  readonly path: string;
  /** Why the file is incomplete. */
  readonly failure: unknown;
  /** Bytes in the middle that were left out, so that no output fills the disk. */
  readonly leftOutBytes: number;
  /** Never throws: a disk that is full costs the file, never the command. */
  write(bytes: Uint8Array): void;
  /** Nothing more comes. */
  close(): void;
  /** It is not needed after all. */
  discard(): void;
}

export interface FoundArtifact {
  path: string;
  /** Bytes. */
  size: number;
}

export interface Artifacts {
  /** Rejects where nothing can be written. `tool`: whose output it is. */
  create(tool: string): Promise<ArtifactWriter>;
  /** In the session's own directory, then in those of the sessions it was forked from. */
  find(id: number): Promise<FoundArtifact | undefined>;
  /** Numbers there are, in rising order. */
  list(): Promise<number[]>;
}

const scheme = "artifact://";

/** The number that a reference names: digits only; `undefined` for what is no reference, -1 for one that names none. */
export function artifactIdOf(text: string): number | undefined {
  if (!text.startsWith(scheme)) return undefined;
  const digits = text.slice(scheme.length);
  return /^\d{1,9}$/.test(digits) ? Number(digits) : -1;
}

export function artifactReference(id: number): string {
  return `${scheme}${id}`;
}
