// What no session needs any more goes, and nothing else: whatever might need something is looked for everywhere, or nothing is removed.

import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { artifactDirectoryOf } from "../../../src/artifacts/artifact-directories.ts";
import { BlobFiles } from "../../../src/artifacts/blob-files.ts";
import { sessionStores } from "../../../src/artifacts/session-stores.ts";
import type { NewEntry } from "../../../src/contracts/session-entry.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { nowMs, type SessionHome, sessionHome, user } from "../../support/session-home.ts";

const day = 24 * 3_600_000;

interface Stores {
  home: SessionHome;
  agentDir: string;
  blobs: BlobFiles;
  /** Stores a picture that was last used so long ago. */
  picture(name: string, ageMs?: number): string;
  has(hash: string): boolean;
  artifacts(sessionFile: string, ageMs?: number): string;
}

function stores(): Stores {
  const home = sessionHome();
  const agentDir = home.tree.at("home/.pi/agent");
  const blobs = new BlobFiles(join(agentDir, "blobs"));
  const age = (path: string, ageMs: number): void => utimesSync(path, (nowMs - ageMs) / 1000, (nowMs - ageMs) / 1000);
  return {
    home,
    agentDir,
    blobs,
    picture: (name, ageMs = 2 * day) => {
      const hash = blobs.put(Buffer.from(name));
      age(join(agentDir, "blobs", hash), ageMs);
      return hash;
    },
    has: (hash) => blobs.get(hash) !== undefined,
    artifacts: (sessionFile, ageMs = 2 * day) => {
      const directory = artifactDirectoryOf(sessionFile);
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, "0.bash.log"), "output\n");
      age(join(directory, "0.bash.log"), ageMs);
      age(directory, ageMs);
      return directory;
    },
  };
}

function shown(hash: string): NewEntry {
  return {
    type: "message",
    message: { role: "user", content: [{ type: "image", data: `blob:sha256:${hash}`, mimeType: "image/png" }], timestamp: 1 },
  };
}

describe("pictures", () => {
  test("those that no session refers to go, those that any does stay, and so do young ones", async () => {
    const { home, picture, has } = stores();
    const [used, elsewhere, old, left, young] = ["used", "elsewhere", "old", "left", "young"].map((name) => picture(name));
    if (!used || !elsewhere || !old || !left || !young) throw new Error("no pictures");
    const { path } = await home.add([user("a"), shown(used), user("b")]);
    await home.add([shown(elsewhere)], { cwd: home.tree.at("other") });
    writeFileSync(`${path}.2.bak`, readFileSync(path, "utf8").replace(used, old));
    picture("young", day - 1000);

    const dry = await home.pi("sessions", "gc", "--dry-run");
    expect(dry).toMatchObject({ status: 0, lines: [expect.stringContaining(left)] });
    expect(dry.err).toMatch(/^Would remove 1 picture \(4 B\) and 0 directories .*3 sessions read, 4 pictures .* stay\.\n$/);
    expect(has(left)).toBe(true);

    const { status, lines } = await home.pi("sessions", "gc");
    expect({ status, lines }).toEqual({ status: 0, lines: dry.lines });
    expect([used, elsewhere, old, left, young].map(has)).toEqual([true, true, true, false, true]);
    expect((await home.pi("sessions", "gc")).err).toMatch(/^Removed 0 pictures/);
  });

  test("for programs", async () => {
    const { home, agentDir, picture } = stores();
    const used = picture("used");
    const left = picture("left!");
    await home.add([shown(used)]);
    expect(JSON.parse((await home.pi("sessions", "gc", "--json")).out)).toEqual({
      dryRun: false,
      sessions: 1,
      blobs: { removed: 1, removedBytes: 5, kept: 1, keptBytes: 4 },
      artifacts: { removed: 0, removedBytes: 0 },
      paths: [join(agentDir, "blobs", left)],
    });
  });

  test("what a killed process left in the store goes, or can be read", async () => {
    const { home, agentDir, blobs, picture } = stores();
    const used = picture("used");
    await home.add([shown(used)]);
    const at = join(agentDir, "blobs");
    renameSync(join(at, used), join(at, `.${used}.aside`));
    expect(blobs.get(used)).toBeDefined();
    const piece = join(at, `.${used.slice(0, 12)}.${crypto.randomUUID()}.new`);
    writeFileSync(piece, "half a pic");
    utimesSync(piece, 1, 1);
    await home.pi("sessions", "gc");
    expect(readdirSync(at)).toEqual([`.${used}.aside`]);
    expect(blobs.get(used)).toBeDefined();
  });

  test("without a store, and without a session, there is nothing to do", async () => {
    const { home } = stores();
    expect(await home.pi("sessions", "gc")).toMatchObject({ status: 0, out: "" });
  });
});

const unreadable: Record<string, (path: string, hash: string) => void> = {
  "begins as no session does": (path) => writeFileSync(path, "\0\0\0 nonsense"),
  "is of a newer version": (path) => writeFileSync(path, readFileSync(path, "utf8").replace('"version":3', '"version":4')),
  "is a directory": (path) => {
    renameSync(path, `${path}.moved`);
    mkdirSync(path);
  },
  "is a pipe": (path) => {
    renameSync(path, `${path}.moved`);
    execFileSync("mkfifo", [path]);
  },
  "is a link to nowhere": (path) => {
    renameSync(path, `${path}.moved`);
    symlinkSync("/nowhere/at/all.jsonl", path);
  },
  "is a circle of links": (path) => {
    renameSync(path, `${path}.moved`);
    symlinkSync(path, path);
  },
  "was cut off in the middle of a reference": (path, hash) => truncateSync(path, readFileSync(path, "utf8").indexOf(hash) + 20),
};

