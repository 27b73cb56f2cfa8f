/** The entry of the bundle for pages: what `cofactor/client` offers, without what only programs need. */
export { createClient } from "./client.ts";
export type { Acceptance } from "./consent.ts";
export type { Explanation, RatingShare } from "./explain.ts";
export type { Recommendation, RecommendOptions } from "./recommend.ts";
export type { ClientStore } from "./store.ts";
export { indexedDbStore } from "./stores/indexed-db.ts";
export { memoryStore } from "./stores/memory.ts";
export type { Sent } from "./trainer.ts";
export type { Client, ClientEvents, ClientOptions, ClientState, Participated, ParticipateOptions } from "./types.ts";
