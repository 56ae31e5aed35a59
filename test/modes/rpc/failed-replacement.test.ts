// A session that cannot be replaced because of something found after its file was let go of: it goes on, and is stored.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeRpcWorld, textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("a reload that finds a broken configuration leaves the session in force, and its file with it", async () => {
  const directory = temporaryDirectory();
  const made = await makeRpcWorld({ directory, reply: textReply("hello") });
  onTestFinished(() => made.sessions.dispose());
  const prompt = async (message: string): Promise<void> => {
    const settled = made.next((record) => record.type === "agent_settled");
    await made.ask("prompt", { message });
    expect((await settled).outcome).toBe("done");
  };
  await prompt("first words");
  const { sessionFile } = (await made.ask("get_state")).data as { sessionFile: string };
  const config = join(directory, "agent", "config.toml");
  writeFileSync(config, "x = [");
  expect(await made.ask("reload")).toMatchObject({ success: false, error: expect.stringContaining("config.toml") });
  await prompt("second words");
  expect(readFileSync(sessionFile, "utf8")).toContain("second words");
  rmSync(config);
  expect(await made.ask("reload")).toMatchObject({ success: true });
  await made.ask("new_session");
  expect(await made.ask("switch_session", { sessionPath: sessionFile })).toMatchObject({ success: true });
  expect(made.warnings).toEqual([]);
});
