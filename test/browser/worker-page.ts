/** A page that leaves all the work to a Worker and counts its own turns meanwhile. */
import type { WorkerAnswer, WorkerTask } from "./worker.ts";

/** What the page may be told to do. */
export interface WorkerApp {
  /** Turns of the page's own event loop between the worker's "started" and its answer to the last task. */
  readonly turns: number;
  /** Gives the worker a task; resolves to its answer. */
  ask(task: WorkerTask): Promise<WorkerAnswer>;
}

declare global {
  interface Window {
    workerApp: WorkerApp;
  }
}

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
let turns = 0;
let isBusy = false;

function turn(): void {
  if (!isBusy) return;
  turns += 1;
  setTimeout(turn);
}

window.workerApp = {
  get turns() {
    return turns;
  },
  ask: (task) =>
    new Promise((resolve, reject) => {
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.onmessage = ({ data }: MessageEvent<WorkerAnswer | "started">) => {
        isBusy = data === "started";
        if (data === "started") {
          turns = 0;
          turn();
        } else resolve(data);
      };
      worker.postMessage(task);
    }),
};
document.body.dataset["ready"] = "yes";
