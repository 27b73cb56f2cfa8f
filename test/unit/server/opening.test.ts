/** Who is asked to open a sum, when, and what ends it, under a clock of the test's: no timer outlives it. */
import { describe, expect, it } from "vitest";
import { Opening, type OpeningParts } from "../../../server/opening.ts";
import { CofactorError } from "../../../shared/errors.ts";
import { type Channel, createMemoryPair } from "../../../shared/transport.ts";
import { createVirtualClock, type VirtualClock } from "../../support/virtual-clock.ts";

interface Conversation {
  readonly place: number;
  readonly signal: AbortSignal;
  readonly onProgress: () => void;
  readonly answer: (bytes: Uint8Array) => void;
  readonly fail: (error: unknown) => void;
}

interface Scene {
  readonly clock: VirtualClock;
  readonly connected: Map<number, Channel>;
  readonly asked: Conversation[];
  readonly blamed: number[];
  readonly declined: number[];
  readonly opening: Opening;
  readonly outcome: Promise<unknown>;
  places(): number[];
  connect(place: number): void;
}

/** Three keyholders, two needed; a part must begin with its keyholder's place. */
function openScene(places: readonly number[], changes: Partial<OpeningParts> = {}): Scene {
  const clock = createVirtualClock();
  const connected = new Map<number, Channel>();
  const channels = new Map<Channel, number>();
  const asked: Conversation[] = [];
  const blamed: number[] = [];
  const declined: number[] = [];
  const connect = (place: number): void => {
    const [near] = createMemoryPair();
    connected.set(place, near);
    channels.set(near, place);
  };
  for (const place of places) connect(place);
  const opening = new Opening({
    clock,
    keyholders: ["a", "b", "c"],
    needed: 2,
    connected,
    waitMs: 1_000,
    hedgeMs: 100,
    ask: (channel, signal, onProgress) =>
      new Promise((answer, fail) => asked.push({ place: channels.get(channel)!, signal, onProgress, answer, fail })),
    accept: ({ keyholder, bytes }) => {
      if (bytes[0] !== keyholder) throw new CofactorError("DECRYPT_FAILED", "the proof does not hold");
    },
    onBlamed: (keyholder) => blamed.push(keyholder),
    onDeclined: (keyholder) => declined.push(keyholder),
    ...changes,
  });
  const outcome = opening.done.then(
    () => "opened",
    (error: unknown) => error,
  );
  opening.advance();
  return { clock, connected, asked, blamed, declined, opening, outcome, connect, places: () => asked.map(({ place }) => place) };
}

const refusal = (code: "REPLAYED" | "ROUND_CLOSED", retryable = false): CofactorError =>
  new CofactorError(code, "no", { details: { remote: true }, retryable });

