/** The code that something is refused with. */
import { isCofactorError } from "../../shared/errors.ts";

/** Settles with the code of the error that a promise rejects with; "none" when it does not. */
export async function errorCode(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    return isCofactorError(error) ? error.code : String(error);
  }
}
