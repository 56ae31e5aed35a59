// Colours of the library's lists, by role. Used by the screen's completion and dialogs, and by extensions that ask for them by name. Pure.

interface Painter {
  fg(role: string, text: string): string;
  bold(text: string): string;
}

export function listColours(theme: () => Painter) {
  return {
    selectedPrefix: (text: string) => theme().fg("accent", text),
    selectedText: (text: string) => theme().fg("accent", theme().bold(text)),
    description: (text: string) => theme().fg("muted", text),
    scrollInfo: (text: string) => theme().fg("dim", text),
    noMatch: (text: string) => theme().fg("muted", text),
  };
}