describe("an opening", () => {
  it("asks as many as it takes, and ends the others' conversations", async () => {
    const { clock, asked, places, outcome } = openScene([0, 1, 2]);
    expect(places()).toEqual([0, 1]);
    await clock.advance(100);
    expect(places()).toEqual([0, 1, 2]);
    asked[2]!.answer(Uint8Array.of(2));
    asked[1]!.answer(Uint8Array.of(1));
    expect(await outcome).toBe("opened");
    expect(asked[0]!.signal.aborted).toBe(true);
    expect(clock.waiting).toBe(0);
  });

  it("asks nobody else while those it asked say something", async () => {
    const { clock, asked, places, outcome } = openScene([0, 1, 2]);
    for (let step = 0; step < 10; step++) {
      await clock.advance(90);
      for (const { onProgress } of asked) onProgress();
    }
    expect(places()).toEqual([0, 1]);
    for (const { place, answer } of asked) answer(Uint8Array.of(place));
    expect(await outcome).toBe("opened");
    expect(clock.waiting).toBe(0);
  });

  it("asks a further one for each that lies, refuses or is lost", async () => {
    const lied = openScene([0, 1, 2]);
    lied.asked[0]!.answer(Uint8Array.of(9));
    await lied.clock.advance(0);
    expect([lied.places(), lied.blamed]).toEqual([[0, 1, 2], [0]]);
    const refused = openScene([0, 1, 2]);
    refused.asked[1]!.fail(refusal("REPLAYED"));
    await refused.clock.advance(0);
    expect([refused.places(), refused.declined, refused.blamed]).toEqual([[0, 1, 2], [1], []]);
    const lost = openScene([0, 1, 2]);
    lost.connected.get(0)!.close();
    lost.asked[0]!.fail(new CofactorError("DISCONNECTED", "gone"));
    await lost.clock.advance(0);
    expect([lost.places(), lost.blamed]).toEqual([[0, 1, 2], []]);
    for (const { opening, clock } of [lied, refused, lost]) {
      opening.fail("CANCELLED", "the end", true);
      expect(clock.waiting).toBe(0);
    }
  });

  it("asks a lost one again when it is back", async () => {
    const { clock, asked, connected, connect, opening, places, outcome } = openScene([0, 1]);
    connected.get(0)!.close();
    connected.delete(0);
    asked[0]!.fail(new CofactorError("DISCONNECTED", "gone"));
    await clock.advance(900);
    connect(0);
    opening.advance();
    expect(places()).toEqual([0, 1, 0]);
    await clock.advance(500);
    for (const { place, answer } of asked) answer(Uint8Array.of(place));
    expect(await outcome).toBe("opened");
    expect(clock.waiting).toBe(0);
  });

  it("asks a busy one again after a pause that grows, and gives it up in the end", async () => {
    const { clock, asked, places, outcome } = openScene([0, 1], { waitMs: 10_000_000, hedgeMs: 10_000_000 });
    const busy = (): void =>
      asked
        .filter(({ place }) => place === 0)
        .at(-1)!
        .fail(refusal("ROUND_CLOSED", true));
    busy();
    await clock.advance(999);
    expect(places()).toEqual([0, 1]);
    await clock.advance(1);
    expect(places()).toEqual([0, 1, 0]);
    busy();
    await clock.advance(1_999);
    expect(places().length).toBe(3);
    for (let attempt = 3; attempt <= 20; attempt++) {
      await clock.advance(1_000_000);
      busy();
    }
    await clock.advance(1_000_000);
    expect(places().length).toBe(21);
    asked[1]!.answer(Uint8Array.of(1));
    await clock.advance(0);
    expect(clock.waiting).toBe(1);
    await clock.advance(10_000_000);
    expect(await outcome).toMatchObject({ code: "DECRYPT_FAILED", message: expect.stringContaining("lost again and again") as string });
  });

  it("waits for enough to be connected, so long and no longer", async () => {
    const { clock, outcome } = openScene([1]);
    await clock.advance(999);
    expect(clock.waiting).toBe(2 - 1);
    await clock.advance(1);
    expect(await outcome).toMatchObject({ code: "DECRYPT_FAILED", retryable: true, culprits: [] });
    expect(clock.waiting).toBe(0);
  });

  it("ends at once when too few are left to be asked, with those to blame as culprits", async () => {
    const { clock, asked, outcome } = openScene([0, 1, 2]);
    asked[0]!.answer(Uint8Array.of(9));
    asked[1]!.fail(new CofactorError("MESSAGE_MALFORMED", "rubbish"));
    expect(await outcome).toMatchObject({ code: "DECRYPT_FAILED", retryable: false, culprits: ["a", "b"] });
    expect(clock.waiting).toBe(0);
  });

  it("ends with what goes wrong on this side, and blames nobody for it", async () => {
    const { clock, asked, blamed, outcome } = openScene([0, 1, 2]);
    asked[0]!.fail(new CofactorError("STORE_FAILED", "the disk is gone"));
    expect(await outcome).toMatchObject({ code: "STORE_FAILED" });
    expect([blamed, clock.waiting]).toEqual([[], 0]);
  });

  it("says so when the terms name too few keyholders", async () => {
    expect(await openScene([], { keyholders: [] }).outcome).toMatchObject({
      code: "DECRYPT_FAILED",
      message: expect.stringContaining("name no keyholder") as string,
    });
    expect(await openScene([0], { keyholders: ["a"] }).outcome).toMatchObject({ code: "DECRYPT_FAILED" });
  });
});
