// What a key or a line comes to: next state and effects as values, for each state that matters. And for any row of them: no text is lost.

import { expect, test } from "vitest";
import type { ActionId } from "../../../src/modes/interactive/keymap.ts";
import { editorActions } from "../../../src/modes/interactive/keymap.ts";
import { firstState, type State, waitingTexts } from "../../../src/modes/interactive/state.ts";
import { type Action, type Effect, type Facts, update } from "../../../src/modes/interactive/update.ts";
import { seededRandom } from "../../support/random.ts";

const facts = (more: Partial<Facts> = {}): Facts => ({
  nowMs: 10_000,
  text: "",
  isRunning: false,
  isShellRunning: false,
  isCompacting: false,
  isCommand: (name) => name === "model",
  doubleEscape: "tree",
  keyOf: (id) => id,
  ...more,
});

const key = (id: ActionId): Action => ({ type: "key", id });
const submit = (text: string, isFollowUp = false): Action => ({ type: "submit", text, isFollowUp });
const effectsOf = (action: Action, more: Partial<Facts> = {}, state: Partial<State> = {}): Effect[] =>
  update({ ...firstState, ...state }, action, facts(more)).effects;
const types = (effects: readonly Effect[]): string[] => effects.map(({ type }) => type);

test.for([
  ["text: it is cleared and kept", { text: "a draft" }, ["remember", "clear editor"]],
  ["text in a run: the text first", { text: "a draft", isRunning: true }, ["remember", "clear editor"]],
  ["a run: it is stopped, what waits comes back", { isRunning: true }, ["take queue back", "stop run"]],
  ["a compaction: it is stopped", { isCompacting: true }, ["take queue back", "stop run"]],
  ["a command of the user's own: it is stopped", { isShellRunning: true }, ["stop shell"]],
  ["nothing: a word of what another would do", {}, ["hint"]],
] as const)("Ctrl-C on %s", ([, more, wanted]) => {
  expect(types(effectsOf(key("app.clear"), more))).toEqual(wanted);
});

test("Ctrl-C twice on nothing quits within a second, not later, and not with text between", () => {
  const once = update(firstState, key("app.clear"), facts()).state;
  expect(types(update(once, key("app.clear"), facts({ nowMs: 11_000 })).effects)).toEqual(["quit"]);
  // What it says is so for that long.
  const again = { type: "hint", text: "app.clear again quits", shownMs: 1000 };
  expect(update(once, key("app.clear"), facts({ nowMs: 11_001 })).effects).toEqual([again]);
  const withText = update(once, key("app.clear"), facts({ nowMs: 10_100, text: "x" })).state;
  expect(types(update(withText, key("app.clear"), facts({ nowMs: 10_200 })).effects)).toEqual(["hint"]);
});

test("Escape stops what runs; else twice on nothing opens what the setting says", () => {
  expect(types(effectsOf(key("app.interrupt"), { isRunning: true, text: "a draft" }))).toEqual(["take queue back", "stop run"]);
  expect(types(effectsOf(key("app.interrupt"), { isShellRunning: true }))).toEqual(["stop shell"]);
  expect(effectsOf(key("app.interrupt"), { text: "a draft" })).toEqual([]);
  for (const doubleEscape of ["tree", "fork"] as const) {
    const once = update(firstState, key("app.interrupt"), facts({ doubleEscape }));
    expect(once.effects).toEqual([]);
    const twice = update(once.state, key("app.interrupt"), facts({ doubleEscape, nowMs: 10_400 }));
    expect(twice.effects).toEqual([{ type: "command", name: doubleEscape, args: "" }]);
    expect(update(twice.state, key("app.interrupt"), facts({ doubleEscape, nowMs: 10_500 })).effects).toEqual([]);
  }
  const none = update(firstState, key("app.interrupt"), facts({ doubleEscape: "none" })).state;
  expect(update(none, key("app.interrupt"), facts({ doubleEscape: "none", nowMs: 10_100 })).effects).toEqual([]);
});

test("Ctrl-D quits on an empty text alone", () => {
  expect(types(effectsOf(key("app.exit")))).toEqual(["quit"]);
  expect(effectsOf(key("app.exit"), { text: "x" })).toEqual([]);
});

test("a line is sent, steers, or follows; blanks are nothing", () => {
  expect(effectsOf(submit("go"))).toContainEqual({ type: "send", text: "go", behavior: undefined });
  expect(effectsOf(submit("go"), { isRunning: true })).toContainEqual({ type: "send", text: "go", behavior: "steer" });
  expect(effectsOf(submit("go", true), { isRunning: true })).toContainEqual({ type: "send", text: "go", behavior: "followUp" });
  expect(effectsOf(submit(" \n "))).toEqual([]);
});

