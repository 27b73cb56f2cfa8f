/** The client SDK with what only Node has. Imports the client and Node's primitives. */
import { nodePrimitives } from "../shared/crypto/primitives.node.ts";
import { createClient as createPortableClient } from "./client.ts";
import type { Client, ClientOptions } from "./types.ts";

/**
 * A device for one run, as `createClient` of `cofactor/client` makes it, with OpenSSL's primitives, which are faster.
 *
 * @throws TypeError or RangeError for ratings that are not pairs of an item index and a finite number
 * @example const client = createClient({ url: "http://127.0.0.1:8080", run: "wines-1", ratings: [[17, 4.5], [52, 2]] });
 */
export function createClient(options: ClientOptions): Client {
  return createPortableClient({ primitives: nodePrimitives, ...options });
}
