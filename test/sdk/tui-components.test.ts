// Components that extensions of the npm agent import: each shows what it is given, as the conversation shows it; lists and dialogs are answered by keys, once.

import { existsSync } from "node:fs";
import { basename } from "node:path";
import { type Component, getImageDimensions, visibleWidth } from "@earendil-works/pi-tui";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { plainText } from "../../src/contracts/text/plain.ts";
import { createKeymap } from "../../src/modes/interactive/keymap.ts";
import * as agent from "../../src/pi-coding-agent.ts";
import { Session } from "../../src/session/tree/session.ts";
import { darkTheme } from "../../src/tui/theme/built-in.ts";
import { themeInForce } from "../../src/tui/theme/current.ts";
import { Theme } from "../../src/tui/theme/theme.ts";
import { asJpeg, solidPicture } from "../support/solid-picture.ts";
import { tempTree } from "../support/temp-tree.ts";

beforeEach(() => {
  themeInForce.current = undefined;
});

const tui = { requestRender: () => {}, terminal: { rows: 24, columns: 60 } } as never;
const down = "\u001b[B";

function shown(component: Component, width = 60): string {
  const lines = component.render(width);
  for (const line of lines) expect(visibleWidth(line), line).toBeLessThanOrEqual(width);
  return lines.map((line) => plainText(line).trimEnd()).join("\n");
}

const assistant = {
  role: "assistant",
  content: [
    { type: "thinking", thinking: "let me see" },
    { type: "text", text: "The **answer**." },
    { type: "toolCall", id: "1", name: "bash", arguments: { command: "ls" } },
  ],
  stopReason: "stop",
};

describe("messages", () => {
  test("of the user, and of the model: thinking hidden or not, streamed and finished, without the calls", () => {
    expect(shown(new agent.UserMessageComponent("a question"))).toBe("❯ a question");
    const one = new agent.AssistantMessageComponent(assistant);
    expect(shown(one)).toBe("\nThinking:\nlet me see\n\nThe answer.");
    one.setHideThinkingBlock(true);
    expect(shown(one)).toBe("\nThought\n\nThe answer.");
    one.setHiddenThinkingLabel("(secret)");
    expect(shown(one)).toBe("\n(secret)\n\nThe answer.");
    const streamed = new agent.AssistantMessageComponent();
    expect(shown(streamed)).toBe("");
    for (const text of ["One", "One **two", "One **two** three"])
      streamed.updateContent({ ...assistant, content: [{ type: "text", text }] }, true);
    expect(shown(streamed)).toBe("\nOne two three");
    streamed.updateContent({ ...assistant, content: [], stopReason: "error", errorMessage: "The service is away" });
    expect(shown(streamed)).toBe("\n✗ The service is away");
  });

  test("what extensions make of the Markdown, with the id of what is stored", () => {
    const seen: object[] = [];
    const transformer = (markdown: string, context: object): string => {
      seen.push(context);
      return markdown.replace("question", "QUESTION");
    };
    const one = new agent.UserMessageComponent("a question", undefined, 0, [transformer], "id-1", "2026-01-01T00:00:00.000Z");
    expect(shown(one)).toBe("❯ a QUESTION");
    expect(seen[0]).toMatchObject({ messageType: "user", messageId: "id-1", timestamp: "2026-01-01T00:00:00.000Z" });
  });

  test("padding stands on both sides, and a narrow screen is kept to", () => {
    const text = "word ".repeat(30).trim();
    const lines = new agent.AssistantMessageComponent({ ...assistant, content: [{ type: "text", text }] }, false, undefined, "", 2).render(
      21,
    );
    expect(lines.filter((line) => line !== "").every((line) => line.startsWith("  ") && visibleWidth(line) <= 19)).toBe(true);
  });

  test("summaries, skills and messages of extensions: cut, and in full", () => {
    const summary = new agent.CompactionSummaryMessageComponent({ summary: "first\n\nlast line", tokensBefore: 12_000 });
    expect(shown(summary)).toMatch(/^Compacted 12.0k tokens\n… 3 lines/);
    summary.setExpanded(true);
    expect(shown(summary)).toContain("last line");
    expect(shown(new agent.BranchSummaryMessageComponent({ summary: "left" }))).toMatch(/^Summary of the branch/);
    expect(shown(new agent.SkillInvocationMessageComponent({ name: "deploy", content: "Do *this*." }))).toBe("skill deploy\nDo this.");
    const message = { role: "custom", customType: "status", content: "All **good**.", display: true, timestamp: 0 } as const;
    expect(shown(new agent.CustomMessageComponent(message))).toBe("\nstatus\nAll good.");
    const drawn = new agent.CustomMessageComponent(message, ((given: { customType: string }, { expanded }: { expanded: boolean }) => ({
      render: () => [`${given.customType} ${expanded ? "wide" : "short"}`],
      invalidate: () => {},
    })) as never);
    expect(shown(drawn)).toBe("\nstatus short");
    drawn.setExpanded(true);
    expect(shown(drawn)).toBe("\nstatus wide");
  });

  test("control characters of theirs are shown, not obeyed", () => {
    const evil = "a\u001b[2Jb\u001b]0;title\u0007c";
    const components = [
      new agent.UserMessageComponent(evil),
      new agent.AssistantMessageComponent({ ...assistant, content: [{ type: "text", text: evil }] }),
      new agent.SkillInvocationMessageComponent({ name: evil, content: evil }),
      new agent.BashExecutionComponent(evil, tui),
      new agent.ToolExecutionComponent(evil, "1", { command: evil }, {}, undefined, tui, "/"),
    ];
    for (const one of components) expect(one.render(60).join("")).not.toMatch(/\u001b\[2J|\u001b\]0;|\u0007c/);
  });
});

