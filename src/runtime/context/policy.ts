// Which tools a run has: the rows of `[[tools.policy]]` and of the request, and what its group allows. Asked where a run is prepared, and again
// for each call. Invariant: it goes by what the host says of the conversation alone; what one row forbids no other brings back.

import type { GroupSettings } from "../../config/settings.ts";
import { wordGlob } from "../../extensions/policy/rows.ts";
import type { MessagingContext, PolicyRule } from "../request.ts";
import type { RuntimeKind } from "../result.ts";

export interface PolicyAsked {
  rules: readonly PolicyRule[];
  group: GroupSettings | undefined;
  context: MessagingContext | undefined;
  runtime: RuntimeKind;
  /** The session that the run belongs to, which stands for the group where the context names none. */
  sessionKey: string;
}

/** Whether a tool is on. */
export type Permits = (tool: string) => boolean;

/** Nothing where there is nothing to decide. */
export function toolPermit(asked: PolicyAsked): Permits | undefined {
  const { rules, group, context } = asked;
  if (rules.length === 0 && group?.allow === undefined && group?.deny === undefined) return undefined;
  const own = permitOf(asked, { spawned: context?.spawnedBy !== undefined });
  if (context?.spawnedBy === undefined) return own;
  // What a run may not do it cannot have done for it: the rows as they are for the one that began this run.
  const parent = permitOf({ ...asked, sessionKey: context.spawnedBy }, { spawned: false, parent: context.spawnedBy });
  return (tool) => own(tool) && parent(tool);
}

function permitOf(asked: PolicyAsked, how: { spawned: boolean; parent?: string }): Permits {
  const matching = asked.rules.filter((rule) => matches(rule, asked, how));
  const isOwner = asked.context?.senderIsOwner === true;
  const groupRule = asked.group === undefined ? [] : [asked.group];
  const allows = [...groupRule, ...matching].flatMap(({ allow }) => (allow === undefined ? [] : [namedIn(allow)]));
  const denied = namedIn([...groupRule, ...matching].flatMap(({ deny }) => deny ?? []));
  const ownerOnly = namedIn(matching.flatMap((rule) => rule.ownerOnly ?? []));
  return (tool) => allows.every((allow) => allow(tool)) && !denied(tool) && (isOwner || !ownerOnly(tool));
}

function matches(
  rule: PolicyRule,
  { context = {}, runtime, sessionKey }: PolicyAsked,
  how: { spawned: boolean; parent?: string },
): boolean {
  const groups = how.parent === undefined ? [context.groupId, context.groupChannel, sessionKey] : [how.parent];
  const is = (glob: string | undefined, values: readonly (string | undefined)[]): boolean =>
    glob === undefined || values.some((value) => value !== undefined && wordGlob(glob).test(value));
  return (
    is(rule.channel, [context.channel]) &&
    is(rule.group, groups) &&
    is(rule.space, [context.groupSpace]) &&
    is(rule.sender, [context.senderId, context.senderUsername, context.senderE164]) &&
    is(rule.runtime, [runtime]) &&
    (rule.owner === undefined || rule.owner === (context.senderIsOwner === true)) &&
    (rule.spawned === undefined || rule.spawned === how.spawned)
  );
}

function namedIn(globs: readonly string[]): Permits {
  const expressions = globs.map((glob) => wordGlob(glob));
  return (tool) => expressions.some((expression) => expression.test(tool));
}
