// Pictures that are dragged onto the terminal, or whose paths are pasted: terminals send such paths as a paste. Asked by the interaction for each paste.
// Invariant: what is not the path of a picture that is there stays the text that it is.

import { isAbsolute, join, resolve } from "node:path";
import type { ImageContent } from "../../../contracts/message.ts";
import { readBoundedBytes } from "../../../platform/files/bounded-file.ts";
import type { Surface } from "../surface.ts";

const pasted = /^\u001b\[200~([\s\S]*)\u001b\[201~$/;
const pictureName = /\.(?:png|jpe?g|gif|webp|bmp)$/i;
/** Nobody drags more at a time. */
const mostPictures = 20;
const maxTextLength = 8192;
const maxBytes = 64 * 1024 * 1024;

/** The paths in what was pasted, where all of it is paths of pictures: quoted, with escaped blanks, or as `file:` addresses. */
export function picturePaths(data: string, cwd: string, homeDir: string): string[] {
  const text = pasted.exec(data)?.[1]?.trim() ?? "";
  if (text === "" || text.length > maxTextLength) return [];
  const words = text.match(/'[^'\n]+'|"[^"\n]+"|(?:\\.|[^\s'"\\])+/g) ?? [];
  // A path with blanks in it that nobody has quoted.
  const whole = !text.includes("\n") && words.length > 1 && !words.every((word) => pictureName.test(bare(word))) ? [text] : words;
  if (whole.length > mostPictures) return [];
  const paths = whole.map((word) => pathOf(bare(word), cwd, homeDir));
  return paths.every((path): path is string => path !== undefined) ? paths : [];
}

/** All of them, or none. */
export async function readPictures(paths: readonly string[], resizes: boolean): Promise<ImageContent[] | undefined> {
  const { decodeImage } = await import("../../../harness/intake/prompt-images.ts");
  const images: ImageContent[] = [];
  for (const path of paths) {
    const found = readBoundedBytes(path, { maxBytes });
    const image = found !== undefined && "content" in found ? await decodeImage(found.content, { resizes }) : undefined;
    if (image === undefined || image === "omitted") return undefined;
    images.push(image);
  }
  return images;
}

function bare(word: string): string {
  if (/^(['"]).*\1$/.test(word)) return word.slice(1, -1);
  return word.replace(/\\(.)/g, "$1");
}

function pathOf(word: string, cwd: string, homeDir: string): string | undefined {
  if (!pictureName.test(word)) return undefined;
  if (word.startsWith("file://")) {
    try {
      return decodeURIComponent(new URL(word).pathname);
    } catch {
      return undefined;
    }
  }
  if (word.startsWith("~/")) return join(homeDir, word.slice(2));
  if (isAbsolute(word)) return word;
  return /^\.{1,2}\//.test(word) ? resolve(cwd, word) : undefined;
}

/** Whether the paste has become pictures, with a marker for each in the text; `false`: it names none. Never rejects. */
export function takeDropped(data: string, at: Surface): false | Promise<boolean> {
  const { launch } = at.sessions;
  const paths = picturePaths(data, launch.options.cwd, at.homeDir);
  if (paths.length === 0) return false;
  return readPictures(paths, launch.config.values.images.resize)
    .catch(() => undefined)
    .then((images) => {
      for (const image of images ?? []) at.composer.attach(image);
      return images !== undefined;
    });
}
