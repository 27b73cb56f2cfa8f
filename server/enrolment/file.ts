/** Where enrolment is kept beside a store. Imports nothing. */

/** The enrolment file of a store's file, unless another one is named. */
export function enrolmentFileOf(store: string, named?: string | undefined): string {
  return named ?? `${store}.enrolment`;
}
