/** The device's end of Socket.IO. Imports socket.io-client. Websocket only; the client above reconnects, not the socket. */
import { io } from "socket.io-client";
import { CofactorError } from "../shared/errors.ts";
import { createRng, drawSeed, type SecureRng } from "../shared/random.ts";
import { createSocketChannel } from "../shared/socket-channel.ts";
import { type Channel, type Connector, connectorOver } from "../shared/transport.ts";

/** How to reach a server. */
export interface SocketOptions {
  /** How long to wait for the connection; default 10,000. */
  readonly timeoutMs?: number;
  /** In Node: whom to trust, and who this device is to a server that asks for certificates. Browsers have their own. Texts in PEM. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/** Opens channels to the server at `url`. @throws CofactorError DISCONNECTED when it cannot be reached or refuses, CANCELLED */
export function socketConnector(url: string, options: SocketOptions = {}): Connector {
  return async ({ signal } = {}) => {
    const socket = io(url, {
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
      autoConnect: false,
      timeout: options.timeoutMs ?? 10_000,
      ...options.tls,
    });
    return new Promise<Channel>((resolve, reject) => {
      const cancel = (): void => {
        socket.disconnect();
        reject(new CofactorError("CANCELLED", "the connection was cancelled by the caller"));
      };
      if (signal?.aborted === true) {
        cancel();
        return;
      }
      signal?.addEventListener("abort", cancel, { once: true });
      socket.once("connect_error", (cause) => {
        signal?.removeEventListener("abort", cancel);
        socket.disconnect();
        reject(
          new CofactorError("DISCONNECTED", "the server cannot be reached, or refuses this origin or address", { cause, retryable: true }),
        );
      });
      // The channel listens from the start on, so that a message right behind the connection is not lost.
      const channel = createSocketChannel({
        on: (event, listener) => socket.on(event, listener as (...args: unknown[]) => void),
        emit: (event, ...args) => socket.emit(event, ...args),
        disconnect: () => socket.disconnect(),
      });
      channel.onClose(() => {
        signal?.removeEventListener("abort", cancel);
        reject(new CofactorError("DISCONNECTED", "the connection ended before it was open", { retryable: true }));
      });
      socket.once("connect", () => {
        signal?.removeEventListener("abort", cancel);
        resolve(channel);
      });
      socket.connect();
    });
  };
}

/** Opens channels to any of the servers of a run, beginning with any of them, so that devices spread. @throws TypeError for none */
export function connectorTo(url: string | readonly string[], secure: SecureRng, options: SocketOptions = {}): Connector {
  if (typeof url === "string") return socketConnector(url, options);
  const first = Math.floor(createRng(drawSeed(secure)).float() * url.length);
  return connectorOver(
    url.map((one) => socketConnector(one, options)),
    first,
  );
}
