/**
 * Looks for contributions in clear in a copy of an aggregator's store, as whoever stole the disk would. Imports node:fs.
 *
 * A contribution in clear shows as a run of its numbers: 64-bit or 32-bit floats, or packed fixed-point blocks. The search is
 * for windows of 16 bytes from several places of each form of each contribution. The check can fail: the same search
 * finds the published model, which the store does hold in clear.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const windowBytes = 16;
const windowsPerForm = 3;

/** What a search found. */
export interface ClearTextReport {
  /** Bytes searched. */
  readonly searchedBytes: number;
  /** Windows looked for. */
  readonly windows: number;
  /** How many of them were there. */
  readonly found: number;
}

/** All files of a folder as one block of bytes. */
export function readFolder(folder: string): Buffer {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Buffer.concat(files.map((entry) => readFileSync(join(folder, entry.name))));
}

/**
 * Searches for each form (the bytes that something would have in clear).
 * Windows that are mostly zeros say nothing and are passed over.
 */
export function searchClearText(haystack: Buffer, forms: Iterable<Uint8Array>): ClearTextReport {
  let windows = 0;
  let found = 0;
  for (const form of forms) {
    for (const needle of tellingWindows(form)) {
      windows += 1;
      if (haystack.includes(Buffer.from(needle.buffer, needle.byteOffset, needle.byteLength))) found += 1;
    }
  }
  return { searchedBytes: haystack.length, windows, found };
}

/** A few windows, spread over the form, with at least 8 bytes that are not zero. */
function tellingWindows(form: Uint8Array): Uint8Array[] {
  const windows: Uint8Array[] = [];
  const stride = Math.max(windowBytes, Math.floor(form.length / (windowsPerForm * 4)));
  for (let at = 0; at + windowBytes <= form.length && windows.length < windowsPerForm; at += stride) {
    const window = form.subarray(at, at + windowBytes);
    let telling = 0;
    for (const byte of window) if (byte !== 0) telling += 1;
    if (telling >= 8) windows.push(window);
  }
  return windows;
}
