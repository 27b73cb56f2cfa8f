/**
 * What the aggregator's disk holds in the middle of a round, seen by somebody who knows every device's contribution in clear and looks
 * for it. Imports node:sqlite, store-check.
 */
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CofactorError } from "../../shared/errors.ts";
import { ratingsOf } from "../../shared/math/ratings.ts";
import { createRng } from "../../shared/random.ts";
import { encodeFixed } from "../../shared/wire/fixed-point.ts";
import { encodeModel } from "../../shared/wire/model-codec.ts";
import type { Prepared } from "../prepare.ts";
import { type ClearTextReport, readFolder, searchClearText } from "./store-check.ts";

/** What was found. */
export interface StoreFinding extends ClearTextReport {
  /** Contributions that the store held. */
  readonly contributions: number;
  readonly contributionBytes: number;
  readonly contributionSha256: string;
  /** Its first bytes in hexadecimal. */
  readonly contributionHead: string;
}

/** How many devices' contributions are looked for. */
const inspectedDevices = 40;

/**
 * Copies the store's files and searches them.
 * @param shared the published model that the open round's contributions were made from
 * @throws CofactorError INTERNAL when the control, the published model, is not found: then the search proves nothing
 */
export function inspectStore(prepared: Prepared, storeFolder: string, shared: Float64Array): StoreFinding {
  const copy = mkdtempSync(join(tmpdir(), "cofactor-inspect-"));
  try {
    cpSync(storeFolder, copy, { recursive: true });
    const haystack = readFolder(copy);
    const control = searchClearText(haystack, [encodeModel(shared, prepared.run.terms.precision)]);
    if (control.windows === 0 || control.found === 0)
      throw new CofactorError("INTERNAL", "the published model was not found in the store: the search is broken");
    const { contributions, first } = readContributions(join(copy, "aggregator.sqlite"), prepared.run.protection.contributionStage);
    return {
      ...searchClearText(haystack, clearForms(prepared, shared)),
      contributions,
      contributionBytes: first.length,
      contributionSha256: createHash("sha256").update(first).digest("hex"),
      contributionHead: Buffer.from(first.subarray(0, 24)).toString("hex"),
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Every form in which some devices' contributions could lie there: floats of both widths, integers of the fixed point. */
function* clearForms({ run, split, participants, scenario }: Prepared, shared: Float64Array): Generator<Uint8Array> {
  const opened = run.model.open(shared);
  const values = new Float64Array(run.contributionSize);
  for (const user of participants.subarray(0, inspectedDevices)) {
    const ratings = ratingsOf(split.training, user);
    const part = run.model.createPrivate(ratings, createRng(scenario.seed, "private", user));
    run.model.contribute(opened, part, ratings, createRng(scenario.seed, "inspect", user), values);
    yield encodeModel(values, "float64");
    yield encodeModel(values, "float32");
    const { integers } = encodeFixed(values, run.range);
    yield new Uint8Array(Int32Array.from(integers).buffer);
  }
}

function readContributions(path: string, stage: number): { readonly contributions: number; readonly first: Uint8Array } {
  const database = new DatabaseSync(path, { readOnly: false });
  try {
    const contributions = Number(database.prepare("SELECT count(*) AS n FROM answers WHERE stage = ?").get(stage)!["n"]);
    const first = database.prepare("SELECT bytes FROM answers WHERE stage = ? ORDER BY id LIMIT 1").get(stage)?.["bytes"];
    return { contributions, first: first instanceof Uint8Array ? first : new Uint8Array(0) };
  } finally {
    database.close();
  }
}
