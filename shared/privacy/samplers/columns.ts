/**
 * Exact draws from a distribution that falls on both sides of its mode, by rejection from columns of equal width. Imports bits (types), exp,
 * rational.
 *
 * A side is drawn by a coin. Its places 0, 1, 2, ... lie in 127 columns of w = 2^b places and a tail. A column is drawn with probability
 * W_j / 2^25, W_j a whole number; the place in it uniformly; and it is kept with probability f(x) / (W_j u), where f is the weight of the
 * place and u a double taken as the fraction it is. So every place comes with probability proportional to (W_j / w) f(x) / (W_j u), which is
 * proportional to f(x): the distribution is exactly the stated one, whatever the W_j are, if only
 *
 * (1) f(x) <= W_j u in each column. f falls and W_j is rounded up from f(first place) / u, with more room than the error of f;
 * (2) f(x) <= W_t u 2^-c / 32 in block c of the tail, a block being 16 columns wide and drawn with probability 2^-(c + 1). ln f is concave
 *     on both sides, so it falls in each block by no less than in the first, and that this is more than ln 2 is checked. Where f is below
 *     2^-80 when the tail begins, it needs no check: ln f fell by 80 ln 2 in 127 columns, so by more than 10 ln 2 in the next 16.
 *
 * Whether a place is kept is decided by comparing the first 27 bits of a uniform number with a bound for the whole column, which settles
 * about 19 draws of 20; then with f in floating point and its error bound; then, about once in 2^27 draws, exactly. So no result depends on
 * rounding. A draw takes two or three words and no allocation.
 *
 * Source: rejection from columns is von Neumann's; choosing one in constant time is Walker 1977, https://doi.org/10.1145/355744.355749
 */
import type { RandomBits } from "./bits.ts";
import { knownBits } from "./exp.ts";
import { type Rational, toRational } from "./rational.ts";

/** The weights of the places 0, 1, 2, ... on the two sides of a mode. */
export interface Weights {
  /**
   * The weight of a place, at most 1, falling with `place`, its logarithm concave; 0 from some place on is allowed.
   * Error: relatively below `error(place)`, or absolutely below 2^-90.
   */
  weight(place: number, isAbove: boolean): number;
  /** Where the weight is above 2^-60, below 2^-21. */
  error(place: number): number;
  /** Whether a uniform number whose first 27 bits are `word` lies below weight / divisor, exactly. */
  isBelow(word: number, place: number, isAbove: boolean, divisor: Rational): boolean;
}

const columns = 127;
const tail = columns;
const total = 2 ** 25;
/** Columns in a block of the tail. */
const block = 16;
const wordRange = 2 ** knownBits;
const room = 1 + 2 ** -20;

/** The whole numbers that a sampler draws by. */
export interface ColumnTable {
  /** Whole numbers W_j that add up to 2^25; the tail's last. */
  readonly masses: Float64Array;
  /** Walker's table: bucket i gives i below its cut, its alias otherwise. */
  readonly cuts: Int32Array;
  readonly aliases: Uint8Array;
  /** Whoever draws less than this in a column keeps its place, wherever it is. */
  readonly sure: Int32Array;
  /** 2^27 / (W_j u), to working precision; the tail's for its first block. */
  readonly factors: Float64Array;
  /** u. */
  readonly unit: number;
}

/**
 * Draws places with signs: x from 0 on, or -x - 1 for place x below; with `isCentered`, -x instead, where -0 is drawn again.
 *
 * @param widthBits a column has 2^widthBits places, at most 2^36. Columns that fall by a twentieth or so and reach far are best.
 * @throws RangeError when the tail falls too slowly for this width
 */
