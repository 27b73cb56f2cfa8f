/** Catalogues under random events: no two items in a row, deltas that replay to the same bytes, and nothing changed goes unnoticed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applyDelta,
  type Catalogue,
  type CatalogueDelta,
  decodeCatalogue,
  decodeDelta,
  emptyCatalogue,
  encodeCatalogue,
  encodeDelta,
  phase,
} from "../../shared/catalogue/catalogue.ts";
import { packDeltas, takeDeltas, takeWhole } from "../../shared/catalogue/follow.ts";
import { markOf, markSize, phaseValues, readMark, readPhases, writeMark, writePhases } from "../../shared/catalogue/mark.ts";
import { type ItemOrder, planChanges } from "../../shared/catalogue/step.ts";

const items = 7;
const names = Array.from({ length: 12 }, (_, index) => `item-${index}`);

/** What may happen between two versions: an item, or the row of an item, and what becomes of it. */
const happening = fc.record({
  what: fc.constantFrom("add", "remove", "expire", "admit"),
  name: fc.constantFrom(...names),
  row: fc.nat({ max: items - 1 }),
});
const history = fc.array(fc.array(happening, { maxLength: 8 }), { maxLength: 15 });
type History = readonly (readonly { readonly what: string; readonly name: string; readonly row: number }[])[];

/** Every version that a history leads through, and the deltas between them. */
async function live(steps: History): Promise<{ readonly versions: readonly Catalogue[]; readonly deltas: readonly CatalogueDelta[] }> {
  const versions = [await emptyCatalogue(items, "films-1")];
  const deltas: CatalogueDelta[] = [];
  let waiting: ItemOrder[] = [];
  let seq = 0;
  for (const step of steps) {
    const current = versions.at(-1)!;
    const rowsTo = (what: string, wanted: (row: number) => boolean): number[] =>
      [...new Set(step.filter((entry) => entry.what === what && wanted(entry.row)).map(({ row }) => row))].sort((a, b) => a - b);
    const orders = step.filter(({ what }) => what === "add" || what === "remove");
    waiting.push(...orders.map(({ what, name }) => ({ seq: ++seq, kind: what as "add" | "remove", id: name })));
    const judgement = {
      expired: rowsTo("expire", (row) => current.phases[row] !== phase.free),
      admitted: rowsTo("admit", (row) => current.phases[row] === phase.candidate),
    };
    const { changes, taken } = planChanges(current, judgement, waiting);
    waiting = waiting.filter((order) => !taken.includes(order.seq));
    deltas.push({ ...changes, version: current.version + 1 });
    versions.push(await applyDelta(current, deltas.at(-1)!));
  }
  return { versions, deltas };
}

