/**
 * The catalogue of a run whose items come and go: which item has which row of the model's table. Pure. Imports bytes, crypto, errors.
 *
 * No two items share a row, and no item has two: a table without collisions. Every change is a delta; deltas are chained by hash, so that who
 * holds the newest chain value has agreed to all of them. Rows are found by a hash map of JavaScript: it resolves its own collisions exactly, as
 * the source does by cuckoo hashing; what must not collide is the rows.
 *
 * Source: Liu et al. 2022, section 2.2, https://arxiv.org/abs/2209.07663
 */
import { fromBase64url, toBase64url, toUtf8 } from "../crypto/encoding.ts";
import { digestOf } from "../crypto/hash.ts";
import { CofactorError } from "../errors.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

/** What a row holds: nothing; an item that is only counted; an item that is trained and recommended. */
export const phase: { readonly free: 0; readonly candidate: 1; readonly live: 2 } = { free: 0, candidate: 1, live: 2 };

/** Versions fit a model's values: 24 bits. */
export const maxVersion: number = 2 ** 24 - 1;

/** A catalogue at one version. Immutable. */
export interface Catalogue {
  /** Rows of the table. */
  readonly items: number;
  /** How many deltas made it. */
  readonly version: number;
  /** Hash chain over the run's name and all deltas: base64url. */
  readonly chain: string;
  /** [items] `phase` of each row. */
  readonly phases: Uint8Array;
  /** [items] the item of each row; undefined where it is free. */
  readonly ids: readonly (string | undefined)[];
  /** The row of each item. */
  readonly rows: ReadonlyMap<string, number>;
}

/** The changes from one version to the next, carried out in this order. Rows ascend within each list. */
export interface CatalogueDelta {
  /** The version that it makes. */
  readonly version: number;
  /** Rows whose item goes. */
  readonly expired: readonly number[];
  /** Rows that take a new item, which is only counted at first. */
  readonly arrived: readonly number[];
  /** The items of `arrived`, in its order. */
  readonly ids: readonly string[];
  /** Rows whose item is trained and recommended from now on. */
  readonly admitted: readonly number[];
}

/** Version 0: every row is free. @param label names the run, so that no other run's deltas fit */
export async function emptyCatalogue(items: number, label: string): Promise<Catalogue> {
  const chain = await digestOf(toUtf8(`cofactor-catalogue-1\n${label}\n${items}`));
  return { items, version: 0, chain, phases: new Uint8Array(items), ids: new Array<undefined>(items).fill(undefined), rows: new Map() };
}

/**
 * The next version.
 *
 * Guarantees: the result's `ids` and `rows` are each other's inverse, `phases` is free exactly where `ids` is undefined; the catalogue that is
 * given does not change; costs what the table costs.
 * @throws CofactorError MESSAGE_MALFORMED for a delta that does not fit: another version, a row that is not what it must be, an item that has a row
 */
export async function applyDelta(current: Catalogue, delta: CatalogueDelta): Promise<Catalogue> {
  const { items, version } = current;
  if (delta.version !== version + 1) refuse(`version ${version + 1}, got ${delta.version}`);
  if (delta.ids.length !== delta.arrived.length) refuse(`${delta.arrived.length} arriving items, got ${delta.ids.length}`);
  for (const rows of [delta.expired, delta.arrived, delta.admitted]) assertAscending(rows, items);
  const phases = current.phases.slice();
  const ids = current.ids.slice();
  const rows = new Map(current.rows);
  for (const row of delta.expired) {
    if (phases[row] === phase.free) refuse("rows that hold an item to expire, got a free one");
    rows.delete(ids[row]!);
    ids[row] = undefined;
    phases[row] = phase.free;
  }
  for (const [place, row] of delta.arrived.entries()) {
    const id = delta.ids[place]!;
    if (phases[row] !== phase.free) refuse("free rows for arriving items, got one that holds an item");
    if (rows.has(id)) refuse("arriving items that have no row, got one that has");
    rows.set(id, row);
    ids[row] = id;
    phases[row] = phase.candidate;
  }
  for (const row of delta.admitted) {
    if (phases[row] !== phase.candidate) refuse("candidates to admit, got a row that holds none");
    phases[row] = phase.live;
  }
  return { items, version: delta.version, chain: await chainAfter(current.chain, encodeDelta(delta)), phases, ids, rows };
}

