// A home with sessions in it and `pi sessions` run inside the test: for the tests of session commands.

import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandTable } from "../../src/cli/commands.ts";
import { errorReport } from "../../src/cli/report-error.ts";
import type { NewEntry, SessionHeader } from "../../src/contracts/session-entry.ts";
import { emptyUsage } from "../../src/contracts/usage.ts";
import { completeEntry, encodeLine } from "../../src/session/lines/line-codec.ts";
import { projectFolderName, sessionFileName } from "../../src/session/lines/locate.ts";
import { newSessionId } from "../../src/session/lines/new-id.ts";
import { type FakeHost, fakeHost } from "./fake-host.ts";
import { assistantMessage, toolResultMessage, userMessage } from "./messages.ts";
import { type TempTree, tempTree } from "./temp-tree.ts";

export const nowMs = Date.parse("2026-11-20T12:00:00.000Z");

export interface Ran {
  status: number;
  out: string;
  err: string;
  lines: string[];
}

export interface SessionHome {
  tree: TempTree;
  /** The project that commands are run in. */
  cwd: string;
  /** Where its sessions lie. */
  directory: string;
  host(changes?: Parameters<typeof fakeHost>[0]): FakeHost;
  /** As a user sees it: errors are lines on stderr and a status. */
  pi(...args: string[]): Promise<Ran>;
  piWith(host: FakeHost, ...args: string[]): Promise<Ran>;
  /** A file as a session makes it. */
  add(entries: readonly NewEntry[], place?: { id?: string; cwd?: string; ageMs?: number; directory?: string }): Promise<AddedSession>;
}

export interface AddedSession {
  id: string;
  path: string;
  /** Of the entries, in order. */
  ids: string[];
}

let counter = 0;

export function sessionHome(): SessionHome {
  const tree = tempTree({ "project/README.md": "hello\n", "other/x": "" });
  const cwd = tree.at("project");
  const root = tree.at("home/.pi/agent/sessions");
  const directoryOf = (of: string): string => join(root, projectFolderName(of));
  const host: SessionHome["host"] = (changes = {}) =>
    fakeHost({ cwd, homeDir: tree.at("home"), env: { HOME: tree.at("home") }, now: nowMs, ...changes });
  const piWith: SessionHome["piWith"] = async (used, ...args) => {
    const record = commandTable.find(({ name }) => name === args[0]);
    if (record === undefined) throw new Error(`no command ${args[0]}`);
    let status: number;
    let complaint = "";
    try {
      status = await (await record.load()).run(args.slice(1), used, commandTable);
    } catch (error) {
      const report = errorReport(error, false);
      complaint = `${report.text}\n`;
      status = report.exitStatus;
    }
    const out = used.out();
    return { status, out, err: used.err() + complaint, lines: out === "" ? [] : out.replace(/\n$/, "").split("\n") };
  };
  return {
    tree,
    cwd,
    directory: directoryOf(cwd),
    host,
    piWith,
    pi: (...args) => piWith(host(), ...args),
    // Written by hand: a session that is open here would hold its lease for a moment longer than the test can tell.
    add: async (entries, place = {}) => {
      const at = nowMs - (place.ageMs ?? 3_600_000);
      const timestamp = new Date(at).toISOString();
      const of = place.cwd ?? cwd;
      const header: SessionHeader = { type: "session", version: 3, id: place.id ?? newSessionId(at), timestamp, cwd: of };
      const directory = place.directory ?? directoryOf(of);
      const path = join(directory, sessionFileName(header));
      let parentId: string | null = null;
      const completed = entries.map((entry) => {
        const complete = completeEntry(entry, (++counter).toString(16).padStart(8, "0"), parentId, timestamp);
        parentId = complete.id;
        return complete;
      });
      mkdirSync(directory, { recursive: true });
      writeFileSync(path, [header, ...completed].map(encodeLine).join(""), { mode: 0o600 });
      utimesSync(path, at / 1000, at / 1000);
      return { id: header.id, path, ids: completed.map(({ id }) => id) };
    },
  };
}

export function user(text: string): NewEntry {
  return { type: "message", message: userMessage(text) };
}

export function answer(text: string, cost = 0): NewEntry {
  const usage = { ...emptyUsage(), input: 100, output: 10, totalTokens: 110, cost: { ...emptyUsage().cost, total: cost } };
  return { type: "message", message: assistantMessage(text, { usage }) };
}

export function call(id: string, name: string, args: Record<string, unknown>): NewEntry {
  return { type: "message", message: assistantMessage([{ type: "toolCall", id, name, arguments: args }], { stopReason: "toolUse" }) };
}

export function result(callId: string, text: string, name = "bash"): NewEntry {
  return { type: "message", message: toolResultMessage(callId, text, name) };
}

export function linesOf(path: string): string[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
}