describe("a catalogue under any sequence of events", () => {
  it("never has two items in a row or an item in two rows, and says which rows are free", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        for (const { ids, rows, phases } of (await live(steps)).versions) {
          const taken = ids.flatMap((id, row) => (id === undefined ? [] : [[id, row] as const]));
          expect(new Set(taken.map(([id]) => id)).size).toBe(taken.length);
          expect(new Map(taken)).toEqual(new Map(rows));
          for (let row = 0; row < items; row++) expect(phases[row] === phase.free).toBe(ids[row] === undefined);
        }
      }),
    );
  });

  it("lets an ordered item wait only while no row is free, and takes every other order", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.array(happening, { maxLength: 20 }), async (steps, last) => {
        const current = (await live(steps)).versions.at(-1)!;
        const orders = last.map(({ name, what }, seq) => ({
          seq,
          kind: what === "remove" ? ("remove" as const) : ("add" as const),
          id: name,
        }));
        const { changes, taken } = planChanges(current, { expired: [], admitted: [] }, orders);
        const next = await applyDelta(current, { ...changes, version: current.version + 1 });
        const isFull = next.phases.every((each) => each !== phase.free);
        if (!isFull) expect(taken).toHaveLength(orders.length);
        for (const name of names) {
          const final = orders.findLast(({ id }) => id === name);
          if (final?.kind === "remove") expect(next.rows.has(name)).toBe(false);
          else if (final?.kind === "add" && taken.includes(final.seq)) expect(next.rows.has(name)).toBe(true);
          else if (final === undefined) expect(next.rows.get(name)).toBe(current.rows.get(name));
        }
      }),
    );
  });

  it("is the same bytes whole, by deltas from any earlier version, and read back", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.nat(), async (steps, cut) => {
        const { versions, deltas } = await live(steps);
        const newest = versions.at(-1)!;
        const mark = await markOf(newest);
        const from = cut % versions.length;
        const bytes = packDeltas(deltas.slice(from).map(encodeDelta));
        expect(encodeCatalogue(await takeDeltas(versions[from]!, bytes, mark))).toEqual(encodeCatalogue(newest));
        expect(encodeCatalogue(await takeWhole(encodeCatalogue(newest), items, mark))).toEqual(encodeCatalogue(newest));
        for (const delta of deltas) expect(decodeDelta(encodeDelta(delta), items)).toEqual(delta);
      }),
    );
  });

  it("is refused, and the base left as it was, when any byte of what comes was changed, left out or added", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.nat(), fc.integer({ min: 1, max: 255 }), async (steps, at, flip) => {
        const { versions, deltas } = await live(steps);
        const newest = versions.at(-1)!;
        const mark = await markOf(newest);
        const base = versions[0]!;
        const before = encodeCatalogue(base);
        const bytes = packDeltas(deltas.map(encodeDelta));
        const whole = encodeCatalogue(newest);
        const spoil = (text: Uint8Array): Uint8Array[] => {
          const changed = text.slice();
          if (text.length > 0) changed[at % text.length]! ^= flip;
          return [...(text.length > 0 ? [changed, text.slice(0, -1)] : []), Uint8Array.of(...text, flip)];
        };
        const refused = expect.objectContaining({ code: "MESSAGE_MALFORMED" });
        for (const text of spoil(bytes)) await expect(takeDeltas(base, text, mark)).rejects.toEqual(refused);
        for (const text of spoil(whole)) await expect(takeWhole(text, items, mark)).rejects.toEqual(refused);
        if (deltas.length > 1) {
          const skipped = packDeltas(deltas.slice(1).map(encodeDelta));
          await expect(takeDeltas(base, skipped, mark)).rejects.toEqual(refused);
        }
        expect(encodeCatalogue(base)).toEqual(before);
      }),
    );
  });

  it("reads any bytes as one catalogue or delta, whose bytes they are, or refuses them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        for (const again of [() => encodeDelta(decodeDelta(bytes, items)), () => encodeCatalogue(decodeCatalogue(bytes, items))]) {
          let text: Uint8Array;
          try {
            text = again();
          } catch (error) {
            expect(error).toMatchObject({ code: "MESSAGE_MALFORMED" });
            continue;
          }
          expect(text).toEqual(bytes);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is named by values that both precisions carry, phases included", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.array(fc.constantFrom(0, 1, 2), { minLength: 1, maxLength: 40 }), async (steps, drawn) => {
        const mark = await markOf((await live(steps)).versions.at(-1)!);
        const values = new Float64Array(markSize);
        writeMark(mark, values);
        expect(readMark(Float64Array.from(Float32Array.from(values)))).toEqual(mark);
        const phases = Uint8Array.from(drawn);
        const packed = new Float64Array(phaseValues(phases.length));
        writePhases(phases, packed);
        expect(readPhases(Float64Array.from(Float32Array.from(packed)), phases.length)).toEqual(phases);
      }),
    );
  });
});

it("another run's deltas fit no catalogue, though they say the same", async () => {
  const delta = { version: 1, expired: [], arrived: [2], ids: ["item-1"], admitted: [2] };
  const other = await markOf(await applyDelta(await emptyCatalogue(items, "films-2"), delta));
  const own = await emptyCatalogue(items, "films-1");
  await expect(takeDeltas(own, packDeltas([encodeDelta(delta)]), other)).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
});
