// Tags, directives and sent texts of a streamed answer, cut at every character.

import { expect, test } from "vitest";
import { createDirectiveFilter, parseDirectives, payloadOf } from "../../../src/runtime/replies/directives.ts";
import { createSentTexts } from "../../../src/runtime/replies/sent-texts.ts";
import { createTagFilter, type TagFilterOptions } from "../../../src/runtime/replies/tag-filter.ts";
import { seededRandom } from "../../support/random.ts";

/** The text in two parts at each place, by single characters, and in random parts. */
function splits(text: string): string[][] {
  const random = seededRandom(text.length);
  const inTwo = Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)]);
  const inMany = Array.from({ length: 20 }, () =>
    text.split("").reduce<string[]>((parts, one) => {
      if (parts.length === 0 || random.chance(0.3)) parts.push(one);
      else parts.push((parts.pop() ?? "") + one);
      return parts;
    }, []),
  );
  return [[text], text.split(""), ...inTwo, ...inMany];
}

function filtered(deltas: string[], options: TagFilterOptions = {}) {
  const filter = createTagFilter(options);
  const parts = [...deltas.flatMap((one) => filter.push(one)), ...filter.end()];
  const join = (kind: "text" | "reasoning") => parts.map((one) => (one.kind === kind ? one.text : "")).join("");
  const ends = parts.filter((one) => one.kind === "reasoning_end").length;
  return { text: join("text"), reasoning: join("reasoning"), ends, hasSeenFinal: filter.hasSeenFinal, untagged: filter.untaggedText };
}

test.each([
  ["<think>a</think>b", "b", "a"],
  ["x < THINKING >a\nb< / Thinking\t>y", "x y", "a\nb"],
  ["<thought>1</thought>-<antthinking>2</antthinking>", "-", "12"],
  ["a <thinker> b < 3 <", "a <thinker> b < 3 <", ""],
  ["`<think>` and ``a ` <think>`` stay", "`<think>` and ``a ` <think>`` stay", ""],
  ["a ` mark\n<think>secret</think>b", "a ` mark\nb", "secret"],
  ["a \\` <think>secret</think> `b", "a \\`  `b", "secret"],
  ["```js\n<think>x</think>\n```\n<think>y</think>", "```js\n<think>x</think>\n```\n", "y"],
  ["~~~~\n~~~\n<think>\n~~~~\n<think>y", "~~~~\n~~~\n<think>\n~~~~\n", "y"],
  ["    ```\n    <think>\n    ```\n<think>y", "    ```\n    <think>\n    ```\n", "y"],
  ["<think>```\n</think>\n```\n</think>```\n<think>\n```", "```\n<think>\n```", "```\n</think>\n```\n"],
  ["<final>a</final> b", "a b", ""],
  ["cut short <thin", "cut short ", ""],
  ["<think>one <final> two</think>b", "b", "one <final> two"],
])("tags of %j", (text, visible, reasoning) => {
  for (const deltas of splits(text)) expect(filtered(deltas)).toMatchObject({ text: visible, reasoning });
});

test.each([
  ["note <final>answer</final> tail", "answer", true, "note answer tail"],
  ["<final>a `</final>` b</final>c<final>d</final>", "a `</final>` bd", true, "a `</final>` bcd"],
  ["<think>r</think>no tag", "", false, "no tag"],
  ["```\n<final>\n", "", false, "```\n<final>\n"],
  ["<final>open", "open", true, "open"],
])("only what is final in %j", (text, visible, hasSeenFinal, untagged) => {
  for (const deltas of splits(text))
    expect(filtered(deltas, { enforceFinalTag: true })).toMatchObject({ text: visible, hasSeenFinal, untagged });
});

test("the end of reasoning is told once a block, also where the message ends in it", () => {
  for (const deltas of splits("<think>a</think>b<think>c")) expect(filtered(deltas).ends).toBe(2);
});

test("a tail is held no longer than it may begin something", () => {
  const filter = createTagFilter();
  expect(filter.push("a <th")).toEqual([{ kind: "text", text: "a " }]);
  expect(filter.push("e")).toEqual([{ kind: "text", text: "<the" }]);
  expect(filter.push(`\`${"x".repeat(1200)}`)).not.toEqual([]);
});

