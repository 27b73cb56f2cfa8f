/**
 * A run as one file. Form: "COFACTOR-RUN 1" and a line's end; the length of the manifest, 4 bytes, little-endian; the manifest, JSON; its signature by
 * the run's key, 64 bytes; then every block of bytes that the manifest lists by length and sha256, in its order. Imports shared, the seam's types.
 */
import { createHash } from "node:crypto";
import * as v from "valibot";
import { concatenate, toBase64url, toUtf8 } from "../shared/crypto/encoding.ts";
import { type Identity, sign, verifyText } from "../shared/crypto/identity.ts";
import { CofactorError } from "../shared/errors.ts";
import type { KeptCatalogue, Publication, RunContents } from "./store.ts";

const magic = toUtf8("COFACTOR-RUN 1\n");
const signatureBytes = 64;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.string();
const place = count;
const figures = v.record(v.string(), v.number());
const quality = v.strictObject({ modelRound: count, people: v.number(), metrics: figures, noiseStddev: v.exactOptional(figures) });
const schema = v.strictObject({
  run: text,
  terms: text,
  /** The run's public key. */
  serverKey: v.pipe(text, v.regex(/^[A-Za-z0-9_-]{43}$/)),
  models: v.array(v.strictObject({ round: count, advanced: count, sha256: text, model: place, state: place })),
  records: v.array(
    v.strictObject({
      round: count,
      outcome: v.picklist(["published", "abandoned"]),
      invited: count,
      accepted: count,
      dropped: count,
      sha256: text,
      reason: text,
      quality: v.optional(quality),
      contributors: v.optional(v.array(text)),
    }),
  ),
  ledger: v.array(
    v.strictObject({
      seq: count,
      round: count,
      kind: v.picklist(["began", "released", "abandoned"]),
      clients: v.array(text),
      previous: text,
      hash: text,
    }),
  ),
  open: v.optional(v.strictObject({ round: count, stage: count, cohort: v.array(text) })),
  counted: v.array(v.strictTuple([text, count])),
  catalogues: v.array(v.strictObject({ version: count, whole: v.optional(place), delta: v.optional(place) })),
  orders: v.array(v.strictObject({ kind: v.picklist(["add", "remove"]), id: text })),
  /** What is secret, sealed under a passphrase. */
  sealed: v.optional(place),
  blocks: v.array(v.strictObject({ bytes: count, sha256: text })),
});
type Manifest = v.InferOutput<typeof schema>;

/** What an archive says, its signature and its hashes verified. */
export interface Archive {
  readonly run: string;
  readonly serverKey: string;
  /** Without the secret state of noise. */
  readonly contents: RunContents;
  readonly sealed: Uint8Array | undefined;
}

/** The bytes of an archive, signed by the run's key. */
export function encodeArchive(identity: Identity, run: string, contents: RunContents, sealed: Uint8Array | undefined): Uint8Array {
  const blocks: Uint8Array[] = [];
  const placeOf = (bytes: Uint8Array): number => blocks.push(bytes) - 1;
  const placeOfMaybe = (bytes: Uint8Array | undefined): { readonly at?: number } => (bytes === undefined ? {} : { at: placeOf(bytes) });
  const { terms, models, records, ledger, open, counted, catalogues, orders } = contents;
  const manifest: Omit<Manifest, "blocks"> = {
    run,
    terms,
    serverKey: identity.id,
    models: models.map(({ round, advanced, sha256, model, state }) => {
      return {
        round,
        advanced,
        sha256,
        model: placeOf(model),
        state: placeOf(new Uint8Array(state.buffer, state.byteOffset, state.byteLength)),
      };
    }),
    records: records.map(({ quality: found, contributors, ...record }) => ({
      ...record,
      ...(found === undefined ? {} : { quality: { ...found } }),
      ...(contributors === undefined ? {} : { contributors: [...contributors] }),
    })),
    ledger: ledger.map((entry) => ({ ...entry, clients: [...entry.clients] })),
    ...(open === undefined ? {} : { open: { ...open, cohort: [...open.cohort] } }),
    counted: counted.map(([client, round]) => [client, round]),
    catalogues: catalogues.map(({ version, whole, delta }) => ({ version, whole: placeOfMaybe(whole).at, delta: placeOfMaybe(delta).at })),
    orders: [...orders],
    sealed: placeOfMaybe(sealed).at,
  };
  const listed = blocks.map((bytes) => ({ bytes: bytes.length, sha256: hashOf(bytes) }));
  const head = toUtf8(JSON.stringify({ ...manifest, blocks: listed }));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, head.length, true);
  return concatenate(magic, length, head, sign(identity, "archive", head), ...blocks);
}

/**
 * Reads an archive.
 * @throws CofactorError DATA_INVALID for what is none, is cut short, or was changed after it was signed
 */
export function decodeArchive(bytes: Uint8Array): Archive {
  if (bytes.length < magic.length + 4 || !magic.every((byte, at) => bytes[at] === byte))
    throw invalid('expected an archive, as "cofactor export" writes it');
  const from = magic.length + 4;
  const end = from + new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
  if (end + signatureBytes > bytes.length) throw invalid("the archive is cut short");
  const head = bytes.subarray(from, end);
  const manifest = parseManifest(head);
  if (!verifyText(manifest.serverKey, "archive", head, toBase64url(bytes.subarray(end, end + signatureBytes)))) {
    throw invalid("the archive's signature is not that of its run: it was changed");
  }
  const blocks = splitBlocks(bytes.subarray(end + signatureBytes), manifest.blocks);
  const { run, serverKey, terms, records, ledger, open, counted, orders } = manifest;
  const block = (at: number): Uint8Array => blocks[at] ?? missing();
  const models = manifest.models.map(({ round, advanced, sha256, model, state }): Publication => {
    return { round, advanced, sha256, model: block(model), state: toFloats(block(state)) };
  });
  const catalogues = manifest.catalogues.map(({ version, whole, delta }): KeptCatalogue => {
    return { version, whole: whole === undefined ? undefined : block(whole), delta: delta === undefined ? undefined : block(delta) };
  });
  const sealed = manifest.sealed === undefined ? undefined : block(manifest.sealed);
  return { run, serverKey, sealed, contents: { terms, models, records, ledger, open, counted, catalogues, orders } };
}

function parseManifest(head: Uint8Array): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(head));
  } catch (cause) {
    throw invalid("the archive's manifest cannot be read", cause);
  }
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw invalid(`the archive's manifest is malformed: ${v.getDotPath(parsed.issues[0]) ?? "it is no object"}`);
  return parsed.output;
}

function splitBlocks(rest: Uint8Array, listed: Manifest["blocks"]): Uint8Array[] {
  let at = 0;
  const blocks = listed.map(({ bytes, sha256 }, index) => {
    const block = rest.slice(at, (at += bytes));
    if (block.length !== bytes) throw invalid("the archive is cut short");
    if (hashOf(block) !== sha256) throw invalid(`block ${index} of the archive was changed`);
    return block;
  });
  if (at !== rest.length) throw invalid("something stands behind the archive's end");
  return blocks;
}

function toFloats(bytes: Uint8Array): Float64Array {
  if (bytes.length % 8 !== 0) throw invalid("a state in the archive expected numbers of 8 bytes");
  return new Float64Array(bytes.slice().buffer);
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url");
}

function missing(): never {
  throw invalid("the archive names a block that is not there");
}

function invalid(message: string, cause?: unknown): CofactorError {
  return new CofactorError("DATA_INVALID", message, cause === undefined ? {} : { cause });
}
