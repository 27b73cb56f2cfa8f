/**
 * How a device comes to the catalogue that a model names: by the deltas since its own version, or by the whole. What comes is checked against the
 * model's own hashes before it is used: no server and no one on the way can hand out another one. Imports catalogue, crypto, errors.
 */
import { digestOf } from "../crypto/hash.ts";
import { CofactorError } from "../errors.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { applyDelta, type Catalogue, catalogueDigest, decodeCatalogue, decodeDelta } from "./catalogue.ts";
import { maxIdBytes } from "./item-id.ts";
import type { CatalogueMark } from "./mark.ts";

/** The most bytes of a catalogue of so many rows, and of deltas: a server sends the whole where deltas would be more. */
export function maxCatalogueBytes(items: number): number {
  return 64 + items * (maxIdBytes + 8);
}

/** Deltas' bytes as one text of bytes, each with its length before it. */
export function packDeltas(deltas: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter();
  for (const delta of deltas) {
    writer.number(delta.length);
    writer.raw(delta);
  }
  return writer.done();
}

/**
 * The catalogue that a model names, from a whole one's bytes.
 * @throws CofactorError MESSAGE_MALFORMED when they are another catalogue's, or none's
 */
export async function takeWhole(bytes: Uint8Array, items: number, mark: CatalogueMark): Promise<Catalogue> {
  if ((await digestOf(bytes)) !== mark.digest) throw otherThanNamed();
  const catalogue = decodeCatalogue(bytes, items);
  if (catalogue.version !== mark.version || catalogue.chain !== mark.chain) throw otherThanNamed();
  return catalogue;
}

/**
 * The catalogue that a model names, from the deltas since `base`.
 * @throws CofactorError MESSAGE_MALFORMED when they do not fit, or do not lead there; `base` is as it was
 */
export async function takeDeltas(base: Catalogue, bytes: Uint8Array, mark: CatalogueMark): Promise<Catalogue> {
  const reader = new ByteReader(bytes, "deltas");
  let catalogue = base;
  while (!reader.isDone) {
    const delta = decodeDelta(reader.raw(reader.number(bytes.length)), base.items);
    if (delta.version > mark.version) throw otherThanNamed();
    catalogue = await applyDelta(catalogue, delta);
  }
  // The chain says that the deltas are right, the digest that the base was, too.
  const isNamed =
    catalogue.version === mark.version && catalogue.chain === mark.chain && (await catalogueDigest(catalogue)) === mark.digest;
  if (!isNamed) throw otherThanNamed();
  return catalogue;
}

/** @throws CofactorError MESSAGE_MALFORMED unless a model's phases are those of its catalogue */
export function assertSamePhases({ phases }: Catalogue, published: Uint8Array): void {
  const isSame = phases.length === published.length && phases.every((phase, row) => phase === published[row]);
  if (!isSame) throw new CofactorError("MESSAGE_MALFORMED", '"catalogue" expected the phases of the model that names it');
}

function otherThanNamed(): CofactorError {
  return new CofactorError("MESSAGE_MALFORMED", "the catalogue that came is another than the model names");
}
