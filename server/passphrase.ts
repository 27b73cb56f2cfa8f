/** Where a passphrase comes from: a file, or the environment; never the command line, where others could read it. Imports node:fs. */
import { readFileSync } from "node:fs";
import { CofactorError } from "../shared/errors.ts";

/** The environment variable that may hold a passphrase. */
export const passphraseVariable = "COFACTOR_PASSPHRASE";

/** @throws CofactorError CONFIG_INVALID when there is none, or it is shorter than 8 characters */
export function readPassphrase(file: string | undefined): string {
  const text = file === undefined ? process.env[passphraseVariable] : readFile(file);
  const passphrase = text?.replace(/\r?\n$/, "") ?? "";
  if (passphrase.length < 8) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `expected a passphrase of at least 8 characters: --passphrase-file FILE, or ${passphraseVariable}`,
    );
  }
  return passphrase;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `the passphrase file "${path}" cannot be read`, { cause });
  }
}
