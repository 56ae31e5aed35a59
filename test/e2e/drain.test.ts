// `pi ipc drain` under the rights of an ordinary user, also where the tests run as root, whom no directory stops.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { commandOf } from "../support/program.ts";
import { test } from "../support/world.ts";

const isRoot = process.getuid?.() === 0;
const asOrdinary = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
/** Nobody may not be let into the place where the program lies. */
const canBeOrdinary = (): boolean => {
  const [command = "", ...args] = [...asOrdinary, ...commandOf("binary"), "--version"];
  return spawnSync(command, args).status === 0;
};
const shell = isRoot ? `exec ${asOrdinary.join(" ")} "$@"` : 'exec "$@"';

test("what was taken and cannot go is told, and no success", async ({ world, skip }) => {
  if (isRoot && !canBeOrdinary()) skip("root, and no way to be another");
  world.write("ipc/team/messages/1.json", JSON.stringify({ type: "message", chatJid: "c", text: "hi" }));
  world.write("ipc/closed/messages/2.json", JSON.stringify({ type: "message", chatJid: "c", text: "hi" }));
  const dir = join(world.cwd, "ipc");
  mkdirSync(join(world.home, "open"), { recursive: true });
  for (const one of [dirname(world.cwd), world.cwd, world.home]) chmodSync(one, 0o755);
  chmodSync(dir, 0o777);
  chmodSync(join(dir, "team/messages"), 0o555);
  chmodSync(join(dir, "closed"), 0o000);
  world.write("ipc/mute/messages/3.json", JSON.stringify({ type: "message", chatJid: "c", text: "hi" }));
  world.write("ipc/mute/tasks/4.json", JSON.stringify({ type: "pause_task", taskId: "7" }));
  chmodSync(join(dir, "mute/messages"), 0o311);
  chmodSync(join(dir, "mute/tasks"), 0o644);
  try {
    const ran = await world.run(["ipc", "drain", dir, "--data", join(dir, "data")], { shell });
    expect(ran.stderr).toMatch(/team\/1\.json was taken, and the next drain takes it again: it cannot be removed/);
    // Who closes a folder to its consumer holds nobody else up, and is named.
    expect(ran.stdout.trim().split("\n")).toHaveLength(1);
    for (const name of ["closed/", "mute/messages", "mute/4.json"])
      expect(ran.stderr.split("\n").filter((line) => line.startsWith(`Error: ${name} was not taken: it cannot be read: `))).toHaveLength(1);
    expect(ran.stderr).toContain("1 taken, 4 parked");
    expect(ran.status).toBe(1);
  } finally {
    for (const one of ["closed", "mute/messages", "mute/tasks"]) chmodSync(join(dir, one), 0o700);
    chmodSync(join(dir, "team/messages"), 0o755);
  }
  for (const file of ["closed/messages/2.json", "mute/messages/3.json", "mute/tasks/4.json"])
    expect(existsSync(join(dir, file))).toBe(true);
});
