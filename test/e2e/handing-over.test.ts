// One conversation through all four formats and back, each step a process of its own: `-c` with thinking, parallel tool calls and an image.

import { expect } from "vitest";
import { pixel } from "../support/model-calls.ts";
import { services } from "../support/served.ts";
import { messagesOf, soundSession } from "../support/sound-session.ts";
import { test } from "../support/world.ts";

test("each format goes on where the one before left off", async ({ world }) => {
  world.write("a.txt", "text of a");
  world.write("b.png", Buffer.from(pixel, "base64"));
  const rounds = [...services, ...services.slice(0, 3).reverse(), ...services.slice(0, 1)];
  for (const [index, service] of rounds.entries()) {
    const server = await world.strict(service.format, [
      {
        say: [
          { thinking: `Thought ${index} — twice.` },
          { redacted: `hidden ${index}` },
          { text: `Looking ${index}.` },
          { call: "read", arguments: { path: "a.txt" } },
          { call: "read", arguments: { path: "b.png" } },
        ],
      },
      { say: [{ thinking: "Ah." }, { text: `Seen ${index}` }] },
    ]);
    world.config(`thinking = "medium"\n${service.toml(server.baseUrl)}`);
    const args = [...(index === 0 ? [] : ["-c"]), "-p", "--model", service.model, `round ${index}`];
    const run = await world.run(args, { env: service.env(server.baseUrl) });
    expect(server.complaints).toEqual([]);
    expect(run).toMatchObject({ status: 0, stdout: `Seen ${index}\n`, stderr: "" });
    const body = server.requests[1]?.rawBody ?? "";
    for (let earlier = 0; earlier <= index; earlier++) {
      for (const text of [`round ${earlier}`, `Looking ${earlier}.`]) expect(body).toContain(text);
      if (earlier < index) expect(body).toContain(`Seen ${earlier}`);
    }
    expect(body.split("text of a")).toHaveLength(index + 2);
  }
  expect(world.sessionFiles()).toHaveLength(1);
  const messages = messagesOf(soundSession(world.sessionFiles()[0] ?? ""));
  expect(messages).toHaveLength(rounds.length * 5);
  expect(new Set(messages.flatMap((message) => message.api ?? []))).toEqual(new Set(services.map((service) => service.format.api)));
});

test("a call that was never answered is answered for the next format", async ({ world }) => {
  const [anthropic, chat, responses, google] = services;
  if (!anthropic || !chat || !responses || !google) throw new Error("no services");
  const call = { say: [{ thinking: "Hm." }, { call: "bash", arguments: { command: "echo begun; exec sleep 60" } }] };
  const first = await world.strict(anthropic.format, [call]);
  world.config('thinking = "medium"\n');
  const killed = world.start(["--mode", "json", "--model", anthropic.model, "wait"], { env: anthropic.env(first.baseUrl) });
  await killed.said('"text":"begun');
  killed.signal("SIGKILL");
  await killed.result;
  expect(messagesOf(soundSession(world.sessionFiles()[0] ?? "")).at(-1)).toMatchObject({ stopReason: "toolUse" });
  for (const service of [chat, responses, google, anthropic]) {
    const server = await world.strict(service.format, [{ say: [{ text: "Going on." }] }]);
    world.config(service.toml(server.baseUrl));
    const run = await world.run(["-c", "-p", "--model", service.model, "go on"], { env: service.env(server.baseUrl) });
    expect(server.complaints).toEqual([]);
    expect(run).toMatchObject({ status: 0, stdout: "Going on.\n" });
  }
});
