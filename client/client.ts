/**
 * The client SDK: a device that joins a run, takes part in rounds, and recommends, without showing its ratings. Imports shared and
 * the client's own parts; runs in browsers and Node.
 */
import { Device } from "./device.ts";
import type { Client, ClientOptions } from "./types.ts";

/**
 * A device for one run.
 *
 * @throws TypeError or RangeError for ratings that are not pairs of an item index and a finite number
 * @example const client = createClient({ url: "http://127.0.0.1:8080", run: "wines-1", ratings: [[17, 4.5], [52, 2]] });
 */
export function createClient(options: ClientOptions): Client {
  return new Device(options);
}
