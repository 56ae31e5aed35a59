// Which models the keys for the next and the previous model go through, and in which order. Opened by /scoped-models. Invariant: what is chosen holds for this
// start; for those to come it is kept only when asked to.

import type { Model } from "../../../contracts/model.ts";
import { usableModels } from "../../../harness/models/usable-model.ts";
import type { CommandHost } from "../surface.ts";
import type { Picker, PickerItem } from "./picker.ts";

const nameOf = ({ provider, id }: Model): string => `${provider}/${id}`;

export function openScopedModels(at: CommandHost): void {
  const { models } = at.sessions;
  const all = new Map(usableModels(models).map((model) => [nameOf(model), model]));
  if (all.size === 0) {
    at.say("No model can be called: there is no credential for any", "warning", "/login");
    return;
  }
  const before = models.scope;
  const levels = new Map(before.map(({ model, thinkingLevel }) => [nameOf(model), thinkingLevel]));
  /** In the order of cycling. Without a scope it is all of them. */
  let chosen = before.length > 0 ? before.map(({ model }) => nameOf(model)) : [...all.keys()];
  let isChanged = false;
  const apply = (): void => {
    isChanged = true;
    models.scope = chosen.flatMap((name) => {
      const model = all.get(name) ?? before.find((one) => nameOf(one.model) === name)?.model;
      const thinkingLevel = levels.get(name);
      return model === undefined ? [] : [thinkingLevel === undefined ? { model } : { model, thinkingLevel }];
    });
  };
  const items = (): PickerItem[] =>
    [...chosen, ...[...all.keys()].filter((name) => !chosen.includes(name))].map((name) => ({
      value: name,
      label: name,
      isOn: chosen.includes(name),
      searched: name,
    }));
  const askToKeep = async (): Promise<void> => {
    at.say(chosen.length === 0 ? "No model is left to cycle through: it goes through all" : `To cycle through: ${chosen.join(", ")}`);
    if (await at.dialogs.confirm("Keep that for later starts?", "")) await keep(chosen, all.size, levels, at);
  };
  const { keyOf } = at.keys;
  const hint = `${keyOf("tui.select.confirm")} on or off · ${keyOf("app.models.enableAll")} all · ${keyOf("app.models.clearAll")} none · ${keyOf("app.models.toggleProvider")} provider · ${keyOf("app.models.reorderUp")} ${keyOf("app.models.reorderDown")} order · ${keyOf("app.models.save")} keep`;
  const changed = (next: string[], picker: Picker, at_: string | undefined): true => {
    chosen = next;
    apply();
    picker.setItems(items(), at_);
    return true;
  };
  at.choose({
    title: "Models to cycle through",
    items: items(),
    hint,
    take: () => {},
    flip: (names) => {
      chosen = [...chosen.filter((one) => !names.includes(one)), ...names.filter((one) => !chosen.includes(one))];
      apply();
      return items();
    },
    cancelled: () => {
      // On a screen a key does it.
      if (at.surface === undefined && isChanged) void askToKeep().catch((error: unknown) => at.fail(error));
    },
    onKey: (data, item, _filter, picker) => {
      const is = (id: string): boolean => at.keys.matches(data, id);
      if (is("app.models.enableAll"))
        return changed([...chosen, ...[...all.keys()].filter((one) => !chosen.includes(one))], picker, item?.value);
      if (is("app.models.clearAll")) return changed([], picker, item?.value);
      if (is("app.models.save")) {
        void keep(chosen, all.size, levels, at).catch((error: unknown) => at.fail(error));
        return true;
      }
      if (item === undefined) return false;
      const name = item.value;
      if (is("app.models.toggleProvider")) return changed(providerToggled(name, chosen, all), picker, name);
      const step = is("app.models.reorderUp") ? -1 : is("app.models.reorderDown") ? 1 : 0;
      return step === 0 ? false : changed(moved(name, step, chosen), picker, name);
    },
  });
}

function providerToggled(name: string, chosen: readonly string[], all: ReadonlyMap<string, Model>): string[] {
  const provider = all.get(name)?.provider;
  const its = [...all].filter(([, model]) => model.provider === provider).map(([one]) => one);
  const isOn = its.every((one) => chosen.includes(one));
  const others = chosen.filter((one) => !its.includes(one));
  return isOn ? others : [...chosen, ...its.filter((one) => !chosen.includes(one))];
}

function moved(name: string, step: 1 | -1, chosen: readonly string[]): string[] {
  const from = chosen.indexOf(name);
  const to = from + step;
  if (from < 0 || to < 0 || to >= chosen.length) return [...chosen];
  const next = chosen.filter((one) => one !== name);
  next.splice(to, 0, name);
  return next;
}

async function keep(
  chosen: readonly string[],
  count: number,
  levels: ReadonlyMap<string, string | undefined>,
  at: CommandHost,
): Promise<void> {
  const { keepSetting } = await import("../commands/keep-setting.ts");
  const patterns = chosen.map((name) => (levels.get(name) === undefined ? name : `${name}:${levels.get(name)}`));
  // All of them is what holds without a word.
  await keepSetting("models", chosen.length === count && patterns.every((one) => !one.includes(":")) ? [] : patterns, at);
}
