/**
 * Published models as bytes: precision, content hash, and the lossless difference to a model that the device already has.
 * Imports errors.ts and check.ts; runs in browsers and Node (CompressionStream, WebCrypto).
 */
import { CofactorError } from "../errors.ts";

/** The number format of published models. */
export type Precision = "float32" | "float64";

/** Rounds every value to what a published model can carry; the server goes on from the rounded values. */
export function toPrecision(values: Float64Array, precision: Precision): Float64Array {
  return precision === "float64" ? values : Float64Array.from(Float32Array.from(values));
}

/** A model's values as bytes, little-endian. @throws CofactorError VALUE_NOT_FINITE */
export function encodeModel(values: Float64Array, precision: Precision): Uint8Array {
  const width = bytesPerValue(precision);
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) throw new CofactorError("VALUE_NOT_FINITE", `"model" expected finite values, got ${value} at ${i}`);
    if (precision === "float64") view.setFloat64(i * 8, value, true);
    else view.setFloat32(i * 4, value, true);
  }
  return bytes;
}

/**
 * The values of a model's bytes.
 * @throws CofactorError SHAPE_MISMATCH when the length is not that of `size` values, VALUE_NOT_FINITE for a value that is not finite
 */
export function decodeModel(bytes: Uint8Array, size: number, precision: Precision): Float64Array {
  const width = bytesPerValue(precision);
  if (bytes.length !== size * width) {
    throw new CofactorError(
      "SHAPE_MISMATCH",
      `"model" expected ${size * width} bytes (${size} values of ${precision}), got ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const value = precision === "float64" ? view.getFloat64(i * 8, true) : view.getFloat32(i * 4, true);
    if (!Number.isFinite(value)) throw new CofactorError("VALUE_NOT_FINITE", `"model" expected finite values, got ${value} at ${i}`);
    values[i] = value;
  }
  return values;
}

/** Bytes of one value. */
export function bytesPerValue(precision: Precision): 4 | 8 {
  return precision === "float64" ? 8 : 4;
}

/**
 * What turns `base` into `next`, lossless: the exclusive or, its bytes sorted by place in the number, deflated.
 *
 * Returns undefined when both differ in length or the difference would not be smaller than `next` itself.
 */
export async function encodeDelta(base: Uint8Array, next: Uint8Array, precision: Precision): Promise<Uint8Array | undefined> {
  if (base.length !== next.length || next.length === 0) return undefined;
  const width = bytesPerValue(precision);
  const planes = new Uint8Array(next.length);
  const count = next.length / width;
  for (let i = 0; i < next.length; i++) planes[(i % width) * count + Math.floor(i / width)] = next[i]! ^ base[i]!;
  const packed = await pipeThrough(planes, new CompressionStream("deflate-raw"), Number.POSITIVE_INFINITY);
  return packed.length < next.length ? packed : undefined;
}

/**
 * Applies a difference. The caller checks the result's hash.
 * @throws CofactorError MESSAGE_MALFORMED when the bytes are no difference, or unpack to another length than the base's
 */
export async function applyDelta(base: Uint8Array, delta: Uint8Array, precision: Precision): Promise<Uint8Array> {
  const planes = await pipeThrough(delta, new DecompressionStream("deflate-raw"), base.length).catch((cause: unknown) => {
    throw new CofactorError("MESSAGE_MALFORMED", '"delta" expected deflated bytes', { cause });
  });
  if (planes.length !== base.length) {
    throw new CofactorError("MESSAGE_MALFORMED", `"delta" expected to unpack to ${base.length} bytes, got ${planes.length}`);
  }
  const width = bytesPerValue(precision);
  const count = base.length / width;
  const next = new Uint8Array(base.length);
  for (let i = 0; i < next.length; i++) next[i] = planes[(i % width) * count + Math.floor(i / width)]! ^ base[i]!;
  return next;
}

/** Runs bytes through a compression stream and stops beyond `limit` bytes, so that a small input cannot fill the memory. */
async function pipeThrough(input: Uint8Array, stream: CompressionStream | DecompressionStream, limit: number): Promise<Uint8Array> {
  const source = new Blob([input as Uint8Array<ArrayBuffer>]).stream();
  const reader = source.pipeThrough(stream as ReadableWritablePair<Uint8Array, Uint8Array<ArrayBuffer>>).getReader();
  const parts: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    total += value.length;
    if (total > limit) {
      await reader.cancel();
      throw new CofactorError("MESSAGE_TOO_LARGE", `"delta" expected to unpack to at most ${limit} bytes`);
    }
    parts.push(value);
  }
  const out = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
