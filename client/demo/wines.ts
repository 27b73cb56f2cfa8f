/** The wines of the page: where they come from, which to show, how to find one. Imports nothing. */

/** One wine; its place in the list is its item of the run. */
export interface Wine {
  readonly name: string;
  readonly winery: string;
  readonly country: string;
  readonly region: string;
  readonly type: string;
  readonly grapes: readonly string[];
  readonly food: readonly string[];
  readonly body: string;
  readonly alcohol: number;
  readonly raters: number;
}

/** What the page is told before it joins. */
export interface Facts {
  readonly run: string;
  readonly neighbors: number;
  readonly wines: readonly Wine[];
}

/** Asks the page's own origin. @throws Error when it does not answer */
export async function fetchFacts(): Promise<Facts> {
  const response = await fetch("/demo/facts.json");
  if (!response.ok) throw new Error(`the aggregator answered ${response.status}`);
  return (await response.json()) as Facts;
}

/** How many of each type stand in a dozen. */
const mixture: readonly (readonly [type: string, count: number])[] = [
  ["Red", 5],
  ["White", 3],
  ["Sparkling", 2],
  ["Rosé", 1],
  ["Dessert", 1],
];

/** A mixed dozen of items, well-known ones first: the next for each `turn`. */
export function dozen(wines: readonly Wine[], turn: number): number[] {
  const picked = mixture.map(([type, count]) => {
    const known = [...wines.keys()].filter((item) => wines[item]!.type.startsWith(type));
    known.sort((a, b) => wines[b]!.raters - wines[a]!.raters || a - b);
    return Array.from({ length: count }, (_, place) => known[(turn * count + place) % known.length]!);
  });
  // One of each in turn, so that no type stands in a block.
  const longest = Math.max(...picked.map((items) => items.length));
  return Array.from({ length: longest }, (_, place) => picked.flatMap((items) => items.slice(place, place + 1))).flat();
}

/** Items whose texts hold every word, well-known ones first. */
export function search(wines: readonly Wine[], query: string, count: number): number[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  const found = [...wines.keys()].filter((item) => {
    const { name, winery, country, region, type, grapes } = wines[item]!;
    const text = plain([name, winery, country, region, type, ...grapes].join(" "));
    return words.every((word) => text.includes(word));
  });
  return found.sort((a, b) => wines[b]!.raters - wines[a]!.raters || a - b).slice(0, count);
}

/** Where a wine comes from, in a line. */
export function originOf({ winery, region, country }: Wine): string {
  const place = region === "" || region === country ? country : `${region}, ${country}`;
  return `${winery} · ${place}`;
}

/** Lower case without accents, as people type. */
function plain(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase();
}
