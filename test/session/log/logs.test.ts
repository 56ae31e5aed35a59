import { join } from "node:path";
import { describe, onTestFinished } from "vitest";
import type { SessionHeader } from "../../../src/contracts/session-entry.ts";
import { AppendFile } from "../../../src/platform/files/append-file.ts";
import { FileLog } from "../../../src/session/log/file-log.ts";
import { MemoryLog } from "../../../src/session/log/memory-log.ts";
import { sessionLogContract } from "../../contract/session-log-contract.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const header: SessionHeader = { type: "session", version: 3, id: "s", timestamp: "2026-01-01T00:00:00.000Z", cwd: "/x" };

describe("memory log", () => {
  sessionLogContract(
    () => new MemoryLog(header),
    (log) => log,
  );
});

describe("file log", () => {
  sessionLogContract(
    () => {
      const log = FileLog.create(join(temporaryDirectory(), "s.jsonl"), header, {});
      onTestFinished(() => log.close());
      return log;
    },
    (log) => {
      const loaded = FileLog.load(AppendFile.open(log.filePath ?? "", "append"), "append", {});
      onTestFinished(() => loaded.close());
      return loaded;
    },
  );
});
