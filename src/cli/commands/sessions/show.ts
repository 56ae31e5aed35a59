// `pi sessions show`: one session as a conversation, as its entries, or as a tree. Called through cli/commands/sessions.

import type { Command } from "commander";
import { PiError } from "../../../contracts/error.ts";
import { ageInWords, plainLine, textForm } from "../../../contracts/text/terminal-text.ts";
import type { Host } from "../../../platform/host.ts";
import { rawEntries } from "../../../session/library/raw-entries.ts";
import type { Session } from "../../../session/tree/session.ts";
import { builtinToolViews } from "../../../tools/registry.ts";
import { ConversationText } from "../../../transcript/text/conversation-text.ts";
import { treeLines } from "../../../transcript/text/tree-text.ts";
import { RecordOutput, recordForm } from "../../record-output.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { findEntry, openForReading } from "./open-session.ts";
import { addPlaceOptions, type PlaceFlags, sessionPlaces } from "./session-places.ts";

interface Flags extends PlaceFlags {
  json?: boolean;
  jsonl?: boolean;
  tree?: boolean;
  branch?: string;
  full?: boolean;
}

export function define(command: Command, { host, exit }: SubcommandContext): void {
  addPlaceOptions(command.argument("[ref]", "the session", "last"))
    .option("--tree", "all branches, as a tree: * is on the branch in use, o beside it")
    .option("--branch <entry>", "the branch that ends with this entry, not the one in use")
    .option("--full", "thinking and results whole")
    .option("--json", "the entries as they stand in the file, as one JSON array")
    .option("--jsonl", "the same as JSON lines")
    .action(async (ref: string, flags: Flags) => exit(await show(host, ref, flags)));
}

async function show(host: Host, ref: string, flags: Flags): Promise<number> {
  const form = recordForm(flags);
  if (flags.tree && form !== "text") {
    throw new PiError("usage.conflict", `--tree cannot be combined with --${form}`, {
      hint: "The entries tell the tree by their parentId",
    });
  }
  const path = await (await sessionPlaces(host, flags)).find(ref);
  if (form !== "text" && flags.branch === undefined) return showEntries(path, undefined, new RecordOutput(host, form));
  const session = await openForReading(path, host);
  try {
    const leafId = flags.branch === undefined ? session.leafId : findEntry(session, flags.branch);
    const output = new RecordOutput(host, form);
    if (form !== "text") return await showEntries(path, new Set(session.branchIds(leafId)), output);
    return await (flags.tree
      ? showTree(host, session, leafId, output)
      : showConversation(host, session, leafId, output, flags.full === true));
  } finally {
    session.close();
  }
}

async function showEntries(path: string, ids: ReadonlySet<string> | undefined, output: RecordOutput): Promise<number> {
  for (const { id, text } of rawEntries(path)) {
    if (ids !== undefined && (id === undefined || !ids.has(id))) continue;
    if (!(await output.add(text))) break;
  }
  return output.end();
}

async function showTree(host: Host, session: Session, leafId: string | null, output: RecordOutput): Promise<number> {
  for (const line of treeLines(session, leafId, { ...textForm(host), toolViews: builtinToolViews() })) if (!(await output.add(line))) break;
  return output.end();
}

async function showConversation(
  host: Host,
  session: Session,
  leafId: string | null,
  output: RecordOutput,
  isFull: boolean,
): Promise<number> {
  const form = { ...textForm(host), isFull, toolViews: builtinToolViews() };
  const { paint } = form;
  const conversation = new ConversationText(form);
  const { header, name } = session;
  const startedMs = Date.parse(header.timestamp);
  const about = [
    `${paint(`session ${plainLine(header.id)}`, "yellow")}${name === undefined ? "" : ` ${paint(plainLine(name), "bold")}`}`,
    `Directory: ${plainLine(header.cwd) || "not told"}`,
    `Started:   ${Number.isNaN(startedMs) ? "not told" : ageInWords(startedMs, host.now())}`,
    ...(header.parentSession === undefined ? [] : [`Forked from: ${plainLine(header.parentSession)}`]),
  ];
  for (const line of about) await output.add(line);
  for (const entry of session.walk(leafId)) {
    let isOpen = true;
    for (const line of conversation.linesOf(entry)) isOpen = await output.add(line);
    if (!isOpen) break;
  }
  return output.end();
}
