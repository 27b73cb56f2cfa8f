/** A keyholder's way to its aggregator: Socket.IO's client, websocket only. Imports socket.io-client. */
import { io } from "socket.io-client";
import type { PeerTls } from "../shared/command/peer-tls.node.ts";
import { CofactorError } from "../shared/errors.ts";
import { createSocketChannel } from "../shared/socket-channel.ts";
import type { Channel, Connector } from "../shared/transport.ts";

/** Opens channels to the aggregator at `url`. @param tls whom to trust, and who this process is. @throws CofactorError DISCONNECTED */
export function connectSocket(url: string, tls: PeerTls = {}): Connector {
  return async () => {
    const socket = io(url, { transports: ["websocket"], reconnection: false, forceNew: true, ...tls });
    const channel = createSocketChannel({
      on: (event, listener) => socket.on(event, listener as (...args: unknown[]) => void),
      emit: (event, ...args) => socket.emit(event, ...args),
      disconnect: () => socket.disconnect(),
    });
    return new Promise<Channel>((resolve, reject) => {
      socket.once("connect", () => resolve(channel));
      socket.once("connect_error", (cause) => {
        socket.disconnect();
        reject(new CofactorError("DISCONNECTED", "the aggregator cannot be reached", { cause, retryable: true }));
      });
    });
  };
}
