/**
 * Safe primes drawn by a process of their own, so that an interruption need not wait: inside this process OpenSSL would work on until it has
 * one, which takes up to a minute at 1,536 bits. Imports errors, node:child_process.
 */
import { execFile } from "node:child_process";
import { CofactorError } from "../shared/errors.ts";

/** What the process runs. Ctrl-C goes to all processes of a terminal: this one leaves it to its parent to end it. */
const script = `process.on("SIGINT", () => {});
import("node:crypto").then(({ generatePrime }) =>
  generatePrime(Number(process.argv[1]), { bigint: true, safe: true }, (error, prime) => {
    if (error) throw error;
    process.stdout.write(prime.toString(16), () => process.exit());
  }));`;

/**
 * Makes a source of random safe primes of exactly so many bits, by OpenSSL. A prime comes through a pipe that only the two processes have.
 *
 * @param signal ends what is being drawn
 * @throws CofactorError CANCELLED after the signal, INTERNAL when the process fails, without its reason
 */
export function createSafePrimeSource(signal: AbortSignal): (bits: number) => Promise<bigint> {
  return (bits) =>
    new Promise((resolve, reject) => {
      execFile(process.execPath, ["-e", script, String(bits)], { signal, killSignal: "SIGKILL" }, (error, output) => {
        if (error === null && /^[0-9a-f]+$/.test(output)) resolve(BigInt(`0x${output}`));
        else if (signal.aborted) reject(new CofactorError("CANCELLED", "interrupted: no key was dealt"));
        else reject(new CofactorError("INTERNAL", "the process that draws safe primes failed"));
      });
    });
}
