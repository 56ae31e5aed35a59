// Reads what entries hold without trusting their shape: session files come from other programs and from damaged disks. Called by the export's passes.
// Invariant: nothing here throws, whatever the entry holds.

export type Fields = Readonly<Record<string, unknown>>;

export type Block =
  | { kind: "text"; text: string }
  | { kind: "thinking"; text: string; isHidden: boolean }
  | { kind: "image"; data: string; mimeType: string }
  | { kind: "call"; id: string; name: string; args: Fields }
  | { kind: "other"; value: unknown };

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

export function stringIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function numberIn(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

/** The blocks of a message's content; a bare string is one text. */
export function blocksOf(content: unknown): Block[] {
  if (typeof content === "string") return content === "" ? [] : [{ kind: "text", text: content }];
  return Array.isArray(content) ? content.map(blockOf) : [];
}

function blockOf(value: unknown): Block {
  const fields = fieldsOf(value);
  if (fields.type === "text" && typeof fields.text === "string") return { kind: "text", text: fields.text };
  if (fields.type === "thinking") return { kind: "thinking", text: stringIn(fields.thinking), isHidden: fields.redacted === true };
  if (fields.type === "image" && typeof fields.data === "string") {
    return { kind: "image", data: fields.data, mimeType: stringIn(fields.mimeType) };
  }
  if (fields.type === "toolCall") {
    return { kind: "call", id: stringIn(fields.id), name: stringIn(fields.name) || "tool", args: fieldsOf(fields.arguments) };
  }
  return { kind: "other", value };
}

/** The texts of a content, one LF between them. */
export function plainText(content: unknown): string {
  return blocksOf(content)
    .flatMap((block) => (block.kind === "text" ? [block.text] : []))
    .join("\n");
}

/** JSON for people; never throws. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value, null, 2) ?? "";
  } catch {
    return String(value);
  }
}
