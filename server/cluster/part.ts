/**
 * What a gateway has added up in a stage, as bytes: for each group of the cohort whose contributions are in it, exactly, and their sum in the
 * protection's own form. And the arithmetic of bringing parts together. Imports shared, the store's types.
 *
 * Form: length of the head (4, little endian), the head as JSON, then the groups' sums one behind the other.
 */
import * as v from "valibot";
import { toUtf8 } from "../../shared/crypto/encoding.ts";
import { CofactorError } from "../../shared/errors.ts";
import type { AnswerKey } from "../store.ts";

/** The sum of a group's members that one gateway has taken in. */
export interface GroupPart {
  readonly group: number;
  /** Whose answers are in the sum, with their digests. */
  readonly answers: readonly (readonly [client: string, digest: string])[];
  readonly sum: Uint8Array;
}

const text = v.pipe(v.string(), v.maxLength(64));
const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const head = v.array(v.strictObject({ group: size, answers: v.array(v.tuple([text, text])), bytes: size }));

/** A part as bytes. */
export function encodePart(groups: readonly GroupPart[]): Uint8Array {
  const about = toUtf8(JSON.stringify(groups.map(({ group, answers, sum }) => ({ group, answers, bytes: sum.length }))));
  const bytes = new Uint8Array(4 + about.length + groups.reduce((total, { sum }) => total + sum.length, 0));
  new DataView(bytes.buffer).setUint32(0, about.length, true);
  bytes.set(about, 4);
  let at = 4 + about.length;
  for (const { sum } of groups) {
    bytes.set(sum, at);
    at += sum.length;
  }
  return bytes;
}

/** The part that bytes hold. @throws CofactorError MESSAGE_MALFORMED */
export function decodePart(bytes: Uint8Array): GroupPart[] {
  if (bytes.length < 4) throw malformed();
  const start = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (start > bytes.length) throw malformed();
  const parsed = v.safeParse(head, toJson(bytes.subarray(4, start)));
  if (!parsed.success) throw malformed();
  let at = start;
  const groups = parsed.output.map(({ group, answers, bytes: length }) => {
    const sum = bytes.slice(at, at + length);
    at += length;
    return { group, answers, sum };
  });
  if (at !== bytes.length) throw malformed();
  return groups;
}

/** What is to be added for a stage's sum to hold every durable answer once. */
export interface Gathered {
  /** Sums that are taken whole: no two hold the same answer, and none holds another than the durable ones. */
  readonly taken: readonly GroupPart[];
  /** Durable answers that none of those holds, in their order. */
  readonly missing: readonly AnswerKey[];
}

/**
 * Chooses among parts by what is durable alone.
 *
 * Guarantees: every durable answer is in exactly one of the parts that are taken, or is missing; a part that names an answer that is not durable, names
 * it by another digest or in another group, or that an earlier part holds, is not taken at all.
 * @param durable the stage's answers, each client once
 * @param groupOf the group of a client of the cohort
 */
export function gather(durable: readonly AnswerKey[], parts: Iterable<GroupPart>, groupOf: (client: string) => number): Gathered {
  const left = new Map(durable.map((key) => [key.client, key]));
  const taken: GroupPart[] = [];
  for (const part of parts) {
    const clients = new Set(part.answers.map(([client]) => client));
    const fits = part.answers.every(([client, digest]) => left.get(client)?.digest === digest && groupOf(client) === part.group);
    if (!fits || clients.size !== part.answers.length || clients.size === 0) continue;
    for (const client of clients) left.delete(client);
    taken.push(part);
  }
  return { taken, missing: [...left.values()] };
}

function toJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function malformed(): CofactorError {
  return new CofactorError("MESSAGE_MALFORMED", "a gateway's part expected a head and the sums that it names");
}
