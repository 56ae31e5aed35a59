// What loads modules that are not ours, and what of ours they may import by name. Types only; one loader for each runtime lies beside.

/** What may be imported by name, and the file of ours that it stands for. */
export type HostModules = ReadonlyMap<string, URL>;

export interface ModuleLoaderOptions {
  hostModules: HostModules;
  /** What was made of sources is kept here, by content. */
  cacheDirectory: string;
}

export interface ModuleLoader {
  /** The module's exports; the same as before unless it was forgotten. Rejects with what the runtime or the module throws. */
  load(path: string): Promise<Record<string, unknown>>;
  /** Modules below the directory are read anew when they are loaded the next time. */
  forget(directory: string): void;
}
