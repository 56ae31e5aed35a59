// What extensions draw is told that it is shown no more; one that throws there, or while it is laid out, holds up nothing.

import { expect, test } from "vitest";
import type { ExtensionFactory } from "../../../src/contracts/extension.ts";
import { openInteractive } from "../../support/interactive-screen.ts";

type Given = { name: string; ended: string[]; throws?: boolean; keys?(data: string): void };

const drawn = ({ name, ended, throws = false, keys }: Given) => ({
  render: () => [`drawn ${name}`],
  invalidate: () => {},
  handleInput: (data: string) => keys?.(data),
  dispose: () => {
    ended.push(name);
    if (throws) throw new Error(`${name} does not end`);
  },
});

/** A command whose handler has the user interface of the session. */
const command =
  (run: (ui: never) => unknown): ExtensionFactory =>
  (pi) =>
    pi.registerCommand("run", { description: "Runs it", handler: async (_args, ctx) => void (await run(ctx.ui as never)) });

type Ui = Record<"custom" | "setWidget" | "setHeader" | "setFooter" | "notify", (...given: unknown[]) => unknown>;

test("a view whose end throws gives its value all the same, and the next one is shown", async () => {
  const ended: string[] = [];
  const view = (name: string) => (_tui: never, _theme: never, _keys: never, done: (value: string) => void) =>
    drawn({ name, ended, throws: true, keys: (data) => data === "x" && done(`got ${name}`) });
  const screen = await openInteractive({
    extension: command(async (ui: Ui) => {
      ui.notify(await ui.custom(view("one")));
      ui.notify(await ui.custom(view("two"), { overlay: true }));
    }),
  });
  screen.device.keys("/run\r");
  await screen.until((text) => text.includes("drawn one"));
  screen.device.keys("x");
  await screen.until((text) => text.includes("got one") && text.includes("one does not end") && text.includes("drawn two"));
  screen.device.keys("x");
  await screen.until((text) => text.includes("got two") && text.includes("two does not end"));
  expect(ended).toEqual(["one", "two"]);
});

test("a view that cannot be laid out is refused, and the keys go on to the text", async () => {
  const said: string[] = [];
  const screen = await openInteractive({
    extension: command(async (ui: Ui) => {
      const view = async () => drawn({ name: "it", ended: [] });
      const overlayOptions = (): never => {
        throw new Error("no place");
      };
      await Promise.resolve(ui.custom(view, { overlay: true, overlayOptions })).catch((error: Error) => said.push(error.message));
      ui.notify("refused");
    }),
  });
  screen.device.keys("/run\r");
  await screen.until((text) => text.includes("refused"));
  expect(said).toEqual(["no place"]);
  screen.device.keys("typed");
  await screen.until((text) => text.includes("typed"));
});

test("widgets, header and footer end when others take their place, and with their session", async () => {
  const ended: string[] = [];
  const make = (name: string) => () => drawn({ name, ended, throws: true });
  const screen = await openInteractive({
    extension: command((ui: Ui) => {
      for (const at of [1, 2]) {
        ui.setWidget("w", make(`widget ${at}`));
        ui.setHeader(make(`header ${at}`));
        ui.setFooter(make(`footer ${at}`));
      }
    }),
  });
  screen.device.keys("/run\r");
  await screen.until((text) => ["widget 2", "header 2", "footer 2"].every((name) => text.includes(`drawn ${name}`)));
  expect(ended.splice(0)).toEqual(["widget 1", "header 1", "footer 1"]);
  screen.device.keys("/new\r");
  await screen.until((text) => !text.includes("drawn footer 2") && text.includes("footer 2 does not end"));
  expect(ended.toSorted()).toEqual(["footer 2", "header 2", "widget 2"]);
});