/** The chain's value behind a delta: SHA-256 of the value before it and the delta's bytes. */
async function chainAfter(chain: string, delta: Uint8Array): Promise<string> {
  const previous = fromBase64url(chain);
  const bytes = new Uint8Array(previous.length + delta.length);
  bytes.set(previous);
  bytes.set(delta, previous.length);
  return digestOf(bytes);
}

/** A delta's canonical bytes. */
export function encodeDelta({ version, expired, arrived, ids, admitted }: CatalogueDelta): Uint8Array {
  const writer = new ByteWriter();
  writer.number(version);
  writer.ascending(expired);
  writer.ascending(arrived, (place) => writer.id(ids[place]!));
  writer.ascending(admitted);
  return writer.done();
}

/** @throws CofactorError MESSAGE_MALFORMED for bytes that are not the canonical ones of a delta for so many rows */
export function decodeDelta(bytes: Uint8Array, items: number): CatalogueDelta {
  const reader = new ByteReader(bytes, "delta");
  const version = reader.number(maxVersion);
  const ids: string[] = [];
  const expired = reader.ascending(items);
  const arrived = reader.ascending(items, () => ids.push(reader.id()));
  const admitted = reader.ascending(items);
  reader.end();
  return { version, expired, arrived, ids, admitted };
}

/** A catalogue's canonical bytes: version, chain, then row, phase and item of each row that is not free. */
export function encodeCatalogue({ version, chain, phases, ids }: Catalogue): Uint8Array {
  const writer = new ByteWriter();
  writer.number(version);
  writer.raw(fromBase64url(chain));
  const taken: number[] = [];
  for (let row = 0; row < phases.length; row++) if (phases[row] !== phase.free) taken.push(row);
  writer.ascending(taken, (place) => {
    writer.number(phases[taken[place]!]!);
    writer.id(ids[taken[place]!]!);
  });
  return writer.done();
}

/** @throws CofactorError MESSAGE_MALFORMED for bytes that are not the canonical ones of a catalogue of so many rows */
export function decodeCatalogue(bytes: Uint8Array, items: number): Catalogue {
  const reader = new ByteReader(bytes, "catalogue");
  const version = reader.number(maxVersion);
  const chain = toBase64url(reader.raw(32));
  const phases = new Uint8Array(items);
  const names: string[] = [];
  const found: number[] = [];
  const taken = reader.ascending(items, () => {
    found.push(reader.number(phase.live));
    names.push(reader.id());
  });
  reader.end();
  const ids = new Array<string | undefined>(items).fill(undefined);
  const rows = new Map<string, number>();
  for (const [place, row] of taken.entries()) {
    if (found[place] === phase.free) refuse("phases of rows that hold an item");
    phases[row] = found[place]!;
    ids[row] = names[place]!;
    rows.set(names[place]!, row);
  }
  if (rows.size !== taken.length) refuse("each item in one row");
  return { items, version, chain, phases, ids, rows };
}

/** The SHA-256 of a catalogue's bytes, base64url. */
export function catalogueDigest(catalogue: Catalogue): Promise<string> {
  return digestOf(encodeCatalogue(catalogue));
}

function assertAscending(rows: readonly number[], items: number): void {
  let least = 0;
  for (const row of rows) {
    if (!Number.isSafeInteger(row) || row < least || row >= items) refuse(`ascending rows below ${items}`);
    least = row + 1;
  }
}

/** What a message never says is which item: a catalogue is public, who asks for it may not be. */
function refuse(expected: string): never {
  throw new CofactorError("MESSAGE_MALFORMED", `"catalogue" expected ${expected}`);
}
