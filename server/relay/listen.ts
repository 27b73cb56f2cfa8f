/** A relay that listens. Imports relay, ../socket. */
import { type Listener, type ListenOptions, listen } from "../socket.ts";
import { createRelay, type Relay, type RelayOptions } from "./relay.ts";

/** A listening relay. */
export interface ListeningRelay extends Listener {
  readonly relay: Relay;
}

/** Listens for agents. It has no pages. */
export async function listenRelay(options: ListenOptions & RelayOptions = {}): Promise<ListeningRelay> {
  const relay = createRelay(options);
  const listener = await listen(options, {
    pages: (_request, response) => response.writeHead(404).end(),
    onChannel: (channel, admit) => {
      // A relay has its own limits.
      admit();
      relay.serve(channel);
    },
    onRefused: () => undefined,
  });
  return { ...listener, relay };
}
