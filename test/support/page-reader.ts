// Reads an exported page as strictly as possible: every `<` must begin a tag that the export may write, with attributes it may write.

const tags = new Set(
  (
    "html head meta title style body header button h1 h2 h3 h4 h5 h6 dl div dt dd time nav input select option p a i mark main article b span " +
    "details summary pre code ul ol li hr blockquote table thead tbody tr th td br em strong del figure figcaption img script bdi"
  ).split(" "),
);
const attributes = new Set(
  (
    "lang charset http-equiv content name class hidden id href target rel title datetime type placeholder aria-label aria-expanded aria-pressed " +
    "autocomplete value data-lang data-show data-way data-unless disabled checked start open alt loading decoding src"
  ).split(" "),
);

export interface PageArticle {
  id: string;
  isShown: boolean;
  /** Text between the tags, character references resolved. */
  text: string;
}

export interface Page {
  articles: PageArticle[];
  /** `href` targets of the tree, in order. */
  rows: { key: string; isOn: boolean }[];
  tagNames: Set<string>;
}

/** Throws where the page has anything that the export must not write. */
export function readPage(html: string): Page {
  const data = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(html)?.[1];
  if (data === undefined || !/^[\d[\],{}:"a-z-]*$/.test(data)) throw new Error("the data of the script is not numbers only");
  const bare = withoutOwnAssets(html);
  const page: Page = { articles: [], rows: [], tagNames: new Set() };
  let article: PageArticle | undefined;
  let isInTree = false;
  let textFrom = 0;
  const tag = /<(?:!doctype html|(\/?)([a-z][a-z0-9]*)((?: [a-z-]+(?:="[^"<>]*")?)*))>/gy;
  for (let at = bare.indexOf("<"); at >= 0; at = bare.indexOf("<", tag.lastIndex)) {
    tag.lastIndex = at;
    const found = tag.exec(bare);
    if (found === null) throw new Error(`not a tag of ours: ${bare.slice(at, at + 120)}`);
    if (article !== undefined) article.text += unescaped(bare.slice(textFrom, at));
    textFrom = tag.lastIndex;
    const [, slash, name = "", rest = ""] = found;
    if (name === "") continue;
    if (!tags.has(name)) throw new Error(`element ${name} is not ours: ${found[0].slice(0, 120)}`);
    page.tagNames.add(name);
    const given = attributesOf(rest);
    for (const [key, value] of given) checkAttribute(name, key, value);
    if (name === "nav") isInTree = slash === "";
    if (name === "article") {
      article = slash === "" ? { id: given.get("id") ?? "", isShown: !given.has("hidden"), text: "" } : undefined;
      if (article !== undefined) page.articles.push(article);
    }
    const isRow = isInTree && name === "a" && given.has("class");
    if (isRow) page.rows.push({ key: (given.get("href") ?? "").slice(1), isOn: (given.get("class") ?? "").split(" ").includes("on") });
  }
  return page;
}

/** The style and the script of the page are assets; what they hold is no concern here. */
function withoutOwnAssets(html: string): string {
  const style = html.indexOf("<style>");
  const styleEnd = html.indexOf("</style>", style);
  const script = html.lastIndexOf("<script>");
  const scriptEnd = html.lastIndexOf("</script>");
  if (html.slice(scriptEnd) !== "</script>\n</body>\n</html>\n") throw new Error("the script is not the end of the page");
  return `${html.slice(0, style + 7)}${html.slice(styleEnd, script)}</body></html>`;
}

function attributesOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(/ ([a-z-]+)(?:="([^"]*)")?/g)].map(([, key = "", value = ""]) => [key, unescaped(value)]));
}

function checkAttribute(tag: string, key: string, value: string): void {
  if (!attributes.has(key)) throw new Error(`attribute ${key} of ${tag} is not ours`);
  if (key === "href" && !/^(?:#[\w-]*$|https?:\/\/|mailto:)/.test(value)) throw new Error(`a link to ${value}`);
  if (key === "src" && !/^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/.test(value)) throw new Error(`a source ${value}`);
}

export function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" })[name] ?? "");
}

export async function pageText(chunks: AsyncIterable<string>): Promise<string> {
  let html = "";
  for await (const chunk of chunks) html += chunk;
  return html;
}
