// The skills that a run of a host knows of: those of the request, else those of folders, as many as a prompt has room for. Called where a run is
// prepared, when there are any. Invariant: however many lie in a workspace, the prompt stays of bounded length, and what is left out is told.

import { type Skill, skillsSection } from "../../resources/skills.ts";
import type { SkillsSnapshot } from "../request.ts";

const most = 150;
const longest = 18_000;

export interface RunSkills {
  skills: readonly Skill[];
  /** What the model is told of them. */
  section: string;
}

export function skillsOfSnapshot({ skills }: SkillsSnapshot): Skill[] {
  return skills.map((skill) => ({ ...skill, source: "settings", isHidden: false }));
}

/** In their order, which says which of them matter most; one that is too long by itself does not cost the others their place. */
export function skillsOfRun(found: readonly Skill[], warn: (line: string) => void): RunSkills {
  const kept: Skill[] = [];
  let shown = 0;
  let length = 0;
  for (const skill of found) {
    const more = skill.isHidden ? 0 : skillsSection([skill]).length - (shown === 0 ? 0 : frameLength);
    if (!skill.isHidden && (shown >= most || length + more > longest)) continue;
    kept.push(skill);
    if (skill.isHidden) continue;
    shown++;
    length += more;
  }
  const left = found.length - kept.length;
  if (left > 0) warn(`${left} of ${found.length} skills are left out: a run has ${most} at most, in ${longest} characters`);
  return { skills: kept, section: skillsSection(kept) };
}

/** What stands around the skills, once: the line break between two of them aside. */
const frameLength = ((): number => {
  const one: Skill = { name: "a", description: "a", path: "a", source: "settings", isHidden: false };
  return 2 * skillsSection([one]).length - skillsSection([one, one]).length;
})();
