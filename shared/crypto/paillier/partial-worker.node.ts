/** A worker thread that raises ciphertexts to a share, once: see partial-workers.node.ts. */
import { parentPort } from "node:worker_threads";
import { opensslPower } from "./openssl-power.node.ts";
import type { RaiseOrder, RaiseReport } from "./partial-workers.node.ts";
import { createKeyShare } from "./threshold-key.ts";
import { createRaiser } from "./threshold-part.ts";

const port = parentPort!;

port.once("message", (order: RaiseOrder) => void raise(order));

async function raise({ key, index, secret, ciphertexts }: RaiseOrder): Promise<void> {
  let report: RaiseReport;
  try {
    report = await createRaiser(key, createKeyShare(key, index, secret), opensslPower)(ciphertexts);
  } catch {
    // The reason stays here: see the header there.
  }
  port.postMessage(report, report === undefined ? [] : [report.buffer as ArrayBuffer]);
}
