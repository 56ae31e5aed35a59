// What a key or a line comes to: the next state, and effects as values, which the interaction carries out. Pure. Invariant: no text is dropped here:
// what leaves the editor is sent, kept in the history, or given back.

import type { ActionId } from "./keymap.ts";
import type { HeldText, State } from "./state.ts";

/** What there is to know of the session and the editor at that moment. */
export interface Facts {
  nowMs: number;
  text: string;
  /** A run, a compaction, a retry's wait, a command of the user's own. */
  isRunning: boolean;
  isShellRunning: boolean;
  isCompacting: boolean;
  /** Whether `/name` can be said here. */
  isCommand(name: string): boolean;
  doubleEscape: "tree" | "fork" | "none";
  keyOf(action: ActionId): string;
}

export type Action =
  | { type: "key"; id: ActionId }
  /** What was in the editor, which is empty by now. */
  | { type: "submit"; text: string; isFollowUp: boolean }
  | { type: "queue"; queue: State["queue"] }
  /** It cannot go yet. */
  | { type: "hold"; held: HeldText }
  /** It has gone. */
  | { type: "let go"; held: HeldText }
  /** What a compaction has held up can go; `isStopped`: the user has called off what it waited for, and may have another mind about it. */
  | { type: "release"; isStopped: boolean };

export type Effect =
  | {
      type: "quit" | "suspend" | "clear editor" | "stop run" | "stop shell" | "edit outside" | "paste" | "copy" | "look";
    }
  /** `held`: what waits with us, in front of what waits with the session. */
  | { type: "take queue back"; held: readonly HeldText[] }
  | { type: "send"; text: string; behavior: "steer" | "followUp" | undefined }
  | { type: "shell"; command: string; isHidden: boolean }
  | { type: "command"; name: string; args: string }
  | { type: "give back"; text: string }
  | { type: "remember"; text: string }
  | { type: "say"; text: string; level: "info" | "warning" }
  /** `shownMs`: it is not so any longer then. */
  | { type: "hint"; text: string; shownMs?: number };

export interface Step {
  state: State;
  effects: Effect[];
}

const twiceMs = 1000;
const escapeTwiceMs = 500;

/** Of keys that stand for a command. */
const commandOf: Partial<Record<ActionId, string>> = {
  "app.session.new": "new",
  "app.session.tree": "tree",
  "app.session.fork": "fork",
  "app.session.resume": "resume",
  "app.model.select": "model",
};

export function update(state: State, action: Action, facts: Facts): Step {
  if (action.type === "queue") return { state: { ...state, queue: action.queue }, effects: [] };
  if (action.type === "hold") return { state: { ...state, held: [...state.held, action.held] }, effects: [] };
  if (action.type === "let go") return { state: { ...state, held: state.held.filter((one) => one !== action.held) }, effects: [] };
  if (action.type === "release") return release(state, action.isStopped);
  if (action.type === "submit") return submit(state, action, facts);
  return press(state, action.id, facts);
}

function press(state: State, id: ActionId, facts: Facts): Step {
  const only = (...effects: Effect[]): Step => ({ state, effects });
  const command = commandOf[id];
  if (command !== undefined) return only({ type: "command", name: command, args: "" });
  switch (id) {
    case "app.interrupt":
      return interrupt(state, facts);
    case "app.clear":
      return clearText(state, facts);
    case "app.exit":
      return facts.text === "" ? { state: { ...state, isQuitting: true }, effects: [{ type: "quit" }] } : only();
    case "app.suspend":
      return only({ type: "suspend" });
    case "app.editor.external":
      return only({ type: "edit outside" });
    case "app.clipboard.pasteImage":
      return only({ type: "paste" });
    case "app.message.copy":
      return only({ type: "copy" });
    case "app.message.dequeue":
      return takeBack(state);
    case "app.tools.expand":
      return { state: { ...state, isExpanded: !state.isExpanded }, effects: [{ type: "look" }] };
    case "app.thinking.toggle":
      return {
        state: { ...state, hidesThinking: !state.hidesThinking },
        effects: [{ type: "look" }, { type: "hint", text: state.hidesThinking ? "Thinking is shown" : "Thinking is hidden" }],
      };
    default:
      return only({ type: "command", name: id, args: "" });
  }
}

