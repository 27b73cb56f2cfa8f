/** Where enrolment is kept beside a store. Imports nothing. */

/**
 * The enrolment file of a run, unless another one is named: beside the store's own file, and named after the run where the store is no file.
 * @param store as `openStore` takes it; by default the run's file
 */
export function enrolmentFileOf(run: string, store?: string | undefined, named?: string | undefined): string {
  if (named !== undefined) return named;
  const path = (store ?? `${run}.sqlite`).replace(/^sqlite:/, "");
  return `${/^[a-z][a-z0-9+.-]+:/.test(path) ? run : path}.enrolment`;
}
