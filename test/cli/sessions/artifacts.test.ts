// Outputs and pictures that belong to sessions, on their way through export, import, fork, rm, gc, stats and check: nothing is lost, and what is left
// out is told.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { artifactDirectoryOf } from "../../../src/artifacts/artifact-directories.ts";
import { BlobFiles } from "../../../src/artifacts/blob-files.ts";
import { artifactsOf } from "../../../src/artifacts/copy-artifacts.ts";
import type { NewEntry } from "../../../src/contracts/session-entry.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { answer, type SessionHome, sessionHome, user } from "../../support/session-home.ts";

function put(sessionFile: string, ...outputs: string[]): void {
  const directory = artifactDirectoryOf(sessionFile);
  mkdirSync(directory, { recursive: true });
  for (const output of outputs) {
    const [name = "", text = ""] = output.split("=");
    writeFileSync(join(directory, name), text);
  }
}

const outputsOf = (sessionFile: string): string[] =>
  artifactsOf(sessionFile).map(({ name, path }) => `${name}=${readFileSync(path, "utf8")}`);

/** A session with an output, and a fork of it with one more. */
async function family(): Promise<{ home: SessionHome; parent: { id: string; path: string }; fork: { id: string; path: string } }> {
  const home = sessionHome();
  const parent = await home.add([user("a"), answer("b")], { id: "parent" });
  put(parent.path, "0.bash.log=zero");
  const made = JSON.parse((await home.pi("sessions", "fork", "parent", "--json")).out) as { id: string; path: string };
  put(made.path, "1.search.log=one");
  return { home, parent, fork: made };
}

test("an export copies what the session can name, its parents' outputs too; an import takes it along", async () => {
  const { home, fork } = await family();
  const [file, outputs] = [home.tree.at("out/s.jsonl"), home.tree.at("out/s.artifacts")];
  mkdirSync(home.tree.at("out"));
  expect(await home.pi("sessions", "export", fork.id, "--jsonl", file, "--with-artifacts", outputs)).toMatchObject({ status: 0, err: "" });
  expect(readdirSync(outputs).sort()).toEqual(["0.bash.log", "1.search.log"]);
  expect(statSync(join(outputs, "0.bash.log")).mode & 0o777).toBe(0o600);

  const again = ["sessions", "export", fork.id, "--jsonl", home.tree.at("out/t.jsonl"), "--with-artifacts", outputs];
  expect(await home.pi(...again)).toMatchObject({ status: 2, err: expect.stringMatching(/0\.bash\.log is there already.*--force/) });
  expect(existsSync(home.tree.at("out/t.jsonl"))).toBe(false);
  expect(await home.pi(...again, "--force")).toMatchObject({ status: 0 });

  const far = sessionHome();
  const { out, err } = await far.pi("sessions", "import", file);
  expect(err).toContain("2 artifacts brought along");
  expect(outputsOf(out.trim().split(" ")[1] ?? "")).toEqual(["0.bash.log=zero", "1.search.log=one"]);
});

test("what an export leaves out is told on the page and in Markdown; nothing where there is nothing", async () => {
  const { home, parent, fork } = await family();
  const said = async (ref: string, ...args: string[]): Promise<string> => (await home.pi("sessions", "export", ref, ...args, "-")).out;
  for (const format of ["--html", "--md"]) {
    expect(await said(fork.id, format)).toContain("2 long outputs with 7 B, not included here");
    expect(await said(parent.id, format)).toContain("1 long output with 4 B, not included here");
    rmSync(artifactDirectoryOf(fork.path), { recursive: true, force: true });
    expect(await said(fork.id, format)).toContain("1 long output with 4 B");
    put(fork.path, "1.search.log=one");
  }
  rmSync(artifactDirectoryOf(parent.path), { recursive: true });
  expect(await said(parent.id, "--html")).not.toContain("not included");
});

test("stats and check tell what they take", async () => {
  const { home, fork, parent } = await family();
  expect(JSON.parse((await home.pi("sessions", "stats", "--json")).out)).toMatchObject({ artifacts: { files: 2, bytes: 7 } });
  expect(JSON.parse((await home.pi("sessions", "stats", fork.id, "--json")).out)).toMatchObject({ artifacts: { files: 1, bytes: 3 } });
  expect((await home.pi("sessions", "stats")).lines.at(-1)).toBe("Artifacts: 2 files, 7 B");
  expect((await home.pi("sessions", "check")).err).toBe("2 sessions checked: sound. Artifacts take 7 B.\n");
  await home.pi("sessions", "rm", fork.id, parent.id, "--yes");
  expect((await home.pi("sessions", "stats")).out).not.toContain("Artifacts");
});

