/** An aggregator's process that is killed and started again on one file. Imports doomed-server's types. */
import { type ChildProcess, fork } from "node:child_process";
import type { DoomedOrder, DoomedReport } from "./doomed-server.ts";
import type { KillPoint } from "./killing-store.ts";

const program = new URL("./doomed-server.ts", import.meta.url);

/** Where a process dies. */
export interface Fate {
  readonly point: KillPoint;
  readonly nth: number;
}

/** What all processes of a lineage are told. */
export type LineageOrder = Omit<DoomedOrder, "point" | "nth">;

/** The server's process and its successors on one file; each dies at its own point, the last one lives. */
export class Lineage {
  readonly path: string;
  readonly #order: LineageOrder;
  readonly #fates: Fate[];
  url: Promise<string>;
  deaths = 0;
  failures: string[] = [];
  /** What was released, in order, as far as the processes could tell before they died. */
  released: Extract<DoomedReport, { kind: "released" }>[] = [];
  #child: ChildProcess | undefined;
  #isOver = false;

  constructor(order: LineageOrder, fates: readonly Fate[]) {
    this.path = order.path;
    this.#order = order;
    this.#fates = [...fates];
    this.url = this.#spawn();
  }

  /** Settles once a process listens, however many die before. */
  #spawn(): Promise<string> {
    return new Promise((resolve) => {
      const fate = this.#fates.shift();
      const child = fork(program, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
      this.#child = child;
      child.on("message", (report: DoomedReport) => {
        if (report.kind === "listening") resolve(report.url);
        else if (report.kind === "released") this.released.push(report);
        else this.failures.push(report.message);
      });
      child.once("exit", (code, signal) => {
        if (this.#isOver) return;
        if (signal === "SIGKILL") this.deaths += 1;
        else this.failures.push(`the process ended with code ${code}, signal ${signal}`);
        const next = this.#spawn();
        this.url = next;
        void next.then(resolve);
      });
      const order: DoomedOrder = { ...this.#order, point: fate?.point, nth: fate?.nth ?? 0 };
      child.send(order);
    });
  }

  /** Kills the process that is there now, wherever it stands. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  async end(): Promise<void> {
    this.#isOver = true;
    const child = this.#child!;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.disconnect();
    await ended;
  }
}
