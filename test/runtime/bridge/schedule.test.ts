// When a schedule comes next: patterns, bounds, zones and clock changes.

import { expect, test } from "vitest";
import { firstRun, nextRun, type Schedule, zoneOf } from "../../../src/runtime/bridge/schedule.ts";

async function runs(schedule: Schedule, after: string, count: number): Promise<string[]> {
  const found: string[] = [];
  let at: Date | undefined = new Date(after);
  while (found.length < count && at !== undefined) {
    at = await nextRun(schedule, at);
    if (at !== undefined) found.push(at.toISOString().replace(":00.000Z", "Z"));
  }
  return found;
}

test.each([
  ["0 9 * * 1-5", "UTC", "2026-05-01T10:00:00Z", ["2026-05-04T09:00Z", "2026-05-05T09:00Z"]],
  ["@daily", "Asia/Kolkata", "2026-05-01T10:00:00Z", ["2026-05-01T18:30Z", "2026-05-02T18:30Z"]],
  ["0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", ["2028-02-29T00:00Z"]],
  // Skipped, as one time and as several: the first minute after the gap, once.
  ["30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30Z"]],
  ["*/20 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:00Z"]],
  ["30 0 * * *", "America/Sao_Paulo", "2017-10-14T12:00:00Z", ["2017-10-15T03:00Z", "2017-10-16T02:30Z"]],
  ["10 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", ["2026-10-03T15:30Z", "2026-10-04T15:10Z"]],
  ["0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", ["2011-12-30T10:00Z", "2012-12-29T22:00Z"]],
  // Twice: the first time only.
  ["30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]],
  ["*/30 * * * *", "Europe/Berlin", "2026-10-24T23:50:00Z", ["2026-10-25T00:00Z", "2026-10-25T00:30Z", "2026-10-25T02:00Z"]],
  ["30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", ["2026-10-26T01:30Z"]],
])("cron %s in %s after %s", async (value, timezone, after, expected) => {
  expect(await runs({ type: "cron", value, timezone }, after, expected.length)).toEqual(expected);
});

test.each([
  ["2026-06-01T09:00", "America/New_York", "2026-06-01T13:00:00.000Z"],
  ["2026-06-01", undefined, "2026-06-01T00:00:00.000Z"],
  ["2026-06-01T09:00:00.25+02:00", "America/New_York", "2026-06-01T07:00:00.250Z"],
  ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:00:00.000Z"],
  ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"],
])("once %s in %s", async (value, timezone, expected) => {
  const schedule: Schedule = { type: "once", value, ...(timezone === undefined ? {} : { timezone }) };
  expect((await firstRun(schedule, new Date("2026-01-01T00:00:00Z"))).toISOString()).toBe(expected);
  expect(await nextRun(schedule, new Date(expected))).toBeUndefined();
  await expect(firstRun(schedule, new Date("2027-01-01T00:00:00Z"))).rejects.toMatchObject({ code: "usage.schedule" });
});

test("an interval counts from the time it is asked for", async () => {
  expect(await runs({ type: "interval", value: "60000" }, "2026-01-01T00:00:00Z", 2)).toEqual(["2026-01-01T00:01Z", "2026-01-01T00:02Z"]);
});

test.each<[Schedule["type"], string, string?]>([
  ["cron", ""],
  ["cron", "* * * *"],
  ["cron", "* * * * * *"],
  ["cron", "61 * * * *"],
  ["cron", "0 0 30 2 *"],
  ["cron", "2027-01-01T00:00:00"],
  ["cron", "@reboot"],
  ["cron", "0 9 * * *", ""],
  ["cron", "0 9 * * *", "Mars/Base"],
  ["interval", "999"],
  ["interval", "31536000001"],
  ["interval", "1e4"],
  ["interval", "1000.5"],
  ["interval", "60000", "Mars/Base"],
  ["once", "tomorrow"],
  ["once", "2026-02-30T00:00"],
  ["once", "2026-01-01T24:00"],
  ["once", "2026-01-01T00:00+99:00"],
  ["weekly" as "cron", "1"],
  ["cron", 5 as never],
  ["once", undefined as never],
  ["interval", 60_000 as never],
])("%s %j in %s is refused", async (type, value, timezone) => {
  const schedule: Schedule = { type, value, ...(timezone === undefined ? {} : { timezone }) };
  await expect(nextRun(schedule, new Date("2026-01-01T00:00:00Z"))).rejects.toMatchObject({ code: "usage.schedule" });
});

test("of several zones the first counts that was said", () => {
  expect([zoneOf(), zoneOf(undefined, "Europe/Berlin"), zoneOf("", "Europe/Berlin")]).toEqual(["UTC", "Europe/Berlin", ""]);
});
