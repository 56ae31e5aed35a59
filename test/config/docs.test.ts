import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { modelFields, providerFields } from "../../src/config/provider-settings.ts";
import { settings } from "../../src/config/settings.ts";

const page = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");

const settingRows = settings.map((record) => {
  const fallback = record.default === undefined ? "" : `\`${JSON.stringify(record.default)}\``;
  const notes = [record.env === undefined ? "" : ` Variable: \`${record.env}\`.`, record.scope === "user" ? " User file only." : ""];
  return `| \`${record.key}\` | ${fallback} | ${record.description}${notes.join("")} |`;
});
const fieldRows = [...providerFields, ...modelFields].map((field) => `| \`${field.key}\` | ${field.description} |`);

test.each([...settingRows, ...fieldRows])("the page has the row %s", (row) => {
  expect(page.split("\n")).toContain(row);
});

test("the page has no row of a setting that is gone", () => {
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  expect(rows.filter((row) => ![...settingRows, ...fieldRows].includes(row))).toEqual([]);
});
