// What goes in and comes out beside the methods' own shapes: images of prompts, where commands come from, output as it is written.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { OutputCleaner } from "../../../src/contracts/text/clean-output.ts";
import { fitPromptImages } from "../../../src/harness/intake/prompt-images.ts";
import { Gate, makeRpcWorld, type RpcWorld, type RpcWorldOptions, textReply, type WireRecord } from "../../support/rpc-world.ts";
import { solidPicture } from "../../support/solid-picture.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function world(given: Partial<RpcWorldOptions> = {}): Promise<RpcWorld> {
  const made = await makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("hello"), ...given });
  onTestFinished(() => made.sessions.dispose());
  return made;
}

const settled = (record: WireRecord): boolean => record.type === "agent_settled";
const omitted = "[Image omitted: could not be resized below the inline image size limit.]";

const png = (): string => solidPicture(1, [255, 0, 0]);

test("an image goes to the model as it is when it fits; one that cannot be sent is replaced by a text, also when it is queued", async () => {
  const gate = new Gate();
  const made = await world({ reply: gate.reply("done") });
  const good = { type: "image", data: png(), mimeType: "image/png" };
  const bad = { type: "image", data: "!!!", mimeType: "image/png" };
  const damaged = { ...good, data: good.data.slice(0, 60) };
  const arrival = gate.arrival();
  await made.ask("prompt", { message: "look", images: [good, bad] });
  await arrival;
  expect((await made.ask("steer", { message: "", images: [damaged] })).data).toEqual({ disposition: "queued" });
  const next = gate.arrival();
  gate.open();
  await next;
  const end = made.next(settled);
  gate.open();
  await end;
  const said = made.events().filter((event) => event.type === "message_end" && (event.message as { role: string }).role === "user");
  expect(said.map((event) => (event.message as { content: unknown }).content)).toEqual([
    [{ type: "text", text: `look\n\n${omitted}` }, good],
    [{ type: "text", text: omitted }],
  ]);
});

test("an abort right behind a prompt that is still being made ready stops it as soon as it has begun", async () => {
  const made = await world({ reply: new Gate().reply("never") });
  const prompt = made.ask("prompt", { message: "look", images: [{ type: "image", data: png(), mimeType: "image/png" }] });
  const abort = made.ask("abort");
  expect((await prompt).data).toEqual({ disposition: "started" });
  const answer = await abort;
  const end = made.records.findIndex(settled);
  expect(made.records[end]).toMatchObject({ aborted: true });
  expect(end).toBeLessThan(made.records.indexOf(answer));
});

test("what an image is called does not matter, what it is does", async () => {
  expect(await fitPromptImages("x", [{ type: "image", data: png(), mimeType: "image/jpeg" }])).toEqual({
    message: "x",
    images: [{ type: "image", data: png(), mimeType: "image/png" }],
  });
});

test("commands say where they come from: found by itself or named, and the directory that has the folder", async () => {
  const directory = temporaryDirectory();
  const write = (path: string, text: string): string => {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  const skill = "---\nname: NAME\ndescription: What it is for\n---\nDo it.";
  const review = write("agent/prompts/review.md", "---\ndescription: Review it\n---\nReview $1");
  const mine = write("agent/skills/deep/skills/SKILL.md", skill.replace("NAME", "skills"));
  const shared = write(".agents/skills/shared/SKILL.md", skill.replace("NAME", "shared"));
  const named = write("elsewhere/named.md", "Do $1");
  const resources = {
    withContextFiles: true,
    withSkills: true,
    withTemplates: true,
    skillPaths: [],
    templatePaths: [named],
    withThemes: false,
    themePaths: [],
  };
  const made = await world({ directory, options: { resources } });
  const { commands } = (await made.ask("get_commands")).data as { commands: { name: string; sourceInfo: object }[] };
  const found = Object.fromEntries(commands.map((one) => [one.name, one.sourceInfo]));
  const auto = { source: "auto", scope: "user", origin: "top-level" };
  expect(found).toEqual({
    review: { ...auto, path: review, baseDir: join(directory, "agent") },
    named: { path: named, source: "local", scope: "temporary", origin: "top-level", baseDir: join(directory, "elsewhere") },
    "skill:skills": { ...auto, path: mine, baseDir: expect.stringMatching(/agent\/skills\/deep$|agent$/) },
    "skill:shared": { ...auto, path: shared, baseDir: join(directory, ".agents") },
  });
});

test("output is told as the answer has it: without the terminal's sequences, wherever they are cut", async () => {
  const made = await world();
  const answer = await made.ask("bash", {
    command: "printf 'a\\r\\nb\\033['; sleep 0.05; printf '31mc\\r'; sleep 0.05; printf '\\nd\\033'",
  });
  const deltas = made.events().filter((event) => event.type === "bash_execution_update");
  expect(deltas.map((event) => event.delta).join("")).toBe("a\nbc\nd");
  expect((answer.data as { output: string }).output).toBe("a\nbc\nd");
  const text = "one\x1b[1;31mtwo\x1b]0;title\x07three\x1bPq\x1b\\four\r\nfive\x9b2Ksix";
  for (let at = 0; at <= text.length; at++) {
    const cleaner = new OutputCleaner();
    expect(cleaner.push(text.slice(0, at)) + cleaner.push(text.slice(at)) + cleaner.end()).toBe("onetwothreefour\nfivesix");
  }
  const endless = new OutputCleaner();
  expect(endless.push(`\x1b]${"x".repeat(10_000)}`) + endless.end()).toBe("");
});

test("a name is one line", async () => {
  const made = await world();
  await made.ask("set_session_name", { name: " two\r\n  lines\n" });
  expect(made.events().at(-1)).toMatchObject({ type: "session_info_changed", name: "two lines" });
});

test.each([
  ["a data: URL", (data: string) => `data:image/png;base64,${data}`],
  ["one with parameters and capitals", (data: string) => `DATA:image/png;name=a.png;BASE64,${data}`],
  ["one with escaped characters", (data: string) => `data:image/png;base64,${encodeURIComponent(data)}`],
  [
    "one without base64",
    (data: string) => `data:image/png,${[...Buffer.from(data, "base64")].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")}`,
  ],
  ["broken lines", (data: string) => data.replace(/.{20}/g, "$&\r\n")],
  ["the alphabet for URLs", (data: string) => data.replaceAll("+", "-").replaceAll("/", "_")],
])("an image as %s is the image", async (_, written) => {
  const { images, message } = await fitPromptImages("look", [{ type: "image", data: written(png()), mimeType: "image/png" }]);
  expect({ images, message }).toEqual({ images: [{ type: "image", data: png(), mimeType: "image/png" }], message: "look" });
});
