// stand-in until the real one
export async function createFetch(_options: { env: unknown; proxy: string; caFile: string }): Promise<typeof globalThis.fetch> {
  return globalThis.fetch;
}
