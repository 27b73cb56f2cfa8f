/** What every transport guarantees: call `describeTransport` with a way to make two connected ends. */
import { afterEach, describe, expect, it } from "vitest";
import { CofactorError } from "../../shared/errors.ts";
import { type Channel, maxHeaderBytes, maxPayloadBytes, noBytes, type Packet } from "../../shared/transport.ts";

/** Two connected ends. */
export interface ChannelPair {
  readonly ends: readonly [Channel, Channel];
  /** Ends what the pair needed besides. */
  stop(): Promise<void>;
}

const echo = (_kind: string, packet: Packet): Packet => packet;
const empty: Packet = { header: {}, payload: noBytes };
const never = (): Promise<Packet> => new Promise(() => undefined);

/** Declares the suite for one transport, in both directions. */
export function describeTransport(name: string, createPair: () => Promise<ChannelPair>): void {
  describe.each([
    ["first to second", 0],
    ["second to first", 1],
  ] as const)(`${name} transport, %s`, (_direction, from) => {
    const pairs: ChannelPair[] = [];
    afterEach(async () => {
      for (const pair of pairs.splice(0)) {
        for (const end of pair.ends) end.close();
        await pair.stop();
      }
    });
    const connect = async (): Promise<{ near: Channel; far: Channel }> => {
      const pair = await createPair();
      pairs.push(pair);
      return { near: pair.ends[from], far: pair.ends[1 - from]! };
    };

    it("carries kind, header and bytes as they were sent, and the answer back", async () => {
      const { near, far } = await connect();
      const seen: string[] = [];
      far.serve((kind, packet) => {
        seen.push(kind);
        return { header: { got: packet.header }, payload: packet.payload.toReversed() };
      });
      const header = { text: "Grüße ✓", list: [1, 2.5, null, true], nested: { zero: 0 } };
      const answer = await near.request("ask", { header, payload: Uint8Array.of(0, 127, 255) });
      expect(seen).toEqual(["ask"]);
      expect(answer.header).toEqual({ got: header });
      expect([...answer.payload]).toEqual([255, 127, 0]);
    });

    it("carries no bytes and the most bytes that a message may have", async () => {
      const { near, far } = await connect();
      far.serve(echo);
      for (const length of [0, 1, maxPayloadBytes]) {
        const payload = Uint8Array.from({ length }, (_, index) => index % 251);
        const answer = await near.request("pull", { header: {}, payload });
        expect(answer.payload.length).toBe(length);
        expect(Buffer.compare(answer.payload, payload)).toBe(0);
      }
    });

    it("refuses to send what is beyond the limits, with MESSAGE_TOO_LARGE, and stays open", async () => {
      const { near, far } = await connect();
      far.serve(echo);
      await expect(near.request("pull", { header: {}, payload: new Uint8Array(maxPayloadBytes + 1) })).rejects.toMatchObject({
        code: "MESSAGE_TOO_LARGE",
      });
      await expect(near.request("pull", { header: { text: "x".repeat(maxHeaderBytes) }, payload: noBytes })).rejects.toMatchObject({
        code: "MESSAGE_TOO_LARGE",
      });
      expect(await near.request("pull", empty)).toMatchObject({ header: {} });
    });

    it("shares no memory: neither the sender's nor the answerer's later writes are seen", async () => {
      const { near, far } = await connect();
      const received: Uint8Array[] = [];
      const kept = new Uint8Array(1_000).fill(5);
      far.serve((_kind, packet) => {
        received.push(packet.payload);
        return { header: {}, payload: kept };
      });
      const sent = new Uint8Array(1_000).fill(7);
      const asking = near.request("answer", { header: {}, payload: sent });
      sent.fill(1);
      const answer = await asking;
      kept.fill(2);
      expect(received[0]!.every((byte) => byte === 7)).toBe(true);
      answer.payload.fill(9);
      expect((await near.request("answer", empty)).payload.every((byte) => byte === 2)).toBe(true);
    });

    it("leaves bytes that last as they are, whatever the receiver does with what arrived", async () => {
      const { near, far } = await connect();
      const lasting = new Uint8Array(1_000).fill(5);
      far.serve((_kind, packet) => {
        packet.payload.fill(1);
        return { header: {}, payload: lasting, isLasting: true };
      });
      for (let time = 0; time < 2; time++) {
        const answer = await near.request("answer", { header: {}, payload: lasting, isLasting: true });
        expect(answer.payload.every((byte) => byte === 5)).toBe(true);
        answer.payload.fill(9);
      }
      expect(lasting.every((byte) => byte === 5)).toBe(true);
    });

    it("handles one end's requests in the order in which they were sent", async () => {
      const { near, far } = await connect();
      const order: unknown[] = [];
      far.serve((_kind, packet) => {
        order.push(packet.header["index"]);
        return empty;
      });
      await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          near.request("answer", { header: { index }, payload: new Uint8Array((index * 7919) % 5_000) }),
        ),
      );
      expect(order).toEqual(Array.from({ length: 60 }, (_, index) => index));
    });

    it("answers each request with its own answer, also when a later one is answered first", async () => {
      const { near, far } = await connect();
      let release = (): void => undefined;
      far.serve(async (_kind, packet) => {
        if (packet.header["slow"] === true) await new Promise<void>((resolve) => (release = resolve));
        return packet;
      });
      const slow = near.request("ask", { header: { slow: true }, payload: noBytes });
      expect((await near.request("ask", { header: { slow: false }, payload: noBytes })).header).toEqual({ slow: false });
      release();
      expect((await slow).header).toEqual({ slow: true });
    });

    it("hands over requests that came before there was a handler", async () => {
      const { near, far } = await connect();
      const answers = [
        near.request("hello", { header: { index: 0 }, payload: noBytes }),
        near.request("hello", { header: { index: 1 }, payload: noBytes }),
      ];
      await new Promise((resolve) => setTimeout(resolve, 30));
      far.serve(echo);
      expect((await Promise.all(answers)).map(({ header }) => header["index"])).toEqual([0, 1]);
    });

    it("carries a peer's error with its code, message and whether to try again; of others the code INTERNAL alone", async () => {
      const { near, far } = await connect();
      far.serve((kind) => {
        if (kind === "known") throw new CofactorError("ROUND_CLOSED", "round 3 is over", { retryable: true, details: { secret: 4.5 } });
        throw new Error("rating 4.5 of item 17");
      });
      await expect(near.request("known", empty)).rejects.toMatchObject({
        name: "CofactorError",
        code: "ROUND_CLOSED",
        message: "round 3 is over",
        retryable: true,
      });
      const error = await near.request("unknown", empty).catch((reason: unknown) => reason as CofactorError);
      expect(error).toMatchObject({ code: "INTERNAL", retryable: false });
      expect((error as CofactorError).message).not.toContain("4.5");
    });

    it("fails a request with TIMED_OUT when its time is over, and drops the late answer", async () => {
      const { near, far } = await connect();
      let release = (): void => undefined;
      far.serve(async (kind) => {
        if (kind === "slow") await new Promise<void>((resolve) => (release = resolve));
        return empty;
      });
      await expect(near.request("slow", empty, { timeoutMs: 30 })).rejects.toMatchObject({ code: "TIMED_OUT", retryable: true });
      release();
      expect(await near.request("next", empty)).toMatchObject({ header: {} });
    });

    it("fails a request with CANCELLED when its caller ends it, before or after it was sent", async () => {
      const { near, far } = await connect();
      far.serve(never);
      const controller = new AbortController();
      const asking = near.request("ask", empty, { signal: controller.signal });
      controller.abort();
      await expect(asking).rejects.toMatchObject({ code: "CANCELLED" });
      await expect(near.request("ask", empty, { signal: controller.signal })).rejects.toMatchObject({ code: "CANCELLED" });
    });

    it.each(["near", "far"] as const)("fails pending and later requests with DISCONNECTED when the %s end closes", async (closer) => {
      const { near, far } = await connect();
      far.serve(never);
      const pending = near.request("ask", empty);
      pending.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
      (closer === "near" ? near : far).close("done");
      await expect(pending).rejects.toMatchObject({ code: "DISCONNECTED", retryable: true });
      await expect(near.request("ask", empty)).rejects.toMatchObject({ code: "DISCONNECTED" });
      expect(near.isOpen).toBe(false);
    });

    it("tells both ends once that the connection has ended, and late listeners at once", async () => {
      const { near, far } = await connect();
      const calls: string[] = [];
      const ended = Promise.all(
        [near, far].map(
          (end, index) =>
            new Promise<void>((resolve) =>
              end.onClose(() => {
                calls.push(index === 0 ? "near" : "far");
                resolve();
              }),
            ),
        ),
      );
      near.close("done");
      near.close("again");
      await ended;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(calls.toSorted()).toEqual(["far", "near"]);
      const late: string[] = [];
      near.onClose((reason) => late.push(reason));
      expect(late).toEqual(["done"]);
    });

    it("counts the same bytes at both ends", async () => {
      const { near, far } = await connect();
      far.serve(() => ({ header: { ok: 1 }, payload: new Uint8Array(50) }));
      await near.request("pull", { header: { offset: 0 }, payload: new Uint8Array(100) });
      expect(near.traffic).toEqual({ bytesSent: 100 + '{"offset":0}'.length, bytesReceived: 50 + '{"ok":1}'.length });
      expect(far.traffic).toEqual({ bytesSent: near.traffic.bytesReceived, bytesReceived: near.traffic.bytesSent });
    });
  });
}