test.each([
  ["[[reply_to_current]] Hi", { text: "Hi", replyToTag: true, replyToCurrent: true }],
  ["[[ Reply_To : 42 ]]\nHi", { text: "Hi", replyToTag: true, replyToId: "42" }],
  ["Hi [[reply_to:a b]] you", { text: "Hi you", replyToTag: true, replyToId: "a b" }],
  ["Hi[[reply_to:1]]", { text: "Hi[[reply_to:1]]" }],
  ["Hi[[audio_as_voice]]", { text: "Hi", audioAsVoice: true }],
  ["[[audio_as_voice]][[reply_to_current]]x", { text: "x", audioAsVoice: true, replyToTag: true, replyToCurrent: true }],
  ["[[reply_to_current]] [[reply_to:7]] x", { text: "x", replyToTag: true, replyToId: "7" }],
  ["a\nMEDIA: ./pic one.png \nb", { text: "a\nb", mediaUrls: ["./pic one.png"] }],
  ["MEDIA:https://example.com/a.png\r\nMEDIA:/tmp/b.png", { mediaUrls: ["https://example.com/a.png", "/tmp/b.png"] }],
  ["see MEDIA:/tmp/b.png", { text: "see MEDIA:/tmp/b.png" }],
  ["MEDIA:../b.png\n", { text: "MEDIA:../b.png\n" }],
  ["MEDIA:a\\..\\b.png\n", { text: "MEDIA:a\\..\\b.png\n" }],
  ["MEDIA:http://example.com/a\n", { text: "MEDIA:http://example.com/a\n" }],
  ["MEDIA:file:///etc/passwd\n", { text: "MEDIA:file:///etc/passwd\n" }],
  ["MEDIA://server/share\n", { text: "MEDIA://server/share\n" }],
  ["`[[reply_to_current]]` x", { text: "`[[reply_to_current]]` x" }],
  ["```\nMEDIA:/a\n[[audio_as_voice]]\n```\n", { text: "```\nMEDIA:/a\n[[audio_as_voice]]\n```\n" }],
  ["x [[reply_to_current]", { text: "x " }],
  ["x [[reply_to:12", { text: "x " }],
  ["[[1, 2], [3]] and [[wiki]] [", { text: "[[1, 2], [3]] and [[wiki]] [" }],
  ["MED", { text: "MED" }],
])("directives of %j", (text, payload) => {
  for (const deltas of splits(text)) {
    const filter = createDirectiveFilter();
    expect(payloadOf([...deltas.flatMap((one) => filter.push(one)), ...filter.end()])).toEqual(payload);
  }
  expect(parseDirectives(text)).toEqual(payload);
});

test("random texts of marks come out alike however they are cut", () => {
  const marks = [
    "`",
    "``",
    "```",
    "~~~",
    "\n",
    "<think>",
    "</think>",
    "<final>",
    "</final>",
    "[[reply_to_current]]",
    "[[",
    "]]",
    " ",
    "\\",
    "ab",
    "MEDIA:/x",
    "\r\n",
    ">",
  ];
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    const text = Array.from({ length: 25 }, () => random.pick(marks)).join("");
    const whole = { loose: filtered([text]), strict: filtered([text], { enforceFinalTag: true }), directives: parseDirectives(text) };
    for (const deltas of splits(text)) {
      const filter = createDirectiveFilter();
      const directives = payloadOf([...deltas.flatMap((one) => filter.push(one)), ...filter.end()]);
      expect({ loose: filtered(deltas), strict: filtered(deltas, { enforceFinalTag: true }), directives }, text).toEqual(whole);
    }
  }
});

test("a text counts as sent once its tool has succeeded; case, blanks and punctuation aside", () => {
  const sent = createSentTexts();
  sent.begin("1", "Hello there, WORLD!");
  expect(sent.has("hello there world")).toBe(false);
  sent.end("1", false);
  expect(sent.has("  Hello  there — world. ")).toBe(true);
  expect(sent.has("Hello there, world, and more")).toBe(false);
  sent.begin("2", "Another long text");
  sent.end("2", true);
  expect(sent.has("Another long text")).toBe(false);
  sent.begin("3", "Short one");
  sent.end("3", false);
  expect(sent.has("Short one")).toBe(false);
});
