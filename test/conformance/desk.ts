/** What every desk guarantees to those who join: call `describeDesk` with a way to start one that serves the counting run. */
import { afterEach, describe, expect, it } from "vitest";
import type { Store } from "../../server/index.ts";
import type { Run } from "../../shared/run.ts";
import type { Connector } from "../../shared/transport.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { errorCode } from "../support/error-code.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";

/** A desk under test, with rounds behind it. */
export interface DeskPlace {
  readonly connect: Connector;
  readonly store: Store;
  close(): Promise<void>;
}

const size = 4;

/** Declares the suite for one desk. */
export function describeDesk(name: string, start: (run: Run) => Promise<DeskPlace>): void {
  describe(`${name} desk`, () => {
    const places: DeskPlace[] = [];
    afterEach(async () => {
      for (const place of places.splice(0)) await place.close();
    });
    const open = async (rounds = 2): Promise<DeskPlace> => {
      const run = countingRun(size, { rounds, cohort: { size: 2, min: 2 }, deadline: { stageMs: 20_000, graceMs: 400 } });
      const place = await start(run);
      places.push(place);
      return place;
    };
    const join = (place: DeskPlace): Promise<ScriptedClient> => ScriptedClient.join(place.connect, "counting");
    const bytes = (index: number): Uint8Array => floatBytes(contributionOf(size, index));

    it("asks whoever is there, takes an answer once, and refuses another one of the same device", async () => {
      const place = await open();
      const [ann, ben] = [await join(place), await join(place)];
      expect((await ann.invitation(1)).model.sha256).toBe((await place.store.latest("counting"))!.sha256);
      expect(await ann.answer(1, bytes(0))).toEqual({ received: size * 8, status: "accepted" });
      expect(await ann.answer(1, bytes(0))).toEqual({ received: size * 8, status: "duplicate" });
      expect(await errorCode(ann.answer(1, bytes(1)))).toBe("REPLAYED");
      await ben.invitation(1);
      await ben.answer(1, bytes(1));
      await ann.until(() => ann.published.length === 1);
      expect(ann.published[0]).toMatchObject({ round: 1, accepted: 2, included: true, ended: false });
    });

    it("refuses answers and briefs of rounds that are not open, and of devices that are not asked", async () => {
      const place = await open();
      const [ann, ben] = [await join(place), await join(place)];
      await Promise.all([ann.invitation(1), ben.invitation(1)]);
      const late = await join(place);
      expect(await errorCode(late.answer(1, bytes(2)))).toBe("ROUND_CLOSED");
      expect(await errorCode(ann.answer(7, bytes(0)))).toBe("ROUND_STALE");
      expect(await errorCode(late.say("brief", { round: 1, stage: 0, offset: 0 }))).toBe("ROUND_CLOSED");
      expect(await errorCode(ann.say("brief", { round: 9, stage: 0, offset: 0 }))).toBe("ROUND_STALE");
      expect(await errorCode(ann.answer(1, bytes(0), { signer: ben.identity }))).toBe("AUTH_FAILED");
      expect(await errorCode(ann.answer(1, new Uint8Array(8)))).toBe("SHAPE_MISMATCH");
      // None of which has changed anything.
      await Promise.all([ann.answer(1, bytes(0)), ben.answer(1, bytes(1))]);
      await ann.until(() => ann.published.length === 1);
      expect(ann.published[0]!.accepted).toBe(2);
    });

    it("asks a device again that comes back within its grace, and tells it of the publication", async () => {
      const place = await open(1);
      const [ann, ben] = [await join(place), await join(place)];
      await Promise.all([ann.invitation(1), ben.invitation(1)]);
      await ann.answer(1, bytes(0));
      ben.channel.close();
      const back = new ScriptedClient(await place.connect(), "counting", ben.identity);
      await back.join();
      await back.invitation(1);
      await back.answer(1, bytes(1));
      await Promise.all([ann, back].map((client) => client.until(() => client.published.length === 1)));
      expect(back.published[0]).toMatchObject({ round: 1, accepted: 2, included: true, ended: true });
      expect((await (await join(place)).channel.request("leave", { header: {}, payload: new Uint8Array(0) })).header).toEqual({});
    });

    it("asks a device over its other connection when the newer one ends", async () => {
      const place = await open(1);
      const ann = await join(place);
      const newer = new ScriptedClient(await place.connect(), "counting", ann.identity);
      await newer.join();
      const ben = await join(place);
      await Promise.all([newer.invitation(1), ben.invitation(1)]);
      newer.channel.close();
      await ann.invitation(1);
      await Promise.all([ann.answer(1, bytes(0)), ben.answer(1, bytes(1))]);
      await Promise.all([ann, ben].map((client) => client.until(() => client.published.length === 1)));
      expect(ann.published[0]).toMatchObject({ round: 1, accepted: 2, included: true });
    });

    it("asks a device over its newer connection when the older one ends", async () => {
      const place = await open(1);
      const ann = await join(place);
      const newer = new ScriptedClient(await place.connect(), "counting", ann.identity);
      await newer.join();
      ann.channel.close();
      const ben = await join(place);
      await Promise.all([newer.invitation(1), ben.invitation(1)]);
      await Promise.all([newer.answer(1, bytes(0)), ben.answer(1, bytes(1))]);
      await newer.until(() => newer.published.length === 1);
    });

    it("gives up whoever leaves or says no: the round is abandoned with its reason", async () => {
      const place = await open();
      const [ann, ben] = [await join(place), await join(place)];
      await Promise.all([ann.invitation(1), ben.invitation(1)]);
      await ben.say("leave", {});
      await ann.answer(1, bytes(0));
      await ann.until(() => ann.abandoned.length === 1);
      expect(ann.abandoned[0]).toMatchObject({ round: 1, reason: "expected at least 2 answers, got 1" });
      const eve = new ScriptedClient(await place.connect(), "counting");
      eve.takesPart = false;
      await eve.join();
      await ann.invitation(2);
      await ann.answer(2, bytes(0));
      await ann.until(() => ann.abandoned.length === 2);
    });
  });
}
