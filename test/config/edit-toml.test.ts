import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { formatTomlKey, formatTomlValue, setTomlValue } from "../../src/config/edit-toml.ts";
import { findInLayout, positionAt, tomlLayout } from "../../src/config/toml-layout.ts";

const set = (text: string, key: string, value: unknown): Promise<string> => setTomlValue(text, key.split("/"), value, "f.toml");

const commented = `# head
model = "a" # the model

# about retries
[retry] # table
enabled = true   # yes
# the end of retries

[providers.x]   
headers = { a = "1" }
models = [
  { id = "m" }, # one
]
`;

test.each([
  ["an empty file", "", "model", "b", 'model = "b"\n'],
  ["an empty file, in a table", "", "retry/enabled", false, "[retry]\nenabled = false\n"],
  ["a value with a comment", commented, "model", 'b"c', commented.replace('"a"', '"b\\"c"')],
  ["a value in a table", commented, "retry/enabled", false, commented.replace("true   #", "false   #")],
  ["a new key in a table", commented, "retry/max_retries", 3, commented.replace("# yes\n", "# yes\nmax_retries = 3\n")],
  ["a new key at the root", commented, "thinking", "low", commented.replace("# the model\n", '# the model\nthinking = "low"\n')],
  ["a new table", commented, "limits/max_turns", 3, `${commented}\n[limits]\nmax_turns = 3\n`],
  ["a new subtable", commented, "providers/y/api_key", "k", `${commented}\n[providers.y]\napi_key = "k"\n`],
  ["an inline table", commented, "providers/x/headers/b c", "2", commented.replace('{ a = "1" }', '{ a = "1", "b c" = "2" }')],
  ["a list", 'models = ["a", # one\n  "b",\n]\n# end\n', "models", ["c"], 'models = ["c"]\n# end\n'],
  ["dotted keys", "retry.enabled = true\n", "retry/max_retries", 3, "retry.enabled = true\nretry.max_retries = 3\n"],
  ["an empty inline table", "[providers.x]\nheaders = { }\n", "providers/x/headers/b", "2", '[providers.x]\nheaders = { b = "2" }\n'],
  ["no line break at the end", 'model = "a"', "thinking", "low", 'model = "a"\nthinking = "low"\n'],
  ["CRLF", 'model = "a"\r\n[retry]\r\n', "retry/enabled", true, 'model = "a"\r\n[retry]\r\nenabled = true\r\n'],
  ["the root of a file of tables", "# about\n[retry]\nenabled = true\n", "model", "a", 'model = "a"\n\n# about\n[retry]\nenabled = true\n'],
  [
    "a table above its parent",
    "[providers.x.dialect]\na = 1\n",
    "providers/x/name",
    "n",
    '[providers.x.dialect]\na = 1\n\n[providers.x]\nname = "n"\n',
  ],
  ["a multi-line string", 'model = """\na "q" #no\n"""\ntheme = "t"\n', "model", "b", 'model = "b"\ntheme = "t"\n'],
  ["a quoted key", '"model" = "a"\n', "model", "b", '"model" = "b"\n'],
  ["only comments", "# one\n# two\n", "model", "a", '# one\n# two\nmodel = "a"\n'],
])("set in %s", async (_, text, key, value, expected) => {
  expect(await set(text, key, value)).toBe(expected);
});

describe("what cannot be done is refused", () => {
  test("a text that is no TOML", async () => {
    await expect(set("= 1", "model", "a")).rejects.toMatchObject({ code: "config.syntax" });
  });

  test("a key below something that is no table", async () => {
    await expect(set("retry = 5\n", "retry/enabled", true)).rejects.toMatchObject({ code: expect.stringMatching(/^config\./) });
    await expect(set('[[providers.x.models]]\nid = "m"\n', "providers/x/models", "a")).rejects.toMatchObject({
      code: expect.stringMatching(/^config\./),
    });
  });
});