test.each(Object.entries(unreadable))("a session that %s: nothing is removed, and it is named", async (_, spoil) => {
  const { home, picture, has, artifacts } = stores();
  const left = picture("left");
  const orphan = artifacts(join(home.directory, "2026-01-01T00-00-00-000Z_gone.jsonl"));
  const used = picture("used");
  const { path } = await home.add([user("a"), shown(used)]);
  spoil(path, used);
  for (const args of [["--dry-run"], []]) {
    const { status, out, err } = await home.pi("sessions", "gc", ...args);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(/^Error: Nothing was removed\. .*\n$/);
    expect(err).toContain(path);
  }
  expect([left, used].map(has)).toEqual([true, true]);
  expect(existsSync(orphan)).toBe(true);
});

test("other damage hides no reference, and hinders nobody", async () => {
  const { home, picture, has } = stores();
  const used = picture("used");
  const left = picture("left");
  const { path } = await home.add([user("a"), shown(used)]);
  appendFileSync(path, '{"type":"mess');
  writeFileSync(join(home.directory, "notes.jsonl"), '{"no":"session"}\n');
  writeFileSync(join(home.directory, "2026-01-01T00-00-00-000Z_empty.jsonl"), "");
  expect(await home.pi("sessions", "gc")).toMatchObject({ status: 0 });
  expect([used, left].map(has)).toEqual([true, false]);
});

describe("sessions outside of the default root", () => {
  const big = Buffer.alloc(3000, 9).toString("base64");

  async function kept(place: Stores, directory: string): Promise<string> {
    const session = Session.create(
      { cwd: "/", directory },
      sessionStores(place.agentDir, join(place.agentDir, "sessions"), () => true),
    );
    session.append({
      type: "message",
      message: { role: "user", content: [{ type: "image", data: big, mimeType: "image/png" }], timestamp: 1 },
    });
    session.close();
    const [blob] = place.blobs.list();
    place.picture(Buffer.alloc(3000, 9).toString("latin1"));
    return blob?.hash ?? "";
  }

  test("are known once they refer to a picture; one that is gone is asked about", async () => {
    const place = stores();
    const directory = place.home.tree.at("far/away");
    const hash = await kept(place, directory);
    expect(await place.home.pi("sessions", "gc")).toMatchObject({ status: 0, out: "" });
    renameSync(directory, `${directory}.unmounted`);
    expect(await place.home.pi("sessions", "gc")).toMatchObject({ status: 1, err: expect.stringMatching(/far\/away.*not there.*--gone/) });
    expect(place.has(hash)).toBe(true);
    await place.home.pi("sessions", "gc", "--gone", directory);
    expect(place.has(hash)).toBe(false);
  });

  test("are known once they were forked from one that refers to a picture", async () => {
    const place = stores();
    const hash = place.picture("used");
    const { id, path } = await place.home.add([shown(hash)]);
    const outputs = place.artifacts(path);
    const far = place.home.tree.at("far");
    await place.home.pi("sessions", "fork", path, "--session-dir", far);
    expect(await place.home.pi("sessions", "rm", id, "--yes")).toMatchObject({ status: 0 });
    expect(await place.home.pi("sessions", "gc")).toMatchObject({ status: 0, out: "" });
    expect(place.has(hash)).toBe(true);
    expect(existsSync(join(outputs, "0.bash.log"))).toBe(true);
  });

  test("are named by --also, and known from then on", async () => {
    const { home, picture, has } = stores();
    const hash = picture("used");
    const far = home.tree.at("far");
    await home.add([shown(hash)], { directory: join(far, "inner") });
    for (const args of [["--also", far], []]) {
      expect(await home.pi("sessions", "gc", ...args)).toMatchObject({ status: 0, out: "" });
      expect(has(hash)).toBe(true);
    }
    expect(await home.pi("sessions", "gc", "--also", home.tree.at("nowhere"))).toMatchObject({ status: 2 });
  });
});

describe("artifacts", () => {
  test("go when their session is gone and no fork can name them", async () => {
    const { home, artifacts } = stores();
    const of = (name: string): string => join(home.directory, `2026-01-01T00-00-00-000Z_${name}.jsonl`);
    const { path } = await home.add([user("here")]);
    const stays = [artifacts(path), artifacts(of("parent")), artifacts(of("young"), 1000)];
    const goes = artifacts(of("gone"));
    mkdirSync(home.tree.at("other/2026_x.artifacts"));
    symlinkSync(home.tree.at("other/2026_x.artifacts"), artifactDirectoryOf(of("linked")));
    const fork = await home.add([user("fork")], { id: "fork" });
    writeFileSync(
      fork.path,
      readFileSync(fork.path, "utf8").replace('"version":3', `"version":3,"parentSession":${JSON.stringify(of("parent"))}`),
    );
    const { lines } = await home.pi("sessions", "gc");
    expect(lines).toEqual([goes]);
    expect(existsSync(goes)).toBe(false);
    for (const directory of stays) expect(existsSync(join(directory, "0.bash.log"))).toBe(true);
    expect(existsSync(home.tree.at("other/2026_x.artifacts"))).toBe(true);
    expect(existsSync(dirname(goes))).toBe(true);
  });
});
