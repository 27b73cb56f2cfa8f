/** A port of this machine's loopback that nobody has, for servers that take no 0. Imports node:crypto, node:net. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the range from which connections get theirs (32,768 and above): a server that is away for a moment finds its port free when it is back.
 */
const range = [10_000, 32_000] as const;
const attempts = 100;

/** Free when it was asked for. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(...range);
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${attempts} ports was free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
