/** Sealed boxes: who can open them, and what binds them. */
import { expect, test } from "vitest";
import { toUtf8 } from "../../../shared/crypto/encoding.ts";
import { boxKeysFromSecret, createBoxKeys, openBox, sealBox, sealedBoxOverhead } from "../../../shared/crypto/sealed-box.ts";
import { secureRng } from "../../../shared/random.ts";

const keys = createBoxKeys(secureRng);
const content = toUtf8("a share");
const box = sealBox(keys.publicKey, "share/run-1/3", content, secureRng);
const failed = expect.objectContaining({ code: "DECRYPT_FAILED" });

test("the holder of the keys opens it in the same context", () => {
  expect(openBox(keys, "share/run-1/3", box)).toEqual(content);
  expect(openBox(boxKeysFromSecret(keys.secretKey), "share/run-1/3", box)).toEqual(content);
  expect(box.length).toBe(content.length + sealedBoxOverhead);
});

test("another context, another key, any changed byte and any cut are refused", () => {
  expect(() => openBox(keys, "share/run-1/4", box)).toThrow(failed);
  expect(() => openBox(createBoxKeys(secureRng), "share/run-1/3", box)).toThrow(failed);
  for (let at = 0; at < box.length; at += 5) {
    const changed = box.slice();
    changed[at] = changed[at]! ^ 1;
    expect(() => openBox(keys, "share/run-1/3", changed)).toThrow(failed);
  }
  for (const length of [0, 31, 32, 47, box.length - 1])
    expect(() => openBox(keys, "share/run-1/3", box.subarray(0, length))).toThrow(failed);
});

test("two boxes of the same content differ, and empty content is content", () => {
  expect(sealBox(keys.publicKey, "c", content, secureRng)).not.toEqual(sealBox(keys.publicKey, "c", content, secureRng));
  expect(openBox(keys, "c", sealBox(keys.publicKey, "c", new Uint8Array(0), secureRng))).toEqual(new Uint8Array(0));
});

test("low-order points are no receivers and no senders", () => {
  for (const point of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31)), new Uint8Array(31)]) {
    expect(() => sealBox(point, "c", content, secureRng)).toThrow(expect.objectContaining({ code: "AUTH_FAILED" }));
  }
  const forged = box.slice();
  forged.fill(0, 0, 32);
  expect(() => openBox(keys, "share/run-1/3", forged)).toThrow(failed);
});

test("listing the keys shows no secret", () => {
  expect(Object.keys(keys)).toEqual(["publicKey"]);
});
