// How extensions draw what is theirs: their messages, entries and tools, in place of our faces. Asked by the screen for each block.
// Invariant: a renderer that throws, or gives nothing, leaves the block to our face.

import type { Component } from "@earendil-works/pi-tui";
import type { SessionExtensions } from "../../../harness/extensions/session-extensions.ts";
import { fittedLine } from "../../../tui/fence.ts";
import type { Block, BlockOf } from "../blocks/block.ts";
import { faceOf } from "../blocks/faces.ts";
import type { Drawn, Look } from "../blocks/look.ts";

type Extensions = Pick<SessionExtensions, "terminal" | "loaded">;
export type Renderer = (subject: unknown, options: object, theme: unknown, context?: object) => Component | undefined;

export interface ToolRendering {
  renderCall?(args: unknown, theme: unknown, context: object): Component | undefined;
  renderResult?(result: object, options: object, theme: unknown, context: object): Component | undefined;
}

export interface RendererHost extends DrawingHost {
  extensions(): Extensions | undefined;
}

/** What is drawn is drawn for. */
export interface DrawingHost {
  failed(what: string, error: unknown): void;
  cwd(): string;
  draw(): void;
}

export function hasRenderer(extensions: Extensions | undefined, kind: "messageRenderer" | "entryRenderer", name: string): boolean {
  return extensions?.terminal(kind).some((one) => one.name === name) === true;
}

export function extensionFace(block: Block, host: RendererHost): Drawn | undefined {
  const extensions = host.extensions();
  if (extensions === undefined) return undefined;
  if (block.kind === "note") return noteFace(block, extensions, host);
  return block.kind === "tool" ? toolFace(block, extensions, host) : undefined;
}

function noteFace(block: BlockOf<"note">, extensions: Extensions, host: RendererHost): Drawn | undefined {
  const kind = block.isEntry === true ? "entryRenderer" : "messageRenderer";
  const renderer = extensions.terminal(kind).findLast(({ name }) => name === block.name)?.value as Renderer | undefined;
  return renderer && renderedNote(block, renderer, host);
}

export function renderedNote(block: BlockOf<"note">, renderer: Renderer, host: Pick<DrawingHost, "failed">): Drawn {
  return drawnBy(block, host, `the renderer of ${block.name}`, (look) => {
    const component = renderer(block.message, { expanded: look.isExpanded, outputPad: 0, ...hints(look) }, look.theme);
    return component === undefined ? undefined : [component];
  });
}

function toolFace(block: BlockOf<"tool">, extensions: Extensions, host: RendererHost): Drawn | undefined {
  const rendering = renderingOf(block.name, extensions);
  return rendering && renderedTool(block, rendering, host);
}

export function renderedTool(block: BlockOf<"tool">, rendering: ToolRendering, host: DrawingHost): Drawn | undefined {
  if (rendering.renderCall === undefined && rendering.renderResult === undefined) return undefined;
  const state = {};
  const last: { call?: Component | undefined; result?: Component | undefined } = {};
  return drawnBy(block, host, `the renderer of ${block.name}`, (look) => {
    const context = {
      args: block.args,
      state,
      toolCallId: block.callId,
      cwd: host.cwd(),
      expanded: look.isExpanded,
      isError: block.result?.isError === true,
      isPartial: block.isLive,
      executionStarted: block.startedMs !== undefined || block.result !== undefined,
      argsComplete: block.coming === undefined,
      showImages: look.pictures.areShown,
      invalidate: host.draw,
      ...hints(look),
    };
    const { theme } = look;
    last.call = rendering.renderCall?.(block.args, theme, { ...context, lastComponent: last.call });
    const content = block.result?.blocks.map((one) =>
      one.kind === "text"
        ? { type: "text", text: one.text }
        : one.kind === "image"
          ? { type: "image", data: one.data, mimeType: one.mimeType }
          : { type: one.kind },
    );
    const result = content && { content, details: block.result?.details };
    last.result =
      result &&
      rendering.renderResult?.(result, { expanded: look.isExpanded, isPartial: block.isLive }, theme, {
        ...context,
        lastComponent: last.result,
      });
    const ours = (part: "title" | "output", width: number): string[] => {
      const lines = faceOf(block).draw(width, look).slice(1);
      return part === "title" ? lines.slice(0, 1) : lines.slice(1);
    };
    const parts: (Component | ((width: number) => string[]))[] = [last.call ?? ((width) => ours("title", width))];
    if (block.result !== undefined) parts.push(last.result ?? ((width) => ours("output", width)));
    return parts;
  });
}

/** Resolvers first, in their order, then the tool's own. */
function renderingOf(name: string, extensions: Extensions): ToolRendering | undefined {
  const own = (): ToolRendering | undefined =>
    extensions.loaded.extensions
      .map(({ tools }) => tools.get(name)?.definition as ToolRendering | undefined)
      .find((one) => one !== undefined);
  const resolvers = extensions
    .terminal("toolRenderer")
    .map(({ value }) => value as (name: string, next: () => ToolRendering | undefined) => ToolRendering | undefined);
  const from = (at: number): ToolRendering | undefined => {
    const resolver = resolvers[at];
    return resolver === undefined ? own() : resolver(name, () => from(at + 1));
  };
  return from(0);
}

function hints(look: Look): { keyText(id: string): string; keyHint(id: string, about: string): string } {
  const keyText = (id: string): string => look.keyOf(id);
  return { keyText, keyHint: (id, about) => look.theme.fg("dim", `${keyText(id)} ${about}`) };
}

function drawnBy(
  block: Block,
  host: Pick<DrawingHost, "failed">,
  what: string,
  make: (look: Look) => (Component | ((width: number) => string[]))[] | undefined,
): Drawn {
  let hasFailed = false;
  return {
    draw: (width, look) => {
      if (!hasFailed) {
        try {
          const parts = make(look);
          if (parts === undefined) return faceOf(block).draw(width, look);
          const lines = parts.flatMap((part) => (typeof part === "function" ? part(width) : part.render(width)));
          return ["", ...lines.map((line) => fittedLine(line, width))];
        } catch (error) {
          hasFailed = true;
          host.failed(what, error);
        }
      }
      return faceOf(block).draw(width, look);
    },
  };
}

type Transformer = (markdown: string, context: object) => unknown;

/** One after another, in the order in which they were loaded. One that fails, or gives no text, changes nothing; it is told of once. */
export function markdownTransforms(host: Pick<RendererHost, "extensions" | "failed">): Look["transform"] {
  const failed = new Set<unknown>();
  return (markdown, of) => {
    let text = markdown;
    for (const { value, options, extensionPath } of host.extensions()?.terminal("markdownTransformer") ?? []) {
      const transformer = value as Transformer;
      const { messageTypes = usualMessages } = (options ?? {}) as { messageTypes?: readonly string[] };
      if (!messageTypes.includes(of.messageType)) continue;
      try {
        const given = transformer(text, { messageId: undefined, timestamp: undefined, ...of });
        if (typeof given === "string") text = given;
      } catch (error) {
        if (!failed.has(transformer)) host.failed(`the Markdown transformer of ${extensionPath}`, error);
        failed.add(transformer);
      }
    }
    return text;
  };
}

const usualMessages: readonly string[] = ["user", "assistant", "assistant-thinking"];
