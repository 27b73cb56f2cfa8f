/**
 * A random order of items that only the owner of a key knows, the same whenever it is asked for. Imports tweetnacl, crypto.
 *
 * Items go by 32 bits of a keystream each, equal ones by their number. Source: XSalsa20, Bernstein 2011, https://cr.yp.to/snuffle/xsalsa-20110204.pdf
 */
import nacl from "tweetnacl";
import { toWords } from "../crypto/keystream.ts";

const noNonce = new Uint8Array(nacl.secretbox.nonceLength);

/**
 * [items] for each item its number to order by: the key's and the item's alone.
 * @param key 32 secret bytes that serve for nothing else
 */
export function secretOrder(key: Uint8Array, items: number): Uint32Array {
  // The box of zeros is the keystream, behind 16 bytes of tag.
  const box = nacl.secretbox(new Uint8Array(4 * items), noNonce, key);
  return toWords(box.slice(nacl.secretbox.overheadLength), items);
}
