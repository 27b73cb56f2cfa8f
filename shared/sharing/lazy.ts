/** Every sharing policy, loaded when it is named: a device fetches the code of its run's policy alone. A new one is a file and a line here. */
import type { SharingDefinition } from "./sharing.ts";

/** By kind, in the order in which they are listed. */
const loaders: Readonly<Record<string, () => Promise<SharingDefinition>>> = {
  all: async () => (await import("./all.ts")).all,
  "sampled-rows": async () => (await import("./sampled-rows.ts")).sampledRows,
  "hashed-rows": async () => (await import("./hashed-rows.ts")).hashedRows,
  "clustered-rows": async () => (await import("./clustered-rows.ts")).clusteredRows,
  "low-rank": async () => (await import("./low-rank.ts")).lowRank,
  vera: async () => (await import("./vera.ts")).vera,
  "sparse-rows": async () => (await import("./sparse-rows.ts")).sparseRows,
};

/** The policies that terms may name; with a known `kind`, that one alone. */
export async function loadSharings(kind?: string): Promise<readonly SharingDefinition[]> {
  const one = kind !== undefined && Object.hasOwn(loaders, kind) ? loaders[kind] : undefined;
  return one === undefined ? Promise.all(Object.values(loaders).map((load) => load())) : [await one()];
}
