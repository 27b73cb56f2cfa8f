/** A keyholder's process of a live run: gets its secrets over the IPC channel, never on the command line. Imports the server. */

import { socketConnector } from "../../client/socket.ts";
import { memoryRecord, serveKeyholder } from "../../server/index.ts";
import { fromBase64url } from "../../shared/crypto/encoding.ts";
import { identityFromSeed } from "../../shared/crypto/identity.ts";
import { protections } from "../../shared/protections/index.ts";
import { nodeKeyholderTools } from "../../shared/protections/keyholder-tools.node.ts";
import { resolveSection } from "../../shared/registry.ts";

/** What the keyholder is told. */
export interface KeyholderOrder {
  readonly url: string;
  readonly run: string;
  /** Seed of its identity, base64url. */
  readonly seed: string;
  /** The private key, or its share of it. */
  readonly secret: string;
}

process.once("message", (order: KeyholderOrder) => void start(order));
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches every process of the terminal: the one that started the keyholder decides when it ends.
process.on("SIGINT", () => undefined);

async function start(order: KeyholderOrder): Promise<void> {
  await serveKeyholder({
    connect: socketConnector(order.url),
    run: order.run,
    identity: identityFromSeed(fromBase64url(order.seed)),
    record: memoryRecord(),
    createKeyholder(run) {
      const { definition, options } = resolveSection(protections, { ...run.terms.protection }, "protection");
      return definition.createKeyholder!(options, order.secret, nodeKeyholderTools);
    },
  });
  process.send?.({ kind: "ready" });
}
