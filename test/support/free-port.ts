/** A port of this machine's loopback that nobody has, for servers that take no 0. Imports node:net. */
import { type AddressInfo, createServer } from "node:net";

/** Free when it was asked for. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
