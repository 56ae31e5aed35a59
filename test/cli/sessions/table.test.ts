import { Command } from "commander";
import { expect, test } from "vitest";
import { sessionsTable } from "../../../src/cli/commands/sessions.ts";
import { fakeHost } from "../../support/fake-host.ts";
import { sessionHome } from "../../support/session-home.ts";

async function optionsOf(name: string): Promise<string[]> {
  const command = new Command(name);
  const record = sessionsTable.find((one) => one.name === name);
  (await record?.load())?.define(command, { host: fakeHost(), exit: () => undefined });
  return command.options.map(({ long }) => long ?? "");
}

test("the table has every command of the format's page", () => {
  const names = sessionsTable.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["list", "show", "fork", "search", "stats", "rename", "label", "rm", "path", "check", "repair", "import"]),
  );
  expect(new Set(names).size).toBe(names.length);
});

test.each(sessionsTable.map(({ name, help }) => [name, help]))("%s --help says what it does and where it looks", async (name, help) => {
  const home = sessionHome();
  const { status, out, err } = await home.pi("sessions", name, "--help");
  expect([status, err]).toEqual([0, ""]);
  expect(out).toContain(`Usage: pi sessions ${name}`);
  expect(out).toContain(help);
  // A host's map is no session, and lies where it is said to.
  if (name !== "migrate") expect(await optionsOf(name)).toEqual(expect.arrayContaining(["--cwd", "--session-dir"]));
  expect((await home.pi("sessions", "help", name)).out).toBe(out);
});

test("--help lists all of them", async () => {
  const { out } = await sessionHome().pi("sessions", "--help");
  for (const { name, help } of sessionsTable) expect(out).toMatch(new RegExp(`^  ${name}\\b.*${help}`, "m"));
});

test.each(["list", "show", "fork", "search", "stats", "check", "import"])("%s speaks JSON", async (name) => {
  expect(await optionsOf(name)).toContain("--json");
});

test.each(["list", "search", "stats", "check", "rm"])("%s can look at every project", async (name) => {
  expect(await optionsOf(name)).toContain("--all");
});

test("a word that is no command, and an option that is none", async () => {
  const home = sessionHome();
  expect(await home.pi("sessions", "lst")).toMatchObject({
    status: 2,
    out: "",
    err: "Error: There is no pi sessions lst. Did you mean list?\n",
  });
  expect(await home.pi("sessions", "list", "--colour")).toMatchObject({ status: 2, err: expect.stringMatching(/^Error: .*--colour.*\n$/) });
  expect(await home.pi("sessions", "list", "extra")).toMatchObject({ status: 2, err: expect.stringMatching(/^Error: .*\n$/) });
});
