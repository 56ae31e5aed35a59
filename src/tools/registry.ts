// temp
import type { Tool } from "../contracts/tool.ts";
import * as bash from "./bash.ts";
import * as edit from "./edit.ts";
import * as read from "./read.ts";
import * as write from "./write.ts";
export function builtinTools(): Tool[] {
  return [bash, read, write, edit].map((m: any) => Object.values(m).find((x: any) => x?.name)) as Tool[];
}
export function selectTools(s: any): { active: string[]; unknown: string[] } {
  return { active: s.defaults, unknown: [] };
}
