// `--export IN [OUT]`: a session as an HTML page, said as the npm agent says it. Called by cli/main.

import { artifactTotal } from "../artifacts/copy-artifacts.ts";
import { PiError } from "../contracts/error.ts";
import type { Host } from "../platform/host.ts";
import { builtinToolViews } from "../tools/registry.ts";
import { exportHtml } from "../transcript/export-html.ts";
import { findSession } from "./commands/sessions/find-session.ts";
import { openForReading } from "./commands/sessions/open-session.ts";
import { type Said, valueSaid } from "./options.ts";

export async function exportPage(said: Said, host: Host): Promise<void> {
  const [output, extra] = said.operands.map((operand) => operand.text);
  if (extra !== undefined) {
    throw new PiError("usage.export", `--export takes a session and one file to write, got also ${JSON.stringify(extra)}`, {
      hint: "pi --export SESSION [FILE]",
    });
  }
  const cwd = valueSaid(said, "--cwd");
  const sessionDir = valueSaid(said, "--session-dir");
  const found = await findSession(valueSaid(said, "--export") ?? "", host, {
    ...(cwd !== undefined && { cwd }),
    ...(sessionDir !== undefined && { sessionDir }),
  });
  const session = await openForReading(found.path, host);
  try {
    const place = { cwd: found.cwd, homeDir: host.homeDir, sourcePath: found.path, ...(output !== undefined && { outputPath: output }) };
    // As the npm agent does, which its users' scripts count on; but only a page is a former export.
    const target = { ...place, over: "pages" as const };
    const { path } = await exportHtml(session, { ...target, toolViews: builtinToolViews(), artifacts: artifactTotal(found.path) });
    await host.stdout.write(`Exported to: ${path}\n`);
  } finally {
    session.close();
  }
}
