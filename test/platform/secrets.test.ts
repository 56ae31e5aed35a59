import { describe, expect, test } from "vitest";
import { splitUserInfo, withoutUrlSecrets } from "../../src/contracts/text/url-secrets.ts";
import { SecretRegistry } from "../../src/platform/secrets.ts";

const key = "sk-canary-0123/abc+DEF==";

function registry(...secrets: string[]): SecretRegistry {
  const made = new SecretRegistry();
  for (const secret of secrets) made.add(secret);
  return made;
}

describe("what is found", () => {
  test.each([
    ["as it is", key],
    ["in a URL", encodeURIComponent(key)],
    [
      "in a URL, in small letters",
      encodeURIComponent(key).toLowerCase().replace("sk-canary-0123%2fabc%2bdef", "sk-canary-0123%2fabc%2bDEF"),
    ],
    ["in JSON as PHP writes it", key.replaceAll("/", "\\/")],
    ["as hex", Buffer.from(key).toString("hex")],
    ["as hex, in capitals", Buffer.from(key).toString("hex").toUpperCase()],
    ["in base64", Buffer.from(key).toString("base64").replace(/=+$/, "")],
  ])("%s", (_, form) => {
    const redacted = registry(key).redact(`before ${form} after`);
    expect(redacted).toMatch(/^before \[redacted\].{0,3} after$/);
  });

  test("in base64 behind any other bytes, as in a Basic header", () => {
    for (const user of ["", "u", "us", "use", "user"]) {
      const header = Buffer.from(`${user}:${key}`).toString("base64");
      expect(registry(key).redact(header)).toContain("[redacted]");
      expect(registry(key).redact(Buffer.from(`${user}:${key}`).toString("base64url"))).toContain("[redacted]");
    }
  });

  test("with quotes, line breaks and markup, as JSON, JSON in JSON and HTML write them", () => {
    const odd = "pa\"ss\\wo\nrd<&>'1";
    const secrets = registry(odd);
    expect(secrets.redact(JSON.stringify(odd))).toBe('"[redacted]"');
    expect(secrets.redact(JSON.stringify(JSON.stringify(odd)))).toBe('"\\"[redacted]\\""');
    expect(registry("to~ken!(1)").redact(`${new URLSearchParams({ key: "to~ken!(1)" })}`)).toBe("key=[redacted]");
    expect(secrets.redact("pa&quot;ss\\wo\nrd&lt;&amp;&gt;&#39;1")).toBe("[redacted]");
  });

  test("the longer of two that begin alike", () => {
    expect(registry("secret-1", "secret-1-and-more").redact("secret-1-and-more secret-1")).toBe("[redacted] [redacted]");
  });

  test("what is learned later, from then on; nothing any more once all are forgotten", () => {
    const secrets = registry("secret-no-1");
    expect(secrets.redact("secret-no-1 secret-no-2")).toBe("[redacted] secret-no-2");
    secrets.add("secret-no-2");
    expect(secrets.redact("secret-no-1 secret-no-2")).toBe("[redacted] [redacted]");
    secrets.clear();
    expect([secrets.isEmpty, secrets.isIn("secret-no-1"), secrets.redact("secret-no-1")]).toEqual([true, false, "secret-no-1"]);
  });

  test("no placeholder, nothing short, and nothing where nothing is known", () => {
    const secrets = registry("ollama", "not-needed", "abc12", "", "   ");
    expect(secrets.isEmpty).toBe(true);
    const text = "ollama not-needed abc12";
    expect(secrets.redact(text)).toBe(text);
    expect(secrets.redactValue({ text })).toEqual({ text });
    expect(registry("hunter2").redact("is hunter2")).toBe("is [redacted]");
  });

  test("header values without their scheme; addresses by their password, their user where there is none, and their query", () => {
    const secrets = new SecretRegistry();
    secrets.addHeader("Bearer token-12345");
    secrets.addHeader("Token ab12");
    expect(secrets.redact("Token ab12, ab12")).toBe("[redacted], ab12");
    secrets.addUrl("https://me:p%40ssw0rd@host/v1");
    secrets.addUrl("https://ghp-token-1@host");
    secrets.addUrl("https://host/?api_key=query-key-1&x=visible-1");
    expect(secrets.redact("token-12345 p@ssw0rd p%40ssw0rd ghp-token-1 query-key-1 visible-1")).toBe(
      "[redacted] [redacted] [redacted] [redacted] [redacted] visible-1",
    );
    expect(secrets.redact(Buffer.from("me:p@ssw0rd").toString("base64"))).not.toContain(Buffer.from("me:p@ssw0rd").toString("base64"));
  });
});

