// The roles of a theme that Markdown is drawn in, by the names that pi-tui has for them. Used by the terminal, and by extensions that draw.

/** What paints; also one that follows the theme in force. */
export interface Painter {
  fg(role: string, text: string): string;
  bold(text: string): string;
  italic(text: string): string;
  underline(text: string): string;
  strikethrough(text: string): string;
}

export function markdownColours(theme: Painter) {
  const role = (name: string) => (text: string) => theme.fg(name, text);
  return {
    heading: role("mdHeading"),
    link: role("mdLink"),
    linkUrl: role("mdLinkUrl"),
    code: role("mdCode"),
    codeBlock: role("mdCodeBlock"),
    codeBlockBorder: role("mdCodeBlockBorder"),
    quote: role("mdQuote"),
    quoteBorder: role("mdQuoteBorder"),
    hr: role("mdHr"),
    listBullet: role("mdListBullet"),
    bold: (text: string) => theme.bold(text),
    italic: (text: string) => theme.italic(text),
    strikethrough: (text: string) => theme.strikethrough(text),
    underline: (text: string) => theme.underline(text),
  };
}
