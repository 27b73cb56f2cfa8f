/** Long work in slices, so that a browser's page stays alive meanwhile. Imports nothing. */

/** How long a slice works before others get a turn, in milliseconds: half a frame of a 60 Hz screen. */
const sliceMs = 8;

/** Runs a generator to its end with a rest after every few milliseconds of work; resolves to what it returns. */
export async function runInSlices<T>(steps: Generator<void, T, void>): Promise<T> {
  let sliceEnd = performance.now() + sliceMs;
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() >= sliceEnd) {
      await turn();
      sliceEnd = performance.now() + sliceMs;
    }
  }
}

/** One turn of the event loop; by a message, since browsers stretch nested timers to 4 ms. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
