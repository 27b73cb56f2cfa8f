/** AES-256-CTR of both platforms, which keystreams stand on, against NIST SP 800-38A. */
import { createCipheriv } from "node:crypto";
import { expect, test } from "vitest";
import { toHex } from "../../../shared/crypto/encoding.ts";
import { fromHex } from "../../support/hex.ts";
import vector from "./sp800-38a.json" with { type: "json" };

const [key, counter, zeros] = [fromHex(vector.key), fromHex(vector.counter), new Uint8Array(vector.keystream.length / 2)];

test("SP 800-38A F.5.5: OpenSSL's keystream", () => {
  expect(toHex(createCipheriv("aes-256-ctr", key, counter).update(zeros))).toBe(vector.keystream);
});

test("SP 800-38A F.5.5: WebCrypto's keystream", async () => {
  const imported = await globalThis.crypto.subtle.importKey("raw", key, "AES-CTR", false, ["encrypt"]);
  const stream = await globalThis.crypto.subtle.encrypt({ name: "AES-CTR", counter, length: 128 }, imported, zeros);
  expect(toHex(new Uint8Array(stream))).toBe(vector.keystream);
});
