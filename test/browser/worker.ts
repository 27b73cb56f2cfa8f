/** The worker of the browser tests: the client SDK, and Paillier by itself, off the page's main thread. */
import { createClient, memoryStore, type Participated } from "../../client/browser.ts";
import { toBase64url } from "../../shared/crypto/encoding.ts";
import { CiphertextSum, encryptBlocks } from "../../shared/crypto/paillier/ciphertext.ts";
import { parsePublicKey } from "../../shared/crypto/paillier/keys.ts";
import { createPacking, pack } from "../../shared/crypto/paillier/packing.ts";
import { createRing } from "../../shared/crypto/paillier/rings.ts";
import { secureRng } from "../../shared/random.ts";

/** To the worker. */
export type WorkerTask =
  | { readonly kind: "sum"; readonly publicKey: string; readonly clients: number; readonly values: readonly number[] }
  | { readonly kind: "train"; readonly url: string; readonly run: string; readonly rounds: number };

/** From the worker, after "started". */
export type WorkerAnswer =
  | { readonly kind: "sum"; readonly ring: string; readonly sum: string; readonly hasDocument: boolean }
  | { readonly kind: "train"; readonly participated: Participated; readonly recommended: readonly number[] };

self.onmessage = async ({ data }: MessageEvent<WorkerTask>) => {
  self.postMessage("started");
  self.postMessage(data.kind === "sum" ? await sum(data) : await train(data));
};

/** The sum of so many clients' encryptions of the same values. */
async function sum({ publicKey, clients, values }: Extract<WorkerTask, { kind: "sum" }>): Promise<WorkerAnswer> {
  const key = parsePublicKey(publicKey);
  const blocks = pack(createPacking(key.bits, 24, clients), Int32Array.from(values));
  const total = new CiphertextSum(key, blocks.length / key.bytes);
  for (let client = 0; client < clients; client++) total.add(await encryptBlocks(key, blocks, "half", secureRng));
  return { kind: "sum", ring: createRing(key).name, sum: toBase64url(total.export()), hasDocument: "document" in globalThis };
}

async function train({ url, run, rounds }: Extract<WorkerTask, { kind: "train" }>): Promise<WorkerAnswer> {
  const ratings = [1, 3, 5].map((item) => [item, 1] as const);
  const client = createClient({ url, run, ratings, accept: {}, store: memoryStore() });
  await client.join();
  const participated = await client.participate({ rounds });
  const recommended = client.recommend({ count: 3 }).map(({ item }) => item);
  await client.close();
  return { kind: "train", participated, recommended };
}