describe("records", () => {
  test("keep what their service signed, and their form", () => {
    const secrets = registry(key);
    const record = { type: "thinking", thinking: key, thinkingSignature: `x${key}`, n: 1.5, list: [key, null, true] };
    expect(secrets.redactLines(JSON.stringify(record))).toBe(
      JSON.stringify({ ...record, thinking: "[redacted]", list: ["[redacted]", null, true] }),
    );
    const signed = JSON.stringify({ thinkingSignature: key });
    expect(secrets.redactLines(signed)).toBe(signed);
  });

  test("line by line, between lines that are none", () => {
    const secrets = registry(key);
    expect(secrets.redactLines(`plain ${key}\n{"a":"${key}"}\n{broken ${key}\n`)).toBe(
      'plain [redacted]\n{"a":"[redacted]"}\n{broken [redacted]\n',
    );
  });

  test("what has none is the same object; what has is changed in a copy", () => {
    const secrets = registry(key);
    const clean = { a: ["b"], c: { d: 1 } };
    expect(secrets.redactValue(clean)).toBe(clean);
    const dirty = { keep: clean, error: { message: key } };
    const redacted = secrets.redactValue(dirty);
    expect(redacted).toEqual({ keep: clean, error: { message: "[redacted]" } });
    expect(redacted.keep).toBe(clean);
    expect(dirty.error.message).toBe(key);
  });

  test("as a key of a record, and deeper than anybody looks", () => {
    const secrets = registry(key);
    expect(secrets.redactValue({ [key]: 1, b: { [`${key} `]: key } })).toEqual({ "[redacted]": 1, b: { "[redacted] ": "[redacted]" } });
    let deep: unknown = { said: [key] };
    for (let level = 0; level < 500; level++) deep = [deep];
    expect(secrets.redactLines(JSON.stringify(deep))).toBe(`${"[".repeat(500)}{"said":["[redacted]"]}${"]".repeat(500)}`);
    const circle: Record<string, unknown> = { clean: true };
    circle.again = circle;
    expect(secrets.redactValue(circle)).toMatchObject({ clean: true });
  });
});

describe("text in pieces", () => {
  const forms = [key, Buffer.from(key).toString("base64"), encodeURIComponent(key)];
  test.each(forms)("cut anywhere: %s", (form) => {
    const text = `sk- and ${form}, then s`;
    const secrets = registry(key);
    for (let size = 1; size <= text.length; size++) {
      const pieces = secrets.pieces();
      let shown = "";
      for (let at = 0; at < text.length; at += size) shown += pieces.push(text.slice(at, at + size));
      shown += pieces.end();
      expect(shown).toBe(secrets.redact(text));
    }
  });

  test("what cannot be a beginning is not held back", () => {
    const pieces = registry(key).pieces();
    expect(pieces.push("hello ")).toBe("hello ");
    expect(pieces.push("s")).toBe("");
    expect(pieces.push("he said")).toBe("she said");
    expect(pieces.push("sk-can")).toBe("");
    expect(pieces.end()).toBe("sk-can");
    expect([pieces.push("and on "), pieces.end()]).toEqual(["and on ", ""]);
  });
});

describe("addresses", () => {
  test("are shown without their secrets, anywhere in a text", () => {
    expect(withoutUrlSecrets("cannot reach http://me:p@ss@host:8080/v1?key=abc&x=1, nor https://plain.example/a@b")).toBe(
      "cannot reach http://[redacted]@host:8080/v1?key=[redacted]&x=1, nor https://plain.example/a@b",
    );
  });

  test("are called without them", () => {
    expect(splitUserInfo("https://me:p%40ss@host/v1?x=1")).toEqual({
      url: "https://host/v1?x=1",
      authorization: `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
    });
    expect(splitUserInfo("https://host/a@b")).toEqual({ url: "https://host/a@b", authorization: undefined });
  });
});
