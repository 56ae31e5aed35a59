// Variables and keys of skills (`[skills.entries.NAME]`), for the commands of a run that has the skill. Called where a run is prepared.
// Invariant: a variable that is set keeps its value; nothing reaches the process, another run, or a run without the skill.

import type { SkillEntry } from "../../config/settings.ts";
import { readBoundedText } from "../../platform/files/bounded-file.ts";
import type { Env } from "../../platform/paths.ts";
import { liveSecrets } from "../../platform/secrets.ts";
import { parseFrontmatter } from "../../resources/frontmatter.ts";

export interface SkillPlace {
  name: string;
  path: string;
}

export interface SkillEnvOptions {
  entries: Readonly<Record<string, SkillEntry>>;
  /** Those that the run has. */
  skills: readonly SkillPlace[];
  /** What is set, whether or not commands see it anyway: a skill that names a variable is given the value that it has. */
  env: Env;
}

/** Of two skills that say the same variable the first counts. */
export function skillEnv({ entries, skills, env }: SkillEnvOptions): Record<string, string> {
  const added: Record<string, string> = {};
  const add = (name: string, value: string): void => {
    if (isVariable.test(name) && !Object.hasOwn(added, name)) added[name] = env[name] || value;
  };
  for (const skill of skills) {
    const entry = Object.hasOwn(entries, skill.name) ? entries[skill.name] : undefined;
    if (entry === undefined) continue;
    for (const [name, value] of Object.entries(entry.env ?? {})) add(name, value);
    if (entry.apiKey === undefined || entry.apiKey === "") continue;
    liveSecrets.add(entry.apiKey);
    add(keyVariable(skill), entry.apiKey);
  }
  return added;
}

const isVariable = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** As the head of the skill says (`primary-env`, or `primaryEnv` in its metadata), else after its name: `image-gen` has IMAGE_GEN_API_KEY. */
function keyVariable({ name, path }: SkillPlace): string {
  const read = readBoundedText(path);
  const text = read !== undefined && "text" in read ? read.text : "";
  const fields = parseFrontmatter(text).fields ?? {};
  const head = /^---\n([\s\S]*?)\n---/.exec(text.replaceAll("\r\n", "\n"))?.[1] ?? "";
  const inMetadata = /["']?primary_?[eE]nv["']?\s*:\s*["']?([A-Za-z_][A-Za-z0-9_]*)/.exec(head)?.[1];
  return fields["primary-env"] ?? inMetadata ?? `${name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}_API_KEY`;
}
