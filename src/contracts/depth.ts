// How deep a value is nested. Called by whoever takes JSON from a model, a host or another program: what is nested without
// end can be read, and not be written again.

/** More than any tool asks for, and little enough for everything that walks through values by calling itself. */
export const maxArgumentLevels = 500;

export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isDeeperThan(one, levels - 1));
}
