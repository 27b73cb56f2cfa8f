/** Texts and tags as vectors: words weighed by how rare they are. Pure; imports check.ts. */
import { integer } from "../check.ts";

/** Vectors of texts. */
export interface TermVectors {
  /** [count] the terms, ascending by code unit. */
  readonly names: readonly string[];
  readonly count: number;
  /** [texts x count] row-major, each row of norm 1, or 0 where a text has none of the terms. */
  readonly values: Float64Array;
}

/** The words of a text: runs of letters and digits of any script, in lower case. @example wordsOf("Rosé, 12%") // ["rosé", "12"] */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  );
}

/**
 * How often a text has a term, times log((1 + n) / (1 + texts with it)) + 1, rows scaled to norm 1.
 *
 * A term that no text lacks, or one text alone has, tells no two texts alike: both are left out. Of the others the `limit` most common
 * stay, by code unit where they tie.
 * Source: Salton and Buckley 1988, https://doi.org/10.1016/0306-4573(88)90021-0, with smoothed counts
 *
 * @param texts the terms of each text, as often as they occur
 */
export function termVectors(texts: readonly (readonly string[])[], limit: number): TermVectors {
  integer(limit, 0, 1_000_000, "limit");
  const occurrences = new Map<string, number>();
  for (const terms of texts) for (const term of new Set(terms)) occurrences.set(term, (occurrences.get(term) ?? 0) + 1);
  const names = [...occurrences]
    .filter(([, count]) => count > 1 && count < texts.length)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([name]) => name)
    .sort();
  const places = new Map(names.map((name, place) => [name, place]));
  const weights = names.map((name) => Math.log((1 + texts.length) / (1 + occurrences.get(name)!)) + 1);
  const count = names.length;
  const values = new Float64Array(texts.length * count);
  for (const [text, terms] of texts.entries()) {
    const row = values.subarray(text * count, (text + 1) * count);
    for (const term of terms) {
      const place = places.get(term);
      if (place !== undefined) row[place] = row[place]! + weights[place]!;
    }
    const norm = Math.hypot(...row);
    if (norm > 0) for (let f = 0; f < count; f++) row[f] = row[f]! / norm;
  }
  return { names, count, values };
}
