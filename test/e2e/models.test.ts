// Which model is asked, as a user of the shell sees it where no list knows the name.

import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { services } from "../support/served.ts";
import { test } from "../support/world.ts";

test("a session whose model is gone goes on with the default one, and says so", async ({ world }) => {
  const [service] = services;
  if (service === undefined) throw new Error("no service");
  const server = await world.strict(service.format, [{ say: [{ text: "on" }] }, { say: [{ text: "on" }] }, { say: [{ text: "on" }] }]);
  const env = service.env(server.baseUrl);
  const first = await world.run(["--model", service.model, "-p", "first"], { env });
  expect(first.status).toBe(0);
  const [file = ""] = world.sessionFiles();
  const begun = readFileSync(file, "utf8");
  // Neither one that nothing is like, nor one that a pattern would find.
  for (const gone of ["claude-gone-1", "claude-sonnet"]) {
    writeFileSync(file, begun.replaceAll("claude-sonnet-4-5", gone));
    const second = await world.run(["-c", "-p", "second"], { env });
    expect(second, gone).toMatchObject({ status: 0, stdout: "on\n" });
    expect(second.stderr).toMatch(new RegExp(`^pi: Could not restore model anthropic/${gone}, .*using anthropic/claude-`));
  }
});

test("a model id that is in no list is asked for with a warning", async ({ world }) => {
  const [service] = services;
  if (service === undefined) throw new Error("no service");
  const server = await world.strict(service.format, [{ say: [{ text: "new" }] }]);
  const ran = await world.run(["--model", "anthropic/claude-new-9", "-p", "hi"], { env: service.env(server.baseUrl) });
  expect(ran).toMatchObject({ status: 0, stdout: "new\n" });
  expect(ran.stderr).toContain('Model "anthropic/claude-new-9" is in no list');
  expect(server.requests[0]?.body.model).toBe("claude-new-9");
  for (const named of [["--model"], ["--model", service.model, "--fallback-model"]]) {
    const strict = await world.run(["--strict", ...named, "anthropic/claude-new-9", "-p", "hi"], { env: service.env(server.baseUrl) });
    expect(strict).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^Error: .*"anthropic\/claude-new-9" is in no list\. /),
    });
  }
  expect(server.requests).toHaveLength(1);
});
