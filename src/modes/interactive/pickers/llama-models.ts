// The models of llama.cpp's router, to be loaded, unloaded and downloaded. Opened by /llama. Invariant: the states are the server's own, looked at again as
// long as one of them changes; closing the list takes back nothing that the server does.

import { byteText } from "../../../contracts/text/terminal-text.ts";
import {
  type DownloadProgress,
  isChanging,
  type LlamaRouter,
  llamaRouter,
  type RouterModel,
  servedModels,
  shownId,
} from "../../../harness/models/llama-router.ts";
import type { CommandHost } from "../surface.ts";
import type { Picker, PickerItem } from "./picker.ts";

type Change = "load" | "unload" | "download" | "stop";

const provider = "llama-cpp";
/** No model has it. */
const another = "\u0000download";

export async function openLlamaModels(at: CommandHost): Promise<void> {
  const { registry, config } = at.sessions.launch;
  const router = await llamaRouter(provider, { registry, config, env: at.env });
  at.hint(`Asking ${router.address} …`);
  const models = await router.models();
  if (models.length === 0) at.say(`${router.address} has no models`, "warning", "Download one, or start llama-server with --models-dir");
  new LlamaList(router, models, at).open();
}

class LlamaList {
  readonly #router: LlamaRouter;
  readonly #at: CommandHost;
  readonly #closed = new AbortController();
  readonly #changes = new Map<string, { change: Change; stop: AbortController }>();
  /** Of downloads, as the server tells them while they go on. */
  readonly #progress = new Map<string, DownloadProgress>();
  readonly #verdicts = new Map<string, "finished" | "failed">();
  #models: RouterModel[];
  #isWatching = false;
  #list: Picker | undefined;

  constructor(router: LlamaRouter, models: RouterModel[], at: CommandHost) {
    this.#router = router;
    this.#models = models;
    this.#at = at;
    this.#known();
  }