describe("tools", () => {
  test("a call as the conversation shows it: under way, in part, done, in full", () => {
    const call = new agent.ToolExecutionComponent("bash", "1", {}, {}, undefined, tui, "/");
    call.updateArgs({ command: "seq 9" });
    expect(shown(call)).toBe("\n○ bash seq 9");
    const text = (upTo: number): object[] => [{ type: "text", text: Array.from({ length: upTo }, (_, at) => `line ${at}`).join("\n") }];
    call.markExecutionStarted();
    call.updateResult({ content: text(2), isError: false }, true);
    expect(shown(call)).toBe("\n○ bash seq 9\n  line 0\n  line 1");
    call.updateResult({ content: text(9), isError: false, durationMs: 2000 });
    expect(shown(call)).toMatch(/● bash seq 9\n {2}line 4\n[\s\S]*line 8\n {2}… 4 more lines .*2/);
    call.setExpanded(true);
    expect(shown(call)).toContain("line 0");
  });

  test("renderers of the tool's definition draw; one that throws leaves it to ours", () => {
    const line = (text: string): Component => ({ render: () => [text], invalidate: () => {} });
    const definition = {
      renderCall: (args: { n: number }) => line(`call ${args.n}`),
      renderResult: (result: { details: { n: number } }) => line(`result ${result.details.n}`),
    };
    const own = new agent.ToolExecutionComponent("mine", "1", { n: 1 }, {}, definition as never, tui, "/");
    own.updateResult({ content: [], details: { n: 2 }, isError: false });
    expect(shown(own)).toBe("\ncall 1\nresult 2");
    const failing = new agent.ToolExecutionComponent("mine", "1", { path: "x" }, {}, { renderCall: () => fail() } as never, tui, "/");
    expect(shown(failing)).toMatch(/^\n○ mine/);
  });

  test("a command of the user's: its output as it comes, how it ended, all of it to be had", () => {
    const bash = new agent.BashExecutionComponent("make", tui);
    bash.appendOutput("one\n");
    bash.appendOutput("two\n");
    expect(shown(bash)).toMatch(/^\n! make\n {2}one\n {2}two/);
    bash.setComplete(2, false, { truncated: true }, "/tmp/all");
    expect(shown(bash)).toMatch(/exit 2/);
    expect(bash.getOutput()).toContain("/tmp/all");
    expect(bash.getCommand()).toBe("make");
  });
});

function fail(): never {
  throw new Error("no");
}

