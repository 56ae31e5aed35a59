// The settings as a list: what is in force, where it comes from, and another value for it. Opened by /settings. Invariant: the list is that of the table of
// settings; what is no single value is changed in the file.

import { type DescribedSetting, describeConfig, settingLine } from "../../../config/describe-config.ts";
import type { SettingRecord } from "../../../config/setting-type.ts";
import { findSetting } from "../../../config/settings.ts";
import { describeOrigin } from "../../../contracts/provider-settings.ts";
import { userConfigFile } from "../../../platform/paths.ts";
import type { CommandHost } from "../surface.ts";
import { keepSetting } from "./keep-setting.ts";
import { knownValues, type OfferedValues, type ValueWay } from "./known-values.ts";

/** A longer list has a line to type into. */
const mostUnfiltered = 8;

/** `key`: that one at once. */
export async function openSettings(key: string, at: CommandHost): Promise<void> {
  const { config } = at.sessions.launch;
  const described = describeConfig(config);
  const one = key === "" ? undefined : described.find((setting) => setting.key === key);
  if (one !== undefined) return change(one, at);
  if (key !== "") {
    const { unknownKey } = await import("../../../config/change-config.ts");
    throw unknownKey(key);
  }
  at.choose({
    title: "Settings",
    items: described.map((setting) => ({
      value: setting.key,
      label: setting.key,
      description: `${valueText(setting)}  ${describeOrigin(setting.origin)}`,
      searched: `${setting.key} ${findSetting(setting.key)?.description ?? ""}`,
    })),
    take: (chosen) => openSettings(chosen, at),
  });
}

async function change(setting: DescribedSetting, at: CommandHost): Promise<void> {
  const { key } = setting;
  const record = findSetting(key);
  const title = record === undefined ? key : `${key}\n${record.description}`;
  const before = typeof setting.value === "string" ? setting.value : setting.value === undefined ? "" : JSON.stringify(setting.value);
  const type = (): Promise<string | undefined> => at.dialogs.input(title, before);
  const keep = async (text: string | undefined): Promise<void> => {
    if (text !== undefined && text !== before) await keepSetting(key, text, at);
  };
  const known = record && (await knownValues(record, at));
  if (known !== undefined) chooseKnown({ key, title, before, known, type, keep }, at);
  else if (record !== undefined && isLine(record)) await keep(await type());
  else {
    const file = userConfigFile(at.sessions.launch.options.agentDir);
    at.say(settingLine(setting), "info", `It is more than one value: ${file} has it, and /reload reads it`);
  }
}

interface SettingQuestion {
  key: string;
  title: string;
  before: string;
  known: OfferedValues;
  type(): Promise<string | undefined>;
  keep(value: string | undefined): Promise<void>;
}

function chooseKnown({ key, title, before, known, type, keep }: SettingQuestion, at: CommandHost): void {
  const { items, isOpen, preview } = known;
  const typed: ValueWay = { label: "Another value", description: "typed", ask: type };
  // No setting has such a value.
  const ways = new Map([...(known.ways ?? []), ...(isOpen ? [typed] : [])].map((way, index) => [`\u0000${index}`, way]));
  const isThere = before === "" || items.some(({ value }) => value === before);
  const all = [...(isThere ? [] : [{ value: before, label: before }]), ...items];
  at.choose({
    title,
    items: [...all, ...[...ways].map(([value, { label, description }]) => ({ value, label, description }))],
    chosen: before,
    hasFilter: all.length > mostUnfiltered,
    ...(preview && { moved: (item) => preview(item !== undefined && ways.has(item.value) ? undefined : item?.value) }),
    cancelled: () => preview?.(undefined),
    take: async (value) => {
      try {
        const way = ways.get(value);
        await (way === undefined ? keepSetting(key, value, at) : keep(await way.ask(before)));
      } finally {
        // Where another value is in force, it is that one's look.
        preview?.(undefined);
      }
    },
  });
}

const lineKinds: readonly SettingRecord["type"]["kind"][] = [
  "string",
  "count",
  "amount",
  "duration",
  "strings",
  "path",
  "paths",
  "selection",
];

function isLine({ type }: SettingRecord): boolean {
  return lineKinds.includes(type.kind);
}

function valueText(setting: DescribedSetting): string {
  return setting.value === undefined ? "not set" : settingLine(setting).slice(setting.key.length + " = ".length);
}
