// What may be the name of a group: it is the name of a directory too. Asked wherever one comes from outside. Pure.

const pattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Where files lie that could not be taken from groups. */
const reserved = "errors";

export function isGroupName(name: unknown): name is string {
  return typeof name === "string" && pattern.test(name) && name !== reserved;
}
