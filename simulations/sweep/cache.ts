/** Finished cells in a folder, a file each, by their names: an interrupted sweep goes on with them. Imports node:fs. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { CofactorError } from "../../shared/errors.ts";
import type { Result } from "../result.ts";

/** Finished cells. */
export interface CellCache {
  read(key: string): Result | undefined;
  write(key: string, result: Result): void;
}

/** What a sweep reads of a result. */
const resultSchema = v.looseObject({
  isComplete: v.literal(true),
  version: v.string(),
  scenario: v.looseObject({ seed: v.number() }),
  dataset: v.looseObject({ sha256: v.string() }),
  metrics: v.looseObject({
    validation: v.record(v.string(), v.nullable(v.number())),
    test: v.record(v.string(), v.nullable(v.number())),
  }),
});

/** What is read of a file; a file that is not so is run again. */
const schema = v.looseObject({ key: v.string(), result: resultSchema });

/** Whether plain data from elsewhere is the result of a cell that has finished. */
export function isCellResult(value: unknown): value is Result {
  return v.is(resultSchema, value);
}

/** Keeps nothing. */
export const noCache: CellCache = { read: () => undefined, write: () => undefined };

/**
 * A cache in a folder, made when it is not there.
 *
 * Guarantees: a file is there whole or not at all; one that is damaged, or of another cell, counts as none.
 * @throws CofactorError STORE_FAILED when the folder cannot be made or written
 */
export function folderCache(folder: string): CellCache {
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw new CofactorError("STORE_FAILED", `the folder of finished cells "${folder}" cannot be written`, { cause });
    }
  };
  guard(() => mkdirSync(folder, { recursive: true }));
  const pathOf = (key: string): string => join(folder, `${key}.json`);
  return {
    read(key) {
      let value: unknown;
      try {
        value = JSON.parse(readFileSync(pathOf(key), "utf8"));
      } catch {
        return undefined;
      }
      const parsed = v.safeParse(schema, value);
      return parsed.success && parsed.output.key === key ? (parsed.output.result as unknown as Result) : undefined;
    },
    write(key, result) {
      guard(() => {
        const temporary = `${pathOf(key)}.${process.pid}.part`;
        writeFileSync(temporary, `${JSON.stringify({ key, result })}\n`);
        renameSync(temporary, pathOf(key));
      });
    },
  };
}
