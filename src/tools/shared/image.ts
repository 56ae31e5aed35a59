export async function imageContent(_b: Uint8Array): Promise<any> {
  return undefined;
}
