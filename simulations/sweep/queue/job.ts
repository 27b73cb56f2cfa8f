/**
 * What crosses the queue: a cell on the way out, its result or failure on the way back. Both ends check all of it: whoever reaches the Redis can write
 * there. Imports cell, scenario, valibot.
 */
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import * as v from "valibot";
import { CofactorError, type ErrorCode, errorCodes, isCofactorError } from "../../../shared/errors.ts";
import type { Result } from "../../result.ts";
import { parseScenario, type Scenario } from "../../scenario.ts";
import { isCellResult } from "../cache.ts";
import { type Cell, cellKey } from "../cell.ts";
import { prefix } from "./redis.ts";

/** The queue's name: beside the prefix, part of every key. */
export const queueName = "cells";
/** How long finished cells stay, for sweeps that go on. */
export const keptSeconds: number = 24 * 3_600;
/** How many of them stay. */
export const keptCells = 10_000;
/** How long large results stay: they are fetched at once, or the cell is run again. */
export const blobSeconds = 3_600;
/** Results up to this many bytes travel in the job itself, which queues hold in memory several times over. */
const maxInlineBytes = 100_000;
/** More than any result has: beyond it whoever unpacks would be a victim. */
const maxResultBytes = 256 * 1024 * 1024;

/** A cell as the queue has it. */
export interface CellJob {
  readonly version: string;
  readonly dataSha256: string;
  readonly scenario: Readonly<Record<string, unknown>>;
  /** Why workers would not run it, by their names. */
  readonly refusals: Readonly<Record<string, string>>;
}

/** A result as the queue has it: its JSON, or where that lies, gzipped. */
export type CellAnswer = { readonly sha256: string; readonly text: string } | { readonly sha256: string; readonly blob: string };

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const jobSchema: v.GenericSchema<unknown, CellJob> = v.strictObject({
  version: v.string(),
  dataSha256: digest,
  scenario: v.looseObject({}),
  refusals: v.record(v.string(), v.string()),
});

const answerSchema: v.GenericSchema<unknown, CellAnswer> = v.union([
  v.strictObject({ sha256: digest, text: v.pipe(v.string(), v.maxLength(maxInlineBytes)) }),
  v.strictObject({ sha256: digest, blob: v.pipe(v.string(), v.startsWith(prefix)) }),
]);

/** A cell for the queue. @throws CofactorError CONFIG_INVALID for a number that JSON does not have */
export function encodeCell({ scenario, dataSha256, version }: Cell): CellJob {
  const text = JSON.stringify(scenario, (name, value: unknown) => {
    if (typeof value === "number" && !Number.isFinite(value))
      throw new CofactorError("CONFIG_INVALID", `"${name}" expected a finite number: others do not cross a queue`);
    return value;
  });
  return { version, dataSha256, scenario: JSON.parse(text) as Record<string, unknown>, refusals: {} };
}

/** A cell out of the queue. */
export interface ReceivedCell {
  readonly cell: Cell;
  readonly refusals: Readonly<Record<string, string>>;
}

/**
 * Reads a job. One of another version is not resolved: its scenario may have words that this one does not know.
 *
 * @param key the job's id
 * @throws CofactorError MESSAGE_MALFORMED for what is no cell, or not the one that the id names; CONFIG_INVALID for a scenario that no queue runs
 */
export function decodeCell(data: unknown, key: string, version: string): ReceivedCell {
  const parsed = v.safeParse(jobSchema, data);
  if (!parsed.success) throw new CofactorError("MESSAGE_MALFORMED", "the job is no cell of a sweep");
  const { scenario: written, dataSha256, version: theirs, refusals } = parsed.output;
  if (theirs !== version) return { cell: { key, scenario: written as unknown as Scenario, dataSha256, version: theirs }, refusals };
  const scenario = parseScenario(written);
  if (cellKey(scenario, dataSha256, version) !== key) throw new CofactorError("MESSAGE_MALFORMED", "the job's id is not its cell's");
  if (scenario.network.transport !== "memory") throw new CofactorError("CONFIG_INVALID", '"network.transport" expected memory');
  return { cell: { key, scenario, dataSha256, version }, refusals };
}

/** What must be stored beside an answer before it is given. */
export interface Blob {
  readonly key: string;
  readonly bytes: Buffer;
}

/** A result for the queue. */
export function encodeAnswer(result: Result): { readonly answer: CellAnswer; readonly blob?: Blob } {
  const text = JSON.stringify(result);
  const sha256 = createHash("sha256").update(text).digest("hex");
  if (Buffer.byteLength(text) <= maxInlineBytes) return { answer: { sha256, text } };
  const key = `${prefix}:blob:${sha256}`;
  return { answer: { sha256, blob: key }, blob: { key, bytes: gzipSync(text) } };
}

/**
 * Reads an answer.
 *
 * @returns undefined when the blob is gone
 * @throws CofactorError MESSAGE_MALFORMED for what is no complete result of that cell, or not what was written
 */
export async function decodeAnswer(
  value: unknown,
  cell: Cell,
  readBlob: (key: string) => Promise<Buffer | null>,
): Promise<Result | undefined> {
  const malformed = (what: string): CofactorError => new CofactorError("MESSAGE_MALFORMED", `the answer of the queue ${what}`);
  const parsed = v.safeParse(answerSchema, value);
  if (!parsed.success) throw malformed("is no result");
  const answer = parsed.output;
  let text: string;
  if ("text" in answer) text = answer.text;
  else {
    const bytes = await readBlob(answer.blob);
    if (bytes === null) return undefined;
    try {
      text = gunzipSync(bytes, { maxOutputLength: maxResultBytes }).toString("utf8");
    } catch {
      throw malformed("cannot be unpacked");
    }
  }
  if (createHash("sha256").update(text).digest("hex") !== answer.sha256) throw malformed("is not what its worker wrote");
  const result = JSON.parse(text) as unknown;
  if (!isCellResult(result)) throw malformed("is no complete result");
  const { version, dataset, scenario } = result;
  if (version !== cell.version || cellKey(scenario, dataset.sha256, version) !== cell.key) throw malformed("is another cell's");
  // Another sweep may have had the same data elsewhere.
  return { ...result, scenario: { ...scenario, dataset: encodeCell(cell).scenario["dataset"] as Scenario["dataset"] } };
}

/** A failure as the queue keeps it: "CODE: message". */
export function encodeFailure(error: unknown): string {
  const code: ErrorCode = isCofactorError(error) ? error.code : "INTERNAL";
  return `${code}: ${error instanceof Error ? error.message : String(error)}`;
}

/** A failure out of the queue. What the queue itself says comes of workers that died. */
export function decodeFailure(reason: string): CofactorError {
  const at = reason.indexOf(": ");
  const code = errorCodes.find((known) => known === reason.slice(0, Math.max(0, at)));
  if (code !== undefined) return new CofactorError(code, reason.slice(at + 2).slice(0, 500));
  if (/stalled/.test(reason)) return new CofactorError("DISCONNECTED", "every worker that began the cell died or was lost");
  return new CofactorError("INTERNAL", `the queue gave the cell up: ${reason.slice(0, 500)}`);
}

/** How the queue's own pages call a cell. */
export function cellTitle({ scenario }: Cell): string {
  return `${scenario.model.kind} on ${scenario.dataset.name} seed ${scenario.seed}`;
}
