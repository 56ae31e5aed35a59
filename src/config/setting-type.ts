// What a setting is: its kind of value, what a key of a table in it is, its record in the table of settings. Types alone.

export type SettingType =
  | { kind: "string" }
  | { kind: "boolean" }
  /** A whole number from 0. */
  | { kind: "count" }
  /** A number from 0, to `most` where that is said. */
  | { kind: "amount"; most?: number }
  /** Written `"90s"`, kept in milliseconds. */
  | { kind: "duration" }
  | { kind: "choice"; of: readonly string[] }
  | { kind: "strings" }
  /** One word of `of`, or a list of strings. */
  | { kind: "choice or strings"; of: readonly string[] }
  /** A list whose `+name` and `-name` entries change the list in force instead of replacing it. */
  | { kind: "selection" }
  /** `from`: what a relative path starts from. A `program` without a slash is looked up in PATH. */
  | { kind: "path"; from: "cwd" | "file"; program?: boolean }
  /** A list of paths, relative to the directory of the file; the lists of all sources add up. */
  | { kind: "paths" }
  /** Sources, or tables with one and with lists that narrow it; those of all files add up. */
  | { kind: "packages" }
  /** A table of texts by free names; what the sources say of different names adds up. `of`: the only texts there are. */
  | { kind: "variables"; of?: readonly string[] }
  /** Keys, or lists of them, by the names of what they do, whose dots may be those of tables; the names of all sources add up. */
  | { kind: "keys" }
  /** A list of tables; the lists of all sources add up. */
  | { kind: "rows"; fields: readonly RowField[] }
  /** Tables by free names; of one name, the keys of all sources add up. */
  | { kind: "tables"; fields: readonly RowField[] };

/** A key of such a table. */
export interface RowField {
  key: string;
  isRequired?: boolean;
  /** A positive number; else a string. */
  isNumber?: boolean;
  /** Another kind of value. */
  type?: "boolean" | "count" | "strings" | "variables";
  of?: readonly string[];
  description: string;
}

/** Values that a setting has as a rule: they themselves, or a list that lies outside the configuration. Others are taken, too. */
export type KnownValues = readonly string[] | "themes" | "models" | "time zones";

export interface SettingRecord {
  /** Dotted, as in the file. */
  key: string;
  type: SettingType;
  /** As it would be written in the file; absent: the setting has no default. */
  default?: unknown;
  /** Environment variable that sets it. */
  env?: string;
  /** Dotted path in `Settings`. */
  property: string;
  description: string;
  /** `user`: a project file may not set it. */
  scope: "any" | "user";
  /** What it is chosen from on a screen. */
  known?: KnownValues;
  /** The npm agent's, accepted: there is nothing yet that it could act on. */
  isIdle?: boolean;
}
