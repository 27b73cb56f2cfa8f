/** The blind relay: names are proven, frames pass as they are, what cannot be delivered is dropped, refusals end a connection. */
import { describe, expect, it } from "vitest";
import { createRelay, type RelayOptions } from "../../../server/relay/relay.ts";
import { type BoxKeys, createBoxKeys, openBox } from "../../../shared/crypto/sealed-box.ts";
import { peerIdOf } from "../../../shared/peer/sealed-link.ts";
import { secureRng } from "../../../shared/random.ts";
import { type Channel, createMemoryPair, noBytes, type Packet } from "../../../shared/transport.ts";

const [ann, bob] = [createBoxKeys(secureRng), createBoxKeys(secureRng)];
const empty: Packet = { header: {}, payload: noBytes };

function open(options: RelayOptions = {}) {
  const relay = createRelay(options);
  const connect = (): Channel => {
    const [near, far] = createMemoryPair();
    relay.serve(far);
    return near;
  };
  const join = async (keys: BoxKeys, got: Packet[] = []): Promise<Channel> => {
    const channel = connect();
    channel.serve((_kind, packet) => {
      got.push(packet);
      return empty;
    });
    const { payload } = await channel.request("peer-hello", { header: { name: peerIdOf(keys) }, payload: noBytes });
    await channel.request("peer-proof", { header: {}, payload: openBox(keys, "peer-challenge", payload) });
    return channel;
  };
  return { relay, connect, join };
}

const send = (channel: Channel, keys: BoxKeys, payload: Uint8Array) =>
  channel.request("peer-send", { header: { to: peerIdOf(keys), frame: 1, part: 0, parts: 1 }, payload });

describe("a blind relay", () => {
  it("hands a frame on as it is, with the proven name of its sender", async () => {
    const { relay, join } = open();
    const got: Packet[] = [];
    const left = await join(ann);
    await join(bob, got);
    await send(left, bob, Uint8Array.of(1, 2, 3));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(got).toEqual([{ header: { from: peerIdOf(ann), frame: 1, part: 0, parts: 1 }, payload: Uint8Array.of(1, 2, 3) }]);
    expect(relay.counts).toEqual({ agents: 2, delivered: 1, dropped: 0, refused: 0 });
  });

  it("takes no name without its key, and no frame without a name", async () => {
    const { connect, relay } = open();
    const channel = connect();
    await expect(send(channel, bob, noBytes)).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await expect(channel.request("peer-proof", { header: {}, payload: new Uint8Array(32) })).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await channel.request("peer-hello", { header: { name: peerIdOf(ann) }, payload: noBytes });
    await expect(channel.request("peer-proof", { header: {}, payload: new Uint8Array(32) })).rejects.toMatchObject({ code: "AUTH_FAILED" });
    expect(relay.counts.agents).toBe(0);
  });

  it("drops what is for nobody, and forgets who is gone", async () => {
    const { relay, join } = open();
    const left = await join(ann);
    await send(left, bob, noBytes);
    expect(relay.counts.dropped).toBe(1);
    left.close();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(relay.counts.agents).toBe(0);
  });

  it("gives a name to whoever proves it last, and closes the connection before", async () => {
    const { relay, join } = open();
    const first = await join(ann);
    await join(ann);
    expect(first.isOpen).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(relay.counts.agents).toBe(1);
  });

  it("refuses other messages, malformed ones and whom it does not admit, and ends a connection that goes on", async () => {
    const { connect, relay } = open({ admits: (name) => name !== peerIdOf(bob) });
    const channel = connect();
    const refuses = (kind: string, header: object, code: string) =>
      expect(channel.request(kind, { header: header as Record<string, unknown>, payload: noBytes })).rejects.toMatchObject({ code });
    await refuses("hello", {}, "MESSAGE_MALFORMED");
    await refuses("constructor", {}, "MESSAGE_MALFORMED");
    await refuses("peer-hello", { name: "short" }, "MESSAGE_MALFORMED");
    await refuses("peer-hello", { name: peerIdOf(bob) }, "AUTH_FAILED");
    for (let time = 0; time < 46; time++) await refuses("peer-hello", {}, "MESSAGE_MALFORMED");
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(channel.isOpen).toBe(false);
    expect(relay.counts.refused).toBe(50);
  });
});
