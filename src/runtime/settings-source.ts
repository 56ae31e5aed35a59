// The configuration that runs of a host go by, for each workspace, read anew when one of its files has changed: a rollback is one edit, and no
// restart. Made once by whoever makes runtimes. Invariant: what one run has begun with holds for it to its end.

import { statSync } from "node:fs";
import { join } from "node:path";
import { type Config, loadConfig, projectConfigFile } from "../config/load-config.ts";
import { findProjectDirectory } from "../config/trust.ts";
import { defined } from "../contracts/defined.ts";
import { type Env, userConfigFile } from "../platform/paths.ts";
import { baseUrlVariables } from "../providers/vendors.ts";

export interface SettingsSourceDeps {
  agentDir: string;
  homeDir: string;
  env: Env;
  /** Over all files, as a file would hold them: dotted keys. */
  over?: Record<string, unknown>;
}

interface Known {
  config: Config;
  /** What the files looked like. */
  signature: string;
}

/** Workspaces that are remembered. */
const maxKnown = 200;

export class SettingsSource {
  readonly #deps: SettingsSourceDeps;
  readonly #known = new Map<string, Known>();

  constructor(deps: SettingsSourceDeps) {
    this.#deps = deps;
  }

  get agentDir(): string {
    return this.#deps.agentDir;
  }

  /** Rejects with what is wrong with a file: `config.syntax`, `config.wrong_type`. */
  async of(cwd: string): Promise<Config> {
    const signature = this.#signatureOf(cwd);
    const known = this.#known.get(cwd);
    if (known?.signature === signature) return known.config;
    const { agentDir, homeDir, env, over } = this.#deps;
    const config = await loadConfig({
      agentDir,
      cwd,
      homeDir,
      env,
      baseUrlVariables: baseUrlVariables(),
      ...defined({ commandLine: over }),
    });
    if (this.#known.size >= maxKnown) this.#known.delete(this.#known.keys().next().value ?? "");
    this.#known.set(cwd, { config, signature });
    return config;
  }

  #signatureOf(cwd: string): string {
    const { agentDir } = this.#deps;
    const own = ["settings.json", "models.json", "trust.json"].map((name) => join(agentDir, name));
    return [userConfigFile(agentDir), projectConfigFile(findProjectDirectory(cwd)), ...own]
      .map((file) => {
        try {
          const info = statSync(file, { throwIfNoEntry: false, bigint: true });
          return info === undefined ? "-" : `${info.mtimeNs}.${info.size}.${info.ino}`;
        } catch (error) {
          // Whoever reads it says so.
          return (error as NodeJS.ErrnoException).code ?? "-";
        }
      })
      .join("|");
  }
}
