// The instructions for each kind of summary. Called by compact and branch. The headings are those of the npm agent, so that a summary of
// either program is one the other can carry on; the wording is our own.

const sections = `## Goal
What the user wants to reach; several goals if there are several.

## Constraints & Preferences
- What the user asked for, forbade or prefers. "(none)" if nothing was said.

## Progress
### Done
- [x] What is finished, with the files it touched
### In Progress
- [ ] What is half done, and how far
### Blocked
- What stands in the way, if anything

## Key Decisions
- **Decision**: why it was made

## Next Steps
1. What to do next, in order`;

const critical = `

## Critical Context
- Facts, values, names and messages without which the work cannot go on. "(none)" if there are none.`;

const care = "Be brief. Keep paths, names, commands and error messages exactly as they are. Leave out what no longer matters.";

export const historyInstructions = `Summarise the conversation above, so that someone who sees only your summary can carry on the work. Use these headings:

${sections}${critical}

${care}`;

export const updateInstructions = `The conversation above follows on what <previous-summary> tells. Write one summary of both: keep what still holds, add what is new, move finished things to Done, drop what has been overtaken. Use these headings:

${sections}${critical}

${care}`;

export const turnPrefixInstructions = `The conversation above is the first part of work that is still going on; the later part is kept word for word and follows your summary. Tell what is needed to understand that later part. Use these headings:

## Original Request
What the user asked for.

## Progress So Far
- What was found, decided and done in this part

## Context Needed to Continue
- What the later part relies on

${care} Do not guess at what comes later.`;

export const branchInstructions = `The conversation above is a branch that the user has left to go on from an earlier point. Summarise what was tried and learnt there, so that the work elsewhere can use it. Use these headings:

${sections}

${care}`;

/** Stands between the summary of whole turns and that of a turn's beginning. */
export const turnPrefixHeading = "---\n\n**The turn in progress, up to here:**";