  open(): void {
    const { keys } = this.#at;
    const { keyOf } = keys;
    this.#at.choose({
      title: `Models of llama.cpp at ${this.#router.address}`,
      items: this.#items(),
      hint: `${keyOf("tui.select.confirm")} load or unload · ${keyOf("tui.select.cancel")} close · /model chooses a loaded one`,
      // By its number, where there are lines alone.
      take: (id) => this.#pressed(id),
      cancelled: () => this.#leave(),
      opened: (picker) => {
        this.#list = picker;
      },
      onKey: (data, item) => {
        if (item === undefined || !keys.matches(data, "tui.select.confirm")) return false;
        // Enter is a switch here, and closes nothing.
        void this.#pressed(item.value).catch((error: unknown) => this.#at.fail(error));
        return true;
      },
    });
    void this.#follow();
  }

  #leave(): void {
    const going = new Set([...this.#changes.values()].map(({ change }) => change));
    const what = going.has("download") ? "downloading" : going.has("load") ? "loading" : undefined;
    if (what !== undefined) this.#at.hint(`The server goes on ${what}; /llama shows how far it is`);
    this.#closed.abort();
  }

  #known(): void {
    this.#at.sessions.launch.registry.setServed(provider, servedModels(this.#models));
  }

  readonly #seen = (now: RouterModel[]): void => {
    this.#models = now;
    this.#known();
    this.#show();
  };

  #show(): void {
    if (!this.#closed.signal.aborted) this.#list?.setItems(this.#items());
  }

  #items(): PickerItem[] {
    // Those that are begun, and not in the server's list yet.
    const begun = [...this.#changes].filter(([id, { change }]) => change === "download" && !this.#models.some((one) => one.id === id));
    return [
      ...this.#models.map((model) => ({ value: model.id, label: shownId(model.id), description: this.#wordsOf(model) })),
      ...begun.map(([id]) => ({ value: id, label: shownId(id), description: "looked up …" })),
      { value: another, label: "Download a model …", description: "of Hugging Face, by its name or by words" },
    ];
  }

  #wordsOf({ id, state, exitCode, progress }: RouterModel): string {
    const going = this.#changes.get(id)?.change;
    if (going === "load" && state !== "loaded") return "loading …";
    if (going === "unload" && state !== "unloaded") return "unloading …";
    if (going === "stop") return "stopping …";
    const far = this.#progress.get(id) ?? progress;
    if (state === "downloading" && far !== undefined) return `downloading ${farText(far)}`;
    if (isChanging(state)) return `${state} …`;
    return state === "failed" && exitCode !== undefined ? `failed (exit status ${exitCode})` : state;
  }

  async #pressed(id: string): Promise<void> {
    if (id === another) return this.#download();
    const state = this.#models.find((one) => one.id === id)?.state ?? "";
    const going = this.#changes.get(id)?.change;
    if (going === "stop") return;
    if (state === "downloading" || going === "download") return this.#stop(id);
    const what = nextOf(state, going);
    if (what === "load" && !(await this.#makeRoom(id))) return;
    await this.#carryOut(id, what);
  }

  async #carryOut(id: string, what: "load" | "unload"): Promise<void> {
    await this.#change(id, what, async (signal) =>
      tell(id, what, await this.#router.change(id, what, { signal, seen: this.#seen }), this.#router.address, this.#at),
    );
  }

  /** Others that are loaded may leave it no room, and may be in use by others: whoever loads it says what becomes of them. False: it is not to be loaded. */
  async #makeRoom(id: string): Promise<boolean> {
    const others = servedModels(this.#models).filter((one) => one.id !== id);
    if (others.length === 0) return true;
    const names =
      others.length > 3
        ? `${others.length} models are`
        : `${others.map((one) => shownId(one.id)).join(", ")} ${others.length === 1 ? "is" : "are"}`;
    const answers = ["Unload first", "Keep loaded"] as const;
    const answer = await this.#at.dialogs.select(`${names} loaded at ${this.#router.address}`, answers);
    if (answer === answers[1]) return true;
    if (answer !== answers[0]) return false;
    for (const other of others) await this.#carryOut(other.id, "unload");
    // What did not go has been told, and would leave no room.
    return !this.#closed.signal.aborted && !servedModels(this.#models).some((one) => others.some((other) => other.id === one.id));
  }

  /** One at a time for each model: another one takes its place. */
  async #change(id: string, change: Change, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#changes.get(id)?.stop.abort();
    const own = { change, stop: new AbortController() };
    this.#changes.set(id, own);
    this.#show();
    const signal = AbortSignal.any([this.#closed.signal, own.stop.signal]);
    try {
      await work(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#at.fail(error);
      // Others may have changed it meanwhile. What is wrong has been told.
      await this.#router.models(this.#closed.signal).then(this.#seen, () => {});
    } finally {
      if (this.#changes.get(id) === own) this.#changes.delete(id);
      this.#show();
    }
  }

  async #download(): Promise<void> {
    const { askForDownload } = await import("./llama-download.ts");
    const id = await askForDownload(this.#at);
    if (id === undefined) return;
    this.#watch();
    this.#verdicts.delete(id);
    this.#progress.delete(id);
    await this.#change(id, "download", async (signal) => {
      let isBegun = false;
      const seen = (models: RouterModel[]): void => {
        if (!isBegun)
          this.#at.say(`${shownId(id)} is downloaded by ${this.#router.address}`, "info", "/llama shows how far it is, and stops it");
        isBegun = true;
        this.#seen(models);
      };
      const model = await this.#router.download(id, { signal, seen, verdict: () => this.#verdicts.get(id) });
      this.#at.say(`${shownId(model?.id ?? id)} has arrived`, "info", "/llama loads it");
    });
  }

  async #stop(id: string): Promise<void> {
    if (!(await this.#at.dialogs.confirm(`Stop the download of ${shownId(id)}?`, ""))) return;
    await this.#change(id, "stop", async (signal) => {
      await this.#router.change(id, "unload", { signal, seen: this.#seen });
      this.#at.hint(`The download of ${shownId(id)} is stopped`);
    });
  }

  /** What others have begun, one after another: each look sees all of them. */
  async #follow(): Promise<void> {
    try {
      for (;;) {
        const moving = this.#models.find(({ state }) => isChanging(state));
        if (moving === undefined) return;
        if (moving.state === "downloading") this.#watch();
        await this.#router.settled(moving.id, { signal: this.#closed.signal, seen: this.#seen });
      }
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#at.fail(error);
    }
  }

  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    void this.#router.watch(this.#closed.signal, ({ model, event, progress }) => {
      if (event === "download_finished") this.#verdicts.set(model, "finished");
      if (event === "download_failed") this.#verdicts.set(model, "failed");
      if (progress === undefined) return;
      this.#progress.set(model, progress);
      this.#show();
    });
  }
}

function farText({ done, total }: DownloadProgress): string {
  return `${Math.floor((done / total) * 100)}%, ${byteText(done)} of ${byteText(total)}`;
}

function nextOf(state: string, going: Change | undefined): "load" | "unload" {
  if (going !== undefined) return going === "load" ? "unload" : "load";
  return state === "unloaded" || state === "failed" ? "load" : "unload";
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
