import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dialogUi, ExtensionDialogs } from "../../../src/modes/rpc/extension-dialogs.ts";
import type { ExtensionUiRequest } from "../../../src/modes/rpc/records.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function made(): { dialogs: ExtensionDialogs; sent: ExtensionUiRequest[] } {
  const sent: ExtensionUiRequest[] = [];
  let ids = 0;
  return { dialogs: new ExtensionDialogs({ send: (request) => void sent.push(request), newId: () => `ui-${++ids}` }), sent };
}

test("dialogs are asked, answered by id, in any order", async () => {
  const { dialogs, sent } = made();
  const choice = dialogs.select("Which?", ["a", "b"], { timeoutMs: 1000 });
  const yes = dialogs.confirm("Sure?", "Really.");
  const words = dialogs.input("Say", "something");
  const page = dialogs.editor("Write", "begin");
  expect(sent).toEqual([
    { type: "extension_ui_request", id: "ui-1", method: "select", title: "Which?", options: ["a", "b"], timeout: 1000 },
    { type: "extension_ui_request", id: "ui-2", method: "confirm", title: "Sure?", message: "Really." },
    { type: "extension_ui_request", id: "ui-3", method: "input", title: "Say", placeholder: "something" },
    { type: "extension_ui_request", id: "ui-4", method: "editor", title: "Write", prefill: "begin" },
  ]);
  expect(dialogs.answer({ type: "extension_ui_response", id: "ui-4", value: "text" })).toBe(true);
  dialogs.answer({ type: "extension_ui_response", id: "ui-2", confirmed: true });
  dialogs.answer({ type: "extension_ui_response", id: "ui-3", cancelled: true, value: "ignored" });
  dialogs.answer({ type: "extension_ui_response", id: "ui-1", value: "b" });
  expect(await Promise.all([choice, yes, words, page])).toEqual(["b", true, undefined, "text"]);
  expect(dialogs.openCount).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("a timeout, a signal and the end of the connection give the default; what comes later is dropped", async () => {
  const { dialogs } = made();
  const abort = new AbortController();
  const late = dialogs.confirm("Sure?", "", { timeoutMs: 50 });
  const called = dialogs.input("Say", undefined, { signal: abort.signal });
  const open = dialogs.select("Which?", ["a"]);
  vi.advanceTimersByTime(50);
  abort.abort();
  expect(await late).toBe(false);
  expect(await called).toBeUndefined();
  expect(dialogs.answer({ type: "extension_ui_response", id: "ui-1", confirmed: true })).toBe(false);
  dialogs.close();
  expect(await open).toBeUndefined();
  expect(await dialogs.confirm("After the end?", "")).toBe(false);
});

test("a limit that is none, and one that timers cannot take, leave the time that it takes to answer", async () => {
  const { dialogs, sent } = made();
  const ui = dialogUi(dialogs);
  const limits = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 30 * 86_400_000];
  const asked = limits.map((timeout) => ui.confirm("Sure?", "", { timeout }));
  vi.advanceTimersByTime(86_400_000);
  expect(dialogs.openCount).toBe(limits.length);
  expect(sent.map((request) => "timeout" in request)).toEqual([false, false, false, true, true]);
  for (const { id } of sent) dialogs.answer({ type: "extension_ui_response", id, confirmed: true });
  expect(await Promise.all(asked)).toEqual(limits.map(() => true));
});

test("what needs no answer is only told", () => {
  const { dialogs, sent } = made();
  dialogs.notify("done", "warning");
  dialogs.setStatus("a", "busy");
  dialogs.setStatus("a");
  dialogs.setWidget("w", ["one"], "belowEditor");
  dialogs.setTitle("t");
  dialogs.setEditorText("e");
  expect(sent.map(({ id: _id, type: _type, ...rest }) => rest)).toEqual([
    { method: "notify", message: "done", notifyType: "warning" },
    { method: "setStatus", statusKey: "a", statusText: "busy" },
    { method: "setStatus", statusKey: "a" },
    { method: "setWidget", widgetKey: "w", widgetLines: ["one"], widgetPlacement: "belowEditor" },
    { method: "setTitle", title: "t" },
    { method: "set_editor_text", text: "e" },
  ]);
  expect(dialogs.openCount).toBe(0);
});