test("links beside a session are not followed into an export or an import", async () => {
  const { home, fork } = await family();
  const secret = home.tree.at("project/README.md");
  symlinkSync(secret, join(artifactDirectoryOf(fork.path), "7.bash.log"));
  await home.pi("sessions", "export", fork.id, "--jsonl", home.tree.at("s.jsonl"), "--with-artifacts", home.tree.at("s.artifacts"));
  symlinkSync(secret, home.tree.at("s.artifacts/8.bash.log"));
  expect(readdirSync(home.tree.at("s.artifacts")).sort()).toEqual(["0.bash.log", "1.search.log", "8.bash.log"]);
  const far = sessionHome();
  const { out } = await far.pi("sessions", "import", home.tree.at("s.jsonl"));
  expect(readdirSync(artifactDirectoryOf(out.trim().split(" ")[1] ?? "")).sort()).toEqual(["0.bash.log", "1.search.log"]);
});

test("parents that were moved along with their forks are found beside them", async () => {
  const { home, parent, fork } = await family();
  const moved = home.tree.at("backup");
  renameSync(home.directory, moved);
  const here = join(moved, basename(fork.path));
  expect(outputsOf(here)).toEqual(["0.bash.log=zero", "1.search.log=one"]);
  const far = sessionHome();
  await far.pi("sessions", "import", moved);
  const imported = join(far.directory, basename(fork.path));
  expect(outputsOf(imported)).toEqual(["0.bash.log=zero", "1.search.log=one"]);
  await far.pi("sessions", "rm", parent.id, "--yes");
  expect(outputsOf(imported)).toEqual(["0.bash.log=zero", "1.search.log=one"]);
});

const picture = Buffer.alloc(3000, 6);
const shown: NewEntry = {
  type: "message",
  message: { role: "user", content: [{ type: "image", data: picture.toString("base64"), mimeType: "image/png" }], timestamp: 1 },
};

test("a session with pictures, a fork and outputs goes through all of it with nothing lost", async () => {
  const home = sessionHome();
  const blobs = new BlobFiles(home.tree.at("home/.pi/agent/blobs"));
  const { id, path } = await home.add([user("a"), { ...shown }, answer("b")]);
  const base64 = picture.toString("base64");
  writeFileSync(path, readFileSync(path, "utf8").replace(base64, `blob:sha256:${blobs.put(picture)}`));
  put(path, "0.bash.log=zero");
  const fork = JSON.parse((await home.pi("sessions", "fork", id, "--json")).out) as { id: string; path: string };
  await home.pi("sessions", "rm", id, "--yes");
  const inAYear = home.host({ now: Date.now() + 365 * 24 * 3_600_000 });
  expect(await home.piWith(inAYear, "sessions", "gc")).toMatchObject({ status: 0, out: "" });

  const file = home.tree.at("s.jsonl");
  await home.pi("sessions", "export", fork.id, "--jsonl", file, "--with-artifacts", home.tree.at("s.artifacts"));
  expect(readFileSync(file, "utf8")).toContain(base64);
  const far = sessionHome();
  const imported = (await far.pi("sessions", "import", file)).out.trim().split(" ")[1] ?? "";
  expect(outputsOf(imported)).toEqual(["0.bash.log=zero"]);
  expect(readFileSync(imported, "utf8")).toContain(base64);

  // The file itself, out of another home: its pictures come from the store of that one.
  const third = sessionHome();
  const raw = await third.pi("sessions", "import", fork.path);
  expect(raw.err).not.toContain("missing");
  const blobsThere = new BlobFiles(third.tree.at("home/.pi/agent/blobs"));
  const session = await Session.open(raw.out.trim().split(" ")[1] ?? "", { readOnly: true, blobs: blobsThere });
  expect(JSON.stringify(session.context().messages)).toContain(base64);
  session.close();
  expect(await third.piWith(third.host({ now: Date.now() + 1e12 }), "sessions", "gc")).toMatchObject({ status: 0, out: "" });

  await home.piWith(home.host({ now: Date.now() + 1e12 }), "sessions", "rm", fork.id, "--yes");
  await home.piWith(home.host({ now: Date.now() + 1e12 }), "sessions", "gc");
  expect(blobs.list()).toEqual([]);
  expect(existsSync(artifactDirectoryOf(path))).toBe(false);
  expect(readdirSync(dirname(path))).toEqual([]);
});

test("an import of which a picture is nowhere says so, and brings the rest", async () => {
  const home = sessionHome();
  const { path } = await home.add([user("a"), { ...shown }]);
  writeFileSync(path, readFileSync(path, "utf8").replace(picture.toString("base64"), `blob:sha256:${"a".repeat(64)}`));
  const far = sessionHome();
  const { status, err } = await far.pi("sessions", "import", path);
  expect({ status, err }).toEqual({ status: 0, err: expect.stringContaining("1 picture missing that it refers to") });
});