describe("lists and answers", () => {
  test("each is chosen from by keys, and left by Escape", () => {
    createKeymap("other");
    const answers: unknown[] = [];
    const say = (answer: unknown): void => void answers.push(answer);
    const no = (): void => say("cancelled");
    const lists = {
      option: new agent.ExtensionSelectorComponent("Which?", ["one", "two"], say, no),
      thinking: new agent.ThinkingSelectorComponent("off", ["off", "high"], say, no),
      images: new agent.ShowImagesSelectorComponent(true, say, no),
      prompt: new agent.UserMessageSelectorComponent(
        [
          { id: "a", text: "first" },
          { id: "b", text: "second" },
        ],
        say,
        no,
        "a",
      ),
      account: new agent.OAuthSelectorComponent(
        "login",
        [
          { id: "x", name: "Ex", authType: "oauth" },
          { id: "y", name: "Why", authType: "api_key" },
        ],
        (id, type) => say([id, type]),
        no,
      ),
    };
    for (const list of Object.values(lists)) {
      list.handleInput(down);
      shown(list);
      list.handleInput("\r");
      list.handleInput("\u001b");
    }
    expect(answers).toEqual(["two", "cancelled", "high", "cancelled", false, "cancelled", "b", "cancelled", ["y", "api_key"], "cancelled"]);
  });

  test("themes are previewed as they are passed", () => {
    const previewed: string[] = [];
    const list = new agent.ThemeSelectorComponent(
      "system",
      () => {},
      () => {},
      (name) => previewed.push(name),
    );
    list.handleInput(down);
    expect(previewed).toEqual(["dark"]);
  });

  test("models and sessions come in when they are known; of all folders by Tab", async () => {
    const model = (id: string): never => ({ provider: "p", id, name: `Name ${id}` }) as never;
    const chosen: unknown[] = [];
    const models = new agent.ModelSelectorComponent(
      tui,
      model("b"),
      { getAvailable: async () => [model("a"), model("b")] },
      [],
      (one) => chosen.push(one),
      () => {},
    );
    await vi.waitFor(() => expect(shown(models)).toMatch(/❯ p\/b +Name b/), { timeout: 30_000 });
    models.handleInput("\r");
    expect(chosen).toEqual([model("b")]);
    const session = (path: string, firstMessage: string): never =>
      ({ path, id: path, cwd: "/w", created: new Date(), modified: new Date(), messageCount: 2, firstMessage }) as never;
    const paths: string[] = [];
    const sessions = new agent.SessionSelectorComponent(
      async () => [session("/s/1", "here")],
      async () => [session("/s/1", "here"), session("/s/2", "elsewhere")],
      (path) => paths.push(path),
      () => {},
    );
    await vi.waitFor(() => expect(shown(sessions)).toContain("❯ here"), { timeout: 30_000 });
    sessions.handleInput("\t");
    await vi.waitFor(() => expect(shown(sessions)).toContain("elsewhere"), { timeout: 30_000 });
    sessions.handleInput(down);
    sessions.handleInput("\r");
    expect(paths).toEqual(["/s/2"]);
  });

  test("a tree: where it stands is chosen, views are changed by their keys", () => {
    createKeymap("other");
    const entry = (id: string, role: string, text: string, children: object[] = []): object => ({
      entry: { type: "message", id, parentId: null, timestamp: "", message: { role, content: [{ type: "text", text }] } },
      children,
    });
    const tree = [
      entry("1", "user", "ask", [entry("2", "assistant", "say", [entry("3", "user", "again")]), entry("4", "assistant", "other")]),
    ];
    const chosen: string[] = [];
    const list = new agent.TreeSelectorComponent(
      tree as never,
      "3",
      20,
      (id) => chosen.push(id),
      () => {},
    );
    expect(shown(list)).toMatch(/• user: ask\n[\s\S]*❯ +◆ user: again/);
    list.handleInput("\u0015");
    expect(shown(list)).not.toContain("assistant: other");
    list.handleInput("\r");
    expect(chosen).toEqual(["3"]);
  });

  test("a tree: a label is typed in place of the list, told, and shown", () => {
    createKeymap("other");
    const tree = [
      {
        entry: { type: "message", id: "1", parentId: null, timestamp: "", message: { role: "user", content: "ask" } },
        children: [],
        label: "old",
      },
    ];
    const told: unknown[] = [];
    const list = new agent.TreeSelectorComponent(
      tree as never,
      "1",
      20,
      (id) => told.push(id),
      () => told.push("left"),
      (id, label) => told.push([id, label]),
    );
    list.focused = true;
    expect(shown(list)).toContain("[old] user: ask");
    list.handleInput("L");
    expect(shown(list)).toMatch(/Label\n> old/);
    expect(list.capturesViewportInput).toBe(false);
    list.handleInput("er");
    list.handleInput("\r");
    expect(told).toEqual([["1", "older"]]);
    expect(shown(list)).toContain("[older] user: ask");
    list.handleInput("L");
    list.handleInput("\u001b");
    expect(shown(list)).toContain("[older] user: ask");
    list.handleInput("L");
    list.handleInput("\u0015");
    list.handleInput("\r");
    expect(told).toEqual([
      ["1", "older"],
      ["1", undefined],
    ]);
    expect(shown(list)).toMatch(/◆ user: ask/);
    list.handleInput("\r");
    expect(told.at(-1)).toBe("1");
  });

  test("sessions: renamed by whoever gave the list, deleted at the second key; the open one and what is none stay", async () => {
    createKeymap("other");
    const { at, write } = tempTree();
    vi.stubEnv("PI_CODING_AGENT_DIR", at("agent"));
    onTestFinished(() => void vi.unstubAllEnvs());
    const file = (name: string): string => {
      const session = Session.create({ cwd: at("."), directory: at("sessions"), filePath: at(`sessions/${name}.jsonl`) });
      for (const message of [{ role: "user", content: name }, assistant]) session.append({ type: "message", message: message as never });
      session.flush();
      session.close();
      return at(`sessions/${name}.jsonl`);
    };
    const paths = ["one", "two"].map(file);
    write("sessions/none.jsonl", "of no session\n");
    const names = new Map([...paths, at("sessions/none.jsonl")].map((path) => [path, basename(path, ".jsonl")]));
    const list = new agent.SessionSelectorComponent(
      async () =>
        [...names].flatMap(([path, name]) =>
          existsSync(path) ? [{ path, id: path, cwd: "/w", modified: new Date(), name }] : [],
        ) as never,
      async () => [],
      () => {},
      () => {},
      () => {},
      () => {},
      { renameSession: async (path, name) => void names.set(path, name) },
      paths[0],
    );
    const until = (text: string): Promise<void> => vi.waitFor(() => expect(shown(list, 200)).toContain(text), { timeout: 30_000 });
    await until("❯ one");
    list.handleInput("\u0012");
    expect(shown(list)).toMatch(/Name of the session\n> one/);
    list.handleInput(" more");
    list.handleInput("\r");
    await until("❯ one more");
    const remove = (): void => {
      list.handleInput("\u0004");
      expect(shown(list)).toContain("ctrl+d again deletes it for good");
      list.handleInput("\u0004");
    };
    remove();
    await until("This session is open here");
    list.handleInput(down);
    remove();
    await vi.waitFor(() => expect(existsSync(paths[1] ?? "")).toBe(false), { timeout: 30_000 });
    await vi.waitFor(() => expect(shown(list)).not.toContain("two"), { timeout: 30_000 });
    await until("❯ none");
    remove();
    await until("none.jsonl");
    expect(paths.map((path) => existsSync(path))).toEqual([true, false]);
    expect(existsSync(at("sessions/none.jsonl"))).toBe(true);
  });

  test("lines and texts are typed; what times out is called off, once", () => {
    vi.useFakeTimers();
    try {
      createKeymap("other");
      const answers: string[] = [];
      const input = new agent.ExtensionInputComponent(
        "Name?",
        "say it",
        (value) => answers.push(value),
        () => answers.push("-"),
        { timeout: 1000 },
      );
      expect(shown(input)).toContain("say it");
      input.handleInput("abc");
      input.handleInput("\r");
      vi.advanceTimersByTime(5000);
      expect(answers).toEqual(["abc"]);
      const late = new agent.ExtensionSelectorComponent(
        "Which?",
        ["x"],
        (value) => answers.push(value),
        () => answers.push("-"),
        { timeout: 1000 },
      );
      vi.advanceTimersByTime(1000);
      late.dispose();
      expect(answers).toEqual(["abc", "-"]);
    } finally {
      vi.useRealTimers();
    }
  });
});

