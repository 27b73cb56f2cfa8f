/** The transports that every integration case runs over. */
import { socketConnector } from "../../client/socket.ts";
import type { Server } from "../../server/index.ts";
import { type Connector, createMemoryPair } from "../../shared/transport.ts";

/** A way to reach a server. */
export interface TestTransport {
  readonly name: string;
  /** A connector to the server, which listens where it must. */
  reach(server: Server): Promise<Connector>;
}

/** In memory, and over real sockets on a free port of this machine. */
export const transports: readonly TestTransport[] = [
  {
    name: "memory",
    reach: async (server) => async () => {
      const [near, far] = createMemoryPair();
      server.accept(far);
      return near;
    },
  },
  { name: "socket", reach: async (server) => socketConnector((await server.listen({ port: 0 })).url) },
];
