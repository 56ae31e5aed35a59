// The values that a setting is chosen from: those of its type, or of a list that lies outside the configuration. Asked by /settings. Invariant: where others
// are taken, too, one of them can be typed, and the one in force is among those offered.

import type { KnownValues, SettingRecord } from "../../../config/setting-type.ts";
import type { ChoiceOptions } from "../pickers/choice.ts";
import type { PickerItem } from "../pickers/picker.ts";
import type { CommandHost } from "../surface.ts";
import { themesIn } from "../themes.ts";
import { call } from "./call.ts";

export interface OfferedValues {
  items: PickerItem[];
  /** Whether one that is not among them is a value, too. */
  isOpen: boolean;
  /** Shows what one of them would be like; nothing: what is in force. */
  preview?(value: string | undefined): void;
  /** Values that are put together by more questions. */
  ways?: readonly ValueWay[];
}

export interface ValueWay {
  label: string;
  description: string;
  /** `before`: what is in force. Nothing: it was left. */
  ask(before: string): Promise<string | undefined>;
}

type Source = Pick<OfferedValues, "preview" | "ways"> & { items: PickerItem[] | Promise<PickerItem[]> };

const sources: Readonly<Record<Extract<KnownValues, string>, (at: CommandHost) => Source>> = {
  themes: (at) => {
    const items = themesIn(at.sessions.launch.resources.themes).map(({ name, path }) => ({
      value: name,
      label: name,
      description: path ?? "built in",
    }));
    const preview = (name: string | undefined): void => at.surface?.previewTheme(name);
    return {
      items,
      preview,
      ways: [
        {
          label: "Automatic",
          description: "one on a light background, another on a dark one",
          ask: async (before) => {
            const [light = "", dark = light] = before.split("/");
            const one = (title: string, chosen: string): Promise<string | undefined> =>
              chosenOf({ title, items, chosen, moved: (item) => preview(item?.value) }, at);
            const onLight = await one("Theme on a light background", light);
            const onDark = onLight === undefined ? undefined : await one("Theme on a dark background", dark);
            return onDark === undefined ? undefined : `${onLight}/${onDark}`;
          },
        },
      ],
    };
  },
  models: (at) => ({
    items: call("get_available_models", {}, at).then(({ models }) =>
      models.map(({ provider, id, name }) => ({ value: `${provider}/${id}`, label: `${provider}/${id}`, description: name })),
    ),
  }),
  "time zones": () => ({ items: plainItems(Intl.supportedValuesOf("timeZone")) }),
};

export async function knownValues({ type, known, ...record }: SettingRecord, at: CommandHost): Promise<OfferedValues | undefined> {
  if (type.kind === "boolean") return { items: plainItems(["true", "false"]), isOpen: false };
  if (type.kind === "choice") return { items: plainItems(type.of), isOpen: false };
  if (type.kind === "choice or strings") return { items: plainItems(type.of), isOpen: true };
  if (known === undefined) return undefined;
  const { items, ...source } = typeof known === "string" ? sources[known](at) : { items: plainItems(known) };
  const none = record.default === "" ? [{ value: "", label: "(empty)" }] : [];
  return { ...source, items: [...none, ...(await items)], isOpen: true };
}

/** Nothing: it was left. */
function chosenOf(options: Omit<ChoiceOptions, "take" | "cancelled">, at: CommandHost): Promise<string | undefined> {
  return new Promise((resolve) => at.choose({ ...options, take: resolve, cancelled: () => resolve(undefined) }));
}

function plainItems(values: readonly string[]): PickerItem[] {
  return values.map((value) => ({ value, label: value }));
}