test("a diff in the colours of its theme; rows of a text as many as there is room for", () => {
  expect(agent.renderDiff("-1 old\n+1 new\n 2 same")).toContain("old");
  themeInForce.current = new Theme(darkTheme(), "truecolor");
  try {
    const [removed = "", added = "", same = ""] = agent.renderDiff("-1 a word\n+1 a term\n 2 same").split("\n");
    expect(removed).toContain("\u001b[7mword");
    expect(added).toContain("\u001b[7mterm");
    expect(plainText(same)).toBe(" 2 same");
  } finally {
    themeInForce.current = undefined;
  }
  const { visualLines, skippedCount } = agent.truncateToVisualLines(`${"x".repeat(25)}\nlast`, 2, 10);
  expect([visualLines.map((line) => line.trimEnd()), skippedCount]).toEqual([["xxxxx", "last"], 2]);
  expect(agent.truncateToVisualLines("a\nb\nc", 1, 10, 0, "start").visualLines.map((line) => line.trimEnd())).toEqual(["a"]);
});

test("a picture as PNG: converted, as it is, or none", async () => {
  const jpeg = await asJpeg(solidPicture(16, [0, 0, 255]));
  const png = await agent.convertToPng(jpeg, "image/jpeg");
  expect(png?.mimeType).toBe("image/png");
  expect(getImageDimensions(png?.data ?? "", "image/png")).toEqual(getImageDimensions(jpeg, "image/jpeg"));
  expect(await agent.convertToPng(png?.data ?? "", "image/png")).toEqual(png);
  expect(await agent.convertToPng(Buffer.from("no picture").toString("base64"), "image/jpeg")).toBeNull();
});
