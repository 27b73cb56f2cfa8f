/** The client's public entry: `cofactor/client`, for browsers and Node. */
export type { BudgetLimit, RunCharge, SpentPrivacy } from "./budget.ts";
export { createClient } from "./client.ts";
export type { Acceptance } from "./consent.ts";
export type { Explanation, RatingShare } from "./explain.ts";
export type { Recommendation, RecommendOptions } from "./recommend.ts";
export { type SocketOptions, socketConnector } from "./socket.ts";
export type { ClientStore } from "./store.ts";
export { indexedDbStore } from "./stores/indexed-db.ts";
export { memoryStore } from "./stores/memory.ts";
export type { Contributed, Sent } from "./trainer.ts";
export type { Client, ClientEvents, ClientOptions, ClientState, Participated, ParticipateOptions } from "./types.ts";
