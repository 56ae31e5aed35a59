// `pi/runtime`: the pieces of a host that are of use without a run: replies, lanes, schedules.

export { PiError } from "../contracts/error.ts";
export { firstRun, nextRun, type Schedule, zoneOf } from "../runtime/bridge/schedule.ts";
export { createLanes } from "../runtime/queue/in-process.ts";
export type { Enqueue, LaneState, Lanes, LaneWait, Turn } from "../runtime/queue/queue.ts";
export { type BlockChunker, type BlockChunkerOptions, createBlockChunker } from "../runtime/replies/block-chunker.ts";
export {
  createDirectiveFilter,
  type DirectedPart,
  type DirectiveFilter,
  parseDirectives,
  payloadOf,
  type ReplyPayload,
} from "../runtime/replies/directives.ts";
export { createSentTexts, type SentTexts } from "../runtime/replies/sent-texts.ts";
export { createTagFilter, type TagFilter, type TagFilterOptions, type TaggedPart } from "../runtime/replies/tag-filter.ts";
