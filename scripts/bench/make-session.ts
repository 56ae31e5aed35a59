// Writes a large session file for the benchmark: `make-session.ts FILE short|whole`. Run under the project's bun by figures/open-session.mjs.

import { writeLargeSession } from "../../test/support/session-fixtures.ts";

const [file = "", activePath] = process.argv.slice(2);
writeLargeSession(file, { activePath: activePath === "whole" ? "whole" : "short" });
