export async function validateArguments(_t: unknown, args: any): Promise<any> {
  return { ok: true, args };
}
