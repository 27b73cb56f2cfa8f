/** Every sharing policy. A new one is a file and a line here. */
import { all } from "./all.ts";
import { clusteredRows } from "./clustered-rows.ts";
import { hashedRows } from "./hashed-rows.ts";
import { lowRank } from "./low-rank.ts";
import { sampledRows } from "./sampled-rows.ts";
import type { SharingDefinition } from "./sharing.ts";
import { sparseRows } from "./sparse-rows.ts";
import { vera } from "./vera.ts";

/** The policies that terms may name. */
export const sharings: readonly SharingDefinition[] = [all, sampledRows, hashedRows, clusteredRows, lowRank, vera, sparseRows];
