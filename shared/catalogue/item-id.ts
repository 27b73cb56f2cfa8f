/** Names of items: what an operator calls them. Imports nothing. */

/** The most bytes of a name in UTF-8. */
export const maxIdBytes = 64;

/** True for a text of 1 to 64 bytes of UTF-8 without control characters and without half of a character. */
export function isItemId(id: unknown): id is string {
  if (typeof id !== "string" || id.length === 0 || id.length > maxIdBytes) return false;
  // With "u", half of a pair is a character of its own, of the class Cs.
  return !/[\p{Cc}\p{Cs}]/u.test(id) && new TextEncoder().encode(id).length <= maxIdBytes;
}
