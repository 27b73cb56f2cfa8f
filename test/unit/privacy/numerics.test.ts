/** The special functions against high-precision values, the transform against its definition, the searches at their edges. */
import { describe, expect, it } from "vitest";
import { bracket, fallsToZero, smallestWhere } from "../../../shared/privacy/numerics/bisect.ts";
import { fft, inverseFft, nextPowerOfTwo } from "../../../shared/privacy/numerics/fft.ts";
import { logAbsDifference, logAdd } from "../../../shared/privacy/numerics/log-sum.ts";
import { erfc, erfcx, logErfc, logNormalCdf, millsRatio, normalCdf } from "../../../shared/privacy/numerics/normal.ts";
import { createRng } from "../../../shared/random.ts";

const { POSITIVE_INFINITY: infinity } = Number;

/** [x, erfc(x), e^(x^2) erfc(x)] by mpmath 1.3.0 at 40 digits. */
const complements = [
  [-3, 1.9999779095030015, 16205.988853999586],
  [-1, 1.8427007929497148, 5.008980080762283],
  [-0.5, 1.5204998778130465, 1.952360489182557],
  [0, 1.0, 1.0],
  [0.1, 0.887537083981715, 0.8964569799691267],
  [0.5, 0.4795001221869535, 0.6156903441929259],
  [0.999, 0.15771472979350307, 0.4278569426214168],
  [1, 0.15729920705028513, 0.427583576155807],
  [1.5, 0.033894853524689274, 0.3215854164543175],
  [2.5, 0.0004069520174449589, 0.2108063640611436],
  [4, 1.541725790028002e-8, 0.13699945762506138],
  [6, 2.1519736712498913e-17, 0.09277656780053835],
  [6.3, 5.124221687395715e-19, 0.08846589935285219],
  [8, 1.1224297172982926e-29, 0.06998516620088092],
  [12, 1.3562611692059042e-64, 0.04685422101489376],
  [20, 5.395865611607901e-176, 0.02817434874105132],
  [26, 5.663192408856143e-296, 0.021683584850562907],
] as const;

describe("erfc", () => {
  it.each(complements)("erfc(%d) to 14 digits", (x, value, scaled) => {
    expect(Math.abs(erfc(x) / value - 1)).toBeLessThan(1e-14);
    expect(Math.abs(erfcx(x) / scaled - 1)).toBeLessThan(1e-14);
    expect(Math.abs(logErfc(x) - Math.log(value))).toBeLessThan(1e-13 * (1 + x * x));
  });

  it("at the edges", () => {
    expect([erfc(infinity), erfc(-infinity), erfcx(infinity), normalCdf(0)]).toEqual([0, 2, 0, 0.5]);
    expect(erfc(Number.NaN)).toBeNaN();
    expect(erfc(40)).toBe(0);
    expect(logErfc(1e4)).toBeCloseTo(-1e8 - Math.log(1e4 * Math.sqrt(Math.PI)), 6);
    expect(logNormalCdf(-40)).toBeCloseTo(-804.608442013754, 9);
    expect(millsRatio(0)).toBeCloseTo(Math.sqrt(Math.PI / 2), 14);
  });

  it("falls without a step where its formulas meet", () => {
    for (const meeting of [1, 2 * Math.PI, -1]) {
      const step = 1e-9;
      const slope = (erfcx(meeting + step) - erfcx(meeting - step)) / (2 * step);
      expect(slope).toBeCloseTo(2 * meeting * erfcx(meeting) - 2 / Math.sqrt(Math.PI), 5);
    }
  });
});

describe("logarithms of sums", () => {
  it("add and subtract, zero and infinity included", () => {
    expect(logAdd(Math.log(2), Math.log(3))).toBeCloseTo(Math.log(5), 15);
    expect(logAdd(-infinity, -infinity)).toBe(-infinity);
    expect(logAdd(infinity, infinity)).toBe(infinity);
    expect(logAbsDifference(Math.log(2), Math.log(5))).toBeCloseTo(Math.log(3), 15);
    expect(logAbsDifference(4, 4)).toBe(-infinity);
    expect(logAbsDifference(-infinity, 3)).toBe(3);
  });
});

describe("fft", () => {
  it("is the sum of its definition, and its inverse undoes it", () => {
    const rng = createRng(61);
    const size = 32;
    const re = Float64Array.from({ length: size }, () => rng.normal());
    const im = Float64Array.from({ length: size }, () => rng.normal());
    const [outRe, outIm] = [re.slice(), im.slice()];
    fft(outRe, outIm);
    for (let k = 0; k < size; k++) {
      let [x, y] = [0, 0];
      for (let j = 0; j < size; j++) {
        const angle = (-2 * Math.PI * j * k) / size;
        x += re[j]! * Math.cos(angle) - im[j]! * Math.sin(angle);
        y += re[j]! * Math.sin(angle) + im[j]! * Math.cos(angle);
      }
      expect(outRe[k]).toBeCloseTo(x, 12);
      expect(outIm[k]).toBeCloseTo(y, 12);
    }
    inverseFft(outRe, outIm);
    for (let j = 0; j < size; j++) expect([outRe[j], outIm[j]]).toEqual([expect.closeTo(re[j]!, 14), expect.closeTo(im[j]!, 14)]);
  });

  it("takes one value, and refuses lengths that are no power of two", () => {
    const one = Float64Array.of(3);
    fft(one, new Float64Array(1));
    expect(one[0]).toBe(3);
    expect(() => fft(new Float64Array(3), new Float64Array(3))).toThrow(RangeError);
    expect(() => fft(new Float64Array(4), new Float64Array(8))).toThrow(RangeError);
    expect([0, 1, 2, 3, 1025].map(nextPowerOfTwo)).toEqual([1, 1, 2, 4, 2048]);
  });
});

describe("searches", () => {
  it("end where the claim holds", () => {
    const holds = (x: number): boolean => x * x >= 2;
    expect(smallestWhere(holds, 1, 2)).toBe(Math.SQRT2 + 2 ** -52 > Math.SQRT2 && !holds(Math.SQRT2) ? Math.SQRT2 + 2 ** -52 : Math.SQRT2);
    expect(bracket(holds, 1)).toEqual([1, 2]);
    expect(bracket(holds, 1000)).toEqual([1000 / 1024, 2000 / 1024]);
    expect(bracket(() => false, 1)).toBeUndefined();
  });

  it("find a falling function's zero from above, through infinities", () => {
    for (const target of [0.3, 1.7, 7.9]) {
      const calls: number[] = [];
      const fall = (x: number): number => {
        calls.push(x);
        return x < target / 3 ? infinity : Math.log(target / x);
      };
      const found = fallsToZero(fall, 0.01, 100, 1e-9);
      expect(fall(found)).toBeLessThanOrEqual(0);
      expect(found / target - 1).toBeLessThan(2e-9);
      expect(calls.length).toBeLessThan(40);
    }
  });
});
