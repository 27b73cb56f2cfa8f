/** What terms say of a run's Paillier key, with schemas. Imports valibot, types. */
import * as v from "valibot";
import type { ExponentBits } from "../crypto/paillier/randomizer.ts";

/** What terms say of the key. */
export interface PaillierKeyOptions {
  /** Length of n: 2048 (112-bit security) or 3072 (128-bit). */
  readonly bits: 2048 | 3072;
  /** Length of the random exponents: see randomizer.ts. */
  readonly exponentBits: ExponentBits;
  /** How many keyholders open a sum together, of how many. */
  readonly threshold: number;
  readonly holders: number;
  /** n in hexadecimal. */
  readonly publicKey?: string | undefined;
  /** What the keyholders' parts are checked with; absent with one holder. */
  readonly verification?: { readonly base: string; readonly keys: readonly string[] } | undefined;
  /** Public identity keys of the keyholders, base64url, in the order of their shares. */
  readonly keyholders?: readonly string[] | undefined;
}

const base64url = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{16,2048}$/, "expected base64url"));

/** The schemas of the key's options, as entries of an object's schema. */
export const keyEntries: {
  readonly bits: v.GenericSchema<2048 | 3072 | undefined, 2048 | 3072>;
  readonly exponentBits: v.GenericSchema<ExponentBits | undefined, ExponentBits>;
  readonly threshold: v.GenericSchema<number | undefined, number | undefined>;
  readonly holders: v.GenericSchema<number | undefined, number | undefined>;
  readonly publicKey: v.GenericSchema<string | undefined, string | undefined>;
  readonly verification: v.GenericSchema<PaillierKeyOptions["verification"], PaillierKeyOptions["verification"]>;
  readonly keyholders: v.GenericSchema<string[] | undefined, string[] | undefined>;
} = {
  bits: v.optional(v.picklist([2048, 3072]), 2048),
  exponentBits: v.optional(v.picklist(["half", 512]), "half"),
  threshold: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16))),
  holders: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16))),
  publicKey: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{512,768}$/, "expected n in lower-case hexadecimal"))),
  verification: v.optional(v.strictObject({ base: base64url, keys: v.array(base64url) })),
  keyholders: v.optional(v.array(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, "expected a public identity key in base64url")))),
};

/** Fills in how the key is split: 2 of 3 keyholders when nothing is said. */
export function withHolders<Options extends { readonly threshold?: number | undefined; readonly holders?: number | undefined }>(
  options: Options,
): Options & { readonly threshold: number; readonly holders: number } {
  const holders = options.holders ?? (options.threshold === 1 ? 1 : Math.max(3, options.threshold ?? 0));
  return { ...options, holders, threshold: options.threshold ?? Math.min(2, holders) };
}
