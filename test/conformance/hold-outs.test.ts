/** Every way of holding out of the index passes the one suite; and what each is about. */
import { describe, expect, it } from "vitest";
import { holdOuts } from "../../shared/evaluation/hold-outs/index.ts";
import { describeHoldOut } from "./hold-out.ts";

for (const definition of holdOuts) describeHoldOut(definition);

const named = (kind: string) => holdOuts.find((definition) => definition.kind === kind)!;
const items = Int32Array.from({ length: 30 }, (_, place) => 2 * place);

describe("latest", () => {
  it("is the end of the app's list, wherever these items stand in the catalogue", () => {
    const listed = { items: Int32Array.of(3, 5, 8, 13), positions: Int32Array.of(2, 0, 3, 1) };
    const options = { kind: "latest", count: 2, least: 3 };
    expect([...named("latest").choose(options, listed, new Uint8Array(32), "a")]).toEqual([0, 2]);
  });
});

describe("drawn", () => {
  const listed = { items, positions: Int32Array.from(items.keys()) };
  const options = { kind: "drawn", count: 5, least: 6 };
  const chosen = (byte: number, run = "a") => [...named("drawn").choose(options, listed, new Uint8Array(32).fill(byte), run)];

  it("differs by device and by run, and every rating has its turn", () => {
    expect(chosen(1)).not.toEqual(chosen(2));
    expect(chosen(1)).not.toEqual(chosen(1, "b"));
    const counts = new Int32Array(items.length);
    for (let byte = 0; byte < 200; byte++) for (const place of chosen(byte)) counts[place]! += 1;
    // 200 devices x 5 of 30: 33 each, standard deviation 5.3.
    expect(Math.min(...counts)).toBeGreaterThan(8);
    expect(Math.max(...counts)).toBeLessThan(60);
  });

  it("leaves what was chosen alone when another rating comes, unless that one is drawn itself", () => {
    const more = { items: Int32Array.from([...items, 100]), positions: Int32Array.from({ length: 31 }, (_, at) => at) };
    const before = chosen(7);
    const after = [...named("drawn").choose(options, more, new Uint8Array(32).fill(7), "a")];
    expect(after.filter((place) => place !== 30 && !before.includes(place))).toEqual([]);
  });
});