test("a command is run, a path is text, a word that is none is asked about once", () => {
  expect(effectsOf(submit("/model  a/b "))).toContainEqual({ type: "command", name: "model", args: "a/b" });
  expect(types(effectsOf(submit("/usr/lib is full")))).toEqual(["remember", "send"]);
  const doubted = update(firstState, submit("/modle"), facts());
  expect(types(doubted.effects)).toEqual(["give back", "command"]);
  expect(types(update(doubted.state, submit("/modle"), facts()).effects)).toEqual(["remember", "send"]);
  expect(types(update(doubted.state, submit("/mdoel"), facts()).effects)).toEqual(["give back", "command"]);
});

test("a command of the user's own, told or not told to the model", () => {
  expect(effectsOf(submit("! ls -l"))).toContainEqual({ type: "shell", command: "ls -l", isHidden: false });
  expect(effectsOf(submit("!!ls"))).toContainEqual({ type: "shell", command: "ls", isHidden: true });
  expect(types(effectsOf(submit("!")))).toEqual(["remember", "send"]);
});

test("switches are state, and drawn", () => {
  const { state, effects } = update(firstState, key("app.tools.expand"), facts());
  expect([state.isExpanded, types(effects)]).toEqual([true, ["look"]]);
  expect(update(state, key("app.tools.expand"), facts()).state.isExpanded).toBe(false);
  expect(update(firstState, key("app.thinking.toggle"), facts()).state.hidesThinking).toBe(true);
});

test("what is held goes in its order, or comes back before all that waits", () => {
  const hold = (state: State, text: string, behavior: "followUp" | undefined): State =>
    update(state, { type: "hold", held: { text, behavior } }, facts()).state;
  const held = hold(hold(firstState, "one", "followUp"), "two", undefined);
  expect(waitingTexts({ ...held, queue: { steering: ["three"], followUp: ["four"] } })).toEqual({
    steering: ["two", "three"],
    followUp: ["one", "four"],
  });
  const back = { type: "take queue back", held: held.held };
  for (const [action, effects] of [
    [
      { type: "release", isStopped: false },
      [
        { type: "send", text: "one", behavior: "followUp" },
        { type: "send", text: "two", behavior: undefined },
      ],
    ],
    [{ type: "release", isStopped: true }, [back]],
    [key("app.message.dequeue"), [back]],
    [key("app.interrupt"), [back, { type: "stop run" }]],
  ] as const) {
    const step = update(held, action, facts({ isCompacting: true }));
    expect(step.effects).toEqual(effects);
    expect(step.state.held).toEqual([]);
  }
  const onItsWay = { text: "three", behavior: undefined, callOff: () => {} };
  const both = update(held, { type: "hold", held: onItsWay }, facts()).state;
  const released = update(both, { type: "release", isStopped: false }, facts());
  expect([types(released.effects), released.state.held]).toEqual([["send", "send"], [onItsWay]]);
  expect(update(released.state, { type: "let go", held: onItsWay }, facts()).state.held).toEqual([]);
  for (const id of ["app.interrupt", "app.clear"] as const)
    expect(update(released.state, key(id), facts()).effects).toEqual([{ type: "take queue back", held: [onItsWay] }]);
});

test("any row of keys and lines: what leaves the editor is sent, kept or given back, and no state is changed in place", () => {
  const random = seededRandom(11);
  const texts = ["", "hello", "/model", "/modle", "!ls", "/a/path", "a\nb"];
  let state = firstState;
  for (let count = 0; count < 3000; count++) {
    const text = random.pick(texts);
    const action: Action = random.chance(0.5) ? key(random.pick(editorActions)) : submit(text, random.chance(0.3));
    const now = facts({
      nowMs: 10_000 + count * random.below(700),
      text: action.type === "submit" ? "" : text,
      isRunning: random.chance(0.3),
      isShellRunning: random.chance(0.2),
      isCompacting: random.chance(0.1),
    });
    const frozen = Object.freeze({ ...state });
    const { state: next, effects } = update(frozen, action, now);
    state = next;
    const kept = effects.some((effect) => ["send", "remember", "give back"].includes(effect.type));
    if (action.type === "submit" && text.trim() !== "") expect(kept, `${JSON.stringify(text)} was dropped`).toBe(true);
    if (types(effects).includes("clear editor")) expect(effects).toContainEqual({ type: "remember", text });
  }
});
