/** What every way of holding out guarantees: call `describeHoldOut` for a definition. Imports the seam. */
import { describe, expect, it } from "vitest";
import type { HoldOutDefinition } from "../../shared/evaluation/hold-outs/hold-out.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";

/** Declares the suite. */
export function describeHoldOut(definition: HoldOutDefinition): void {
  const rng = createRng(11, definition.kind);
  const items = Int32Array.from({ length: 40 }, (_, place) => 3 * place);
  const positions = Int32Array.from(items.keys()).sort(() => rng.float() - 0.5);
  const listed = { items, positions };
  const secret = Uint8Array.from({ length: 32 }, () => rng.below(256));
  const resolve = (options: object) =>
    resolveSection([definition], { kind: definition.kind, ...options }, "terms.evaluation.holdOut").options;

  describe(`holding out ${definition.kind}`, () => {
    it.each([1, 2, 7, 38])("chooses %i places, each once, ascending, within the ratings", (count) => {
      const places = [...definition.choose(resolve({ count, least: count + 1 }), listed, secret, "films-1")];
      expect(places).toHaveLength(count);
      expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
      for (const place of places) expect(place >= 0 && place < items.length).toBe(true);
    });

    it("gives the same for the same ratings and secret, and writes to no argument", () => {
      const before = { items: items.slice(), positions: positions.slice(), secret: secret.slice() };
      const options = resolve({ count: 3 });
      const one = definition.choose(options, listed, secret, "films-1");
      expect(definition.choose(options, listed, secret.slice(), "films-1")).toEqual(one);
      expect({ items, positions, secret }).toEqual(before);
    });

    it("keeps fewer aside than a device has", () => {
      expect(() => resolve({ count: 5, least: 5 })).toThrow(/"terms.evaluation.holdOut".*least above count/);
      expect(() => resolve({ count: 0 })).toThrow(/"terms.evaluation.holdOut.count"/);
      expect(resolve({}).least).toBeGreaterThan(resolve({}).count);
    });
  });
}
