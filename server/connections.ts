/** The connections of a server, of every transport: how many there are, and what passed through them. Imports types. */
import type { Channel, ChannelTraffic } from "../shared/transport.ts";

/** Connections that are counted. */
export interface Connections {
  add(channel: Channel): void;
  /** How many are open. */
  connections(): number;
  /** Bytes that passed through all of them so far, the ended ones too. */
  traffic(): ChannelTraffic;
  closeAll(): void;
}

/** Counts what passes through all connections, of every transport. */
export function trackConnections(): Connections {
  const open = new Set<Channel>();
  const ended = { bytesSent: 0, bytesReceived: 0 };
  return {
    add(channel) {
      open.add(channel);
      channel.onClose(() => {
        open.delete(channel);
        ended.bytesSent += channel.traffic.bytesSent;
        ended.bytesReceived += channel.traffic.bytesReceived;
      });
    },
    connections: () => open.size,
    traffic() {
      let { bytesSent, bytesReceived } = ended;
      for (const { traffic } of open) {
        bytesSent += traffic.bytesSent;
        bytesReceived += traffic.bytesReceived;
      }
      return { bytesSent, bytesReceived };
    },
    closeAll() {
      for (const channel of [...open]) channel.close("the server was closed");
    },
  };
}
