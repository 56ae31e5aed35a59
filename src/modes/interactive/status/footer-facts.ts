// What the footer shows of a session. Asked for by the interaction with every frame, so nothing here is counted anew.

import { homePath } from "../home-path.ts";
import type { Surface } from "../surface.ts";
import type { SessionFigures } from "./figures.ts";
import type { FooterFacts } from "./footer.ts";

export function footerFacts(
  at: Surface,
  { figures, hint, branch, statuses }: { figures: SessionFigures } & Pick<FooterFacts, "hint" | "branch" | "statuses">,
): FooterFacts {
  const { conversation } = at.sessions.coding;
  const inForce = at.sessions.models.inForce;
  return {
    ...figures.facts(conversation),
    directory: homePath(at.sessions.launch.options.cwd, at.homeDir),
    branch,
    name: conversation.name ?? "",
    model: inForce === undefined ? "no model" : `${inForce.provider}/${inForce.id}`,
    level: inForce?.reasoning === true ? conversation.thinkingLevel : "",
    statuses,
    hint,
  };
}
