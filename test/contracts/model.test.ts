import { expect, test } from "vitest";
import { availableThinkingLevels, clampThinkingLevel, isThinkingLevel, type Model, publicModel } from "../../src/contracts/model.ts";
import { testModel } from "../support/model-script.ts";

const model = (changes: Partial<Model>): Model => ({ ...testModel, ...changes });

test("levels: none without reasoning; xhigh and max only where named; null takes one away", () => {
  expect(availableThinkingLevels(model({ reasoning: false, thinkingLevelMap: { max: "max" } }))).toEqual(["off"]);
  expect(availableThinkingLevels(model({}))).toEqual(["off", "minimal", "low", "medium", "high"]);
  expect(availableThinkingLevels(model({ thinkingLevelMap: { off: null, minimal: null, xhigh: "xhigh", max: null } }))).toEqual([
    ...["low", "medium", "high", "xhigh"],
  ]);
});

test("clamping goes to the next higher level, else to the highest", () => {
  const some = model({ thinkingLevelMap: { off: null, minimal: null, medium: null } });
  expect(["off", "minimal", "low", "medium", "high", "xhigh", "max"].map((level) => clampThinkingLevel(level as never, some))).toEqual([
    ...["low", "low", "low", "high", "high", "high", "high"],
  ]);
  expect(clampThinkingLevel("high", model({ reasoning: false }))).toBe("off");
});

test("names of levels", () => {
  expect(isThinkingLevel("xhigh")).toBe(true);
  expect(isThinkingLevel("XHIGH")).toBe(false);
});

test("what others may know of a model: no headers, no password in its address, the rest as it is", () => {
  const whole = model({ baseUrl: "https://me:hunter22@models.example/v1", headers: { "x-key": "sk-of-a-header" } });
  const shown = publicModel(whole);
  const { headers: _headers, baseUrl: _baseUrl, ...rest } = whole;
  expect(shown).toEqual({ ...rest, baseUrl: expect.not.stringContaining("hunter22") });
  expect(Object.keys(shown)).not.toContain("headers");
  expect(whole).toMatchObject({ headers: { "x-key": "sk-of-a-header" }, baseUrl: "https://me:hunter22@models.example/v1" });
  expect(publicModel(model({}))).toEqual(model({}));
});
