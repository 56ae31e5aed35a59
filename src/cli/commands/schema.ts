// `pi schema rpc|events|session|config|result`: JSON Schemas for programs that read and write what we do. Called by cli/main.

import { PiError } from "../../contracts/error.ts";
import { nearestName } from "../../contracts/nearest.ts";
import type { Host } from "../../platform/host.ts";
import { writePage } from "../page.ts";

const names = ["rpc", "events", "session", "config", "result"] as const;

export async function run(args: readonly string[], host: Host): Promise<number> {
  const [name, ...more] = args;
  if (name === undefined) throw new PiError("usage.command", "Which schema is missing", { hint: `Usage: pi schema ${names.join("|")}` });
  if (name === "--help" || name === "-h") {
    await writePage(host, `pi schema ${names.join("|")}: prints a JSON Schema\n`);
    return 0;
  }
  if (more.length > 0) throw new PiError("usage.too_many", `pi schema takes one name, got ${args.join(" ")}`, { hint: "Give one" });
  const schema = await schemaOf(name);
  if (schema === undefined) {
    const near = nearestName(name, names);
    throw new PiError("usage.unknown_schema", `Unknown schema: ${name}`, {
      hint: near === undefined ? `There are ${names.join(", ")}` : `Did you mean ${near}?`,
    });
  }
  void host.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
  return 0;
}

async function schemaOf(name: string): Promise<object | undefined> {
  if (name === "config") return (await import("../../config/settings-schema.ts")).settingsSchema();
  const schemas = await import("../../modes/rpc/schemas.ts");
  switch (name) {
    case "rpc":
      return schemas.rpcSchema();
    case "events":
      return schemas.eventsSchema();
    case "session":
      return schemas.sessionSchema();
    case "result":
      return schemas.resultSchema();
    default:
      return undefined;
  }
}
