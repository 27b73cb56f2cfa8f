/** Every sharing policy, loaded when it is named. A new one is a file and a line here. */
import { type Loaders, loadDefinitions } from "../registry.ts";
import type { SharingDefinition } from "./sharing.ts";

/** By kind, in the order in which they are listed. */
const loaders: Loaders<SharingDefinition> = {
  all: async () => (await import("./all.ts")).all,
  "sampled-rows": async () => (await import("./sampled-rows.ts")).sampledRows,
  "hashed-rows": async () => (await import("./hashed-rows.ts")).hashedRows,
  "clustered-rows": async () => (await import("./clustered-rows.ts")).clusteredRows,
  "low-rank": async () => (await import("./low-rank.ts")).lowRank,
  vera: async () => (await import("./vera.ts")).vera,
  "sparse-rows": async () => (await import("./sparse-rows.ts")).sparseRows,
};

/** The policies that terms may name; with a known `kind`, that one alone. */
export function loadSharings(kind?: string): Promise<readonly SharingDefinition[]> {
  return loadDefinitions(loaders, kind);
}
