// The settings as a list: what is in force, where it comes from, and another value for it. Opened by /settings. Invariant: the list is that of the table of
// settings; what is no single value is changed in the file.

import { type DescribedSetting, describeConfig, settingLine } from "../../../config/describe-config.ts";
import type { SettingRecord } from "../../../config/setting-type.ts";
import { findSetting } from "../../../config/settings.ts";
import { describeOrigin } from "../../../contracts/provider-settings.ts";
import { userConfigFile } from "../../../platform/paths.ts";
import type { CommandHost } from "../surface.ts";
import { keepSetting } from "./keep-setting.ts";

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
  const choices = record === undefined ? undefined : choicesOf(record);
  const title = record === undefined ? key : `${key}\n${record.description}`;
  if (choices !== undefined) {
    const items = choices.map((value) => ({ value, label: value }));
    at.choose({ title, items, chosen: String(setting.value), hasFilter: false, take: (value) => keepSetting(key, value, at) });
    return;
  }
  if (record === undefined || !isLine(record)) {
    const file = userConfigFile(at.sessions.launch.options.agentDir);
    at.say(settingLine(setting), "info", `It is more than one value: ${file} has it, and /reload reads it`);
    return;
  }
  const before = typeof setting.value === "string" ? setting.value : setting.value === undefined ? "" : JSON.stringify(setting.value);
  const text = await at.dialogs.input(title, before);
  if (text !== undefined && text !== before) await keepSetting(key, text, at);
}

function choicesOf({ type }: SettingRecord): readonly string[] | undefined {
  if (type.kind === "boolean") return ["true", "false"];
  return type.kind === "choice" ? type.of : undefined;
}

const lineKinds: readonly SettingRecord["type"]["kind"][] = [
  "string",
  "count",
  "amount",
  "duration",
  "strings",
  "choice or strings",
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
