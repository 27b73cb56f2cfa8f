/** Secrets at rest. */
import { expect, test } from "vitest";
import { toUtf8 } from "../../../shared/crypto/encoding.ts";
import { openSecret, sealSecret } from "../../../shared/crypto/envelope.ts";
import { secureRng } from "../../../shared/random.ts";

const secret = toUtf8("a profile");
const key = new Uint8Array(32).fill(9);
const failed = expect.objectContaining({ code: "DECRYPT_FAILED" });

test("what a key sealed it opens, and sealing twice differs", async () => {
  const sealed = await sealSecret(secret, key, secureRng);
  expect(await openSecret(sealed, key)).toEqual(secret);
  expect(await sealSecret(secret, key, secureRng)).not.toEqual(sealed);
});

test("another key, a changed byte and a cut are refused", async () => {
  const sealed = await sealSecret(secret, key, secureRng);
  await expect(openSecret(sealed, new Uint8Array(32))).rejects.toEqual(failed);
  for (const at of [0, 1, 30, sealed.length - 1]) {
    const changed = sealed.slice();
    changed[at] = changed[at]! ^ 1;
    await expect(openSecret(changed, key)).rejects.toEqual(failed);
  }
  for (const length of [0, 1, 24, 26, sealed.length - 1]) await expect(openSecret(sealed.subarray(0, length), key)).rejects.toEqual(failed);
});

test("a passphrase opens what it sealed, in either Unicode form, and nothing else does", async () => {
  const sealed = await sealSecret(secret, "cafe\u0301 au lait", secureRng);
  expect(await openSecret(sealed, "caf\u00e9 au lait")).toEqual(secret);
  await expect(openSecret(sealed, "caf\u00e9 au laiT")).rejects.toEqual(failed);
  await expect(openSecret(sealed, key)).rejects.toEqual(failed);
});

test("short keys and passphrases are caller mistakes", async () => {
  await expect(sealSecret(secret, new Uint8Array(31), secureRng)).rejects.toThrow(RangeError);
  await expect(sealSecret(secret, "short", secureRng)).rejects.toThrow(RangeError);
});
