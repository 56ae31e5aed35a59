// Makes the directory of sessions that listing is measured on: `bun make-sessions.ts ROOT COUNT ENTRIES`. Run by figures/list-sessions.mjs.

import { writeManySessions } from "../../test/support/session-fixtures.ts";

const [root = "", count = "1000", entries = "100"] = process.argv.slice(2);
console.log(writeManySessions(root, Number(count), Number(entries)));
