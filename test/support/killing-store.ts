/** A store that kills its own process at a named point, so that a test sees what a power cut would leave. */
import type { Store } from "../../server/index.ts";

/** Where a process can die. Each is right before or right after something became durable. */
export const killPoints = [
  "before the run is saved",
  "after the run is saved, before its start is published",
  "after a round is begun, before anybody is asked",
  "before an answer is durable",
  "after an answer is durable, before it is acknowledged",
  "before the contributors are fixed",
  "after the contributors are fixed, before the sum is revealed",
  "before a publication is durable",
  "after a publication is durable, before it is announced",
] as const;

/** Where a process dies that takes a run over from another one. */
export const takeOverPoint = "after the run is taken over, before its open round is gone on with";

/** One of the points. */
export type KillPoint = (typeof killPoints)[number] | typeof takeOverPoint;

/** Wraps a store: the process ends by SIGKILL when `point` is reached for the `nth` time. */
export function killingStore(inner: Store, point: KillPoint | undefined, nth: number, stages: number): Store {
  let left = nth;
  const reach = (here: KillPoint): void => {
    if (here !== point) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
  };
  return {
    loadRun: (run) => inner.loadRun(run),
    async saveRun(run, stored) {
      reach("before the run is saved");
      await inner.saveRun(run, stored);
      reach("after the run is saved, before its start is published");
    },
    async takeOver(run) {
      const driver = await inner.takeOver(run);
      reach(takeOverPoint);
      return driver;
    },
    enrol: (run, client, most) => inner.enrol(run, client, most),
    countEnrolled: (run) => inner.countEnrolled(run),
    forget: (run, client) => inner.forget(run, client),
    overRound: (run) => inner.overRound(run),
    latest: (run) => inner.latest(run),
    counted: (run, client) => inner.counted(run, client),
    model: (run, sha256) => inner.model(run, sha256),
    async publish(driver, publication, record, entry) {
      if (record !== undefined) reach("before a publication is durable");
      await inner.publish(driver, publication, record, entry);
      if (record !== undefined) reach("after a publication is durable, before it is announced");
    },
    abandon: (driver, record, entry) => inner.abandon(driver, record, entry),
    openRound: (run) => inner.openRound(run),
    ledger: (run) => inner.ledger(run),
    async saveRound(driver, open, entry) {
      const isFixed = open.stage === stages;
      if (isFixed) reach("before the contributors are fixed");
      await inner.saveRound(driver, open, entry);
      reach(isFixed ? "after the contributors are fixed, before the sum is revealed" : "after a round is begun, before anybody is asked");
    },
    async saveAnswer(driver, round, answer) {
      reach("before an answer is durable");
      const fate = await inner.saveAnswer(driver, round, answer);
      reach("after an answer is durable, before it is acknowledged");
      return fate;
    },
    answers: (run, round, stage) => inner.answers(run, round, stage),
    answerKeys: (run, round) => inner.answerKeys(run, round),
    answer: (run, round, stage, client) => inner.answer(run, round, stage, client),
    records: (run) => inner.records(run),
    catalogue: inner.catalogue,
    orders: inner.orders,
    runs: () => inner.runs(),
    contents: (run) => inner.contents(run),
    restore: (run, identitySeed, contents) => inner.restore(run, identitySeed, contents),
    close: () => inner.close(),
  };
}
