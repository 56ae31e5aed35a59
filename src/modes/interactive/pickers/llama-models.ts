// The models of llama.cpp's router, to be loaded and unloaded. Opened by /llama. Invariant: the states are the server's own, looked at again as long as one of
// them changes; closing the list takes back nothing that the server does.

import { isChanging, llamaRouter, type RouterModel, servedModels, shownId } from "../../../harness/models/llama-router.ts";
import type { CommandHost } from "../surface.ts";
import type { Picker, PickerItem } from "./picker.ts";

type Change = "load" | "unload";

const provider = "llama-cpp";

export async function openLlamaModels(at: CommandHost): Promise<void> {
  const { registry, config } = at.sessions.launch;
  const router = await llamaRouter(provider, { registry, config, env: at.env });
  at.hint(`Asking ${router.address} …`);
  let models = await router.models();
  const known = (): void => at.sessions.launch.registry.setServed(provider, servedModels(models));
  known();
  if (models.length === 0) {
    at.say(`${router.address} has no models`, "warning", "Start llama-server with --models-dir, or download one with llama-server -hf");
    return;
  }
  const closed = new AbortController();
  const changes = new Map<string, { change: Change; stop: AbortController }>();
  let list: Picker | undefined;
  const items = (): PickerItem[] =>
    models.map((model) => ({ value: model.id, label: shownId(model.id), description: wordsOf(model, changes.get(model.id)?.change) }));
  const show = (): void => {
    if (!closed.signal.aborted) list?.setItems(items());
  };
  const seen = (now: RouterModel[]): void => {
    models = now;
    known();
    show();
  };

  const change = async (id: string, what: Change): Promise<void> => {
    changes.get(id)?.stop.abort();
    const own = { change: what, stop: new AbortController() };
    changes.set(id, own);
    show();
    const signal = AbortSignal.any([closed.signal, own.stop.signal]);
    try {
      const model = await router.change(id, what, { signal, seen });
      tell(id, what, model, router.address, at);
    } catch (error) {
      if (signal.aborted) return;
      at.fail(error);
      // Others may have changed it meanwhile. What is wrong has been told.
      await router.models(closed.signal).then(seen, () => {});
    } finally {
      if (changes.get(id) === own) changes.delete(id);
      show();
    }
  };
  /** What others have begun, one after another: each look sees all of them. */
  const follow = async (): Promise<void> => {
    try {
      for (;;) {
        const moving = models.find(({ state }) => isChanging(state));
        if (moving === undefined) return;
        await router.settled(moving.id, { signal: closed.signal, seen });
      }
    } catch (error) {
      if (!closed.signal.aborted) at.fail(error);
    }
  };
  const pressed = async (id: string): Promise<void> => {
    const state = models.find((one) => one.id === id)?.state ?? "";
    if (state === "downloading") at.hint(`${shownId(id)} is being downloaded`);
    else await change(id, nextOf(state, changes.get(id)?.change));
  };

  const { keyOf } = at.keys;
  at.choose({
    title: `Models of llama.cpp at ${router.address}`,
    items: items(),
    hint: `${keyOf("tui.select.confirm")} load or unload · ${keyOf("tui.select.cancel")} close · /model chooses a loaded one`,
    // By its number, where there are lines alone.
    take: (id) => pressed(id),
    cancelled: () => {
      if ([...changes.values()].some((one) => one.change === "load")) at.hint("The server goes on loading; /llama shows how far it is");
      closed.abort();
    },
    opened: (picker) => {
      list = picker;
    },
    onKey: (data, item) => {
      if (item === undefined || !at.keys.matches(data, "tui.select.confirm")) return false;
      // Enter is a switch here, and closes nothing.
      void pressed(item.value);
      return true;
    },
  });
  void follow();
}

function nextOf(state: string, going: Change | undefined): Change {
  if (going !== undefined) return going === "load" ? "unload" : "load";
  return state === "unloaded" || state === "failed" ? "load" : "unload";
}

function wordsOf({ state, exitCode }: RouterModel, going: Change | undefined): string {
  if (going === "load" && state !== "loaded") return "loading …";
  if (going === "unload" && state !== "unloaded") return "unloading …";
  if (isChanging(state)) return `${state} …`;
  return state === "failed" && exitCode !== undefined ? `failed (exit status ${exitCode})` : state;
}

function tell(id: string, what: Change, model: RouterModel | undefined, address: string, at: CommandHost): void {
  const name = shownId(id);
  if (what === "unload") at.hint(`${name} is unloaded`);
  else if (model !== undefined && servedModels([model]).length > 0) at.say(`${name} is loaded`, "info", "/model chooses it");
  else {
    const status = model?.exitCode === undefined ? "" : `: its process ended with status ${model.exitCode}`;
    at.say(
      `${name} could not be loaded${status}`,
      "error",
      `The log of ${address} says why; memory is freed by unloading another, or by a smaller -c`,
    );
  }
}
