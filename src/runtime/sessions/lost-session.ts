// What a host is told where the session that it named is not there. Said by both runtimes. Pure.

export function lostSession(id: string): string {
  return `Session ${JSON.stringify(id.slice(0, 80))} is not there: a new one is begun`;
}