/** Small and seeded: the same documents on every run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const strings = ['"a"', "'b # ]'", '"c \\" } ,"', '"""\nd ] "x"\n"""', "'''e = { '''", '"\\u00e9"'];

function randomDocument(random: (below: number) => number): string {
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
  const value = (depth: number): string => {
    const kind = random(depth > 2 ? 4 : 6);
    if (kind < 2) return pick(strings);
    if (kind === 2) return pick(["1", "-2.5", "true", "1979-05-27T07:32:00Z", "0x1F"]);
    if (kind === 3) return "[]";
    if (kind === 4) return `[ ${Array.from({ length: random(3) + 1 }, () => value(depth + 1)).join(pick([", ", " ,\n  # c ]\n  "]))} ]`;
    return `{ ${["p", '"q.r"', "s.t"]
      .slice(0, random(3) + 1)
      .map((key) => `${key} = ${value(depth + 1)}`)
      .join(", ")} }`;
  };
  const lines: string[] = [];
  const keys = ["k1", '"k 2"', "k3", "'k.4'"];
  const body = (): void => {
    for (const key of keys.slice(0, random(4)))
      lines.push(`${pick(["", "  "])}${key} = ${value(0)}${pick(["", " # c = 1", "  "])}`, ...(random(3) === 0 ? ["", "# [no]"] : []));
  };
  body();
  for (const [index, name] of ["t1", 't2."x.y"', "t3"].entries()) {
    if (random(2) === 0) {
      lines.push(`[${name}]${pick(["", " # h"])}`);
      body();
    }
    for (let count = random(3); count > 0; count--) {
      lines.push(`[[list${index}.items]]`);
      body();
    }
  }
  return lines.join("\n") + pick(["", "\n"]);
}

test("places agree with the parser on random documents, and a change changes nothing else", async () => {
  let checked = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const random = randomNumbers(seed);
    const text = randomDocument(random);
    const tree = parse(text) as Record<string, unknown>;
    for (const { path, valueStart, valueEnd } of tomlLayout(text).entries) {
      const parsed = path.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], tree);
      const alone = parse(`v = ${text.slice(valueStart, valueEnd)}`).v;
      expect(JSON.stringify(alone), `${seed}: ${path.join("/")}`).toBe(JSON.stringify(parsed));
      checked++;
    }
    const key = ["new", "t1/new", "t3/new", "t2/x.y/new", "fresh/new"][random(5)] as string;
    const changed = parse(await set(text, key, seed)) as Record<string, unknown>;
    const parts = key.split("/");
    const holder = parts.slice(0, -1).reduce<Record<string, unknown>>((at, part) => at[part] as Record<string, unknown>, changed);
    expect(holder.new).toBe(seed);
    delete holder.new;
    const emptied = JSON.stringify(changed);
    if (key === "new") expect(emptied).toBe(JSON.stringify(tree));
    else
      for (const [name, before] of Object.entries(tree))
        if (name !== parts[0]) expect(JSON.stringify(changed[name])).toBe(JSON.stringify(before));
  }
  expect(checked).toBeGreaterThan(500);
});

test("the scan ends on any text", () => {
  const random = randomNumbers(7);
  const alphabet = "[]{}=.,#\"'\n\\ a1";
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: random(40) }, () => alphabet[random(alphabet.length)]).join("");
    expect(() => tomlLayout(text)).not.toThrow();
  }
});

test("a path that is not there is told by what holds it", () => {
  const text = "a = 1\n[b.c]\nd = 2\n";
  const at = (path: (string | number)[]): unknown => {
    const offset = findInLayout(tomlLayout(text), path);
    return offset === undefined ? undefined : positionAt(text, offset);
  };
  expect(at(["a"])).toEqual({ line: 1, column: 5 });
  expect(at(["b", "c", "d"])).toEqual({ line: 3, column: 5 });
  expect(at(["b", "c", "nothing"])).toEqual({ line: 2, column: 1 });
  expect(at(["b"])).toEqual({ line: 3, column: 1 });
  expect(at(["zzz"])).toBeUndefined();
});

test("values and keys as TOML", () => {
  expect(formatTomlValue(["a\n", 1, true, { "x y": "z" }, {}])).toBe('["a\\n", 1, true, { "x y" = "z" }, {}]');
  expect(formatTomlKey("a.b")).toBe('"a.b"');
  expect(parse(`v = ${formatTomlValue("\u007f\u0001\u2028é")}`).v).toBe("\u007f\u0001\u2028é");
});
