// When a schedule (cron, interval, once) comes next; the loop that fires is the host's.
// Invariant: pure, it reads no clock and no variable. A local time that a clock change skips counts as the first minute after the gap, one that
// comes twice counts once, the first time.

import { PiError } from "../../contracts/error.ts";

export interface Schedule {
  type: "cron" | "interval" | "once";
  /** Five fields or `@daily` and its kin; whole milliseconds; ISO 8601, without an offset in the zone. */
  value: string;
  /** IANA name. Default: the first of `zoneOf` that is there, and UTC. */
  timezone?: string;
}

const shortestIntervalMs = 1_000;
const longestIntervalMs = 31_536_000_000;
const minuteMs = 60_000;

const bad = (message: string, hint: string): PiError => new PiError("usage.schedule", message, { hint });

const shown = (value: unknown): string => JSON.stringify(String(value).slice(0, 80));

/** The zone that counts: the first that was said, however wrong; UTC where none was. */
export function zoneOf(...said: (string | undefined)[]): string {
  return said.find((one) => one !== undefined) ?? "UTC";
}

/** The next time after `after`, or undefined where a `once` has passed. Throws `usage.schedule` for what can never come or cannot be read. */
export async function nextRun(schedule: Schedule, after: Date): Promise<Date | undefined> {
  if (Number.isNaN(after.getTime())) throw bad("The time to look from is no date", "Give a valid Date.");
  if (typeof schedule.value !== "string")
    throw bad(`Schedule value ${shown(schedule.value)} is no text`, "Give a text, such as 0 9 * * 1-5.");
  const wallOf = wallClock(zoneOf(schedule.timezone));
  if (schedule.type === "interval") return new Date(after.getTime() + intervalOf(schedule.value));
  if (schedule.type === "once") {
    const at = onceAt(schedule.value, wallOf);
    return at > after.getTime() ? new Date(at) : undefined;
  }
  if (schedule.type === "cron") return nextCron(schedule.value, wallOf, after.getTime());
  throw bad(`Schedule type ${shown(schedule.type)} is unknown`, "It is one of cron, interval, once.");
}

/** The first time of a schedule that is to be accepted: as `nextRun`, but one that has passed is refused too. */
export async function firstRun(schedule: Schedule, now: Date): Promise<Date> {
  const next = await nextRun(schedule, now);
  if (next === undefined) throw bad(`Time ${shown(schedule.value)} has passed`, "Give one in the future.");
  return next;
}

function intervalOf(value: string): number {
  const ms = /^\d{1,12}$/.test(value) ? Number(value) : Number.NaN;
  if (ms >= shortestIntervalMs && ms <= longestIntervalMs) return ms;
  throw bad(`Interval ${shown(value)} is out of range`, `Give whole milliseconds from ${shortestIntervalMs} to ${longestIntervalMs}.`);
}

type WallClock = (at: number) => number;

/** What the clocks of a zone show at a time, as if that were UTC. */
function wallClock(zone: string): WallClock {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  } catch {
    throw bad(`Time zone ${shown(zone)} is unknown`, "Give an IANA name, such as Europe/Berlin or UTC.");
  }
  return (at) => {
    const parts = new Map(format.formatToParts(at).map((one) => [one.type, Number(one.value)]));
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
    const seconds = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
    return seconds + (((at % 1000) + 1000) % 1000);
  };
}

/** The first time at which the clocks show this, or the end of the gap that skips it. */
function instantOf(wall: number, wallOf: WallClock): number {
  const day = 86_400_000;
  const offsets = [wall - day, wall, wall + day].map((at) => wallOf(at) - at);
  const matching = offsets.map((offset) => wall - offset).filter((at) => wallOf(at) === wall);
  if (matching.length > 0) return Math.min(...matching);
  // Skipped: the clocks jump somewhere between a time that shows less and one that shows more.
  let before = wall - Math.max(...offsets) - minuteMs;
  let behind = wall - Math.min(...offsets) + minuteMs;
  while (behind - before > 1) {
    const middle = Math.floor((before + behind) / 2);
    if (wallOf(middle) < wall) before = middle;
    else behind = middle;
  }
  return behind;
}

function onceAt(value: string, wallOf: WallClock): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?([Zz]|[+-]\d{2}(?::?\d{2})?)?)?$/.exec(
    value,
  );
  const hint = "Give ISO 8601, such as 2030-01-31T09:00 or 2030-01-31T09:00:00Z.";
  if (match === null) throw bad(`Time ${shown(value)} cannot be read`, hint);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((one) => Number(one ?? 0));
  const wall = Date.UTC(year, month - 1, day, hour, minute, second, Number((match[7] ?? "0").padEnd(3, "0").slice(0, 3)));
  const isDate = new Date(wall).getUTCMonth() === month - 1 && new Date(wall).getUTCDate() === day && year > 0;
  if (!isDate || hour > 23 || minute > 59 || second > 59) throw bad(`Time ${shown(value)} is no date`, hint);
  const offset = match[8];
  if (offset === undefined) return instantOf(wall, wallOf);
  if (/^z$/i.test(offset)) return wall;
  const [hours = 0, minutes = 0] = [Number(offset.slice(1, 3)), Number(offset.slice(3).replace(":", "") || 0)];
  if (hours > 23 || minutes > 59) throw bad(`Time ${shown(value)} has no such offset`, hint);
  return wall - (offset[0] === "-" ? -1 : 1) * (hours * 60 + minutes) * minuteMs;
}

/** The pattern is followed on the clock's face, where no hour is skipped or comes twice, and each time is then found in the zone. */
async function nextCron(value: string, wallOf: WallClock, after: number): Promise<Date> {
  const hint = "Give five fields, such as 0 9 * * 1-5, or @hourly, @daily, @weekly, @monthly, @yearly.";
  const pattern = value.trim();
  const isPattern = pattern.length <= 256 && (/^@[a-z]+$/i.test(pattern) || pattern.split(/\s+/).length === 5);
  if (!isPattern) throw bad(`Cron pattern ${shown(value)} cannot be read`, hint);
  const { Cron } = await import("croner");
  const next = (from: Date): Date | null => {
    try {
      return new Cron(pattern, { mode: "5-part", timezone: "UTC", paused: true }).nextRun(from);
    } catch {
      throw bad(`Cron pattern ${shown(value)} cannot be read`, hint);
    }
  };
  let wall = next(new Date(wallOf(after)));
  while (wall !== null) {
    const at = instantOf(wall.getTime(), wallOf);
    if (at > after) return new Date(at);
    wall = next(wall);
  }
  throw bad(`Cron pattern ${shown(value)} never comes`, hint);
}
