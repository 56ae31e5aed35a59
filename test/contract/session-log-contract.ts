// What every session log must do, whatever it keeps its entries in. Run by the tests of each.

import { expect, test } from "vitest";
import type { AnyEntry } from "../../src/contracts/session-entry.ts";
import type { SessionLog } from "../../src/session/log/session-log.ts";
import { assistantMessage, userMessage } from "../support/messages.ts";

const timestamp = "2026-01-02T03:04:05.678Z";

export function messageEntry(id: string, parentId: string | null, text = id): AnyEntry {
  return { type: "message", id, parentId, timestamp, message: userMessage(text) };
}

/** `make` gives a new, empty log; `reload` what another reader finds in it (the log itself where there is nothing to reload). */
export function sessionLogContract(make: () => SessionLog, reload: (log: SessionLog) => SessionLog): void {
  test("gives back what was appended, by index, in any order", () => {
    const log = make();
    const entries = [messageEntry("00000001", null), messageEntry("00000002", "00000001"), messageEntry("00000003", "00000001")];
    log.append(entries.slice(0, 2));
    log.append(entries.slice(2));
    for (const one of [log, reload(log)]) {
      expect(one.table.count).toBe(3);
      expect(one.entriesAt([2, 0, 1])).toEqual([entries[2], entries[0], entries[1]]);
      expect([...one.table.pathTo(2)]).toEqual([0, 2]);
      expect(one.table.find("00000002")).toBe(1);
      expect(one.table.find("00000009")).toBe(undefined);
      expect(one.table.lastIndex()).toBe(2);
      expect(one.header).toEqual(log.header);
    }
  });

  test("ids of any form are kept apart", () => {
    const ids = ["00000000", "0", "ffffffff", "FFFFFFFF", "fffffff", "d0e5f6a7-0000-7000-8000-000000000000", "ünïcode", 'quo"te'];
    const log = make();
    log.append(ids.map((id, at) => messageEntry(id, ids[at - 1] ?? null)));
    const one = reload(log);
    expect(ids.map((id) => one.table.find(id))).toEqual(ids.map((_, at) => at));
    expect(ids.map((_, at) => one.table.idOf(at))).toEqual(ids);
    expect(ids.map((_, at) => one.table.parentIdOf(at))).toEqual(ids.map((_, at) => ids[at - 1] ?? null));
  });

  test("entries of unknown types are kept with all their fields", () => {
    const log = make();
    const foreign: AnyEntry = {
      type: "of_another_program",
      id: "0000000a",
      parentId: null,
      timestamp,
      deep: { list: [1, null, "x"] },
      é: "ü",
    };
    log.append([foreign, messageEntry("0000000b", "0000000a")]);
    const one = reload(log);
    expect(one.entriesAt([0])).toEqual([foreign]);
    expect(one.table.typeOf(0)).toBe("of_another_program");
    expect(JSON.parse(one.lineAt(0))).toEqual(foreign);
  });

  test("line separators, controls, lone surrogates and long texts survive", () => {
    const texts = ["a\u2028b\u2029c", "\0\u0001\n\r\t\u001f", "\ud800 lone", "😀", "x".repeat(3_000_000), '{"type":"message","id":"'];
    const log = make();
    log.append(texts.map((text, at) => messageEntry(at.toString(16).padStart(8, "0"), null, text)));
    const found = reload(log).entriesAt(texts.map((_, at) => at));
    expect(found.map((entry) => JSON.stringify(entry))).toEqual(
      texts.map((text, at) => JSON.stringify(messageEntry(at.toString(16).padStart(8, "0"), null, text))),
    );
  });

  test("what is no JSON is refused and leaves nothing behind", () => {
    const log = make();
    log.append([messageEntry("00000001", null)]);
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const entry: AnyEntry = { type: "custom", id: "00000002", parentId: null, timestamp, customType: "x", data: cyclic };
    expect(() => log.append([entry])).toThrow(expect.objectContaining({ code: "session.unencodable" }));
    expect(reload(log).table.count).toBe(1);
    expect(log.table.count).toBe(1);
  });

  test("what is forgotten can still be read", () => {
    const log = make();
    const entries = Array.from({ length: 50 }, (_, at) => messageEntry(`000000${(at + 16).toString(16)}`, null, "y".repeat(at)));
    log.append(entries);
    const one = reload(log);
    one.entriesAt([1, 2, 3], true);
    one.forgetOthers();
    one.forgetOthers();
    expect(one.entriesAt(entries.map((_, at) => at))).toEqual(entries);
  });

  test("reading ahead of an answer sees it at once", () => {
    const log = make();
    log.append([messageEntry("00000001", null)]);
    const answer: AnyEntry = { type: "message", id: "00000002", parentId: "00000001", timestamp, message: assistantMessage("done") };
    log.append([answer]);
    expect(log.entriesAt([1])).toEqual([answer]);
    expect(JSON.parse(log.lineAt(1))).toEqual(answer);
  });
}
