// The colours that a theme has, by what they are for, in the npm agent's names. Read by the theme and by who checks theme files.
// Invariant: a role either has a colour of its own or takes that of another one.

export const roles = {
  accent: "fg",
  border: "fg",
  borderAccent: "fg",
  borderMuted: "fg",
  success: "fg",
  error: "fg",
  warning: "fg",
  muted: "fg",
  dim: "fg",
  text: "fg",
  thinkingText: "fg",
  scrollbarTrack: "fg",
  scrollbarThumb: "fg",
  selectedBg: "bg",
  searchMatchBg: "bg",
  searchMatchText: "fg",
  userMessageBg: "bg",
  userMessageText: "fg",
  customMessageBg: "bg",
  customMessageText: "fg",
  customMessageLabel: "fg",
  toolPendingBg: "bg",
  toolSuccessBg: "bg",
  toolErrorBg: "bg",
  toolTitle: "fg",
  toolOutput: "fg",
  mdHeading: "fg",
  mdLink: "fg",
  mdLinkUrl: "fg",
  mdCode: "fg",
  mdCodeBlock: "fg",
  mdCodeBlockBorder: "fg",
  mdQuote: "fg",
  mdQuoteBorder: "fg",
  mdHr: "fg",
  mdListBullet: "fg",
  toolDiffAdded: "fg",
  toolDiffRemoved: "fg",
  toolDiffContext: "fg",
  syntaxComment: "fg",
  syntaxKeyword: "fg",
  syntaxFunction: "fg",
  syntaxVariable: "fg",
  syntaxString: "fg",
  syntaxNumber: "fg",
  syntaxType: "fg",
  syntaxOperator: "fg",
  syntaxPunctuation: "fg",
  thinkingOff: "fg",
  thinkingMinimal: "fg",
  thinkingLow: "fg",
  thinkingMedium: "fg",
  thinkingHigh: "fg",
  thinkingXhigh: "fg",
  thinkingMax: "fg",
  bashMode: "fg",
} as const;

export type Role = keyof typeof roles;

/** Where a theme leaves one out. */
export const roleFallbacks: Partial<Record<Role, Role>> = {
  scrollbarTrack: "muted",
  scrollbarThumb: "text",
  searchMatchBg: "selectedBg",
  searchMatchText: "text",
  thinkingMax: "thinkingXhigh",
};

export function isRole(name: string): name is Role {
  return Object.hasOwn(roles, name);
}