function takeBack(state: State, ...then: Effect[]): Step {
  return { state: { ...state, held: [] }, effects: [{ type: "take queue back", held: state.held }, ...then] };
}

function release(state: State, isStopped: boolean): Step {
  if (isStopped) return takeBack(state);
  const held = state.held.filter(({ callOff }) => callOff !== undefined);
  const effects = state.held.flatMap(({ text, behavior, callOff }): Effect[] =>
    callOff === undefined ? [{ type: "send", text, behavior }] : [],
  );
  return { state: { ...state, held }, effects };
}

function interrupt(state: State, facts: Facts): Step {
  if (facts.isShellRunning) return { state, effects: [{ type: "stop shell" }] };
  if (facts.isRunning || facts.isCompacting) return takeBack(state, { type: "stop run" });
  if (state.held.length > 0) return takeBack(state);
  if (facts.text !== "" || facts.doubleEscape === "none") return { state, effects: [] };
  if (facts.nowMs - state.escapedAtMs > escapeTwiceMs) return { state: { ...state, escapedAtMs: facts.nowMs }, effects: [] };
  return { state: { ...state, escapedAtMs: 0 }, effects: [{ type: "command", name: facts.doubleEscape, args: "" }] };
}

function clearText(state: State, facts: Facts): Step {
  if (facts.text !== "")
    return { state: { ...state, clearedAtMs: 0 }, effects: [{ type: "remember", text: facts.text }, { type: "clear editor" }] };
  if (facts.isShellRunning) return { state, effects: [{ type: "stop shell" }] };
  if (facts.isRunning || facts.isCompacting) return takeBack(state, { type: "stop run" });
  if (state.held.length > 0) return takeBack(state);
  if (facts.nowMs - state.clearedAtMs <= twiceMs) return { state: { ...state, isQuitting: true }, effects: [{ type: "quit" }] };
  const text = `${facts.keyOf("app.clear")} again quits`;
  return { state: { ...state, clearedAtMs: facts.nowMs }, effects: [{ type: "hint", text, shownMs: twiceMs }] };
}

function submit(state: State, { text, isFollowUp }: { text: string; isFollowUp: boolean }, facts: Facts): Step {
  const next: State = { ...state, doubted: "", clearedAtMs: 0 };
  if (text.trim() === "") return { state: next, effects: [] };
  const remember: Effect = { type: "remember", text };
  const shell = /^(!!?)\s*(\S[\s\S]*)$/.exec(text);
  if (shell !== null) return { state: next, effects: [remember, { type: "shell", command: shell[2] ?? "", isHidden: shell[1] === "!!" }] };
  const behavior = isFollowUp ? "followUp" : facts.isRunning ? "steer" : undefined;
  const send: Effect = { type: "send", text, behavior };
  const slash = typedSlash(text);
  if (slash === undefined) return { state: next, effects: [remember, send] };
  const { name, args } = slash;
  if (facts.isCommand(name)) return { state: next, effects: [remember, { type: "command", name, args }] };
  if (state.doubted === text) return { state: next, effects: [remember, send] };
  return {
    state: { ...next, doubted: text },
    effects: [
      { type: "give back", text },
      { type: "command", name: "unknown", args: name },
    ],
  };
}

/** A path is no command: `/usr/lib is full`. */
export function typedSlash(text: string): { name: string; args: string } | undefined {
  const found = /^\/([A-Za-z][\w:.-]*)(?:\s+([\s\S]*))?$/.exec(text);
  return found === null ? undefined : { name: found[1] ?? "", args: (found[2] ?? "").trim() };
}
