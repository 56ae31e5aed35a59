// What goes on when one session takes the place of another: tools that are on, modes, the file that is let go of. Called by session-host.

import { resolve } from "node:path";
import { statOf } from "../../platform/files/path-kind.ts";
import type { Session } from "../../session/tree/session.ts";
import type { CodingSession } from "../run/coding-session.ts";
import type { CreatedSession } from "./start-session.ts";

/** What was on before a reload, with what is there only since then or is among the usual ones only by what the configuration says now. */
export function stillActive(before: CreatedSession, now: CreatedSession): string[] {
  const named = ({ coding }: CreatedSession): Set<string> => new Set(coding.conversation.tools.map((tool) => tool.name));
  const usual = ({ launch }: CreatedSession): readonly string[] => launch.config.values.tools.enabled;
  const [known, there] = [named(before), named(now)];
  const isNew = (name: string): boolean => !known.has(name) || (usual(now).includes(name) && !usual(before).includes(name));
  return [
    ...before.coding.conversation.activeToolNames.filter((name) => there.has(name)),
    ...now.coding.conversation.activeToolNames.filter(isNew),
  ];
}

/** What a client set once holds for what comes after, too; what it left alone is what the configuration says by now. */
export function carryModes({ coding: from, launch }: CreatedSession, to: CodingSession): void {
  const { steeringMode, followUpMode, compaction, retry } = launch.config.values;
  if (from.queue.steeringMode !== steeringMode) to.queue.steeringMode = from.queue.steeringMode;
  if (from.queue.followUpMode !== followUpMode) to.queue.followUpMode = from.queue.followUpMode;
  if (from.compaction.isAutomatic !== compaction.enabled) to.compaction.isAutomatic = from.compaction.isAutomatic;
  if (from.retry.isEnabled !== retry.enabled) to.retry.isEnabled = from.retry.isEnabled;
}

/** Resolves when the file may be opened again. */
export async function letGo(session: Session): Promise<void> {
  session.close();
  await session.released();
}

/** Whether the session is that of a file, by whatever name. */
export function isFileOf({ filePath }: Session, path: string): boolean {
  if (filePath === undefined) return false;
  if (resolve(filePath) === path) return true;
  const [one, other] = [statOf(filePath), statOf(path)];
  return one !== undefined && other !== undefined && one.ino === other.ino && one.dev === other.dev;
}