export function columnDraw(bits: RandomBits, weights: Weights, widthBits: number, isCentered: boolean): () => number {
  const width = 2 ** widthBits;
  const { cuts, aliases, sure, factors, masses, unit } = createColumnTable(weights, width);
  const nibble = 2 ** Math.min(widthBits, 4) - 1;
  const shift = 36 - widthBits;
  const isWide = widthBits > 4;

  function placeIn(column: number, high: number): number {
    const offset = isWide ? ((high >>> 27) & 15) + 16 * (bits.word() >>> shift) : (high >>> 27) & nibble;
    return column * width + offset;
  }

  function isKept(word: number, place: number, isAbove: boolean, column: number, blocks: number): boolean {
    const bound = weights.weight(place, isAbove) * factors[column]! * 2 ** blocks;
    const error = weights.error(place) + 2 ** -48;
    if (word + 1 <= bound * (1 - error) - 2 ** -90 * factors[column]! * 2 ** blocks) return true;
    if (word >= bound * (1 + error) + 2 ** -90 * factors[column]! * 2 ** blocks) return false;
    return weights.isBelow(word, place, isAbove, divisorOf(masses[column]!, unit, column === tail ? blocks : undefined));
  }

  return () => {
    for (;;) {
      const choice = bits.word();
      const bucket = choice & 127;
      const column = choice >>> 7 < cuts[bucket]! ? bucket : aliases[bucket]!;
      const high = bits.word();
      const isAbove = high >= 0x8000_0000;
      const word = high & (wordRange - 1);
      let place = placeIn(column, high);
      if (column === tail) {
        let blocks = 0;
        while (bits.coin()) blocks += 1;
        place += width * (block * blocks + bits.below(block));
        if (!isKept(word, place, isAbove, column, blocks)) continue;
      } else if (word >= sure[column]! && !isKept(word, place, isAbove, column, 0)) continue;
      if (isAbove) return place;
      if (!isCentered) return -place - 1;
      if (place !== 0) return -place;
    }
  };
}

/**
 * The table of a distribution, for columns of `width` places: that it meets (1) and (2) is what exactness rests on.
 *
 * @throws RangeError when the tail falls too slowly for this width
 */
export function createColumnTable(weights: Weights, width: number): ColumnTable {
  const highest = (place: number): number => Math.max(weights.weight(place, true), weights.weight(place, false));
  const edge = columns * width;
  for (const isAbove of [true, false]) {
    const [first, next] = [weights.weight(edge, isAbove), weights.weight(edge + block * width, isAbove)];
    if (first > 2 ** -80 && !(next < 0.49 * first)) throw new RangeError('"widthBits" expected columns that reach further');
  }
  const heights = Float64Array.from({ length: columns + 1 }, (_, j) => highest(j * width) * (j === tail ? 2 * block : 1));
  const unit = heights.reduce((sum, height) => sum + height, 0) / (total - 256);
  const masses = heights.map((height) => Math.max(1, Math.ceil((height / unit) * room)));
  // What rounding left over makes the first column higher than it needs to be.
  masses[0] = masses[0]! + total - masses.reduce((sum, mass) => sum + mass, 0);
  const factors = masses.map((mass, j) => (wordRange / (mass * unit)) * (j === tail ? 2 * block : 1));
  const sure = Int32Array.from({ length: columns + 1 }, (_, j) => {
    if (j === tail) return 0;
    const last = (j + 1) * width - 1;
    const lowest = Math.min(weights.weight(last, true), weights.weight(last, false));
    return lowest < 2 ** -27 ? 0 : Math.floor((lowest * factors[j]!) / room);
  });
  return { masses, sure, factors, unit, ...walker(masses) };
}

/** Buckets of equal size, each shared by two columns at most. */
function walker(masses: Float64Array): Pick<ColumnTable, "cuts" | "aliases"> {
  const count = masses.length;
  const left = masses.map((mass) => mass * count);
  const cuts = new Int32Array(count).fill(total);
  const aliases = Uint8Array.from({ length: count }, (_, i) => i);
  const small = [...left.keys()].filter((i) => left[i]! < total);
  const large = [...left.keys()].filter((i) => left[i]! > total);
  while (small.length > 0) {
    const low = small.pop()!;
    const high = large.at(-1)!;
    cuts[low] = left[low]!;
    aliases[low] = high;
    left[high] = left[high]! - (total - left[low]!);
    if (left[high]! > total) continue;
    large.pop();
    if (left[high]! < total) small.push(high);
  }
  return { cuts, aliases };
}

/** W u as a fraction; for block c of the tail, W u 2^-c / 32. */
function divisorOf(mass: number, unit: number, blocks?: number): Rational {
  const { numerator, denominator } = toRational(unit);
  const scale = blocks === undefined ? 1n : BigInt(2 * block) << BigInt(blocks);
  return { numerator: numerator * BigInt(mass), denominator: denominator * scale };
}
