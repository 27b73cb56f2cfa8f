/** Published models: what a thousand devices pull is one block of bytes. */
import { expect, it } from "vitest";
import { PublishedModels } from "../../../server/models.ts";
import type { Store } from "../../../server/store.ts";
import { maxPayloadBytes } from "../../../shared/transport.ts";

it("reads a model once for all who pull it at the same time, and hands out views of it in every turn", async () => {
  const model = Uint8Array.from({ length: 2 * maxPayloadBytes + 8 }, (_, index) => index % 251);
  let reads = 0;
  const store: Pick<Store, "model"> = {
    model: async (_run, sha256) => {
      reads += 1;
      return sha256 === "a" ? model.slice() : undefined;
    },
  };
  const models = new PublishedModels(store as Store, "run", "float64");
  const offsets = Array.from({ length: 300 }, (_, device) => (device % 3) * maxPayloadBytes);
  const pieces = await Promise.all(offsets.map((offset) => models.piece("a", undefined, offset)));
  expect(reads).toBe(1);
  expect(new Set(pieces.map(({ bytes }) => bytes.buffer)).size).toBe(1);
  for (const [device, { bytes, total, encoding }] of pieces.entries()) {
    expect([total, encoding]).toEqual([model.length, "full"]);
    expect(Buffer.compare(bytes, model.subarray(offsets[device], offsets[device]! + maxPayloadBytes))).toBe(0);
  }
});
