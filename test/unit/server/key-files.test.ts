/** Key files of shares: all or none are written, and nothing in them is taken on trust. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KeyFileInfo, openKeyFile, readKeyFileInfo } from "../../../server/key-file.ts";
import { dealKeyFiles, keyFilePaths } from "../../../server/key-file-deal.ts";
import { parseKeyShare, parseThresholdKey } from "../../../shared/crypto/paillier/threshold-key.ts";
import { drawTestSafePrime } from "../../support/threshold-keys.ts";

const folder = mkdtempSync(join(tmpdir(), "cofactor-key-files-"));
const path = join(folder, "holder.key");
const files = keyFilePaths(path, 3);
const passphrases = ["first passphrase", "second passphrase", "third passphrase"];
let infos: readonly KeyFileInfo[];

beforeAll(async () => {
  infos = await dealKeyFiles({ path, bits: 2048, threshold: 2, holders: 3, passphrases, drawSafePrime: drawTestSafePrime() });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A changed copy of the first holder's file. */
function changed(change: object): string {
  const copy = join(folder, "changed");
  writeFileSync(copy, JSON.stringify({ ...(JSON.parse(readFileSync(files[0]!, "utf8")) as object), ...change }));
  return copy;
}

describe("the files of three holders", () => {
  it("are named after their index, for their owners alone", () => {
    expect(files.map((file) => file.slice(folder.length + 1))).toEqual(["holder-1.key", "holder-2.key", "holder-3.key"]);
    expect(keyFilePaths("a/b", 2)).toEqual([join("a", "b-1"), join("a", "b-2")]);
    expect(keyFilePaths("a.key", 1)).toEqual(["a.key"]);
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("open under their own passphrase to their own share and identity, and show neither", async () => {
    for (const [at, file] of files.entries()) {
      const info = readKeyFileInfo(file);
      expect(info).toEqual(infos[at]);
      const { identity, secret } = await openKeyFile(file, passphrases[at]!);
      expect(identity.id).toBe(info.share!.keyholders[at]);
      const share = parseKeyShare(parseThresholdKey({ publicKey: info.publicKey, ...info.share! }), secret);
      expect(share.index).toBe(at + 1);
      expect(readFileSync(file, "utf8")).not.toContain(share.secret.toString(16).slice(0, 24));
    }
    await expect(openKeyFile(files[0]!, passphrases[1]!)).rejects.toMatchObject({ code: "DECRYPT_FAILED" });
  });

  it("are refused when their public part was changed, whether it looks right or not", async () => {
    const { verification, keyholders } = infos[0]!.share!;
    const [first, second, third] = verification.keys;
    for (const change of [
      { index: 2 },
      { index: 0 },
      { threshold: 1 },
      { bits: 3072 },
      { holders: 2 },
      { version: 3 },
      { more: 1 },
      { keyholders: [] },
    ]) {
      expect(() => readKeyFileInfo(changed(change)), JSON.stringify(change)).toThrow(
        expect.objectContaining({ code: "DATA_INVALID" }) as Error,
      );
    }
    const plausible = [
      { verification: { ...verification, keys: [second, first, third] } },
      { keyholder: keyholders[1], keyholders: [keyholders[1], keyholders[0], keyholders[2]] },
      { index: 2, keyholder: keyholders[1] },
    ];
    for (const change of plausible) {
      await expect(openKeyFile(changed(change), passphrases[0]!)).rejects.toMatchObject({ code: "DATA_INVALID", message: /belong/ });
    }
  });
});

describe("a deal that cannot be", () => {
  const never = (): Promise<bigint> => Promise.reject(new Error("a prime was drawn"));

  it("draws no prime and writes nothing when a file exists, or the passphrases do not fit the holders", async () => {
    const before = readFileSync(files[1]!, "utf8");
    const deal = { path, bits: 2048, threshold: 2, holders: 3, passphrases, drawSafePrime: never } as const;
    await expect(dealKeyFiles(deal)).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect(readFileSync(files[1]!, "utf8")).toBe(before);
    const other = { ...deal, path: join(folder, "other.key") };
    await expect(dealKeyFiles({ ...other, passphrases: passphrases.slice(1) })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(dealKeyFiles({ ...other, threshold: 4 })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(dealKeyFiles({ ...other, holders: 1 })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(readdirSync(folder).filter((name) => name.startsWith("other"))).toEqual([]);
  });

  it("takes back what it wrote when a file turns up meanwhile", async () => {
    const late = join(folder, "late.key");
    const [first, second, third] = keyFilePaths(late, 3);
    const next = drawTestSafePrime();
    const draw = (): Promise<bigint> => {
      writeFileSync(third!, "someone else's");
      return next();
    };
    const deal = { path: late, bits: 2048, threshold: 2, holders: 3, passphrases: passphrases.slice(0, 1), drawSafePrime: draw } as const;
    await expect(dealKeyFiles(deal)).rejects.toMatchObject({
      code: "STORE_FAILED",
      message: expect.stringContaining("late-3.key") as string,
    });
    expect([first, second].map((file) => existsSync(file!))).toEqual([false, false]);
    expect(readFileSync(third!, "utf8")).toBe("someone else's");
  });
});
