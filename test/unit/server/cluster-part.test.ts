/** Parts of a stage as bytes, and which of them are taken: by what is durable alone. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePart, encodePart, type GroupPart, gather } from "../../../server/cluster/part.ts";

const key = (client: string, digest = `digest of ${client}`) => ({ stage: 0, client, digest });
const part = (clients: readonly string[], group = 0): GroupPart => ({
  group,
  answers: clients.map((client) => [client, `digest of ${client}`] as const),
  sum: Uint8Array.of(clients.length),
});
const one = (): number => 0;

describe("parts of a stage", () => {
  it("come back from bytes as they were", () => {
    const parts = [part(["a", "b"]), { ...part(["c"], 3), sum: new Uint8Array(70_000).fill(7) }];
    expect(decodePart(encodePart(parts))).toEqual(parts);
    expect(decodePart(encodePart([]))).toEqual([]);
  });

  it("are refused when bytes are cut, added or no head at all", () => {
    const bytes = encodePart([part(["a", "b"])]);
    for (const wrong of [bytes.subarray(0, 3), bytes.subarray(0, -1), Uint8Array.of(...bytes, 0), Uint8Array.of(2, 0, 0, 0, 0x7b, 0x7d)]) {
      expect(() => decodePart(wrong)).toThrow(expect.objectContaining({ code: "MESSAGE_MALFORMED" }));
    }
  });

  it("are taken when durable and apart, and what they lack is missing", () => {
    const { taken, missing } = gather(
      ["a", "b", "c", "d"].map((client) => key(client)),
      [part(["b"]), part(["d", "a"])],
      one,
    );
    expect(taken).toEqual([part(["b"]), part(["d", "a"])]);
    expect(missing).toEqual([key("c")]);
  });

  it.each([
    ["holds an answer that is not durable", part(["a", "x"])],
    ["holds an answer by another digest", { ...part(["a"]), answers: [["a", "another"] as const] }],
    ["is of another group", part(["a"], 1)],
    ["names a client twice", part(["a", "a"])],
    ["holds nothing", part([])],
  ])("are not taken when one %s", (_, wrong) => {
    expect(gather([key("a"), key("b")], [wrong, part(["b"])], one)).toEqual({ taken: [part(["b"])], missing: [key("a")] });
  });

  it("hold every durable answer exactly once with what is missing, whatever gateways say", () => {
    const names = fc.constantFrom(..."abcdefgh");
    fc.assert(
      fc.property(fc.uniqueArray(names), fc.array(fc.array(names)), (durable, said) => {
        const { taken, missing } = gather(
          durable.map((client) => key(client)),
          said.map((clients) => part(clients)),
          one,
        );
        const counted = [...taken.flatMap(({ answers }) => answers.map(([client]) => client)), ...missing.map(({ client }) => client)];
        expect(counted.toSorted()).toEqual(durable.toSorted());
      }),
    );
  });
});
