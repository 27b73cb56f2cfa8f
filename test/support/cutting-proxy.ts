/** A way to a server that is cut at the worst moment: once a commit was carried out, before anybody is told. Imports node:net. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A proxy of a PostgreSQL server on this machine. */
export interface CuttingProxy {
  readonly port: number;
  /** How many connections were cut. */
  readonly cuts: number;
  /** Has the next commit's answer lost, with its connection. */
  cutNext(): void;
  close(): Promise<void>;
}

/** The end of a COMMIT as a simple query. Source: PostgreSQL's frontend/backend protocol 3.0, message Query. */
const commit = Buffer.from("COMMIT\0");

/** Stands before the server at a port. */
export async function cuttingProxy(target: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let isArmed = false;
  let cuts = 0;
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    let isDoomed = false;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    }
    near.on("data", (bytes) => {
      if (isArmed && bytes.includes(commit)) {
        isArmed = false;
        isDoomed = true;
      }
      far.write(bytes);
    });
    far.on("data", (bytes) => {
      if (!isDoomed) near.write(bytes);
      else {
        // The server has answered: it is done.
        cuts += 1;
        near.destroy();
        far.destroy();
      }
    });
    near.once("close", () => far.destroy());
    far.once("close", () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get cuts() {
      return cuts;
    },
    cutNext() {
      isArmed = true;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
